"""Evaluation sheets, frozen with what they were made of, and what members said to their records."""

from alembic import op

from shared.walls import by_committee

revision = "f0014"
down_revision = "f0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A sheet is never changed: what is put right is a new edition, and the old one stays.
    """
    CREATE TABLE evaluation_sheet (
        sheet_id     uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        period       text NOT NULL,
        edition      int NOT NULL,
        method       int NOT NULL,
        facts        jsonb NOT NULL,
        frozen_at    timestamptz NOT NULL,
        frozen_by    uuid NOT NULL,
        UNIQUE (person_id, period, edition)
    )
    """,
    "CREATE INDEX evaluation_sheet_by_committee ON evaluation_sheet (committee_id, period)",
    """
    CREATE TABLE objection (
        objection_id uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        period       text NOT NULL,
        first_day    date NOT NULL,
        body         text NOT NULL,
        made_at      timestamptz NOT NULL
    )
    """,
    "CREATE INDEX objection_by_person ON objection (person_id, first_day)",
    *by_committee("evaluation_sheet"),
    *by_committee("objection"),
)


def upgrade() -> None:
    """Additive; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)
