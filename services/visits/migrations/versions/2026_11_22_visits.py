"""What visits keeps beside the directory: visits with every version, accounts, assignments, quotas.

What was once accepted is never updated away: versions, reports and clashing submissions are rows of
their own. The directory's tables come with the machinery (m0002).
"""

from alembic import op

revision = "v0001"
down_revision = None
branch_labels = ("visits",)
depends_on = None


def upgrade() -> None:
    """Create the tables; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # A visit as it now stands. `version` counts its contents, `revision` every change, reports too:
    # it is the version of the event, so that readers apply what is newer.
    """
    CREATE TABLE visit (
        visit_id          uuid PRIMARY KEY,
        committee_id      uuid NOT NULL,
        unit_id           uuid NOT NULL,
        visitor_id        uuid NOT NULL,
        kind              text NOT NULL CHECK (kind IN ('field_trip', 'meeting_attendance')),
        day               date NOT NULL,
        started_at        timestamptz NOT NULL,
        ended_at          timestamptz NOT NULL CHECK (ended_at >= started_at),
        meeting_kind      text CHECK ((meeting_kind IS NOT NULL) = (kind = 'meeting_attendance')),
        nothing_raised    bool NOT NULL,
        history           bool NOT NULL,
        recorded_by       uuid NOT NULL,
        accepted_at       timestamptz NOT NULL,
        version           int NOT NULL,
        revision          int NOT NULL,
        report_version    int,
        report_filed_at   timestamptz,
        report_claimed_at timestamptz
    )
    """,
    "CREATE INDEX visit_by_visitor ON visit (visitor_id, started_at DESC, visit_id DESC)",
    "CREATE INDEX visit_by_unit ON visit (unit_id, started_at DESC, visit_id DESC)",
    "CREATE INDEX visit_by_committee ON visit (committee_id, started_at DESC, visit_id DESC)",
    # Each accepted content, with the receipt that was given for it.
    """
    CREATE TABLE visit_version (
        visit_id        uuid NOT NULL REFERENCES visit,
        version         int NOT NULL,
        content_hash    text NOT NULL,
        content         jsonb NOT NULL,
        recorded_by     uuid NOT NULL,
        accepted_at     timestamptz NOT NULL,
        report_filed_at timestamptz,
        device_id       text,
        device_seq      bigint,
        device_at       timestamptz,
        serial          bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (visit_id, version)
    )
    """,
    "CREATE INDEX visit_version_by_device ON visit_version (recorded_by, device_id, device_seq)",
    # Issues of the visit as it now stands; one that a later version leaves out says since which.
    """
    CREATE TABLE issue (
        issue_id         uuid PRIMARY KEY,
        visit_id         uuid NOT NULL REFERENCES visit,
        position         int NOT NULL,
        kind             text NOT NULL,
        field            text NOT NULL,
        title            text NOT NULL,
        detail           text NOT NULL,
        urgency          text NOT NULL,
        access_class     text NOT NULL,
        resolved_on_spot bool NOT NULL,
        forwarded_to     uuid,
        forwarded_at     timestamptz,
        answered_at      timestamptz,
        withdrawn_in     int
    )
    """,
    "CREATE INDEX issue_by_visit ON issue (visit_id, position)",
    # `filed_at` is the server's time of this version; the visit keeps the first.
    """
    CREATE TABLE report_version (
        visit_id     uuid NOT NULL REFERENCES visit,
        version      int NOT NULL,
        content_hash text NOT NULL,
        summary      text NOT NULL,
        claimed_at   timestamptz NOT NULL,
        filed_at     timestamptz NOT NULL,
        filed_by     uuid NOT NULL,
        PRIMARY KEY (visit_id, version),
        UNIQUE (visit_id, content_hash)
    )
    """,
    # A submission that found its place taken by other content: kept for a person to look at.
    """
    CREATE TABLE visit_conflict (
        visit_id     uuid NOT NULL,
        version      int NOT NULL,
        content_hash text NOT NULL,
        content      jsonb NOT NULL,
        received_by  uuid NOT NULL,
        received_at  timestamptz NOT NULL,
        PRIMARY KEY (visit_id, version, content_hash, received_by)
    )
    """,
    # What each row of a paper register said the last time, so that an import knows what changed.
    "CREATE TABLE register_row (row_id uuid PRIMARY KEY, content_hash text NOT NULL)",
    # Codes and names are dated: what a unit was called, and since when.
    """
    CREATE TABLE unit_version (
        unit_id      uuid NOT NULL,
        version      int NOT NULL,
        code         text NOT NULL,
        name         text NOT NULL,
        kind         text NOT NULL,
        parent_id    uuid,
        effective_on date,
        recorded_by  uuid,
        recorded_at  timestamptz NOT NULL,
        PRIMARY KEY (unit_id, version)
    )
    """,
    # A merger or a division: who gave way to whom, and since when.
    """
    CREATE TABLE succession (
        succession_id  uuid PRIMARY KEY,
        committee_id   uuid NOT NULL,
        effective_on   date NOT NULL,
        predecessors   uuid[] NOT NULL,
        successors     uuid[] NOT NULL,
        basis_document text NOT NULL,
        recorded_by    uuid NOT NULL,
        recorded_at    timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE assignment (
        assignment_id  uuid PRIMARY KEY,
        version        int NOT NULL,
        committee_id   uuid NOT NULL,
        person_id      uuid NOT NULL,
        unit_id        uuid NOT NULL,
        duty           text NOT NULL,
        valid_from     date NOT NULL,
        valid_to       date CHECK (valid_to >= valid_from),
        basis_document text NOT NULL,
        recorded_by    uuid NOT NULL,
        recorded_at    timestamptz NOT NULL
    )
    """,
    "CREATE INDEX assignment_by_person ON assignment (person_id, valid_from)",
    "CREATE INDEX assignment_by_unit ON assignment (unit_id, valid_from)",
    "CREATE INDEX assignment_by_committee ON assignment (committee_id, valid_from DESC, assignment_id DESC)",
    """
    CREATE TABLE quota (
        quota_id       uuid PRIMARY KEY,
        committee_id   uuid NOT NULL,
        kind           text NOT NULL,
        period         text NOT NULL CHECK (period IN ('month', 'quarter')),
        min_count      int NOT NULL CHECK (min_count >= 0),
        valid_from     date NOT NULL,
        basis_document text NOT NULL,
        UNIQUE (committee_id, kind, valid_from)
    )
    """,
    # Duties live in feedback; this is what its events said last, so that a phone can show them.
    """
    CREATE TABLE duty_copy (
        duty_id         uuid PRIMARY KEY,
        version         int NOT NULL,
        kind            text NOT NULL,
        committee_id    uuid NOT NULL,
        unit_id         uuid NOT NULL,
        visit_id        uuid NOT NULL,
        issue_id        uuid,
        owner_person_id uuid,
        owner_unit_id   uuid,
        urgency         text NOT NULL,
        anchor          date NOT NULL,
        due_at          timestamptz NOT NULL,
        first_due_at    timestamptz NOT NULL,
        provisional     bool NOT NULL,
        closed_at       timestamptz,
        closure         text
    )
    """,
    "CREATE INDEX duty_copy_open ON duty_copy (owner_person_id, due_at) WHERE closed_at IS NULL",
    "CREATE INDEX duty_copy_closed ON duty_copy (owner_person_id, closed_at DESC) WHERE closed_at IS NOT NULL",
    "CREATE TABLE account (person_id uuid PRIMARY KEY, password_hash text NOT NULL, changed_at timestamptz NOT NULL)",
    # A link that signs one person in once; only its digest is known here.
    """
    CREATE TABLE sign_in_link (
        token_sha256 text PRIMARY KEY,
        person_id    uuid NOT NULL,
        expires_at   timestamptz NOT NULL,
        used_at      timestamptz
    )
    """,
    # Tries of one account from one address since the last success; the key is a digest of both.
    """
    CREATE TABLE sign_in_try (
        who          text PRIMARY KEY,
        tries        int NOT NULL,
        last_at      timestamptz NOT NULL,
        not_before   timestamptz NOT NULL
    )
    """,
    "CREATE INDEX sign_in_try_by_age ON sign_in_try (last_at)",
)
