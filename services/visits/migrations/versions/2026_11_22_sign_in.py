"""Signing in on a phone: invitations, passkeys, second factors, devices, and the step before the door.

Nothing here opens anything by itself: tokens and recovery codes are kept as digests, passkeys as public
keys. What waits for an answer (a challenge, a person at the door) has a time, and is used once.
"""

from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # An account may live without a password, by its passkeys. One that the office closed lets nobody in.
    "ALTER TABLE account ALTER COLUMN password_hash DROP NOT NULL, ADD COLUMN closed_at timestamptz",
    """
    CREATE TABLE invitation (
        invitation_id uuid PRIMARY KEY,
        committee_id  uuid NOT NULL,
        person_id     uuid NOT NULL,
        token_sha256  text NOT NULL UNIQUE,
        issued_by     uuid,
        issued_at     timestamptz NOT NULL,
        expires_at    timestamptz NOT NULL,
        used_at       timestamptz,
        revoked_at    timestamptz
    )
    """,
    "CREATE INDEX invitation_by_committee ON invitation (committee_id, issued_at DESC)",
    "CREATE INDEX invitation_by_person ON invitation (person_id)",
    # Somebody who showed the first proof and owes the second. It is no session: it opens nothing else.
    """
    CREATE TABLE doorstep (
        token_sha256 text PRIMARY KEY,
        person_id    uuid NOT NULL,
        came_by      text NOT NULL CHECK (came_by IN ('invitation', 'password')),
        expires_at   timestamptz NOT NULL
    )
    """,
    "CREATE INDEX doorstep_by_age ON doorstep (expires_at)",
    """
    CREATE TABLE passkey (
        passkey_id    uuid PRIMARY KEY,
        credential_id bytea NOT NULL UNIQUE,
        person_id     uuid NOT NULL,
        name          text NOT NULL,
        public_key    bytea NOT NULL,
        sign_count    bigint NOT NULL,
        added_at      timestamptz NOT NULL,
        last_used_at  timestamptz
    )
    """,
    "CREATE INDEX passkey_by_person ON passkey (person_id, added_at)",
    # A question to an authenticator, answered once; `person_id` when it is about a new passkey.
    """
    CREATE TABLE passkey_challenge (
        challenge  bytea PRIMARY KEY,
        person_id  uuid,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX passkey_challenge_by_age ON passkey_challenge (expires_at)",
    # `last_step` is the time step of the last code that was taken: it and all before it are used up.
    """
    CREATE TABLE authenticator (
        person_id      uuid PRIMARY KEY,
        secret         bytea,
        confirmed_at   timestamptz,
        last_step      bigint NOT NULL DEFAULT 0,
        offered_secret bytea,
        CHECK ((secret IS NULL) = (confirmed_at IS NULL))
    )
    """,
    """
    CREATE TABLE recovery_code (
        code_sha256 text PRIMARY KEY,
        person_id   uuid NOT NULL,
        used_at     timestamptz
    )
    """,
    "CREATE INDEX recovery_code_by_person ON recovery_code (person_id)",
    # A browser somebody signed in with. Its token proves only that it was here before.
    """
    CREATE TABLE device (
        device_id    uuid PRIMARY KEY,
        person_id    uuid NOT NULL,
        token_sha256 text NOT NULL UNIQUE,
        name         text NOT NULL,
        first_seen   date NOT NULL,
        last_seen    date NOT NULL,
        revoked_at   timestamptz
    )
    """,
    "CREATE INDEX device_by_person ON device (person_id, last_seen DESC)",
    "CREATE TABLE device_session (session_id uuid PRIMARY KEY, device_id uuid NOT NULL REFERENCES device)",
    "CREATE INDEX device_session_by_device ON device_session (device_id)",
    # On the way to the outside provider and back; the browser holds the token, we hold its digest.
    """
    CREATE TABLE provider_journey (
        token_sha256 text PRIMARY KEY,
        state_sha256 text NOT NULL,
        nonce        text NOT NULL,
        verifier     text NOT NULL,
        expires_at   timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE provider_subject (
        issuer    text NOT NULL,
        subject   text NOT NULL,
        person_id uuid NOT NULL,
        linked_by uuid,
        linked_at timestamptz NOT NULL,
        PRIMARY KEY (issuer, subject),
        UNIQUE (person_id, issuer)
    )
    """,
)
