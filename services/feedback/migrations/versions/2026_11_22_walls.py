"""Walls between committees around everything feedback keeps of their matters."""

from alembic import op

from shared.walls import by_committee, by_parent, by_service

revision = "f0003"
down_revision = "f0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Close the tables; the calendar of days off is everybody's."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    *by_committee("visit"),
    *by_parent("issue", "visit_id", "visit"),
    *by_parent("forwarding", "issue_id", "issue"),
    *by_parent("reply", "issue_id", "issue"),
    *by_committee("duty"),
    # An alarm is set in the statement that opens its duty, and holds nothing but when to look at it.
    *by_service("alarm", anybody_adds=True),
    *by_parent("duty_due", "duty_id", "duty"),
    *by_parent("extension", "duty_id", "duty"),
    *by_parent("duty_message", "duty_id", "duty"),
    *by_committee("policy", shared=True),
)
