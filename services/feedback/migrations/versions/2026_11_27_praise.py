"""Commendations, each revoked at most once, and good practices, version after version."""

from alembic import op

from shared.walls import by_committee

revision = "f0017"
down_revision = "f0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE commendation (
        commendation_id uuid PRIMARY KEY,
        committee_id    uuid NOT NULL,
        unit_id         uuid,
        person_id       uuid,
        reason          text NOT NULL,
        deciding_body   text NOT NULL,
        document_number text NOT NULL,
        decided_on      date NOT NULL,
        folded          text NOT NULL,
        recorded_by     uuid NOT NULL,
        recorded_at     timestamptz NOT NULL,
        revoked_at      timestamptz,
        revoked_by      uuid,
        revocation      text,
        CHECK (num_nonnulls(unit_id, person_id) = 1),
        CHECK (num_nonnulls(revoked_at, revoked_by, revocation) IN (0, 3))
    )
    """,
    "CREATE INDEX commendation_by_committee ON commendation (committee_id, decided_on)",
    "CREATE INDEX commendation_by_person ON commendation (person_id, decided_on)",
    # A version is never changed but by erasure, which empties its texts with those of its visit.
    """
    CREATE TABLE good_practice (
        practice_id  uuid NOT NULL,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        unit_id      uuid NOT NULL,
        title        text NOT NULL,
        body         text NOT NULL,
        visit_id     uuid,
        issue_id     uuid,
        folded       text NOT NULL,
        recorded_by  uuid NOT NULL,
        recorded_at  timestamptz NOT NULL,
        PRIMARY KEY (practice_id, version),
        CHECK (issue_id IS NULL OR visit_id IS NOT NULL)
    )
    """,
    "CREATE INDEX good_practice_by_committee ON good_practice (committee_id, practice_id, version)",
    "CREATE INDEX good_practice_by_visit ON good_practice (visit_id) WHERE visit_id IS NOT NULL",
    *by_committee("commendation"),
    *by_committee("good_practice"),
)


def upgrade() -> None:
    """Additive; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)
