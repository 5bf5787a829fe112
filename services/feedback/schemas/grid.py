"""The grid of members and periods, the coverage of cells, and the plans of a year, as they are shown."""

from uuid import UUID

from pydantic import BaseModel

from services.feedback.domain.cadence import Standing
from services.feedback.domain.coverage import Reason
from shared.contracts.visits import AbsenceReason, Period, VisitKind
from shared.http import Day, Instant


class SpanOut(BaseModel):
    """A column: a month or a quarter, and how many visits the quota in force on its first day asks for."""

    period: Period
    first: Day
    last: Day
    asked: int


class GridCell(BaseModel):
    """`required` is 0 where nothing is asked of this person, or they are excused."""

    done: int
    required: int
    standing: Standing


class GridLine(BaseModel):
    """A member's cells, in the order of the columns of each kind."""

    person_id: UUID
    full_name: str
    field_trip: list[GridCell]
    meeting_attendance: list[GridCell]
    excused: dict[Day, AbsenceReason]
    """Per excused month, by its first day, why."""


class Times(BaseModel):
    """So many members made so many visits."""

    visits: int
    members: int


class SpreadOut(BaseModel):
    """How often members went in the year, without a name; `beyond`: more than the whole year asks for."""

    median: float | None
    times: list[Times]
    beyond: int


class GridOut(BaseModel):
    """Members by name, never by how much they did."""

    year: int
    today: Day
    field_trip: list[SpanOut]
    meeting_attendance: list[SpanOut]
    spread: dict[VisitKind, SpreadOut]
    lines: list[GridLine]


class EvidenceVisit(BaseModel):
    """A visit behind a number; `assigned`: the member had been asked to go to this unit at that time."""

    visit_id: UUID
    kind: VisitKind
    started_at: Instant
    unit_id: UUID
    unit_name: str | None
    assigned: bool


class EvidenceOut(BaseModel):
    person_id: UUID
    full_name: str
    first: Day
    last: Day
    visits: list[EvidenceVisit]


class CoveredCell(BaseModel):
    """A cell; `visits` and `assigned` in the period, `last_day` and `days` of the newest visit there ever was."""

    unit_id: UUID
    code: str
    name: str
    parent_name: str | None
    cell_type: str | None
    attention: str | None
    model: bool
    visits: int
    assigned: int
    last_day: Day | None
    days: int | None
    next_plan: Day | None


class CoverageShares(BaseModel):
    """Counts over the cells of the choice. Visits that nobody was asked to make stand apart: `chosen_…`."""

    cells: int
    never: int
    visits: int
    most_at_one_cell: int
    model_cells: int
    visits_to_model: int
    chosen: int
    chosen_to_model: int


class SuggestedCell(BaseModel):
    unit_id: UUID
    reason: Reason


class CurvePoint(BaseModel):
    """Shares from 0 to 1: of the cells, the least visited first, and of the visits they had."""

    cells: float
    visits: float


class ParentOut(BaseModel):
    unit_id: UUID
    name: str


class CoverageOut(BaseModel):
    """Cells by days since the last visit, never visited ones first. `concentration` is Gini's index, 0 to 1."""

    today: Day
    first: Day
    last: Day
    cells: list[CoveredCell]
    shares: CoverageShares
    curve: list[CurvePoint]
    concentration: float
    lower_half: float
    suggestions: list[SuggestedCell]
    parents: list[ParentOut]
    cell_types: list[str]


class MonthOfPlans(BaseModel):
    """The plans of one month by what became of them; `to_log`: their day is over and nobody said anything."""

    month: Day
    planned: int
    held: int
    cancelled: int
    to_log: int
    ahead: int


class NamedUnit(BaseModel):
    unit_id: UUID
    name: str | None


class EveningOut(BaseModel):
    """The next evening on which all cells meet. One member can be at one cell."""

    day: Day
    members: int
    cells: int
    going: int
    uncovered: list[NamedUnit]


class CollisionOut(BaseModel):
    day: Day
    people: list[str]
    units: list[str]


class HandOverOut(BaseModel):
    """An assignment to a unit that has ended, while nobody is assigned to any unit that followed it."""

    full_name: str | None
    unit: str | None
    ended_on: Day
    successors: list[str]


class PlanningOut(BaseModel):
    year: int
    today: Day
    months: list[MonthOfPlans]
    evening: EveningOut
    crowded: list[CollisionOut]
    torn: list[CollisionOut]
    hand_over: list[HandOverOut]
