"""The register of duties, late ones first, and one duty with everything that happened to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.feedback.domain.deadline import Due, due_date
from services.feedback.domain.duty import Duty
from services.feedback.domain.sentence import EVENT, FIELD_TRIP, MEETING
from services.feedback.domain.terms import THE_CELL
from services.feedback.domain.words import Text
from services.feedback.store import chases as chase_store
from services.feedback.store import duties as duty_store
from services.feedback.store import extensions as extension_store
from services.feedback.store import returns as return_store
from services.feedback.store import verdicts as verdict_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.extensions import Extension
from services.feedback.store.returns import Return
from services.feedback.views.filters import WITHIN_REACH, Filters, reach_of, wanted_by
from services.feedback.views.past import AS_OF
from shared import directory
from shared.access import Principal
from shared.clock import local_date
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A duty with the words a reader needs beside its ids."""

    duty: Duty
    unit_name: str | None
    title: str | None
    """What the issue is about; None for a report and for a restricted matter."""
    owner_name: str | None
    owed_to: str | None
    owed_to_name: str | None
    citation: str | None
    visit_kind: VisitKind
    level: str | None
    """The highest rung of the ladder that reached somebody about this due date."""
    acknowledged_until: date | None
    """The last day until which its owner said to be on it, past or not."""
    chased_at: datetime | None
    """When it was last asked for by hand."""
    promises: Sequence[date]
    """The days an agency promised to answer on; of an answer only."""


_WORDS = (
    "unit_name", "title", "owner_name", "owed_to", "citation", "visit_kind",
    "level", "acknowledged_until", "chased_at", "promises",
)  # fmt: skip
_SELECTED = """
SELECT duty.*, unit.name AS unit_name, issue.title, coalesce(person.full_name, agency.name) AS owner_name,
       coalesce(CASE duty.urgency WHEN 'urgent' THEN policy.urgent_owed_to END, policy.owed_to) AS owed_to,
       policy.citation, visit.kind AS visit_kind,
       (SELECT rung FROM duty_message AS told
        WHERE told.duty_id = duty.duty_id AND told.due_version = duty.due_version
          AND (CAST(:then AS timestamptz) IS NULL OR first_at <= :then)
          AND told.state IN ('sent', 'bundled', 'delivered', 'read')
          AND told.rung <> 'correction' AND told.rung NOT LIKE 'chased-%'
        GROUP BY rung ORDER BY min(first_at) DESC LIMIT 1) AS level,
       (SELECT max(until) FROM duty_acknowledgement AS said
        WHERE said.duty_id = duty.duty_id
          AND (CAST(:then AS timestamptz) IS NULL OR said.at <= :then)) AS acknowledged_until,
       (SELECT max(chased_at) FROM duty_chase AS chase
        WHERE chase.duty_id = duty.duty_id AND skipped IS NULL
          AND (CAST(:then AS timestamptz) IS NULL OR chased_at <= :then)) AS chased_at,
       ARRAY(SELECT promised_on FROM agency_note AS said
             WHERE said.issue_id = duty.issue_id AND said.forwarding_id = duty.forwarding_id
               AND said.kind = 'promise'
               AND (CAST(:then AS timestamptz) IS NULL OR said.said_at <= :then)) AS promises
"""
_BESIDE = """
JOIN visit USING (visit_id)
LEFT JOIN directory_unit AS unit ON unit.unit_id = duty.unit_id
LEFT JOIN directory_unit AS agency ON agency.unit_id = duty.owner_unit_id
LEFT JOIN directory_person AS person ON person.person_id = duty.owner_person_id
LEFT JOIN policy ON policy.policy_id = duty.policy_id
LEFT JOIN issue ON issue.issue_id = duty.issue_id
"""
_SHOWN = f"{_SELECTED} FROM duty {_BESIDE}"

# Late ones lead because they fell due first; what is closed comes after what is open.
_ORDER = "(duty.closed_at IS NOT NULL, duty.due_at, duty.duty_id)"


