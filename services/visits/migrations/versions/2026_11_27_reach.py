"""How deep a level reaches, as dated rules of a committee."""

from alembic import op

from shared.walls import by_committee

revision = "v0017"
down_revision = "v0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE reach (
        reach_id       uuid PRIMARY KEY,
        committee_id   uuid NOT NULL,
        body           text,
        deepest        int NOT NULL CHECK (deepest BETWEEN 0 AND 9),
        valid_from     date NOT NULL,
        basis_document text NOT NULL,
        UNIQUE NULLS NOT DISTINCT (committee_id, body, valid_from)
    )
    """,
    *by_committee("reach"),
)


def upgrade() -> None:
    """Additive; before the code that needs it. Where no rule is, nothing is limited."""
    for statement in STATEMENTS:
        op.execute(statement)
