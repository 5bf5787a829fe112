"""Duties, their alarms and the history of their due dates.

An alarm says when to look at an open duty next. It rings once: announcing deletes it in the same
transaction. One that belongs to a closed duty or to an older due date rings in vain, so closing or moving
a duty never has to look for it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.feedback.domain.duty import Duty
from services.feedback.domain.policy import Rule
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.contracts.visits import AccessClass, Urgency
from shared.uow import UnitOfWork

ALARM_SET = "alarm"
"""Told to `Database.after_commit` when an alarm was set: the clockwork may have to wake earlier."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new duty with the instant from which it is due soon."""

    duty: Duty
    warn_at: datetime


async def insert(tx: UnitOfWork, opened: Sequence[Opened]) -> None:
    """Write new duties, and alarms for those still open."""
    duties = [each.duty for each in opened]
    await tx.execute(
        """
        INSERT INTO duty (duty_id, version, due_version, kind, committee_id, unit_id, visit_id, issue_id,
                          forwarding_id, owner_person_id, owner_unit_id, access_class, urgency, policy_id,
                          rule, days, anchor, calendar_revision, last_day, due_at, first_due_at,
                          provisional, closed_at, closure, opened_at)
        SELECT *, CAST(:now AS timestamptz) FROM unnest(
            CAST(:duty_id AS uuid[]), CAST(:version AS int[]), CAST(:due_version AS int[]),
            CAST(:kind AS text[]), CAST(:committee_id AS uuid[]), CAST(:unit_id AS uuid[]),
            CAST(:visit_id AS uuid[]), CAST(:issue_id AS uuid[]), CAST(:forwarding_id AS uuid[]),
            CAST(:owner_person_id AS uuid[]), CAST(:owner_unit_id AS uuid[]), CAST(:access_class AS text[]),
            CAST(:urgency AS text[]), CAST(:policy_id AS uuid[]), CAST(:rule AS text[]),
            CAST(:days AS int[]), CAST(:anchor AS date[]), CAST(:calendar_revision AS int[]),
            CAST(:last_day AS date[]), CAST(:due_at AS timestamptz[]), CAST(:due_at AS timestamptz[]),
            CAST(:provisional AS bool[]), CAST(:closed_at AS timestamptz[]), CAST(:closure AS text[]))
        """,
        now=tx.now,
        duty_id=[duty.duty_id for duty in duties],
        version=[duty.version for duty in duties],
        due_version=[duty.due_version for duty in duties],
        kind=[duty.kind.value for duty in duties],
        committee_id=[duty.committee_id for duty in duties],
        unit_id=[duty.unit_id for duty in duties],
        visit_id=[duty.visit_id for duty in duties],
        issue_id=[duty.issue_id for duty in duties],
        forwarding_id=[duty.forwarding_id for duty in duties],
        owner_person_id=[duty.owner_person_id for duty in duties],
        owner_unit_id=[duty.owner_unit_id for duty in duties],
        access_class=[duty.access_class.value for duty in duties],
        urgency=[duty.urgency.value for duty in duties],
        policy_id=[duty.policy_id for duty in duties],
        rule=[duty.rule.value for duty in duties],
        days=[duty.days for duty in duties],
        anchor=[duty.anchor for duty in duties],
        calendar_revision=[duty.calendar_revision for duty in duties],
        last_day=[duty.last_day for duty in duties],
        due_at=[duty.due_at for duty in duties],
        provisional=[duty.provisional for duty in duties],
        closed_at=[duty.closed_at for duty in duties],
        closure=[duty.closure and duty.closure.value for duty in duties],
    )
    await set_alarms(tx, opened)


async def set_alarms(tx: UnitOfWork, opened: Iterable[Opened]) -> None:
    """Have the clockwork look at each open duty from its warning day on."""
    waiting = [each for each in opened if each.duty.closed_at is None]
    if not waiting:
        return
    await tx.execute(
        """
        INSERT INTO alarm (next_at, duty_id, due_version)
        SELECT * FROM unnest(CAST(:next_at AS timestamptz[]), CAST(:duty_id AS uuid[]),
                             CAST(:due_version AS int[]))
        """,
        next_at=[each.warn_at for each in waiting],
        duty_id=[each.duty.duty_id for each in waiting],
        due_version=[each.duty.due_version for each in waiting],
    )
    tx.touched.add(ALARM_SET)


