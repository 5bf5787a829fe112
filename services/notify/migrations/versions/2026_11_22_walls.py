"""Walls between committees around everything notify keeps of their matters."""

from alembic import op

from shared.walls import by_committee, by_parent

revision = "n0003"
down_revision = "n0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Close the tables."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    *by_committee("ladder_policy"),
    *by_committee("escalation"),
    *by_committee("message"),
    *by_parent("contact_channel", "person_id", "directory_person"),
    *by_parent("acknowledgement", "duty_id", "escalation"),
)
