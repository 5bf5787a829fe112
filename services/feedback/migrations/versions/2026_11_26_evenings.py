"""Copies of the evenings that committees moved; before the code that needs them."""

from alembic import op

from shared.walls import by_committee

revision = "f0015"
down_revision = "f0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    CREATE TABLE evening (
        evening_id   uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        month        date NOT NULL,
        day          date NOT NULL,
        withdrawn    bool NOT NULL
    )
    """,
    "CREATE INDEX evening_by_committee ON evening (committee_id, month)",
    *by_committee("evening"),
)
