"""Every import of a register with what it changed, so that it can be undone as a whole."""

from alembic import op

from shared.walls import by_committee, by_parent

revision = "v0016"
down_revision = "v0015"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE register_import (
        import_id    uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        digest       text NOT NULL,
        files        text[] NOT NULL,
        counts       jsonb NOT NULL,
        imported_by  uuid,
        imported_at  timestamptz NOT NULL,
        undone_by    uuid,
        undone_at    timestamptz,
        CHECK ((undone_by IS NULL) = (undone_at IS NULL))
    )
    """,
    "CREATE INDEX register_import_by_committee ON register_import (committee_id, imported_at DESC)",
    *by_committee("register_import"),
    # `previous` is what stood before, NULL where the import added the record, and {} once nobody may undo it.
    """
    CREATE TABLE register_change (
        import_id     uuid NOT NULL REFERENCES register_import,
        row_id        uuid NOT NULL,
        part          text NOT NULL CHECK (part IN ('unit', 'body', 'person', 'visit')),
        code          text NOT NULL,
        version       int NOT NULL,
        content_hash  text,
        previous_hash text,
        previous      jsonb,
        PRIMARY KEY (import_id, row_id)
    )
    """,
    "CREATE INDEX register_change_by_row ON register_change (row_id)",
    *by_parent("register_change", "import_id", "register_import"),
)


def upgrade() -> None:
    """Additive; before the code that needs it. What was imported before is in no list and cannot be undone."""
    for statement in STATEMENTS:
        op.execute(statement)
