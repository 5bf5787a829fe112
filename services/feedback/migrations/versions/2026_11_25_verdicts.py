"""What the cell says of the answer it was given: settled, or not and why."""

from alembic import op

from shared.walls import by_parent

revision = "f0007"
down_revision = "f0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # A reply that did not settle the matter moves here with the verdict on it, so that another can be given.
    """
    CREATE TABLE verdict (
        verdict_id        uuid PRIMARY KEY,
        issue_id          uuid NOT NULL,
        settled           bool NOT NULL,
        reason            text NOT NULL,
        given_by          uuid NOT NULL,
        given_at          timestamptz NOT NULL,
        replied_at        timestamptz,
        reply_summary     text NOT NULL DEFAULT '',
        reply_recorded_by uuid
    )
    """,
    "CREATE INDEX verdict_by_issue ON verdict (issue_id, given_at)",
    *by_parent("verdict", "issue_id", "issue"),
)
