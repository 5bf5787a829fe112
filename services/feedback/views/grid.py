"""The grid of a committee's year: each member against the quota, period by period, with the visits behind a number."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.feedback.domain.cadence import (
    MEMBERS,
    Cell,
    Membership,
    Quota,
    Span,
    months_between,
    row,
    spans,
)
from shared import directory
from shared.clock import local_date
from shared.contracts.visits import Period, VisitKind
from shared.directory import Person
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One member's year; the cells stand in the order of the grid's spans."""

    person: Person
    cells: dict[VisitKind, list[Cell]]
    excused: dict[date, str]
    """Per excused month, by its first day, the code of the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A year: the spans of each kind of visit, and the members by name."""

    year: int
    today: date
    spans: dict[VisitKind, list[Span]]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A visit that is counted."""

    visit_id: UUID
    kind: VisitKind
    started_at: datetime
    unit_id: UUID
    unit_name: str | None
    assigned: bool
    """Whether an assignment to this unit was in force on the day."""


async def grid(
    tx: UnitOfWork, committee_id: UUID, year: int, *, person_ids: Collection[UUID] | None = None
) -> Grid:
    """Whoever sat on the committee at some time of the year, in Vietnamese order; or some of them."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    quotas = await quotas_of(tx, committee_id)
    over = {kind: spans(year, kind, quotas) for kind in VisitKind}
    people = [
        person
        for person in await directory.people(tx, committee_id)
        if any(_touches(each, first, last) for each in memberships_of(person))
        and (person_ids is None or person.person_id in person_ids)
    ]
    days = await _days(tx, committee_id, first, last)
    excused = await _excused(tx, committee_id, first, last)
    today = local_date(tx.now)
    return Grid(
        year=year,
        today=today,
        spans=over,
        lines=[_line(person, over, days, excused[person.person_id], today) for person in people],
    )


def memberships_of(person: Person) -> list[Membership]:
    """The times during which the person sits, or sat, on the committee."""
    return [
        Membership(first=post.valid_from, last=post.valid_to) for post in person.posts if post.role in MEMBERS
    ]


async def evidence(
    tx: UnitOfWork, committee_id: UUID, person_id: UUID, *, first: date, last: date
) -> list[Evidence]:
    """The visits of a member within these local days, the earliest first."""
    rows = await tx.all(
        f"""
        SELECT visit_id, visit.kind, started_at, unit_id, unit.name AS unit_name, {ASSIGNED} AS assigned
        FROM standing_visit AS visit LEFT JOIN directory_unit AS unit USING (unit_id)
        WHERE visit.committee_id = :committee_id AND visitor_id = :person_id
          AND {DAY} BETWEEN :first AND :last
        ORDER BY started_at, visit_id
        """,
        committee_id=committee_id,
        person_id=person_id,
        first=first,
        last=last,
    )
    return [Evidence(**each._asdict() | {"kind": VisitKind(each.kind)}) for each in rows]


DAY = "CAST(visit.started_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date)"
"""The local day of a visit."""

ASSIGNED = f"""
EXISTS (SELECT FROM assignment AS asked
        WHERE asked.person_id = visit.visitor_id AND asked.unit_id = visit.unit_id
          AND asked.valid_from <= {DAY} AND (asked.valid_to IS NULL OR {DAY} <= asked.valid_to)
          AND asked.duty IN ('in_charge_of',
              CASE visit.kind WHEN 'field_trip' THEN 'field_trip' ELSE 'attend_meeting' END))
"""
"""Whether the visitor had been asked to make this visit at this unit, on its day."""


async def quotas_of(tx: UnitOfWork, committee_id: UUID) -> list[Quota]:
    """Every quota the committee ever set."""
    rows = await tx.all(
        "SELECT kind, period, min_count, valid_from FROM quota WHERE committee_id = :id", id=committee_id
    )
    return [
        Quota(**each._asdict() | {"kind": VisitKind(each.kind), "period": Period(each.period)})
        for each in rows
    ]


def _line(
    person: Person,
    over: Mapping[VisitKind, Sequence[Span]],
    days: Mapping[tuple[UUID, VisitKind], Sequence[date]],
    excused: dict[date, str],
    today: date,
) -> Line:
    memberships = memberships_of(person)
    return Line(
        person=person,
        excused=excused,
        cells={
            kind: row(
                over[kind],
                days=days[person.person_id, kind],
                memberships=memberships,
                excused=excused,
                today=today,
            )
            for kind in VisitKind
        },
    )


async def _days(
    tx: UnitOfWork, committee_id: UUID, first: date, last: date
) -> Mapping[tuple[UUID, VisitKind], list[date]]:
    rows: Sequence[Row[Any]] = await tx.all(
        f"""
        SELECT visitor_id, kind, {DAY} AS day FROM standing_visit AS visit
        WHERE committee_id = :committee_id AND {DAY} BETWEEN :first AND :last
        """,
        committee_id=committee_id,
        first=first,
        last=last,
    )
    days: dict[tuple[UUID, VisitKind], list[date]] = defaultdict(list)
    for each in rows:
        days[each.visitor_id, VisitKind(each.kind)].append(each.day)
    return days


async def _excused(
    tx: UnitOfWork, committee_id: UUID, first: date, last: date
) -> Mapping[UUID, dict[date, str]]:
    rows = await tx.all(
        """
        SELECT person_id, first, last, reason FROM absence
        WHERE committee_id = :committee_id AND NOT withdrawn AND first <= :last AND last >= :first
        ORDER BY first, absence_id
        """,
        committee_id=committee_id,
        first=first,
        last=last,
    )
    months: dict[UUID, dict[date, str]] = defaultdict(dict)
    for each in rows:
        months[each.person_id].update(dict.fromkeys(months_between(each.first, each.last), each.reason))
    return months


def _touches(membership: Membership, first: date, last: date) -> bool:
    return (membership.first is None or membership.first <= last) and (
        membership.last is None or membership.last >= first
    )
