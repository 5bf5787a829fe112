"""A visit taken in by mistake can be withdrawn; before the code that needs it.

`standing_visit` is what counts and what is listed. It has the columns that `visit` has now: a column added later
is in it only when its migration makes the view again.
"""

from alembic import op

revision = "v0015"
down_revision = "v0014"
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
