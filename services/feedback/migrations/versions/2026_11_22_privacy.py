"""Erased visits, contacts kept encrypted, requests of people about their own data, and how long contacts are kept."""

from alembic import op

from shared.walls import by_committee

revision = "f0004"
down_revision = "f0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create tables and columns with the defaults of an installation; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    "ALTER TABLE visit ADD COLUMN erased_at timestamptz",
    "CREATE INDEX visit_erased ON visit (visit_id) WHERE erased_at IS NOT NULL",
    # How to reach who is owed an answer. Without its key, which is not in the database, it is noise.
    """
    CREATE TABLE contact (
        issue_id     uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        key_id       text,
        sealed       bytea,
        recorded_by  uuid NOT NULL,
        recorded_at  timestamptz NOT NULL,
        erased_at    timestamptz,
        CHECK ((sealed IS NULL) = (erased_at IS NOT NULL)),
        CHECK ((sealed IS NULL) = (key_id IS NULL))
    )
    """,
    "CREATE INDEX contact_kept ON contact (committee_id) WHERE erased_at IS NULL",
    """
    CREATE TABLE retention_policy (
        policy_id    uuid PRIMARY KEY,
        committee_id uuid,
        days         int NOT NULL CHECK (days BETWEEN 1 AND 36600),
        citation     text NOT NULL,
        valid_from   date,
        decided_by   uuid,
        recorded_at  timestamptz
    )
    """,
    """
    INSERT INTO retention_policy (policy_id, days, citation) VALUES
    ('f5d00000-0000-7000-8000-0000000000f1', 90, 'Mặc định của hệ thống: 90 ngày sau khi trả lời xong')
    """,
    # Somebody asks that their own data be erased or corrected; the office owes an answer by `due_at`.
    """
    CREATE TABLE data_request (
        request_id   uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        kind         text NOT NULL CHECK (kind IN ('erase', 'correct')),
        about        text NOT NULL,
        asked_at     timestamptz NOT NULL,
        due_at       timestamptz NOT NULL,
        done         bool,
        note         text,
        answered_by  uuid,
        answered_at  timestamptz,
        CHECK ((done IS NULL) = (answered_at IS NULL))
    )
    """,
    "CREATE INDEX data_request_open ON data_request (committee_id, due_at, request_id) WHERE answered_at IS NULL",
    "CREATE INDEX data_request_by_person ON data_request (person_id, asked_at DESC)",
    *by_committee("contact"),
    *by_committee("retention_policy", shared=True),
    *by_committee("data_request"),
)
