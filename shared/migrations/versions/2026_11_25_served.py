"""A post of an assistant names the members it serves; posts of older producers serve nobody."""

from alembic import op

revision = "m0006"
down_revision = "m0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; before the code that needs it."""
    op.execute("ALTER TABLE directory_post ADD COLUMN serves uuid[] NOT NULL DEFAULT '{}'")
    op.execute(
        "CREATE INDEX directory_post_by_served ON directory_post USING gin (serves) WHERE serves <> '{}'"
    )
