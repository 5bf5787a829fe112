"""What an agency says before it answers: a question, a promised day, that it is not competent."""

from alembic import op

from shared.walls import by_parent

revision = "f0009"
down_revision = "f0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # Set once, with the note that says why. A forwarding that was refused is waited for no longer.
    "ALTER TABLE forwarding ADD COLUMN refused_at timestamptz",
    """
    CREATE TABLE agency_note (
        note_id       uuid PRIMARY KEY,
        forwarding_id uuid NOT NULL,
        issue_id      uuid NOT NULL,
        kind          text NOT NULL CHECK (kind IN ('question', 'promise', 'not_competent')),
        text          text NOT NULL,
        promised_on   date,
        said_by       uuid NOT NULL,
        said_at       timestamptz NOT NULL,
        reply         text,
        replied_by    uuid,
        replied_at    timestamptz,
        CHECK ((kind = 'promise') = (promised_on IS NOT NULL)),
        CHECK (kind = 'question' OR replied_at IS NULL)
    )
    """,
    "CREATE INDEX agency_note_by_issue ON agency_note (issue_id, said_at)",
    # Promises are as many as were made; a question and a refusal there are once.
    """
    CREATE UNIQUE INDEX agency_note_once ON agency_note (forwarding_id, kind) WHERE kind <> 'promise'
    """,
    *by_parent("agency_note", "issue_id", "issue"),
)
