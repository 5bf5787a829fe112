"""The audit with its chain, and the walls between committees around the tables of the machinery."""

from alembic import op

from shared.walls import by_committee, by_service

revision = "m0004"
down_revision = "m0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the audit, then close the tables; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # Rows are only ever added. `was` and `became` are text, so that they stay as they were hashed.
    """
    CREATE TABLE audit (
        seq          bigint PRIMARY KEY,
        at           timestamptz NOT NULL,
        committee_id uuid,
        person_id    uuid,
        session_id   uuid,
        machine      text,
        request_id   text,
        act          text NOT NULL,
        kind         text NOT NULL,
        record_id    text NOT NULL,
        was          text,
        became       text,
        hash         bytea NOT NULL
    )
    """,
    "CREATE INDEX audit_by_committee ON audit (committee_id, seq DESC)",
    "CREATE INDEX audit_by_record ON audit (record_id, seq DESC)",
    # The hashes of the newest transaction's rows; the last of them is the head of the chain.
    """
    CREATE TABLE audit_head (
        only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
        last_seq bigint NOT NULL,
        links    bytea[] NOT NULL
    )
    """,
    "INSERT INTO audit_head (last_seq, links) VALUES (0, ARRAY[sha256('field-visits audit')])",
    # shared.audit.link, for several rows.
    """
    CREATE FUNCTION audit_links(previous bytea, seq bigint, bodies text[]) RETURNS bytea[]
    LANGUAGE plpgsql IMMUTABLE AS $$
    DECLARE
        links bytea[] := '{}';
        row_body text;
    BEGIN
        FOREACH row_body IN ARRAY bodies LOOP
            seq := seq + 1;
            previous := sha256(previous || convert_to(seq::text || E'\\n' || row_body, 'UTF8'));
            links := links || previous;
        END LOOP;
        RETURN links;
    END
    $$
    """,
    *by_committee("audit", shared=False),
    # What belongs to no committee, such as a refused sign-in, is written by anybody and read by the service.
    "CREATE POLICY adding ON audit FOR INSERT WITH CHECK (committee_id IS NULL)",
    *by_committee("directory_body"),
    *by_committee("directory_unit"),
    *by_committee("directory_person"),
    *by_committee("directory_post"),
    *by_service("outbox", anybody_adds=True),
    *by_service("quarantine"),
)
