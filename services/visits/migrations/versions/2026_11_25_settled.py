"""What the cell said of an answer stands with the way of its issue."""

from alembic import op

revision = "v0009"
down_revision = "v0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; before the code that needs them."""
    op.execute("ALTER TABLE issue_way ADD COLUMN settled bool, ADD COLUMN judged_at timestamptz")
