"""The directory and its sessions: the same tables in every service's database.

In visits they are the source, elsewhere a copy fed by events. Events arrive in any order, so nothing
refers to anything by foreign key and every row carries the version it came from.
"""

from alembic import op

revision = "m0002"
down_revision = "m0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # `folded` is the text to search in, `sort_key` the text to sort by (shared.text), compared byte by byte.
    """
    CREATE TABLE directory_unit (
        unit_id       uuid PRIMARY KEY,
        version       int NOT NULL,
        committee_id  uuid NOT NULL,
        code          text NOT NULL,
        name          text NOT NULL,
        kind          text NOT NULL,
        parent_id     uuid,
        cell_type     text,
        attention     text,
        recognition   text,
        valid_from    date,
        valid_to      date,
        successor_ids uuid[] NOT NULL,
        folded        text COLLATE "C" NOT NULL,
        sort_key      text COLLATE "C" NOT NULL
    )
    """,
    "CREATE INDEX directory_unit_by_code ON directory_unit (committee_id, code)",
    "CREATE INDEX directory_unit_sorted ON directory_unit (committee_id, sort_key)",
    "CREATE INDEX directory_unit_by_parent ON directory_unit (parent_id)",
    "CREATE INDEX directory_committee ON directory_unit (sort_key) WHERE unit_id = committee_id",
    """
    CREATE TABLE directory_person (
        person_id    uuid PRIMARY KEY,
        version      int NOT NULL,
        committee_id uuid NOT NULL,
        code         text NOT NULL,
        full_name    text NOT NULL,
        email        text,
        portfolios   text[] NOT NULL,
        folded       text COLLATE "C" NOT NULL,
        sort_key     text COLLATE "C" NOT NULL
    )
    """,
    "CREATE INDEX directory_person_by_code ON directory_person (committee_id, code)",
    "CREATE INDEX directory_person_sorted ON directory_person (committee_id, sort_key)",
    # The posts of a person are replaced together with the person's row, never alone.
    """
    CREATE TABLE directory_post (
        person_id    uuid NOT NULL,
        post_id      uuid NOT NULL,
        committee_id uuid NOT NULL,
        role         text NOT NULL,
        body         text NOT NULL,
        title        text NOT NULL,
        unit_id      uuid NOT NULL,
        valid_from   date,
        valid_to     date,
        PRIMARY KEY (person_id, post_id)
    )
    """,
    "CREATE INDEX directory_post_by_role ON directory_post (committee_id, role)",
    # A session is found by the digest of its token; the token itself is nowhere but in the browser.
    """
    CREATE TABLE directory_session (
        session_id   uuid PRIMARY KEY,
        version      int NOT NULL,
        token_sha256 text NOT NULL UNIQUE,
        person_id    uuid NOT NULL,
        opened_at    timestamptz NOT NULL,
        expires_at   timestamptz NOT NULL,
        closed_at    timestamptz
    )
    """,
    "CREATE INDEX directory_session_by_person ON directory_session (person_id)",
)
