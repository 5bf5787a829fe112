"""What is asked of members and planned by them, as visits tells it: for the grid, coverage and plans."""

from alembic import op

from shared.walls import by_committee

revision = "f0010"
down_revision = "f0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; before the code that needs them. visits tells what stood before (`tell_untold`)."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    CREATE TABLE quota (
        quota_id     uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        kind         text NOT NULL,
        period       text NOT NULL,
        min_count    int NOT NULL,
        valid_from   date NOT NULL
    )
    """,
    "CREATE INDEX quota_by_committee ON quota (committee_id)",
    """
    CREATE TABLE assignment (
        assignment_id uuid PRIMARY KEY,
        version       int NOT NULL,
        committee_id  uuid NOT NULL,
        person_id     uuid NOT NULL,
        unit_id       uuid NOT NULL,
        duty          text NOT NULL,
        valid_from    date NOT NULL,
        valid_to      date
    )
    """,
    "CREATE INDEX assignment_by_committee ON assignment (committee_id, unit_id)",
    "CREATE INDEX assignment_by_person ON assignment (person_id)",
    """
    CREATE TABLE absence (
        absence_id   uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        first        date NOT NULL,
        last         date NOT NULL,
        reason       text NOT NULL,
        withdrawn    bool NOT NULL
    )
    """,
    "CREATE INDEX absence_by_committee ON absence (committee_id, first)",
    "CREATE INDEX absence_by_person ON absence (person_id)",
    """
    CREATE TABLE plan (
        plan_id      uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        unit_id      uuid NOT NULL,
        kind         text NOT NULL,
        day          date NOT NULL,
        cancelled    text
    )
    """,
    "CREATE INDEX plan_by_committee ON plan (committee_id, day)",
    "CREATE INDEX plan_by_person ON plan (person_id)",
    # A visit that did not take place: it answers a plan as a visit does, and fills no quota.
    """
    CREATE TABLE unheld (
        unheld_id    uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        unit_id      uuid NOT NULL,
        kind         text NOT NULL,
        day          date NOT NULL
    )
    """,
    "CREATE INDEX unheld_by_committee ON unheld (committee_id, day)",
    "CREATE INDEX unheld_by_person ON unheld (person_id)",
    *(each for table in ("quota", "assignment", "absence", "plan", "unheld") for each in by_committee(table)),
)
