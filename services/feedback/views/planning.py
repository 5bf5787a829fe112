"""The plans of a year: what was held of them, the next evening on which all cells meet, what collides, and the
assignments that nobody has taken over since their unit gave way to others.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.feedback.domain.planning import (
    NEAR,
    Collision,
    Made,
    Plan,
    State,
    crowded,
    next_evening,
    states,
    torn,
)
from services.feedback.views.grid import DAY, memberships_of
from shared import directory
from shared.clock import local_date
from shared.contracts.visits import VisitKind
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformEvening:
    """The next evening on which all cells meet: how many members there are, and the cells nobody means to attend."""

    day: date
    members: int
    cells: int
    going: int
    """Members who have a plan to attend a meeting that day."""
    uncovered: Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """An assignment whose unit has given way, while nobody is assigned to any of the units that followed."""

    person_id: UUID
    unit_id: UUID
    ended_on: date
    successor_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """The overview of a year; `months` counts the plans of each month by what became of them."""

    today: date
    months: Sequence[Mapping[State, int]]
    evening: UniformEvening
    crowded: Sequence[Collision]
    torn: Sequence[Collision]
    hand_over: Sequence[HandOver]
    people: Mapping[UUID, str]
    units: Mapping[UUID, str]


async def planning(tx: UnitOfWork, committee_id: UUID, year: int) -> Planning:
    """Everything on the page of plans; the evening, collisions and hand-overs are those ahead of today."""
    today = local_date(tx.now)
    plans = await _plans(tx, committee_id, date(year, 1, 1), date(year, 12, 31))
    made = await _made(tx, committee_id, date(year, 1, 1) - NEAR, date(year, 12, 31) + NEAR)
    became = states(plans, made, today)
    ahead = await _plans(tx, committee_id, today, date.max)
    moved = await _moved(tx, committee_id)
    evening = await _evening(tx, committee_id, next_evening(today, moved), ahead)
    found = crowded(ahead)
    two_places = torn(ahead)
    left = await _hand_over(tx, committee_id, today)
    people = {id_ for each in (*found, *two_places) for id_ in each.person_ids} | {e.person_id for e in left}
    units = {id_ for each in (*found, *two_places) for id_ in each.unit_ids}
    units |= {id_ for each in left for id_ in (each.unit_id, *each.successor_ids)} | set(evening.uncovered)
    return Planning(
        today=today,
        months=_by_month(plans, became),
        evening=evening,
        crowded=found,
        torn=two_places,
        hand_over=left,
        people=await directory.person_names(tx, people),
        units=await directory.unit_names(tx, units),
    )


def _by_month(plans: Collection[Plan], became: Mapping[UUID, State]) -> list[Counter[State]]:
    return [Counter(became[plan.plan_id] for plan in plans if plan.day.month == m) for m in range(1, 13)]


async def _plans(tx: UnitOfWork, committee_id: UUID, first: date, last: date) -> list[Plan]:
    rows = await tx.all(
        """
        SELECT plan_id, person_id, unit_id, kind, day, cancelled IS NOT NULL AS cancelled FROM plan
        WHERE committee_id = :committee_id AND day BETWEEN :first AND :last ORDER BY day, plan_id
        """,
        committee_id=committee_id,
        first=first,
        last=last,
    )
    return [Plan(**row._asdict() | {"kind": VisitKind(row.kind)}) for row in rows]


async def _made(tx: UnitOfWork, committee_id: UUID, first: date, last: date) -> list[Made]:
    rows = await tx.all(
        f"""
        SELECT * FROM (
            SELECT visit_id AS made_id, visitor_id AS person_id, unit_id, kind, {DAY} AS day, false AS unheld
            FROM standing_visit AS visit WHERE committee_id = :committee_id
            UNION ALL
            SELECT unheld_id, person_id, unit_id, kind, day, true FROM unheld WHERE committee_id = :committee_id
        ) AS made WHERE day BETWEEN :first AND :last
        """,
        committee_id=committee_id,
        first=first,
        last=last,
    )
    return [Made(**row._asdict() | {"kind": VisitKind(row.kind)}) for row in rows]


async def _moved(tx: UnitOfWork, committee_id: UUID) -> dict[date, date]:
    rows = await tx.all(
        "SELECT month, day FROM evening WHERE committee_id = :id AND NOT withdrawn ORDER BY month, version",
        id=committee_id,
    )
    return {row.month: row.day for row in rows}


async def _evening(tx: UnitOfWork, committee_id: UUID, day: date, ahead: Collection[Plan]) -> UniformEvening:
    going = [
        plan
        for plan in ahead
        if plan.day == day and not plan.cancelled and plan.kind is VisitKind.MEETING_ATTENDANCE
    ]
    cells = [
        unit
        for unit in await directory.units(tx, committee_id)
        if unit.kind == "party_cell" and unit.stands(day)
    ]
    attended = {plan.unit_id for plan in going}
    members = [
        person
        for person in await directory.people(tx, committee_id)
        if any(each.holds_on(day) for each in memberships_of(person))
    ]
    return UniformEvening(
        day=day,
        members=len(members),
        cells=len(cells),
        going=len({plan.person_id for plan in going}),
        uncovered=[unit.unit_id for unit in cells if unit.unit_id not in attended],
    )


async def _hand_over(tx: UnitOfWork, committee_id: UUID, today: date) -> list[HandOver]:
    """Assignments that run on at units that have ended, where no successor has anybody."""
    rows = await tx.all(
        """
        SELECT old.person_id, old.unit_id, unit.valid_to AS ended_on, unit.successor_ids
        FROM assignment AS old JOIN directory_unit AS unit USING (unit_id)
             JOIN directory_person AS person USING (person_id)
        WHERE old.committee_id = :committee_id AND unit.valid_to < :today
          AND (old.valid_to IS NULL OR old.valid_to >= unit.valid_to)
          AND NOT EXISTS (
              SELECT FROM assignment AS new
              WHERE new.unit_id = ANY(unit.successor_ids)
                AND (new.valid_to IS NULL OR new.valid_to >= :today))
        ORDER BY unit.valid_to, unit.sort_key, person.sort_key
        """,
        committee_id=committee_id,
        today=today,
    )
    return [HandOver(**row._asdict() | {"successor_ids": tuple(row.successor_ids)}) for row in rows]