async def save(tx: UnitOfWork, duties: Sequence[Duty]) -> None:
    """Write duties read `for update` in this transaction as they now stand."""
    await tx.execute(
        """
        UPDATE duty SET
            version = new.version, due_version = new.due_version, urgency = new.urgency,
            access_class = new.access_class, unit_id = new.unit_id, committee_id = new.committee_id,
            owner_person_id = new.owner_person_id, owner_unit_id = new.owner_unit_id, anchor = new.anchor,
            calendar_revision = new.calendar_revision, last_day = new.last_day, due_at = new.due_at,
            first_due_at = new.first_due_at, provisional = new.provisional, closed_at = new.closed_at,
            closure = new.closure, extensions = CAST(string_to_array(new.extensions, ',') AS int[])
        FROM unnest(
            CAST(:duty_id AS uuid[]), CAST(:version AS int[]), CAST(:due_version AS int[]),
            CAST(:urgency AS text[]), CAST(:access_class AS text[]), CAST(:unit_id AS uuid[]),
            CAST(:committee_id AS uuid[]), CAST(:owner_person_id AS uuid[]),
            CAST(:owner_unit_id AS uuid[]), CAST(:anchor AS date[]), CAST(:calendar_revision AS int[]),
            CAST(:last_day AS date[]), CAST(:due_at AS timestamptz[]), CAST(:first_due_at AS timestamptz[]),
            CAST(:provisional AS bool[]), CAST(:closed_at AS timestamptz[]), CAST(:closure AS text[]),
            CAST(:extensions AS text[])
        ) AS new (duty_id, version, due_version, urgency, access_class, unit_id, committee_id,
                  owner_person_id, owner_unit_id, anchor, calendar_revision, last_day, due_at, first_due_at,
                  provisional, closed_at, closure, extensions)
        WHERE duty.duty_id = new.duty_id
        """,
        duty_id=[duty.duty_id for duty in duties],
        version=[duty.version for duty in duties],
        due_version=[duty.due_version for duty in duties],
        urgency=[duty.urgency.value for duty in duties],
        access_class=[duty.access_class.value for duty in duties],
        unit_id=[duty.unit_id for duty in duties],
        committee_id=[duty.committee_id for duty in duties],
        owner_person_id=[duty.owner_person_id for duty in duties],
        owner_unit_id=[duty.owner_unit_id for duty in duties],
        anchor=[duty.anchor for duty in duties],
        calendar_revision=[duty.calendar_revision for duty in duties],
        last_day=[duty.last_day for duty in duties],
        due_at=[duty.due_at for duty in duties],
        first_due_at=[duty.first_due_at for duty in duties],
        provisional=[duty.provisional for duty in duties],
        closed_at=[duty.closed_at for duty in duties],
        closure=[duty.closure and duty.closure.value for duty in duties],
        # Arrays of arrays must be rectangular in PostgreSQL; a list of days travels as text.
        extensions=[",".join(map(str, duty.extensions)) for duty in duties],
    )


async def record_moves(tx: UnitOfWork, moved: Sequence[Duty], *, cause: str, by: UUID | None) -> None:
    """Keep the due dates that these duties have just been given."""
    await tx.execute(
        """
        INSERT INTO duty_due (duty_id, due_version, due_at, calendar_revision, cause, at, moved_by)
        SELECT new.*, :cause, :now, CAST(:by AS uuid)
        FROM unnest(CAST(:duty_id AS uuid[]), CAST(:due_version AS int[]), CAST(:due_at AS timestamptz[]),
                    CAST(:calendar_revision AS int[])) AS new
        """,
        duty_id=[duty.duty_id for duty in moved],
        due_version=[duty.due_version for duty in moved],
        due_at=[duty.due_at for duty in moved],
        calendar_revision=[duty.calendar_revision for duty in moved],
        cause=cause,
        by=by,
        now=tx.now,
    )


async def for_update(tx: UnitOfWork, duty_ids: Collection[UUID]) -> dict[UUID, Duty]:
    """The duties that exist among these ids, locked in one order."""
    rows = await tx.all(
        "SELECT * FROM duty WHERE duty_id = ANY(CAST(:ids AS uuid[])) ORDER BY duty_id FOR UPDATE",
        ids=list(duty_ids),
    )
    return {row.duty_id: of_row(row) for row in rows}


