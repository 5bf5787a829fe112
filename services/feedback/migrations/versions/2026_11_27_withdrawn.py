"""A visit taken in by mistake can be withdrawn; before the code that needs it.

`standing_visit` is what counts today; a read as of an instant asks `visit` for what had not been withdrawn by then.
It has the columns that `visit` has now: a column added later is in it only when its migration makes the view again.
"""

from alembic import op

revision = "f0016"
down_revision = "f0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and the view that leaves out what is withdrawn; the walls of `visit` hold for it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    "ALTER TABLE visit ADD COLUMN withdrawn_at timestamptz",
    """
    CREATE VIEW standing_visit WITH (security_invoker = true) AS
    SELECT * FROM visit WHERE withdrawn_at IS NULL
    """,
)
