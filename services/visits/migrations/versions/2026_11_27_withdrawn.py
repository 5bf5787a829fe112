"""A visit can be withdrawn."""

from alembic import op

revision = "v0015"
down_revision = "v0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive."""
    op.execute("ALTER TABLE visit ADD COLUMN withdrawn_at timestamptz")
