"""When and what was last told of a phone, so that not every heartbeat becomes an event."""

from alembic import op

revision = "v0011"
down_revision = "v0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs it. Phones that are here are told of at their next heartbeat."""
    op.execute("""
        ALTER TABLE device_report ADD COLUMN told_version int NOT NULL DEFAULT 0, ADD COLUMN told_at timestamptz,
            ADD COLUMN told_drafts int, ADD COLUMN told_unsent int
    """)
