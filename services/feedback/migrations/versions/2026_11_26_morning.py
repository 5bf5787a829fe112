"""What the morning page and the late register need: phones, acknowledgements, chases, saved views."""

from alembic import op

from shared.walls import by_committee, by_parent, by_service

revision = "f0008"
down_revision = "f0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs it."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # What a phone said last of what it has not sent; the newest version wins.
    """
    CREATE TABLE phone_seen (
        phone_id         uuid PRIMARY KEY,
        version          int NOT NULL,
        committee_id     uuid NOT NULL,
        person_id        uuid NOT NULL,
        seen_at          timestamptz NOT NULL,
        drafts           int NOT NULL,
        unsent           int NOT NULL,
        oldest_unsent_at timestamptz
    )
    """,
    "CREATE INDEX phone_seen_by_committee ON phone_seen (committee_id)",
    # "I am on it": what an owner said last of one duty.
    """
    CREATE TABLE duty_acknowledgement (
        duty_id   uuid NOT NULL,
        person_id uuid NOT NULL,
        until     date NOT NULL,
        at        timestamptz NOT NULL,
        PRIMARY KEY (duty_id, person_id)
    )
    """,
    # When a message was first told of: rungs are climbed in order, so the one begun last is the highest.
    "ALTER TABLE duty_message ADD COLUMN first_at timestamptz",
    "UPDATE duty_message SET first_at = at",
    "ALTER TABLE duty_message ALTER COLUMN first_at SET NOT NULL",
    # Late duties that somebody asked for by hand. `skipped`: why this one was passed over in this chase.
    """
    CREATE TABLE duty_chase (
        chase_id     uuid NOT NULL,
        duty_id      uuid NOT NULL,
        committee_id uuid NOT NULL,
        chased_by    uuid NOT NULL,
        chased_at    timestamptz NOT NULL,
        note         text NOT NULL,
        skipped      text CHECK (skipped IN ('chased_lately', 'not_late')),
        PRIMARY KEY (chase_id, duty_id)
    )
    """,
    "CREATE INDEX duty_chase_by_duty ON duty_chase (duty_id, chased_at DESC)",
    # A person's own choices of the register, by the name they gave them.
    """
    CREATE TABLE saved_view (
        view_id      uuid PRIMARY KEY,
        committee_id uuid NOT NULL,
        person_id    uuid NOT NULL,
        name         text NOT NULL,
        choice       jsonb NOT NULL,
        saved_at     timestamptz NOT NULL
    )
    """,
    "CREATE INDEX saved_view_by_person ON saved_view (person_id)",
    # Rings for what came in and was not published again, so that an open desk asks anew.
    "CREATE TABLE committee_bell (committee_id uuid PRIMARY KEY, rung bigint NOT NULL)",
    "CREATE INDEX duty_by_last_day ON duty (committee_id, last_day)",
    *by_committee("phone_seen"),
    *by_parent("duty_acknowledgement", "duty_id", "duty"),
    *by_committee("duty_chase"),
    *by_committee("saved_view"),
    *by_service("committee_bell"),
)
