"""The same trouble from many cells: which matters the office merged by hand."""

from alembic import op

from shared.walls import by_parent

revision = "f0012"
down_revision = "f0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # A matter belongs to one cluster at most; who merged it and took it out again is in the audit trail.
    "CREATE TABLE merged_issue (issue_id uuid PRIMARY KEY, cluster_id uuid NOT NULL, merged_at timestamptz NOT NULL)",
    "CREATE INDEX merged_issue_by_cluster ON merged_issue (cluster_id)",
    *by_parent("merged_issue", "issue_id", "issue"),
)
