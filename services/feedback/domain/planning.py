"""What became of plans, and where they collide. By the rule of visits: the nearest visit of the same kind, by the
same person at the same unit, within a week; one visit answers one plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.contracts.visits import VisitKind

NEAR: Final = timedelta(days=7)
UNIFORM_DAY: Final = 3
"""All cells of the country meet on the third of the month (Directive 50-CT/TW of 23/7/2025)."""


class State(StrEnum):
    AHEAD = "ahead"
    TO_LOG = "to_log"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Somebody means to be at a unit on a day."""

    plan_id: UUID
    person_id: UUID
    unit_id: UUID
    kind: VisitKind
    day: date
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A visit that was made or, `unheld`, is known not to have been."""

    made_id: UUID
    person_id: UUID
    unit_id: UUID
    kind: VisitKind
    day: date
    unheld: bool


def states(plans: Sequence[Plan], made: Iterable[Made], today: date) -> dict[UUID, State]:
    """What became of each plan, as of a day."""
    answers = _answers(plans, made)
    return {plan.plan_id: _state(plan, answers.get(plan.plan_id), today) for plan in plans}


def _state(plan: Plan, answer: Made | None, today: date) -> State:
    if plan.cancelled or (answer is not None and answer.unheld):
        return State.CANCELLED
    if answer is not None:
        return State.HELD
    return State.TO_LOG if plan.day <= today else State.AHEAD


def _answers(plans: Iterable[Plan], made: Iterable[Made]) -> dict[UUID, Made]:
    """The nearest pairs first, visits before what did not take place, each once."""
    there = defaultdict(list)
    for each in made:
        there[each.person_id, each.unit_id, each.kind].append(each)
    pairs = [
        ((visit.unheld, abs(visit.day - plan.day), plan.day, plan.plan_id, visit.made_id), visit)
        for plan in plans
        if not plan.cancelled
        for visit in there[plan.person_id, plan.unit_id, plan.kind]
        if abs(visit.day - plan.day) <= NEAR
    ]
    found: dict[UUID, Made] = {}
    taken: set[UUID] = set()
    for (_, _, _, plan_id, made_id), visit in sorted(pairs, key=lambda pair: pair[0]):
        if plan_id not in found and made_id not in taken:
            found[plan_id] = visit
            taken.add(made_id)
    return found


def next_evening(today: date, moved: Mapping[date, date]) -> date:
    """The evening on which cells meet next, today included. `moved`: by the first day of a month its own evening.

    By the rule of visits, which lets an evening lie at most 15 days beside its month.
    """
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    days = []
    for _ in range(4):
        days.append(moved.get(month, month.replace(day=UNIFORM_DAY)))
        month = (month + timedelta(days=32)).replace(day=1)
    return min(day for day in days if day >= today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """Plans of one day that get in each other's way: several people at one unit, or one person in several places."""

    day: date
    person_ids: tuple[UUID, ...]
    unit_ids: tuple[UUID, ...]


def crowded(plans: Iterable[Plan]) -> list[Collision]:
    """Days on which more than one person means to be at the same unit."""
    groups: dict[tuple[date, UUID], set[UUID]] = defaultdict(set)
    for plan in plans:
        if not plan.cancelled:
            groups[plan.day, plan.unit_id].add(plan.person_id)
    return [
        Collision(day=day, person_ids=tuple(sorted(people)), unit_ids=(unit_id,))
        for (day, unit_id), people in sorted(groups.items())
        if len(people) > 1
    ]


def torn(plans: Iterable[Plan]) -> list[Collision]:
    """Evenings on which one person means to attend meetings of several cells."""
    groups: dict[tuple[date, UUID], set[UUID]] = defaultdict(set)
    for plan in plans:
        if not plan.cancelled and plan.kind is VisitKind.MEETING_ATTENDANCE:
            groups[plan.day, plan.person_id].add(plan.unit_id)
    return [
        Collision(day=day, person_ids=(person_id,), unit_ids=tuple(sorted(units)))
        for (day, person_id), units in sorted(groups.items())
        if len(units) > 1
    ]
