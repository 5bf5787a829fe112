"""Visits recorded on behalf of a member, drafts of their reports, and what people said of a record.

A visit as its member wrote it has no approval; one that an assistant wrote waits for the member's word.
"""

from alembic import op

from shared.walls import by_parent

revision = "v0005"
down_revision = "v0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    ALTER TABLE visit
        ADD COLUMN approval text CHECK (approval IN ('waiting', 'approved', 'rejected')),
        ADD COLUMN disputed_at timestamptz
    """,
    "CREATE INDEX visit_waiting ON visit (visitor_id, started_at DESC) WHERE approval = 'waiting'",
    "CREATE INDEX visit_disputed ON visit (committee_id, started_at DESC) WHERE disputed_at IS NOT NULL",
    # What was said of one version, in order; said again it is a row of its own, so that nothing is unsaid.
    """
    CREATE TABLE remark (
        visit_id uuid NOT NULL REFERENCES visit,
        place    int NOT NULL,
        version  int NOT NULL,
        kind     text NOT NULL CHECK (kind IN ('approved', 'rejected', 'confirmed', 'disputed', 'answered')),
        words    text NOT NULL,
        said_by  uuid NOT NULL,
        said_at  timestamptz NOT NULL,
        PRIMARY KEY (visit_id, place)
    )
    """,
    # Not a report: it is filed when the member says so, and never by waiting.
    """
    CREATE TABLE report_draft (
        draft_id   uuid PRIMARY KEY,
        visit_id   uuid NOT NULL REFERENCES visit,
        summary    text NOT NULL,
        drafted_by uuid NOT NULL,
        drafted_at timestamptz NOT NULL,
        approved   bool,
        reason     text NOT NULL DEFAULT '',
        decided_at timestamptz,
        CHECK ((approved IS NULL) = (decided_at IS NULL))
    )
    """,
    "CREATE INDEX report_draft_by_visit ON report_draft (visit_id, drafted_at)",
    *by_parent("remark", "visit_id", "visit"),
    *by_parent("report_draft", "visit_id", "visit"),
)