async def of_visits_for_update(tx: UnitOfWork, visit_ids: Collection[UUID]) -> dict[UUID, Duty]:
    """Every duty that these visits, their issues and the forwardings of them ever opened, locked."""
    rows = await tx.all(
        """
        SELECT * FROM duty
        WHERE duty_id IN (
            SELECT report_duty_id FROM visit WHERE visit_id = ANY(CAST(:ids AS uuid[]))
            UNION ALL
            SELECT forward_duty_id FROM issue WHERE visit_id = ANY(CAST(:ids AS uuid[]))
            UNION ALL
            SELECT answer_duty_id FROM forwarding JOIN issue USING (issue_id)
            WHERE visit_id = ANY(CAST(:ids AS uuid[])))
        ORDER BY duty_id FOR UPDATE
        """,
        ids=list(visit_ids),
    )
    return {row.duty_id: of_row(row) for row in rows}


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Open duties that share everything a due date hangs on; a calendar moves them together."""

    anchor: date
    rule: Rule
    days: int
    extensions: tuple[int, ...]
    calendar_revision: int
    due_at: datetime
    provisional: bool
    count: int


async def open_groups(tx: UnitOfWork) -> list[OpenGroup]:
    """All open duties, grouped by what their due dates hang on."""
    rows = await tx.all(
        """
        SELECT anchor, rule, days, extensions, calendar_revision, due_at, provisional, count(*) AS duties
        FROM duty WHERE closed_at IS NULL
        GROUP BY anchor, rule, days, extensions, calendar_revision, due_at, provisional
        ORDER BY due_at, anchor
        """
    )
    return [
        OpenGroup(
            row.anchor,
            Rule(row.rule),
            row.days,
            tuple(row.extensions),
            row.calendar_revision,
            row.due_at,
            row.provisional,
            row.duties,
        )
        for row in rows
    ]


async def of_group_for_update(tx: UnitOfWork, group: OpenGroup) -> list[Duty]:
    rows = await tx.all(
        """
        SELECT * FROM duty
        WHERE closed_at IS NULL AND anchor = :anchor AND rule = :rule AND days = :days
          AND extensions = CAST(:extensions AS int[]) AND due_at = :due_at
        ORDER BY duty_id FOR UPDATE
        """,
        anchor=group.anchor,
        rule=group.rule.value,
        days=group.days,
        extensions=list(group.extensions),
        due_at=group.due_at,
    )
    return [of_row(row) for row in rows]


def of_row(row: Row[Any]) -> Duty:
    values = row._asdict()
    return Duty(
        **values
        | {
            "kind": DutyKind(values["kind"]),
            "access_class": AccessClass(values["access_class"]),
            "urgency": Urgency(values["urgency"]),
            "rule": Rule(values["rule"]),
            "extensions": tuple(values["extensions"]),
            "closure": DutyClosure(values["closure"]) if values["closure"] else None,
        }
    )


# --- The alarm clock -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ringing:
    """An open duty whose next threshold has come, with its snapshot as the database writes it."""

    duty_id: UUID
    overdue: bool
    calendar_revision: int
    last_day: date
    snapshot: str


async def ring(tx: UnitOfWork, limit: int) -> tuple[int, list[Ringing]]:
    """Take the alarms that are due, oldest first, skipping those another sweeper holds.

    A duty that is only due soon gets its next alarm for the due instant. Returns how many alarms were
    taken and what is to be announced; alarms of closed duties or older due dates are taken in silence.
    """
    row = await tx.all(
        """
            WITH rung AS (
                DELETE FROM alarm WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM alarm WHERE next_at <= :now
                    ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED))
                RETURNING duty_id, due_version
            ),
            reached AS (
                SELECT duty.duty_id, duty.due_version, duty.due_at, duty.due_at <= :now AS overdue,
                       duty.calendar_revision, duty.last_day
                FROM rung JOIN duty USING (duty_id, due_version)
                WHERE duty.closed_at IS NULL
            ),
            again AS (
                INSERT INTO alarm (next_at, duty_id, due_version)
                SELECT due_at, duty_id, due_version FROM reached WHERE NOT overdue
            )
            SELECT (SELECT count(*) FROM rung) AS taken, reached.duty_id, reached.overdue,
                   reached.calendar_revision, reached.last_day,
                   CAST(row_to_json(duty_snapshot) AS text) AS snapshot
            FROM (SELECT) AS one
            LEFT JOIN (reached JOIN duty_snapshot USING (duty_id)) ON true
            ORDER BY reached.due_at, reached.duty_id
            """,
        now=tx.now,
        limit=limit,
    )
    ringing = [
        Ringing(each.duty_id, each.overdue, each.calendar_revision, each.last_day, each.snapshot)
        for each in row
        if each.duty_id is not None
    ]
    return row[0].taken, ringing


async def next_alarm(tx: UnitOfWork) -> datetime | None:
    """When the earliest alarm rings."""
    earliest: datetime | None = await tx.scalar("SELECT min(next_at) FROM alarm")
    return earliest


async def count_open(tx: UnitOfWork, *, due_by: datetime | None = None) -> int:
    """How many duties are open, or open and due by an instant."""
    return int(
        await tx.scalar(
            """
            SELECT count(*) FROM duty
            WHERE closed_at IS NULL AND (CAST(:due_by AS timestamptz) IS NULL OR due_at <= :due_by)
            """,
            due_by=due_by,
        )
    )
