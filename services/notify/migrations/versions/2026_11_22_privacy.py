"""Which duties concern a restricted class: few people are told of them, and few may see that they were."""

from alembic import op

revision = "n0004"
down_revision = "n0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = ("ALTER TABLE escalation ADD COLUMN restricted bool NOT NULL DEFAULT false",)