async def register(
    tx: UnitOfWork,
    principal: Principal,
    filters: Filters,
    *,
    after: UUID | None = None,
    limit: int,
) -> list[Shown]:
    """Duties within the reader's reach, late first; the next page starts after the last id of this one.

    The id to start after is looked up within the same reach: a hidden one is as if it did not exist.
    """
    wanted, values = wanted_by(tx, principal, filters)
    await tx.plan_for_values()
    rows = await tx.all(
        f"""
        {_before(filters.as_of)} {_SELECTED}
        FROM (
            SELECT * FROM duty
            WHERE {wanted}
              AND (CAST(:after AS uuid) IS NULL OR {_ORDER} > (
                  SELECT closed_at IS NOT NULL, due_at, duty_id FROM duty
                  WHERE duty_id = :after AND {WITHIN_REACH}))
            ORDER BY duty.closed_at IS NOT NULL, duty.due_at, duty.duty_id
            LIMIT :limit
        ) AS duty {_BESIDE}
        ORDER BY duty.closed_at IS NOT NULL, duty.due_at, duty.duty_id
        """,
        **values,
        then=filters.as_of,
        after=after,
        limit=limit,
    )
    names = await directory.body_names(tx, principal.committee_id, at=local_date(filters.as_of or tx.now))
    return [_shown(row, names) for row in rows]


async def counted(tx: UnitOfWork, principal: Principal, filters: Filters) -> dict[DutyKind, int]:
    """How many duties of each kind the same choice has in all."""
    wanted, values = wanted_by(tx, principal, filters)
    await tx.plan_for_values()
    rows = await tx.all(
        f"{_before(filters.as_of)} SELECT kind, count(*) AS n FROM duty WHERE {wanted} GROUP BY kind",
        **values,
    )
    return {DutyKind(row.kind): row.n for row in rows}


def _before(as_of: datetime | None) -> str:
    return "" if as_of is None else AS_OF


async def own_open(tx: UnitOfWork, principal: Principal, *, limit: int) -> list[Shown]:
    """One's own open duties, the earliest due first: what a phone explains without a network."""
    rows = await tx.all(
        f"""
        {_SHOWN} WHERE duty.owner_person_id = :person_id AND duty.closed_at IS NULL
        ORDER BY duty.due_at, duty.duty_id LIMIT :limit
        """,
        person_id=principal.person_id,
        then=None,
        limit=limit,
    )
    return [_shown(row, {}) for row in rows]


async def visible(
    tx: UnitOfWork, principal: Principal, duty_id: UUID, *, as_of: datetime | None = None
) -> Shown | None:
    """One duty, unless the reader may not see it; as it stood at a past instant, unless there was none."""
    past = {} if as_of is None else {"as_of": as_of}
    row = await tx.first(
        f"{_before(as_of)} {_SHOWN} WHERE {WITHIN_REACH} AND duty.duty_id = :duty_id",
        **reach_of(principal),
        **past,
        then=as_of,
        duty_id=duty_id,
    )
    names = await directory.body_names(tx, principal.committee_id, at=local_date(as_of or tx.now))
    return _shown(row, names) if row else None


def _shown(row: Row[Any], body_names: Mapping[str, str]) -> Shown:
    values = row._asdict()
    words = {name: values.pop(name) for name in _WORDS}
    words["visit_kind"] = VisitKind(words["visit_kind"])
    to_the_cell = words["owed_to"] == THE_CELL
    words["owed_to_name"] = words["unit_name"] if to_the_cell else body_names.get(words["owed_to"])
    return Shown(duty=duty_store.of_values(values), **words)


