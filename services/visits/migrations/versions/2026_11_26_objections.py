"""What members say to their records is told to feedback, which makes sheets of them."""

from alembic import op

revision = "v0013"
down_revision = "v0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE objection ADD COLUMN told bool NOT NULL DEFAULT false",
    "CREATE INDEX objection_untold ON objection (told) WHERE NOT told",
)


def upgrade() -> None:
    """Additive; before the code that needs it. What was said before is told by housekeeping."""
    for statement in STATEMENTS:
        op.execute(statement)
