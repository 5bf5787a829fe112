"""Who receives what is urgent is part of a policy, as who receives the rest is; before the code that needs it.

Urgent matters are reflected to the Ban Thường vụ, the others are passed on through the Thường trực.
"""

from alembic import op

revision = "f0002"
down_revision = "f0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; policies on forwarding that stand already send what is urgent to the Ban Thường vụ."""
    op.execute("ALTER TABLE policy ADD COLUMN urgent_owed_to text")
    op.execute("UPDATE policy SET urgent_owed_to = 'standing_committee' WHERE kind = 'forward'")
