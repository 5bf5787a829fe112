"""Walls between committees around everything visits keeps of their matters."""

from alembic import op

from shared.walls import by_committee, by_parent, by_service

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Close the tables; accounts and links stay open, because whoever signs in is nobody yet."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    *by_committee("visit"),
    *by_parent("visit_version", "visit_id", "visit"),
    *by_parent("issue", "visit_id", "visit"),
    *by_parent("report_version", "visit_id", "visit"),
    *by_parent("visit_conflict", "visit_id", "visit"),
    *by_parent("unit_version", "unit_id", "directory_unit"),
    *by_committee("succession"),
    *by_committee("assignment"),
    *by_committee("quota"),
    *by_committee("duty_copy"),
    *by_service("register_row"),
)
