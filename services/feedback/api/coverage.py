"""The coverage of cells and the plans of a year over HTTP."""

from dataclasses import asdict
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.feedback.domain.planning import Collision, State
from services.feedback.schemas.grid import (
    CollisionOut,
    CoverageOut,
    CoverageShares,
    CoveredCell,
    CurvePoint,
    EveningOut,
    HandOverOut,
    MonthOfPlans,
    NamedUnit,
    ParentOut,
    PlanningOut,
    SuggestedCell,
)
from services.feedback.views import coverage as views
from services.feedback.views.coverage import Choice, Coverage, Places
from services.feedback.views.planning import HandOver, Planning, planning
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.contracts.visits import VisitKind
from shared.http import Day
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_coverage))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(tags=["coverage"])

    @router.get("/coverage")
    async def get_coverage(
        principal: Reader,
        kind: VisitKind | None = None,
        parent: UUID | None = None,
        cell_type: Annotated[str | None, Query(max_length=64)] = None,
        difficult: bool = False,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
    ) -> CoverageOut:
        """The cells of a choice by days since the last visit, how evenly visits fall on them, where to go next."""
        choice = Choice(
            kind=kind, parent_id=parent, cell_type=cell_type, difficult=difficult, first=first, last=last
        )
        async with database.read() as tx:
            shown = await views.coverage(tx, principal.committee_id, choice)
            places = await views.places(tx, principal.committee_id)
        return _coverage(shown, places)

    @router.get("/planning")
    async def get_planning(
        principal: Reader, year: Annotated[int | None, Query(ge=1990, le=2100)] = None
    ) -> PlanningOut:
        """What became of the plans of a year, the next evening of all cells, collisions, and open hand-overs."""
        async with database.read() as tx:
            wanted = year or local_date(tx.now).year
            shown = await planning(tx, principal.committee_id, wanted)
        return _planning(shown, wanted)

    return router


def _coverage(shown: Coverage, places: Places) -> CoverageOut:
    first, last = shown.period
    return CoverageOut(
        today=shown.today,
        first=first,
        last=last,
        cells=[
            CoveredCell(
                days=views.days_since(each, shown.today),
                **{name: value for name, value in asdict(each).items() if name != "parent_id"},
            )
            for each in shown.cells
        ],
        shares=CoverageShares(**asdict(views.shares(shown.cells))),
        curve=[CurvePoint(cells=float(x), visits=float(y)) for x, y in shown.curve],
        concentration=float(shown.concentration),
        lower_half=float(shown.lower_half),
        suggestions=[SuggestedCell(**asdict(each)) for each in shown.suggestions],
        parents=[ParentOut(unit_id=unit_id, name=name) for unit_id, name in places.parents],
        cell_types=list(places.cell_types),
    )


def _planning(shown: Planning, year: int) -> PlanningOut:
    return PlanningOut(
        year=year,
        today=shown.today,
        months=[
            MonthOfPlans(
                month=date(year, number, 1),
                planned=sum(counts.values()),
                **{state.value: counts.get(state, 0) for state in State},
            )
            for number, counts in enumerate(shown.months, start=1)
        ],
        evening=EveningOut(
            day=shown.evening.day,
            members=shown.evening.members,
            cells=shown.evening.cells,
            going=shown.evening.going,
            uncovered=[
                NamedUnit(unit_id=each, name=shown.units.get(each)) for each in shown.evening.uncovered
            ],
        ),
        crowded=[_collision(each, shown) for each in shown.crowded],
        torn=[_collision(each, shown) for each in shown.torn],
        hand_over=[_hand_over(each, shown) for each in shown.hand_over],
    )


def _collision(collision: Collision, shown: Planning) -> CollisionOut:
    return CollisionOut(
        day=collision.day,
        people=[shown.people[each] for each in collision.person_ids if each in shown.people],
        units=[shown.units[each] for each in collision.unit_ids if each in shown.units],
    )


def _hand_over(left: HandOver, shown: Planning) -> HandOverOut:
    return HandOverOut(
        full_name=shown.people.get(left.person_id),
        unit=shown.units.get(left.unit_id),
        ended_on=left.ended_on,
        successors=[shown.units[each] for each in left.successor_ids if each in shown.units],
    )
