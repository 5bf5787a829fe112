"""A session says whether it is only a phone's, and until when its person counts as just proved.

Both columns have an answer for events of older producers: not a phone's, and not fresh.
"""

from alembic import op

revision = "m0005"
down_revision = "m0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; before the code that needs them."""
    op.execute(
        "ALTER TABLE directory_session ADD COLUMN device_only bool NOT NULL DEFAULT false,"
        " ADD COLUMN fresh_until timestamptz"
    )
