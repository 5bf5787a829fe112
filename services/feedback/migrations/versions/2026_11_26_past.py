"""What duties were before each change, so that the register can be read as it stood at a past minute."""

from alembic import op

from shared.walls import by_committee

revision = "f0011"
down_revision = "f0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Additive; before the code that needs it. Of what happened before, facts tell due dates and endings."""
    for statement in STATEMENTS:
        op.execute(statement)


_NAMES = """duty_id, version, due_version, committee_id, unit_id, owner_person_id, owner_unit_id, urgency,
extensions, anchor, calendar_revision, last_day, due_at, first_due_at, provisional, closed_at, closure"""

STATEMENTS = (
    # A duty as it stood until the instant `until`: written once, by the transaction that changed it. Version 0:
    # open, until it was done as a paper register tells. What never changes of a duty is read from its own row.
    """
    CREATE TABLE duty_past (
        duty_id           uuid NOT NULL,
        version           int NOT NULL,
        until             timestamptz NOT NULL,
        due_version       int NOT NULL,
        committee_id      uuid NOT NULL,
        unit_id           uuid NOT NULL,
        owner_person_id   uuid,
        owner_unit_id     uuid,
        urgency           text NOT NULL,
        extensions        int[] NOT NULL,
        anchor            date NOT NULL,
        calendar_revision int NOT NULL,
        last_day          date NOT NULL,
        due_at            timestamptz NOT NULL,
        first_due_at      timestamptz NOT NULL,
        provisional       bool NOT NULL,
        closed_at         timestamptz,
        closure           text,
        PRIMARY KEY (duty_id, version)
    )
    """,
    "CREATE INDEX duty_past_until ON duty_past (committee_id, until)",
    # Requests for more days that wait for a word.
    "CREATE INDEX extension_open ON extension (asked_at) WHERE granted IS NULL",
    # The due dates before each move. They stand before version 0.
    f"""
    INSERT INTO duty_past ({_NAMES}, until)
    SELECT duty_id, moved.due_version - 1000000, moved.due_version - 1, committee_id, unit_id, owner_person_id,
           owner_unit_id, urgency, '{{}}', anchor, moved.was_revision,
           CAST((before.due_at - interval '1 second') AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date), before.due_at,
           first_due_at, provisional, NULL, NULL, moved.at
    FROM duty JOIN duty_due AS moved USING (duty_id),
         LATERAL (SELECT coalesce((SELECT earlier.due_at FROM duty_due AS earlier
                                   WHERE earlier.duty_id = duty.duty_id
                                     AND earlier.due_version < moved.due_version
                                   ORDER BY earlier.due_version DESC LIMIT 1), first_due_at) AS due_at) AS before
    WHERE moved.at > opened_at
    """,
    # Open, until it ended.
    f"""
    INSERT INTO duty_past ({_NAMES}, until)
    SELECT duty_id, 0, due_version, committee_id, unit_id, owner_person_id, owner_unit_id, urgency, extensions,
           anchor, calendar_revision, last_day, due_at, first_due_at, provisional, NULL, NULL, closed_at
    FROM duty WHERE closed_at > opened_at
    """,
    *by_committee("duty_past"),
)
