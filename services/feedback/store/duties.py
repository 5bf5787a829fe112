"""Duties, their alarms and the history of their due dates.

An alarm says when to look at an open duty next. It rings once: announcing deletes it in the same
transaction. One that belongs to a closed duty or to an older due date rings in vain, so closing or moving
a duty never has to look for it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from services.feedback.domain.duty import Duty
from services.feedback.domain.owed import Owed
from services.feedback.domain.policy import Rule
from services.feedback.domain.terms import Term
from services.feedback.store.arrays import sparse
from shared.access import Reach
from shared.contracts.feedback import DutyClosure, DutyKind, DutySnapshot
from shared.contracts.visits import AccessClass, Urgency
from shared.uow import UnitOfWork

ALARM_SET = "alarm"
"""Told to `Database.after_commit` when an alarm was set that rings before the clockwork looks by itself."""
LONGEST_SLEEP = timedelta(seconds=30)
"""The clockwork looks at least so often; most alarms are days away, and nobody is woken for those."""


SNAPSHOT = f"""(
    SELECT row_to_json(snapshot)
    FROM (SELECT {", ".join(f"duty.{name}" for name in DutySnapshot.model_fields)}) AS snapshot
)"""
"""The duty as the other services are told of it, as JSON; of a row named `duty`."""


class NewDuty(NamedTuple):
    """Something owed that is not a duty yet, and its term."""

    visit_id: UUID
    owed: Owed
    term: Term


async def open_duties(tx: UnitOfWork, new: Sequence[NewDuty]) -> list[tuple[UUID, str]]:
    """Write new duties, and alarms for those that are open; per visit the `DutiesOpened` that tells of them.

    Visits arrive by the thousand and share few terms, so a duty is sent as what is its own; the rest
    is joined to it from its term and its visit, and the database writes the JSON.
    """
    terms = {id(each.term): each.term for each in new}
    number = {key: n for n, key in enumerate(terms, start=1)}
    owed = [each.owed for each in new]
    rows = await tx.all(
        f"""
        WITH term AS (
            SELECT * FROM unnest(
                CAST(:policy_ids AS uuid[]), CAST(:rules AS text[]), CAST(:days AS int[]),
                CAST(:revisions AS int[]), CAST(:last_days AS date[]), CAST(:dues AS timestamptz[]),
                CAST(:provisionals AS bool[]), CAST(:warnings AS timestamptz[])
            ) WITH ORDINALITY AS term (policy_id, rule, days, calendar_revision, last_day, due_at, provisional,
                                       warn_at, number)
        ),
        owed AS (
            SELECT * FROM unnest(
                CAST(:duty_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:visit_ids AS uuid[]),
                CAST(:issue_ids AS uuid[]), CAST(:forwarding_ids AS uuid[]), CAST(:people AS uuid[]),
                CAST(:units AS uuid[]), CAST(:classes AS text[]), CAST(:urgencies AS text[]),
                CAST(:anchors AS date[]), CAST(:met AS timestamptz[]), CAST(:since AS timestamptz[]),
                CAST(:terms AS int[])
            ) AS owed (duty_id, kind, visit_id, issue_id, forwarding_id, owner_person_id, owner_unit_id,
                       access_class, urgency, anchor, met_at, since, number)
        ),
        ringing AS (
            INSERT INTO alarm (next_at, duty_id, due_version)
            SELECT warn_at, duty_id, 1 FROM owed JOIN term USING (number) WHERE met_at IS NULL
        ),
        opened AS (
            INSERT INTO duty (duty_id, version, due_version, kind, committee_id, unit_id, visit_id, issue_id,
                              forwarding_id, owner_person_id, owner_unit_id, access_class, urgency,
                              policy_id, rule, days, anchor, calendar_revision, last_day, due_at,
                              first_due_at, provisional, closed_at, closure, opened_at)
            SELECT owed.duty_id, 1, 1, owed.kind, visit.committee_id, visit.unit_id, visit_id, owed.issue_id,
                   owed.forwarding_id, owed.owner_person_id, owed.owner_unit_id, owed.access_class,
                   owed.urgency, term.policy_id, term.rule, term.days, owed.anchor, term.calendar_revision,
                   term.last_day, term.due_at, term.due_at, term.provisional, owed.met_at,
                   CASE WHEN owed.met_at IS NOT NULL THEN 'done' END,
                   least(owed.since, CAST(:now AS timestamptz))
            FROM owed JOIN term USING (number) JOIN visit USING (visit_id)
            RETURNING visit_id, {SNAPSHOT} AS snapshot
        ),
        was_open AS (
            INSERT INTO duty_past (duty_id, version, until, due_version, committee_id, unit_id, owner_person_id,
                                   owner_unit_id, urgency, extensions, anchor, calendar_revision, last_day,
                                   due_at, first_due_at, provisional)
            SELECT owed.duty_id, 0, owed.met_at, 1, visit.committee_id, visit.unit_id, owed.owner_person_id,
                   owed.owner_unit_id, owed.urgency, '{{}}', owed.anchor, term.calendar_revision,
                   term.last_day, term.due_at, term.due_at, term.provisional
            FROM owed JOIN term USING (number) JOIN visit USING (visit_id)
            WHERE owed.met_at > least(owed.since, CAST(:now AS timestamptz))
        )
        SELECT visit_id, '{{"duties":[' || string_agg(CAST(snapshot AS text), ',') || ']}}' AS payload
        FROM opened GROUP BY visit_id ORDER BY visit_id
        """,
        policy_ids=[term.policy.policy_id for term in terms.values()],
        rules=[term.policy.rule for term in terms.values()],
        days=[term.policy.days for term in terms.values()],
        revisions=[term.due.calendar_revision for term in terms.values()],
        last_days=[term.due.last_day for term in terms.values()],
        dues=[term.due.due_at for term in terms.values()],
        provisionals=[term.due.provisional for term in terms.values()],
        warnings=[term.warn_at for term in terms.values()],
        duty_ids=[each.duty_id for each in owed],
        kinds=[each.kind for each in owed],
        visit_ids=[each.visit_id for each in new],
        issue_ids=[each.issue_id for each in owed],
        forwarding_ids=sparse([each.forwarding_id for each in owed]),
        people=[each.owner_person_id for each in owed],
        units=sparse([each.owner_unit_id for each in owed]),
        classes=[each.access_class for each in owed],
        urgencies=[each.urgency for each in owed],
        anchors=[each.anchor for each in owed],
        met=sparse([each.met_at for each in owed]),
        since=sparse([each.since for each in owed]),
        terms=[number[id(each.term)] for each in new],
        now=tx.now,
    )
    _tell_of_alarms(tx, (term.warn_at for term in terms.values()))
    return [(row.visit_id, row.payload) for row in rows]


async def set_alarms(tx: UnitOfWork, alarms: Sequence[tuple[datetime, Duty]]) -> None:
    """Have the clockwork look at these duties again from the instants given."""
    await tx.execute(
        """
        INSERT INTO alarm (next_at, duty_id, due_version)
        SELECT * FROM unnest(CAST(:next_at AS timestamptz[]), CAST(:duty_id AS uuid[]),
                             CAST(:due_version AS int[]))
        """,
        next_at=[next_at for next_at, _ in alarms],
        duty_id=[duty.duty_id for _, duty in alarms],
        due_version=[duty.due_version for _, duty in alarms],
    )
    _tell_of_alarms(tx, (next_at for next_at, _ in alarms))


def _tell_of_alarms(tx: UnitOfWork, moments: Iterable[datetime]) -> None:
    if min(moments) < tx.now + 2 * LONGEST_SLEEP:  # once more, for a slow commit
        tx.touched.add(ALARM_SET)


PAST = """version, due_version, committee_id, unit_id, owner_person_id, owner_unit_id, urgency, extensions,
anchor, calendar_revision, last_day, due_at, first_due_at, provisional, closed_at, closure"""
"""What may change of a duty: the columns of `duty_past`."""


async def save(tx: UnitOfWork, duties: Sequence[Duty]) -> None:
    """Write duties read `for update` in this transaction as they now stand; what they were stays in `duty_past`."""
    was = ", ".join(f"duty.{name.strip()}" for name in PAST.split(","))
    await tx.execute(
        f"""
        WITH new AS (
            SELECT * FROM unnest(
                CAST(:duty_id AS uuid[]), CAST(:version AS int[]), CAST(:due_version AS int[]),
                CAST(:urgency AS text[]), CAST(:access_class AS text[]), CAST(:unit_id AS uuid[]),
                CAST(:committee_id AS uuid[]), CAST(:owner_person_id AS uuid[]),
                CAST(:owner_unit_id AS uuid[]), CAST(:anchor AS date[]), CAST(:calendar_revision AS int[]),
                CAST(:last_day AS date[]), CAST(:due_at AS timestamptz[]),
                CAST(:first_due_at AS timestamptz[]), CAST(:provisional AS bool[]),
                CAST(:closed_at AS timestamptz[]), CAST(:closure AS text[]), CAST(:extensions AS text[])
            ) AS new (duty_id, version, due_version, urgency, access_class, unit_id, committee_id,
                      owner_person_id, owner_unit_id, anchor, calendar_revision, last_day, due_at,
                      first_due_at, provisional, closed_at, closure, extensions)
        ),
        was AS (
            INSERT INTO duty_past (duty_id, until, {PAST})
            SELECT duty.duty_id, CAST(:now AS timestamptz), {was} FROM duty JOIN new USING (duty_id)
            ON CONFLICT DO NOTHING  -- one duty changed twice in one transaction
        )
        UPDATE duty SET
            version = new.version, due_version = new.due_version, urgency = new.urgency,
            access_class = new.access_class, unit_id = new.unit_id, committee_id = new.committee_id,
            owner_person_id = new.owner_person_id, owner_unit_id = new.owner_unit_id, anchor = new.anchor,
            calendar_revision = new.calendar_revision, last_day = new.last_day, due_at = new.due_at,
            first_due_at = new.first_due_at, provisional = new.provisional, closed_at = new.closed_at,
            closure = new.closure, extensions = CAST(string_to_array(new.extensions, ',') AS int[])
        FROM new
        WHERE duty.duty_id = new.duty_id
        """,
        now=tx.now,
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


async def record_moves(
    tx: UnitOfWork, moves: Sequence[tuple[Duty, Duty]], *, cause: str, by: UUID | None
) -> None:
    """Keep the due dates that these duties have just been given, and which calendar gave the ones before."""
    await tx.execute(
        """
        INSERT INTO duty_due (duty_id, due_version, due_at, calendar_revision, was_revision, cause, at, moved_by)
        SELECT new.*, :cause, :now, CAST(:by AS uuid)
        FROM unnest(CAST(:duty_id AS uuid[]), CAST(:due_version AS int[]), CAST(:due_at AS timestamptz[]),
                    CAST(:calendar_revision AS int[]), CAST(:was_revision AS int[])) AS new
        """,
        duty_id=[now.duty_id for _, now in moves],
        due_version=[now.due_version for _, now in moves],
        due_at=[now.due_at for _, now in moves],
        calendar_revision=[now.calendar_revision for _, now in moves],
        was_revision=[was.calendar_revision for was, _ in moves],
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
    count: int


async def open_groups(tx: UnitOfWork, seen_by: Reach | None = None) -> list[OpenGroup]:
    """All open duties, grouped by what their due dates hang on; or those that a reader may count.

    `seen_by` is the reach in which restricted classes may be known: outside of it they are not counted.
    """
    rows = await tx.all(
        """
        SELECT anchor, rule, days, extensions, calendar_revision, due_at, count(*) AS duties
        FROM duty WHERE closed_at IS NULL
          AND (CAST(:committee AS uuid) IS NULL OR committee_id = :committee)
          AND (:restricted OR access_class = 'normal')
        GROUP BY anchor, rule, days, extensions, calendar_revision, due_at
        ORDER BY due_at, anchor
        """,
        committee=seen_by.committee_id if seen_by else None,
        restricted=seen_by is None or seen_by.all,
    )
    return [
        OpenGroup(
            row.anchor,
            Rule(row.rule),
            row.days,
            tuple(row.extensions),
            row.calendar_revision,
            row.due_at,
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
          AND calendar_revision = :revision
        ORDER BY duty_id FOR UPDATE
        """,
        anchor=group.anchor,
        rule=group.rule.value,
        days=group.days,
        extensions=list(group.extensions),
        due_at=group.due_at,
        revision=group.calendar_revision,
    )
    return [of_row(row) for row in rows]


