"""What visits is told of the way of issues, and reports that the office returned."""

from alembic import op

from shared.walls import by_parent

revision = "f0005"
down_revision = "f0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # Grows with every step of the way that is told; zero: nothing was told yet.
    "ALTER TABLE issue ADD COLUMN way_version int NOT NULL DEFAULT 0",
    # The newest version of the report, so that it is known which one is returned and which one answers.
    "ALTER TABLE visit ADD COLUMN report_version int",
    """
    CREATE TABLE report_return (
        return_id      uuid PRIMARY KEY,
        duty_id        uuid NOT NULL,
        visit_id       uuid NOT NULL,
        report_version int NOT NULL,
        comment        text NOT NULL,
        returned_by    uuid NOT NULL,
        returned_at    timestamptz NOT NULL
    )
    """,
    "CREATE INDEX report_return_by_duty ON report_return (duty_id)",
    *by_parent("report_return", "visit_id", "visit"),
)
