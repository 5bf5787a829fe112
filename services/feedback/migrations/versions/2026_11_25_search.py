"""Matters can be found by their words, typed without marks."""

from alembic import op
from sqlalchemy import text

from shared.text import fold

revision = "f0006"
down_revision = "f0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs it. What is here already gets its words."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("ALTER TABLE issue ADD COLUMN folded text NOT NULL DEFAULT ''")
    connection = op.get_bind()
    for issue_id, title in connection.execute(text("SELECT issue_id, title FROM issue WHERE title <> ''")):
        connection.execute(
            text("UPDATE issue SET folded = :folded WHERE issue_id = :issue_id"),
            {"folded": fold(title), "issue_id": issue_id},
        )
    op.execute("CREATE INDEX issue_by_words ON issue USING gin (folded gin_trgm_ops)")
    op.execute("CREATE INDEX duty_by_issue ON duty (issue_id) WHERE issue_id IS NOT NULL")
    op.execute("CREATE INDEX duty_by_unit ON duty (unit_id)")