def of_row(row: Row[Any]) -> Duty:
    return of_values(row._asdict())


def of_values(values: Mapping[str, Any]) -> Duty:
    """A duty from the columns of its row."""
    return Duty(
        **dict(values)
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
    rows = await tx.all(
        f"""
        WITH rung AS (
            DELETE FROM alarm WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM alarm WHERE next_at <= :now
                ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED))
            RETURNING duty_id, due_version
        ),
        reached AS (
            SELECT duty_id, due_version, duty.due_at, duty.due_at <= :now AS overdue,
                   duty.calendar_revision, duty.last_day, CAST({SNAPSHOT} AS text) AS snapshot
            FROM rung JOIN duty USING (duty_id, due_version)
            WHERE duty.closed_at IS NULL
        ),
        again AS (
            INSERT INTO alarm (next_at, duty_id, due_version)
            SELECT due_at, duty_id, due_version FROM reached WHERE NOT overdue
        )
        SELECT (SELECT count(*) FROM rung) AS taken, reached.*
        FROM (SELECT) AS one LEFT JOIN reached ON true
        ORDER BY reached.due_at, reached.duty_id
        """,
        now=tx.now,
        limit=limit,
    )
    ringing = [
        Ringing(row.duty_id, row.overdue, row.calendar_revision, row.last_day, row.snapshot)
        for row in rows
        if row.duty_id is not None
    ]
    return rows[0].taken, ringing


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