# --- One duty --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecord:
    """A due date that a duty had or has, and what gave it."""

    due_version: int
    due_at: datetime
    calendar_revision: int
    cause: str
    at: datetime
    moved_by: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened to a duty: a step of its own, or what notify did about it."""

    at: datetime
    what: str
    person_id: UUID | None = None
    channel: str | None = None
    state: str | None = None
    reason: str | None = None


def occasion(shown: Shown) -> Text:
    """What the clock of the duty started with, in words."""
    if shown.duty.kind not in (DutyKind.REPORT, DutyKind.FORWARD):
        return EVENT
    return MEETING if shown.visit_kind is VisitKind.MEETING_ATTENDANCE else FIELD_TRIP


async def explained(tx: UnitOfWork, book: CalendarBook, duty: Duty) -> Due:
    """The due date reckoned again from what the duty stores; its trace is the explanation."""
    calendar = await book.revision(tx, duty.calendar_revision)
    return due_date(duty.anchor, duty.policy, calendar, extensions=duty.extensions)


async def due_dates(tx: UnitOfWork, duty: Duty, *, as_of: datetime | None = None) -> list[DueRecord]:
    """Every due date the duty had by then, the first one first."""
    rows = await tx.all(
        """
        SELECT due_version, due_at, calendar_revision, was_revision, cause, at, moved_by FROM duty_due
        WHERE duty_id = :duty_id AND (CAST(:as_of AS timestamptz) IS NULL OR at <= :as_of)
        ORDER BY due_version
        """,
        duty_id=duty.duty_id,
        as_of=as_of,
    )
    first = DueRecord(
        due_version=1,
        due_at=duty.first_due_at,
        calendar_revision=rows[0].was_revision if rows else duty.calendar_revision,
        cause="opened",
        at=duty.opened_at,
        moved_by=None,
    )
    return [
        first,
        *(
            DueRecord(
                due_version=row.due_version,
                due_at=row.due_at,
                calendar_revision=row.calendar_revision,
                cause=row.cause,
                at=row.at,
                moved_by=row.moved_by,
            )
            for row in rows
        ),
    ]


async def timeline(
    tx: UnitOfWork, duty: Duty, *, as_of: datetime | None = None
) -> tuple[list[Moment], list[Extension], list[Return]]:
    """What happened to the duty in order, with what notify says of its messages; its extensions and returns.

    As of a past instant what happened later is left out; of a message only its last state is known, and whether
    a returned report was put right is told as it stands today.
    """
    at = as_of or tx.now
    rows = await tx.all(
        """
        SELECT at, rung, person_id, channel, state, reason FROM duty_message
        WHERE duty_id = :duty_id ORDER BY at, message_id
        """,
        duty_id=duty.duty_id,
    )
    extensions = [
        each if each.decided_at is None or each.decided_at <= at else replace(each, **_UNDECIDED)
        for each in await extension_store.of_duty(tx, duty.duty_id)
        if each.asked_at <= at
    ]
    returns = [each for each in await return_store.of_duty(tx, duty.duty_id) if each.returned_at <= at]
    verdicts = await _verdicts_on(tx, duty)
    moments = [
        Moment(at=duty.opened_at, what="opened"),
        *(
            Moment(at=each.at, what=f"moved_by_{each.cause}", person_id=each.moved_by)
            for each in (await due_dates(tx, duty, as_of=as_of))[1:]
        ),
        *_of_extensions(extensions),
        *verdicts,
        *(
            Moment(
                at=each.returned_at, what="report_returned", person_id=each.returned_by, reason=each.comment
            )
            for each in returns
        ),
        *(
            Moment(at=each.chased_at, what="chased", person_id=each.chased_by, reason=each.note or None)
            for each in await chase_store.of_duty(tx, duty.duty_id)
        ),
        *(
            Moment(
                at=row.at,
                what=_rung(row.rung),
                person_id=row.person_id,
                channel=row.channel,
                state=row.state,
                reason=row.reason,
            )
            for row in rows
        ),
    ]
    if duty.due_at <= at and (duty.closed_at is None or duty.closed_at >= duty.due_at):
        moments.append(Moment(at=duty.due_at, what="overdue"))
    if duty.closed_at is not None and duty.closure is not None:
        moments.append(Moment(at=duty.closed_at, what=duty.closure.value))
    happened = (moment for moment in moments if moment.at <= at)
    return sorted(happened, key=lambda moment: moment.at), extensions, returns


_UNDECIDED: dict[str, Any] = {
    "granted": None,
    "note": None,
    "decided_by": None,
    "decided_at": None,
    "due_version": None,
}


def _rung(name: str) -> str:
    """A chase by hand bears its day in the ledger; here it stands at its moment already."""
    return "chased" if name.startswith("chased-") else name


async def _verdicts_on(tx: UnitOfWork, duty: Duty) -> list[Moment]:
    """What the cell said of the answers, in the timeline of the duties to answer it."""
    if duty.issue_id is None or duty.kind is not DutyKind.REPLY_TO_CELL:
        return []
    return [
        Moment(
            at=each.given_at,
            what="cell_settled" if each.settled else "cell_reopened",
            person_id=each.given_by,
            reason=each.reason or None,
        )
        for each in await verdict_store.of_issue(tx, duty.issue_id)
    ]


def _of_extensions(extensions: Sequence[Extension]) -> list[Moment]:
    asked = [
        Moment(at=each.asked_at, what="extension_asked", person_id=each.asked_by, reason=each.reason)
        for each in extensions
    ]
    decided = [
        Moment(
            at=each.decided_at,
            what="extension_granted" if each.granted else "extension_refused",
            person_id=each.decided_by,
            reason=each.note,
        )
        for each in extensions
        if each.decided_at is not None
    ]
    return asked + decided
