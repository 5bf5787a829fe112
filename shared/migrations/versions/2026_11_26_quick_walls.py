"""The walls that stand ask for their settings once for a query, as those that are built now do."""

from alembic import op
from sqlalchemy import text

revision = "m0007"
down_revision = "m0006"
branch_labels = None
depends_on = None

ASKED_FOR_EVERY_ROW = (
    "(COALESCE(current_setting('fv.service'::text, true), 'off'::text))::boolean",
    "(NULLIF(current_setting('fv.committee_id'::text, true), ''::text))::uuid",
)
"""As PostgreSQL prints the two halves of a condition that is no SELECT yet."""


def upgrade() -> None:
    """The same condition in another form; what anybody sees stays the same."""
    standing = op.get_bind().execute(
        text("SELECT tablename, policyname, qual FROM pg_policies WHERE qual LIKE '%current_setting%'")
    )
    for table, policy, condition in standing.all():
        if "SELECT (" not in condition:
            for each in ASKED_FOR_EVERY_ROW:
                condition = condition.replace(each, f"(SELECT {each})")  # noqa: PLW2901  # both halves of one condition
            op.execute(f"ALTER POLICY {policy} ON {table} USING ({condition})")
