"""Phones that ring, quiet hours, and letters that tell of several duties; before the code that needs them."""

from alembic import op

from shared.walls import by_parent

revision = "n0005"
down_revision = "n0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # A browser that its person let ring. What it gave us lies here sealed; the digest of its endpoint tells
    # whether it is here already. The session is the one it was switched on in: signing out ends both.
    """
    CREATE TABLE push_subscription (
        subscription_id uuid PRIMARY KEY,
        person_id       uuid NOT NULL,
        session_id      uuid NOT NULL,
        endpoint_sha256 text NOT NULL UNIQUE,
        sealed          bytea NOT NULL,
        label           text NOT NULL,
        created_at      timestamptz NOT NULL,
        last_ok_at      timestamptz,
        tried_at        timestamptz,
        failures        int NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX push_subscription_by_person ON push_subscription (person_id)",
    "CREATE INDEX push_subscription_by_session ON push_subscription (session_id)",
    # A person's own hours of rest; without a row 20:00 to 07:00.
    """
    CREATE TABLE quiet_hours (
        person_id  uuid PRIMARY KEY,
        starts     time NOT NULL,
        ends       time NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
    *by_parent("push_subscription", "person_id", "directory_person"),
    *by_parent("quiet_hours", "person_id", "directory_person"),
    # The letter in which a message left: its own id, or that of the message whose letter told of it too.
    "ALTER TABLE message ADD COLUMN letter_id uuid",
    "ALTER TABLE message DROP CONSTRAINT message_state_check",
    """
    ALTER TABLE message ADD CONSTRAINT message_state_check
        CHECK (state IN ('pending', 'sent', 'bundled', 'delivered', 'read', 'failed', 'suppressed'))
    """,
    "CREATE INDEX message_letters ON message (person_id, channel, sent_at) WHERE letter_id IS NOT NULL",
    "CREATE INDEX message_waiting ON message (person_id, channel) WHERE state = 'pending'",
    """
    CREATE INDEX message_unseen ON message (sent_at)
        WHERE channel = 'webpush' AND state IN ('sent', 'bundled') AND then_channels <> '{}'
    """,
)
