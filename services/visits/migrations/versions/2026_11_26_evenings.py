"""Months in which cells meet on another evening than the uniform one; before the code that needs them."""

from alembic import op

from shared.walls import by_committee

revision = "v0014"
down_revision = "v0013"
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
        month        date NOT NULL CHECK (extract(day FROM month) = 1),
        day          date NOT NULL,
        withdrawn    bool NOT NULL,
        recorded_by  uuid NOT NULL,
        recorded_at  timestamptz NOT NULL
    )
    """,
    # One evening a month is the uniform one, however many clerks say so at once.
    "CREATE UNIQUE INDEX evening_of_month ON evening (committee_id, month) WHERE NOT withdrawn",
    *by_committee("evening"),
)
