"""The bodies of a committee, such as Thường trực, Ban Thường vụ and Văn phòng: rows like units, not constants."""

from alembic import op

revision = "m0003"
down_revision = "m0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # `code` is the word by which posts and policies name a body; `valid_to` is its last day.
    """
    CREATE TABLE directory_body (
        body_id       uuid PRIMARY KEY,
        version       int NOT NULL,
        committee_id  uuid NOT NULL,
        code          text NOT NULL,
        name          text NOT NULL,
        valid_from    date,
        valid_to      date,
        successor_ids uuid[] NOT NULL
    )
    """,
    "CREATE INDEX directory_body_by_code ON directory_body (committee_id, code)",
)
