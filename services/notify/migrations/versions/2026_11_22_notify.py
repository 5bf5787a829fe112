"""Ladders, escalations, the message ledger, contact channels, acknowledgements; before the code that needs them."""

from alembic import op

revision = "n0001"
down_revision = None
branch_labels = ("notify",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # A committee's own ladder, dated; the newest that is in force counts, and the default where there is none.
    """
    CREATE TABLE ladder_policy (
        committee_id uuid NOT NULL,
        version      int NOT NULL,
        valid_from   date NOT NULL,
        basis        text NOT NULL,
        ladder       jsonb NOT NULL,
        PRIMARY KEY (committee_id, version)
    )
    """,
    # One row per duty: the newest snapshot, its frozen ladder, and when the clock must look at it again.
    """
    CREATE TABLE escalation (
        duty_id         uuid PRIMARY KEY,
        duty_version    int NOT NULL,
        due_version     int NOT NULL,
        kind            text NOT NULL,
        committee_id    uuid NOT NULL,
        unit_id         uuid NOT NULL,
        owner_person_id uuid,
        owner_unit_id   uuid,
        urgent          bool NOT NULL,
        due_at          timestamptz NOT NULL,
        provisional     bool NOT NULL,
        days            jsonb NOT NULL,
        ladder          jsonb NOT NULL,
        rung            int NOT NULL,
        urgent_since    timestamptz,
        alarmed         bool NOT NULL,
        next_at         timestamptz,
        stopped_reason  text
    )
    """,
    "CREATE INDEX escalation_due ON escalation (next_at) WHERE next_at IS NOT NULL",
    # The ledger. A row lives as long as its duty, so that nothing is ever told twice.
    """
    CREATE TABLE message (
        message_id    uuid PRIMARY KEY,
        duty_id       uuid NOT NULL,
        due_version   int NOT NULL,
        rung          text NOT NULL,
        person_id     uuid NOT NULL,
        channel       text NOT NULL,
        committee_id  uuid NOT NULL,
        notice        text NOT NULL,
        duty_kind     text NOT NULL,
        due_at        timestamptz NOT NULL,
        provisional   bool NOT NULL,
        skipped       text[] NOT NULL,
        then_channels text[] NOT NULL,
        state         text NOT NULL
            CHECK (state IN ('pending', 'sent', 'delivered', 'read', 'failed', 'suppressed')),
        version       int NOT NULL,
        reason        text NOT NULL,
        written_at    timestamptz NOT NULL,
        changed_at    timestamptz NOT NULL,
        sent_at       timestamptz,
        send_at       timestamptz NOT NULL,
        attempts      int NOT NULL,
        lease         uuid,
        lease_until   timestamptz,
        UNIQUE (duty_id, due_version, rung, person_id, channel)
    )
    """,
    "CREATE INDEX message_pending ON message (channel, send_at) WHERE state = 'pending'",
    "CREATE INDEX message_inbox ON message (person_id, sent_at DESC, message_id) WHERE channel = 'inbox'",
    "CREATE INDEX message_ledger ON message (committee_id, written_at DESC, message_id)",
    # What a person says of their own channels; without a row the directory's address counts.
    """
    CREATE TABLE contact_channel (
        person_id  uuid NOT NULL,
        channel    text NOT NULL,
        enabled    bool NOT NULL,
        address    text,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (person_id, channel)
    )
    """,
    # "I am on it": until the end of that date the person is not told again; others are.
    """
    CREATE TABLE acknowledgement (
        duty_id         uuid NOT NULL,
        person_id       uuid NOT NULL,
        until           date NOT NULL,
        acknowledged_at timestamptz NOT NULL,
        PRIMARY KEY (duty_id, person_id)
    )
    """,
)
