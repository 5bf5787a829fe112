"""Photographs of issues: kept as pictures drawn anew, beside the visit and never a part of it."""

from alembic import op

from shared.walls import by_parent

revision = "v0010"
down_revision = "v0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    CREATE TABLE visit_photo (
        photo_id uuid PRIMARY KEY,
        visit_id uuid NOT NULL REFERENCES visit,
        issue_id uuid NOT NULL REFERENCES issue,
        sha256   text NOT NULL,
        picture  bytea NOT NULL,
        kept_by  uuid NOT NULL,
        kept_at  timestamptz NOT NULL
    )
    """,
    "CREATE INDEX visit_photo_by_visit ON visit_photo (visit_id, kept_at)",
    # A JPEG does not get smaller by packing it again.
    "ALTER TABLE visit_photo ALTER COLUMN picture SET STORAGE EXTERNAL",
    *by_parent("visit_photo", "visit_id", "visit"),
)
