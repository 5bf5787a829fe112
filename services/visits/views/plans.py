"""Plans as they are shown: with names, what became of them, and what is suggested next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.evenings import next_evening
from services.visits.domain.plans import Plan, State, answered_by
from services.visits.domain.unheld import UnheldReason
from services.visits.store import evenings as evening_store
from services.visits.store import plans as store
from shared.access import Reach
from shared.clock import local_date
from shared.contracts.visits import FOCUS
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A plan with its names, and the visit that answers it."""

    plan: Plan
    person_name: str
    unit_code: str
    unit_name: str
    state: State
    visit_id: UUID | None
    reason: UnheldReason | None
    """Why it was taken back, or did not take place."""


async def plans(
    tx: UnitOfWork,
    reach: Reach,
    *,
    first: date | None = None,
    last: date | None = None,
    person_id: UUID | None = None,
    limit: int,
) -> list[Shown]:
    """Plans within reach, the earliest day first."""
    rows = await store.listed(tx, reach, first=first, last=last, person_id=person_id, limit=limit)
    return await _with_visits(tx, rows)


async def shown(tx: UnitOfWork, plan: Plan) -> Shown:
    """One plan, just written."""
    reach = Reach(committee_id=plan.committee_id, all=False, person_id=plan.person_id, unit_ids=())
    found = await plans(tx, reach, first=plan.day, last=plan.day, limit=500)
    return next(each for each in found if each.plan.plan_id == plan.plan_id)


async def _with_visits(tx: UnitOfWork, rows: Sequence[Row[Any]]) -> list[Shown]:
    found = [store.plan_of(row) for row in rows]
    answers = answered_by(found, await store.made_near(tx, found))
    today = local_date(tx.now)
    return [
        Shown(
            plan=plan,
            person_name=row.full_name,
            unit_code=row.unit_code,
            unit_name=row.unit_name,
            state=plan.state(today, answer),
            visit_id=answer.visit_id if answer and not answer.unheld else None,
            reason=plan.cancelled or (answer.unheld if answer else None),
        )
        for plan, row in zip(found, rows, strict=True)
        for answer in [answers.get(plan.plan_id)]
    ]


SUGGESTED_AT_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A cell that one is asked to attend, for the evening on which cells meet."""

    unit_id: UUID
    unit_code: str
    unit_name: str
    day: date
    attention: bool
    last_day: date | None
    """When anybody attended a meeting there last."""


async def evening_ahead(tx: UnitOfWork, committee_id: UUID) -> date:
    """When the cells of the committee meet next."""
    today = local_date(tx.now)
    moved = await evening_store.moved(tx, committee_id, today)
    return next_evening(today, {each.month: each.day for each in moved})


async def suggestions(tx: UnitOfWork, person_id: UUID, day: date) -> list[Suggestion]:
    """The assigned cells for `day`, the next evening of all cells, those in difficulty and long without a visit first.

    None when that evening is planned already: one person attends one cell.
    """
    rows = await tx.all(
        """
        SELECT DISTINCT ON (u.unit_id) u.unit_id, u.code AS unit_code, u.name AS unit_name,
               coalesce(u.attention <> :focus, false) AS attention,
               (SELECT max(day) FROM standing_visit AS visit
                WHERE visit.unit_id = u.unit_id AND visit.kind = 'meeting_attendance') AS last_day
        FROM assignment AS a JOIN directory_unit AS u USING (unit_id)
        WHERE a.person_id = :person_id AND a.duty <> 'field_trip'
          AND a.valid_from <= :day AND coalesce(a.valid_to, :day) >= :day
          AND coalesce(u.valid_from, :day) <= :day AND coalesce(u.valid_to, :day) >= :day
          AND NOT EXISTS (SELECT FROM plan WHERE plan.person_id = :person_id AND plan.day = :day
                          AND plan.kind = 'meeting_attendance' AND plan.cancelled IS NULL)
          AND NOT EXISTS (SELECT FROM standing_visit AS visit
                          WHERE visit.visitor_id = :person_id AND visit.day = :day AND visit.kind = 'meeting_attendance')
        """,
        person_id=person_id,
        day=day,
        focus=FOCUS,
    )
    found = [Suggestion(**row._asdict(), day=day) for row in rows]
    found.sort(key=lambda each: (not each.attention, each.last_day or date.min, each.unit_name))
    return found[:SUGGESTED_AT_MOST]
