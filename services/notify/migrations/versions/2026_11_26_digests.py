"""The weekly and the monthly digest; before the code that needs them."""

from alembic import op

from shared.walls import by_committee

revision = "n0006"
down_revision = "n0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # A period whose digests are written, also when there was nothing to tell.
    """
    CREATE TABLE digest_run (
        committee_id uuid NOT NULL,
        scope        text NOT NULL,
        period       date NOT NULL,
        ran_at       timestamptz NOT NULL,
        PRIMARY KEY (committee_id, scope, period)
    )
    """,
    # Figures as of one morning, for one person. `shown`: it stands in the inbox and leaves by no letter.
    """
    CREATE TABLE digest (
        digest_id     uuid PRIMARY KEY,
        committee_id  uuid NOT NULL,
        person_id     uuid NOT NULL,
        scope         text NOT NULL,
        period        date NOT NULL,
        late          int NOT NULL,
        soon          int NOT NULL,
        oldest_due_at timestamptz,
        as_of         timestamptz NOT NULL,
        state         text NOT NULL CHECK (state IN ('pending', 'sent', 'failed', 'shown')),
        send_at       timestamptz NOT NULL,
        attempts      int NOT NULL,
        lease         uuid,
        lease_until   timestamptz
    )
    """,
    "CREATE INDEX digest_pending ON digest (send_at) WHERE state = 'pending'",
    "CREATE INDEX digest_of_person ON digest (person_id, period)",
    *by_committee("digest_run"),
    *by_committee("digest"),
)
