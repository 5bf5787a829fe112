"""What is asked of members is told to feedback: quotas, assignments, plans, absences, visits that were not held."""

from alembic import op

from shared.walls import by_committee

revision = "v0012"
down_revision = "v0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # `told`: feedback has been told of what stands. What is older than the telling is told by housekeeping.
    "ALTER TABLE quota ADD COLUMN version int NOT NULL DEFAULT 1, ADD COLUMN told bool NOT NULL DEFAULT false",
    "ALTER TABLE assignment ADD COLUMN told bool NOT NULL DEFAULT false",
    "ALTER TABLE plan ADD COLUMN told bool NOT NULL DEFAULT false",
    "ALTER TABLE unheld_visit ADD COLUMN told bool NOT NULL DEFAULT false",
    *(
        f"CREATE INDEX {table}_untold ON {table} (told) WHERE NOT told"
        for table in ("quota", "assignment", "plan", "unheld_visit")
    ),
    # Months for which a member is excused; withdrawn rather than deleted, so that it is known what held when.
    """
    CREATE TABLE absence (
        absence_id   uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        first        date NOT NULL,
        last         date NOT NULL CHECK (last >= first),
        reason       text NOT NULL,
        withdrawn    bool NOT NULL,
        recorded_by  uuid NOT NULL,
        recorded_at  timestamptz NOT NULL
    )
    """,
    "CREATE INDEX absence_by_person ON absence (person_id, first)",
    *by_committee("absence"),
)
