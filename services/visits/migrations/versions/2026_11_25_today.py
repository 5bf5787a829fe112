"""What the phone's pages stand on: merged edits, plans, objections, and what feedback tells of issues and reports."""

from alembic import op

from shared.walls import by_committee, by_parent

revision = "v0007"
down_revision = "v0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # An edit that did not know of the one before it: what it said, from where it started, and the version that
    # was made of both. `fields`: where both changed the same; empty, and the two went past each other.
    """
    CREATE TABLE visit_merge (
        visit_id         uuid NOT NULL REFERENCES visit,
        version          int NOT NULL,
        base_version     int NOT NULL,
        recorded_version int NOT NULL,
        content_hash     text NOT NULL,
        content          jsonb NOT NULL,
        received_by      uuid NOT NULL,
        received_at      timestamptz NOT NULL,
        fields           text[] NOT NULL,
        settled_in       int,
        settled_by       uuid,
        settled_at       timestamptz,
        choices          jsonb,
        PRIMARY KEY (visit_id, version)
    )
    """,
    "CREATE INDEX visit_merge_open ON visit_merge (visit_id) WHERE fields <> '{}' AND settled_at IS NULL",
    *by_parent("visit_merge", "visit_id", "visit"),
    # Where somebody means to go. Held and missed are read off the visits, never stored.
    """
    CREATE TABLE plan (
        plan_id      uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        unit_id      uuid NOT NULL,
        kind         text NOT NULL CHECK (kind IN ('field_trip', 'meeting_attendance')),
        day          date NOT NULL,
        cancelled    text,
        made_by      uuid NOT NULL,
        made_at      timestamptz NOT NULL,
        changed_by   uuid NOT NULL,
        changed_at   timestamptz NOT NULL
    )
    """,
    "CREATE INDEX plan_by_person ON plan (person_id, day)",
    "CREATE INDEX plan_by_unit ON plan (unit_id, day)",
    "CREATE INDEX plan_by_committee ON plan (committee_id, day)",
    *by_committee("plan"),
    # What a member says to what the system holds of a period, before a sheet is made of it.
    """
    CREATE TABLE objection (
        objection_id uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        period       text NOT NULL,
        first_day    date NOT NULL,
        body         text NOT NULL,
        made_at      timestamptz NOT NULL,
        erased_at    timestamptz
    )
    """,
    "CREATE INDEX objection_by_person ON objection (person_id, made_at DESC)",
    "CREATE INDEX objection_by_committee ON objection (committee_id, made_at DESC)",
    *by_committee("objection"),
    # What feedback said last of an issue's way, of returned reports and of extensions.
    """
    CREATE TABLE issue_way (
        issue_id      uuid PRIMARY KEY,
        version       int NOT NULL,
        visit_id      uuid NOT NULL,
        committee_id  uuid NOT NULL,
        forwardings   jsonb NOT NULL,
        replied_at    timestamptz,
        reply_summary text
    )
    """,
    "CREATE INDEX issue_way_by_visit ON issue_way (visit_id)",
    *by_committee("issue_way"),
    """
    CREATE TABLE report_return (
        return_id      uuid PRIMARY KEY,
        duty_id        uuid NOT NULL,
        visit_id       uuid NOT NULL,
        committee_id   uuid NOT NULL,
        report_version int NOT NULL,
        comment        text NOT NULL,
        returned_at    timestamptz NOT NULL,
        returned_by    uuid NOT NULL
    )
    """,
    "CREATE INDEX report_return_by_visit ON report_return (visit_id)",
    *by_committee("report_return"),
    """
    CREATE TABLE extension_copy (
        extension_id uuid PRIMARY KEY,
        version      int NOT NULL,
        duty_id      uuid NOT NULL,
        visit_id     uuid NOT NULL,
        committee_id uuid NOT NULL,
        days         int NOT NULL,
        reason       text NOT NULL,
        asked_by     uuid NOT NULL,
        asked_at     timestamptz NOT NULL,
        granted      bool,
        note         text,
        decided_at   timestamptz
    )
    """,
    "CREATE INDEX extension_copy_by_duty ON extension_copy (duty_id)",
    "CREATE INDEX extension_copy_by_visit ON extension_copy (visit_id)",
    *by_committee("extension_copy"),
    # A duty is looked up by its visit and its issue too.
    "CREATE INDEX duty_copy_by_visit ON duty_copy (visit_id)",
)
