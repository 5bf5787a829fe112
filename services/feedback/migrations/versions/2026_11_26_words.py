"""Matters are found by the beginnings of their words, also behind the wall; and few matters are restricted.

An index on `folded LIKE` is of no use to whoever stands behind a wall: PostgreSQL asks a condition that might
tell of other rows only after the wall has let a row through. What compares words may be asked first.
"""

from alembic import op
from sqlalchemy import text

from shared.text import words
from shared.walls import by_committee

revision = "f0013"
down_revision = "f0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE issue_word (
        issue_id     uuid NOT NULL REFERENCES issue ON DELETE CASCADE,
        word         text NOT NULL,
        committee_id uuid NOT NULL,
        PRIMARY KEY (issue_id, word)
    )
    """,
    "CREATE INDEX issue_word_by_word ON issue_word (committee_id, word, issue_id)",
    *by_committee("issue_word"),
    "CREATE INDEX duty_by_owner ON duty (owner_person_id)",
    "CREATE INDEX issue_restricted ON issue (visit_id) WHERE access_class <> 'normal'",
)


def upgrade() -> None:
    """What is here already gets its words; `folded` and its index have no reader any more."""
    for statement in STATEMENTS:
        op.execute(statement)
    connection = op.get_bind()
    titles = connection.execute(
        text(
            """
            SELECT issue_id, committee_id, title FROM issue JOIN visit USING (visit_id)
            WHERE title <> '' AND access_class = 'normal' AND NOT removed
            """
        )
    )
    said = [
        {"issue_id": issue_id, "committee_id": committee_id, "word": word}
        for issue_id, committee_id, title in titles.all()
        for word in words(title)
    ]
    if said:
        connection.execute(
            text(
                "INSERT INTO issue_word (issue_id, word, committee_id) VALUES (:issue_id, :word, :committee_id)"
            ),
            said,
        )
    op.execute("ALTER TABLE issue DROP COLUMN folded")
