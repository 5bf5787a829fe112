"""Phones: their keys, how full their queues are, what their envelopes say; and visits that did not take place."""

from alembic import op

from shared.walls import by_committee

revision = "v0006"
down_revision = "v0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create tables and columns; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # What a phone keeps of its person is sealed with this key; it is given to that person's sessions only.
    """
    CREATE TABLE device_key (
        person_id    uuid NOT NULL,
        device_id    text NOT NULL,
        committee_id uuid NOT NULL,
        key          bytea NOT NULL CHECK (octet_length(key) = 32),
        made_at      timestamptz NOT NULL,
        PRIMARY KEY (person_id, device_id)
    )
    """,
    # What a phone said last of its own queue. `let_go`: numbers its person set aside for good; `gaps`: numbers
    # that are neither here, nor on the phone, nor let go.
    """
    CREATE TABLE device_report (
        person_id        uuid NOT NULL,
        device_id        text NOT NULL,
        committee_id     uuid NOT NULL,
        reported_at      timestamptz NOT NULL,
        drafts           int NOT NULL,
        ready            int NOT NULL,
        failed           int NOT NULL,
        refused          int NOT NULL,
        highest_seq      bigint NOT NULL,
        unsent           bigint[] NOT NULL,
        let_go           bigint[] NOT NULL,
        gaps             int NOT NULL,
        oldest_unsent_at timestamptz,
        free_bytes       bigint,
        app_version      text NOT NULL,
        device_at        timestamptz NOT NULL,
        offset_ms        bigint,
        PRIMARY KEY (person_id, device_id)
    )
    """,
    "CREATE INDEX device_report_by_committee ON device_report (committee_id, oldest_unsent_at)",
    # A visit that was planned and did not take place: why, by a code. It is no visit, so nothing counts it as one.
    """
    CREATE TABLE unheld_visit (
        unheld_id    uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        unit_id      uuid NOT NULL,
        visitor_id   uuid NOT NULL,
        kind         text NOT NULL CHECK (kind IN ('field_trip', 'meeting_attendance')),
        planned_at   timestamptz NOT NULL,
        outcome      text NOT NULL CHECK (outcome IN ('cancelled', 'nobody_met')),
        reason       text NOT NULL,
        content_hash text NOT NULL,
        recorded_by  uuid NOT NULL,
        accepted_at  timestamptz NOT NULL,
        device_id    text,
        device_seq   bigint,
        device_at    timestamptz,
        serial       bigint GENERATED ALWAYS AS IDENTITY
    )
    """,
    "CREATE INDEX unheld_visit_by_committee ON unheld_visit (committee_id, planned_at DESC, unheld_id DESC)",
    "CREATE INDEX unheld_visit_by_device ON unheld_visit (device_id, device_seq)",
    # By how much the server was ahead of the phone's clock when it froze the record, as far as the phone knew.
    "ALTER TABLE visit_version ADD COLUMN device_offset_ms bigint, ADD COLUMN app_version text",
    "CREATE INDEX visit_version_of_device ON visit_version (device_id, device_seq)",
    # The clerk's suggestion comes from the member: an agency that may be competent.
    "ALTER TABLE issue ADD COLUMN suggested_agency_id uuid",
    # Which events told of a visit: for the phone that asks whether the committee has it, and for erasure.
    "CREATE INDEX outbox_by_key ON outbox (key, seq)",
    *by_committee("device_key"),
    *by_committee("device_report"),
    *by_committee("unheld_visit"),
)
