"""Where somebody means to go, and what became of it.

A plan is a day at a unit. Its visit is found among the visits made, never typed in: the nearest one of the
same kind, there, within a week, and one visit answers one plan. A plan whose day has come is a duty to log:
it stays until the visit is recorded or somebody says why it did not take place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.visits.domain.unheld import UnheldReason
from shared.contracts.visits import VisitKind

NEAR: Final = timedelta(days=7)
"""A meeting that moved for a storm is still the one that was planned."""


class State(StrEnum):
    """What became of a plan, as of a day."""

    AHEAD = "ahead"
    TO_LOG = "to_log"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One person means to be at one unit on one day."""

    plan_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    unit_id: UUID
    kind: VisitKind
    day: date
    cancelled: UnheldReason | None = None

    def state(self, today: date, answer: "Made | None") -> State:
        if self.cancelled is not None or (answer and answer.unheld):
            return State.CANCELLED
        if answer is not None:
            return State.HELD
        return State.TO_LOG if self.day <= today else State.AHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A visit that was made, or is known not to have been, as far as it answers a plan."""

    visit_id: UUID
    person_id: UUID
    unit_id: UUID
    kind: VisitKind
    day: date
    unheld: UnheldReason | None = None
    """Why it did not take place; None for a visit."""


def answered_by(plans: Iterable[Plan], made: Sequence[Made]) -> dict[UUID, Made]:
    """Which visit answers which plan: the nearest pairs first, visits before what did not take place, each once."""
    pairs = [
        ((visit.unheld is not None, abs(visit.day - plan.day), plan.day, plan.plan_id, visit.visit_id), visit)
        for plan in plans
        if plan.cancelled is None
        for visit in made
        if (visit.person_id, visit.unit_id, visit.kind) == (plan.person_id, plan.unit_id, plan.kind)
        and abs(visit.day - plan.day) <= NEAR
    ]
    found: dict[UUID, Made] = {}
    for (_, _, _, plan_id, _), visit in sorted(pairs, key=lambda pair: pair[0]):
        if plan_id not in found and visit not in found.values():
            found[plan_id] = visit
    return found
