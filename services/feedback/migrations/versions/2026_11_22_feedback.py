"""What feedback keeps: copies of the facts it reckons with, the duties that follow, policies and calendars."""

import json

from alembic import op
from sqlalchemy import text

from services.feedback.domain import builtin_calendar, calendar_to_document

revision = "f0001"
down_revision = None
branch_labels = ("feedback",)
depends_on = None


def upgrade() -> None:
    """Create the tables, the default policies and calendar revision 1; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)
    calendar = builtin_calendar()
    op.get_bind().execute(
        text(
            """
            INSERT INTO calendar_revision (number, document, notice, approved_at)
            VALUES (:number, CAST(:document AS jsonb), 'field-visits', '2026-11-22T00:00:00Z')
            """
        ),
        {"number": calendar.revision, "document": json.dumps(calendar_to_document(calendar))},
    )


STATEMENTS = (
    # A visit as visits last told it. `anchor` is the local date that the oldest version gave: the clock
    # of its duties starts there, and a later edit of the visit never moves it (I4).
    """
    CREATE TABLE visit (
        visit_id        uuid PRIMARY KEY,
        version         int NOT NULL,
        committee_id    uuid NOT NULL,
        unit_id         uuid NOT NULL,
        visitor_id      uuid NOT NULL,
        kind            text NOT NULL,
        started_at      timestamptz NOT NULL,
        history         bool NOT NULL,
        report_filed_at timestamptz,
        anchor          date NOT NULL,
        anchor_version  int NOT NULL,
        report_duty_id  uuid NOT NULL
    )
    """,
    "CREATE INDEX visit_by_committee ON visit (committee_id, started_at)",
    # `removed`: a newer version of the visit no longer names it. Restricted classes have no text here.
    """
    CREATE TABLE issue (
        issue_id         uuid PRIMARY KEY,
        visit_id         uuid NOT NULL,
        access_class     text NOT NULL,
        kind             text,
        field            text,
        title            text,
        detail           text,
        urgency          text NOT NULL,
        resolved_on_spot bool NOT NULL,
        removed          bool NOT NULL DEFAULT false,
        forward_duty_id  uuid NOT NULL
    )
    """,
    "CREATE INDEX issue_by_visit ON issue (visit_id)",
    # One issue may go to several agencies. `register`: from a paper register, not from the office's desk.
    """
    CREATE TABLE forwarding (
        forwarding_id      uuid PRIMARY KEY,
        issue_id           uuid NOT NULL,
        agency_unit_id     uuid,
        sent_at            timestamptz NOT NULL,
        number             text NOT NULL,
        proof              text NOT NULL,
        source             text NOT NULL CHECK (source IN ('office', 'register')),
        recorded_by        uuid,
        recorded_at        timestamptz NOT NULL,
        acknowledged_at    timestamptz,
        acknowledged_by    uuid,
        answered_at        timestamptz,
        answer_number      text,
        answer_summary     text,
        answer_recorded_by uuid,
        answer_recorded_at timestamptz,
        answer_duty_id     uuid NOT NULL
    )
    """,
    "CREATE INDEX forwarding_by_issue ON forwarding (issue_id)",
    "CREATE INDEX forwarding_by_agency ON forwarding (agency_unit_id, issue_id)",
    # The answer carried back to the cell: it closes the loop.
    """
    CREATE TABLE reply (
        issue_id    uuid PRIMARY KEY,
        replied_at  timestamptz NOT NULL,
        summary     text NOT NULL,
        recorded_by uuid NOT NULL,
        recorded_at timestamptz NOT NULL
    )
    """,
    # What is owed. Late is never stored: it follows from closed_at or now, and due_at (I5).
    """
    CREATE TABLE duty (
        duty_id           uuid PRIMARY KEY,
        version           int NOT NULL,
        due_version       int NOT NULL,
        kind              text NOT NULL,
        committee_id      uuid NOT NULL,
        unit_id           uuid NOT NULL,
        visit_id          uuid NOT NULL,
        issue_id          uuid,
        forwarding_id     uuid,
        owner_person_id   uuid,
        owner_unit_id     uuid,
        access_class      text NOT NULL,
        urgency           text NOT NULL,
        policy_id         uuid NOT NULL,
        rule              text NOT NULL,
        days              int NOT NULL,
        extensions        int[] NOT NULL DEFAULT '{}',
        anchor            date NOT NULL,
        calendar_revision int NOT NULL,
        last_day          date NOT NULL,
        due_at            timestamptz NOT NULL,
        first_due_at      timestamptz NOT NULL,
        provisional       bool NOT NULL,
        opened_at         timestamptz NOT NULL,
        closed_at         timestamptz,
        closure           text,
        CHECK ((closed_at IS NULL) = (closure IS NULL))
    )
    """,
    "CREATE INDEX duty_open ON duty (committee_id, due_at, duty_id) WHERE closed_at IS NULL",
    "CREATE INDEX duty_open_by_owner ON duty (owner_person_id, due_at, duty_id) WHERE closed_at IS NULL",
    "CREATE INDEX duty_closed ON duty (committee_id, due_at, duty_id) WHERE closed_at IS NOT NULL",
    # When to look at an open duty next. A row rings once: it is deleted in the transaction that announces.
    # One of an older due_version, or of a closed duty, rings in vain; so nobody ever searches it by duty.
    """
    CREATE TABLE alarm (
        next_at     timestamptz NOT NULL,
        duty_id     uuid NOT NULL,
        due_version int NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000)
    """,
    "CREATE INDEX alarm_next ON alarm (next_at)",
    # Every move of a due date and its cause; the first due date stays with the duty for ever.
    """
    CREATE TABLE duty_due (
        duty_id           uuid NOT NULL,
        due_version       int NOT NULL,
        due_at            timestamptz NOT NULL,
        calendar_revision int NOT NULL,
        was_revision      int NOT NULL,
        cause             text NOT NULL CHECK (cause IN ('extension', 'calendar', 'first_version')),
        at                timestamptz NOT NULL,
        moved_by          uuid,
        PRIMARY KEY (duty_id, due_version)
    )
    """,
    """
    CREATE TABLE extension (
        extension_id uuid PRIMARY KEY,
        duty_id      uuid NOT NULL,
        days         int NOT NULL,
        reason       text NOT NULL,
        asked_by     uuid NOT NULL,
        asked_at     timestamptz NOT NULL,
        granted      bool,
        note         text,
        decided_by   uuid,
        decided_at   timestamptz,
        due_version  int
    )
    """,
    "CREATE INDEX extension_by_duty ON extension (duty_id)",
    # What notify did about a duty; part of the duty's timeline.
    """
    CREATE TABLE duty_message (
        message_id  uuid PRIMARY KEY,
        version     int NOT NULL,
        duty_id     uuid NOT NULL,
        due_version int NOT NULL,
        rung        text NOT NULL,
        person_id   uuid NOT NULL,
        channel     text NOT NULL,
        state       text NOT NULL,
        reason      text NOT NULL,
        at          timestamptz NOT NULL
    )
    """,
    "CREATE INDEX duty_message_by_duty ON duty_message (duty_id)",
    # How long what may take, per committee and dated. No committee: the default of the installation.
    # No kind of visit: every kind.
    """
    CREATE TABLE policy (
        policy_id          uuid PRIMARY KEY,
        committee_id       uuid,
        kind               text NOT NULL,
        visit_kind         text,
        rule               text NOT NULL,
        days               int NOT NULL CHECK (days BETWEEN 1 AND 366),
        owed_to            text NOT NULL,
        citation           text NOT NULL,
        extensions_allowed int NOT NULL DEFAULT 2,
        valid_from         date,
        valid_to           date,
        decided_by         uuid,
        recorded_at        timestamptz
    )
    """,
    "CREATE INDEX policy_by_committee ON policy (committee_id)",
    """
    INSERT INTO policy (policy_id, kind, rule, days, owed_to, citation) VALUES
    ('f5d00000-0000-7000-8000-000000000001', 'report', 'calendar_roll', 5, 'permanent_board',
     'Quy chế làm việc: "trong thời gian 05 ngày"; cách tính: Điều 147, 148 Bộ luật Dân sự 91/2015/QH13'),
    ('f5d00000-0000-7000-8000-000000000002', 'forward', 'calendar_roll', 5, 'permanent_board',
     'Quy chế làm việc: "trong thời gian 05 ngày"; cách tính: Điều 147, 148 Bộ luật Dân sự 91/2015/QH13'),
    ('f5d00000-0000-7000-8000-000000000003', 'answer', 'working_days', 10, 'committee_office',
     'Quy định 11-QĐi/TW ngày 18/02/2019: 10 ngày làm việc'),
    ('f5d00000-0000-7000-8000-000000000004', 'reply_to_cell', 'calendar_roll', 30, 'party_cell',
     'Mặc định của hệ thống: trả lời tại kỳ sinh hoạt chi bộ kế tiếp')
    """,
    # Days off as one document per revision (domain.document). In force: the highest approved number.
    """
    CREATE TABLE calendar_revision (
        number      int PRIMARY KEY,
        document    jsonb NOT NULL,
        notice      text NOT NULL,
        proposed_by uuid,
        proposed_at timestamptz,
        approved_by uuid,
        approved_at timestamptz,
        earlier_confirmed_by uuid,
        earlier_confirmed_at timestamptz
    )
    """,
)
