"""Who decided a ladder, and when it was written down; before the code that needs it.

Ladders that were put in by hand before have neither.
"""

from alembic import op

revision = "n0002"
down_revision = "n0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.execute("ALTER TABLE ladder_policy ADD COLUMN decided_by uuid, ADD COLUMN recorded_at timestamptz")
