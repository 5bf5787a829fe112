"""Calendars that telephones subscribe to, and when a duty last changed; before the code that needs them."""

from alembic import op

from shared.walls import by_parent

revision = "v0008"
down_revision = "v0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # The secret address of a person's calendar; only its digest is known here.
    """
    CREATE TABLE calendar_feed (
        person_id    uuid PRIMARY KEY,
        token_sha256 text NOT NULL UNIQUE,
        created_at   timestamptz NOT NULL,
        last_read_at timestamptz
    )
    """,
    *by_parent("calendar_feed", "person_id", "directory_person"),
    # What was kept before has been so since it was due to be known: any fixed instant will do.
    "ALTER TABLE duty_copy ADD COLUMN changed_at timestamptz NOT NULL DEFAULT '2026-11-22T00:00:00Z'",
)
