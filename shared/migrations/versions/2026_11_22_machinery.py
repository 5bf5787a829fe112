"""Outbox, relay watermark, receipts, inbox, quarantine: the same tables in every service's database."""

from alembic import op

revision = "m0001"
down_revision = None
branch_labels = ("machinery",)
depends_on = None


def upgrade() -> None:
    """Create the tables; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # Events that left or will leave, in the producer's gap-free order. Append-only and narrow.
    """
    CREATE TABLE outbox (
        seq         bigint PRIMARY KEY,
        event_id    uuid NOT NULL,
        subject     text NOT NULL,
        key         text NOT NULL,
        occurred_at timestamptz NOT NULL,
        traceparent text,
        payload     text NOT NULL
    )
    """,
    # The last number given out. Its row lock orders commits, so no number is ever missing.
    "CREATE TABLE outbox_head (only_row bool PRIMARY KEY DEFAULT true CHECK (only_row), last_seq bigint NOT NULL)",
    "INSERT INTO outbox_head (last_seq) VALUES (0)",
    # How far the relay has published; a row of its own so that it never waits for writers.
    """
    CREATE TABLE outbox_relay (
        only_row      bool PRIMARY KEY DEFAULT true CHECK (only_row),
        published_seq bigint NOT NULL,
        published_at  timestamptz
    )
    """,
    "INSERT INTO outbox_relay (published_seq) VALUES (0)",
    # What each consumer says it has recorded of our sequence.
    """
    CREATE TABLE receipt (
        consumer text PRIMARY KEY,
        through  bigint NOT NULL,
        highest  bigint NOT NULL,
        missing  jsonb NOT NULL,
        drained  bool NOT NULL,
        at       timestamptz NOT NULL
    )
    """,
    # Every message ever taken in, by the id its origin gave it; kept for ever.
    """
    CREATE TABLE inbox (
        event_id  uuid PRIMARY KEY,
        producer  text NOT NULL,
        seq       bigint NOT NULL,
        body_hash bytea NOT NULL
    )
    """,
    "CREATE INDEX inbox_by_sequence ON inbox (producer, seq)",
    # Everything up to `through` is in the inbox; the rest is counted from there.
    "CREATE TABLE inbox_progress (producer text PRIMARY KEY, through bigint NOT NULL)",
    # Messages nobody could apply, with the reason, until a person replays or discards them.
    """
    CREATE TABLE quarantine (
        id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consumer    text NOT NULL,
        stream      text NOT NULL,
        stream_seq  bigint NOT NULL,
        subject     text NOT NULL,
        headers     jsonb NOT NULL,
        payload     bytea NOT NULL,
        reason      text NOT NULL,
        detail      text NOT NULL,
        deliveries  int NOT NULL,
        held_at     timestamptz NOT NULL,
        status      text NOT NULL DEFAULT 'held' CHECK (status IN ('held', 'replayed', 'discarded')),
        decided_at  timestamptz,
        decided_by  text,
        fingerprint bytea NOT NULL,
        UNIQUE (consumer, fingerprint)
    )
    """,
    "CREATE INDEX quarantine_held ON quarantine (id) WHERE status = 'held'",
)
