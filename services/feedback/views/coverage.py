"""Where the committee was and where it was not: cells by their last visit, and how evenly visits fall on them.

Cells are those that stand today. Visits count in a period of local days; since when nobody was at a cell looks
at all visits there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from services.feedback.domain.coverage import (
    Point,
    Suggestion,
    Visited,
    concentration,
    curve,
    share_of_lower,
    suggest,
)
from services.feedback.views.grid import ASSIGNED, DAY
from shared.clock import local_date
from shared.contracts.visits import FOCUS, VisitKind
from shared.uow import UnitOfWork

SUGGESTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which cells and which visits; None: all of them. Without days, from the first visit until today."""

    kind: VisitKind | None = None
    parent_id: UUID | None = None
    cell_type: str | None = None
    difficult: bool = False
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCoverage:
    """A cell, its visits in the period, and the day of the newest one of all; None: never."""

    unit_id: UUID
    code: str
    name: str
    parent_id: UUID | None
    parent_name: str | None
    cell_type: str | None
    attention: str | None
    model: bool
    visits: int
    assigned: int
    last_day: date | None
    next_plan: date | None

    @property
    def focus(self) -> bool:
        """Chosen by a decision: visits to it are everybody's task and nobody's liking."""
        return self.attention == FOCUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The cells of a choice, never visited ones first, with what follows from their counts.

    Curve, concentration and share leave out the cells that were chosen by a decision.
    """

    today: date
    period: tuple[date, date]
    cells: Sequence[CellCoverage]
    curve: Sequence[Point]
    concentration: Fraction
    lower_half: Fraction
    """The share of visits that the less visited half of the cells had."""
    suggestions: Sequence[Suggestion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Counts over cells, in the period. `chosen`: visits that nobody was asked to make."""

    cells: int
    never: int
    visits: int
    most_at_one_cell: int
    model_cells: int
    visits_to_model: int
    chosen: int
    chosen_to_model: int


def shares(cells: Sequence[CellCoverage]) -> Shares:
    """How visits fall on the model cells among these, the self-chosen ones apart from what was assigned."""
    models = [cell for cell in cells if cell.model]
    return Shares(
        cells=len(cells),
        never=sum(cell.last_day is None for cell in cells),
        visits=sum(cell.visits for cell in cells),
        most_at_one_cell=max((cell.visits for cell in cells), default=0),
        model_cells=len(models),
        visits_to_model=sum(cell.visits for cell in models),
        chosen=sum(cell.visits - cell.assigned for cell in cells),
        chosen_to_model=sum(cell.visits - cell.assigned for cell in models),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """By what cells can be chosen: the units above them, by name, and their types."""

    parents: Sequence[tuple[UUID, str]]
    cell_types: Sequence[str]


async def coverage(tx: UnitOfWork, committee_id: UUID, choice: Choice) -> Coverage:
    """Everything on the page of coverage."""
    today = local_date(tx.now)
    first = choice.first or await _first_day(tx, committee_id) or today
    last = choice.last or today
    rows = await tx.all(
        _CELLS,
        committee_id=committee_id,
        kind=choice.kind.value if choice.kind else None,
        parent_id=choice.parent_id,
        cell_type=choice.cell_type,
        difficult=choice.difficult,
        today=today,
        first=first,
        last=last,
        focus=FOCUS,
    )
    cells = [CellCoverage(**row._asdict()) for row in rows]
    counts = [cell.visits for cell in cells if not cell.focus]
    points = curve(counts)
    return Coverage(
        today=today,
        period=(first, last),
        cells=cells,
        curve=points,
        concentration=concentration(counts),
        lower_half=share_of_lower(points, Fraction(1, 2)),
        suggestions=suggest(map(_visited, cells), today, most=SUGGESTED),
    )


async def places(tx: UnitOfWork, committee_id: UUID) -> Places:
    """What there is to choose from among the cells that stand today."""
    rows = await tx.all(
        """
        SELECT DISTINCT parent.unit_id, parent.name, parent.sort_key, cell.cell_type
        FROM directory_unit AS cell LEFT JOIN directory_unit AS parent ON parent.unit_id = cell.parent_id
        WHERE cell.committee_id = :committee_id AND cell.kind = 'party_cell'
          AND (cell.valid_from IS NULL OR cell.valid_from <= :today)
          AND (cell.valid_to IS NULL OR cell.valid_to >= :today)
        ORDER BY parent.sort_key
        """,
        committee_id=committee_id,
        today=local_date(tx.now),
    )
    return Places(
        parents=list(dict.fromkeys((row.unit_id, row.name) for row in rows if row.unit_id)),
        cell_types=sorted({row.cell_type for row in rows if row.cell_type}),
    )


def days_since(cell: CellCoverage, today: date) -> int | None:
    """Local days since somebody was there; None when nobody ever was."""
    return None if cell.last_day is None else (today - cell.last_day) // timedelta(days=1)


def _visited(cell: CellCoverage) -> Visited:
    return Visited(
        unit_id=cell.unit_id,
        difficult=cell.attention is not None and not cell.focus,
        last_day=cell.last_day,
        planned=cell.next_plan is not None,
    )


async def _first_day(tx: UnitOfWork, committee_id: UUID) -> date | None:
    day: date | None = await tx.scalar(
        f"SELECT min({DAY}) FROM standing_visit AS visit WHERE committee_id = :committee_id",
        committee_id=committee_id,
    )
    return day


_CELLS = f"""
WITH made AS (
    SELECT unit_id, {DAY} AS day, {ASSIGNED} AS assigned FROM standing_visit AS visit
    WHERE committee_id = :committee_id AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND {DAY} <= :today
),
counted AS (
    SELECT unit_id, max(day) AS last_day,
           count(*) FILTER (WHERE day BETWEEN :first AND :last) AS visits,
           count(*) FILTER (WHERE day BETWEEN :first AND :last AND assigned) AS assigned
    FROM made GROUP BY unit_id
),
planned AS (
    SELECT unit_id, min(day) AS day FROM plan
    WHERE committee_id = :committee_id AND cancelled IS NULL AND day > :today GROUP BY unit_id
)
SELECT cell.unit_id, cell.code, cell.name, cell.parent_id, parent.name AS parent_name, cell.cell_type,
       cell.attention, coalesce(cell.recognition = 'model', false) AS model,
       coalesce(visits, 0) AS visits,
       coalesce(CASE cell.attention WHEN :focus THEN visits ELSE counted.assigned END, 0) AS assigned,
       counted.last_day, planned.day AS next_plan
FROM directory_unit AS cell
     LEFT JOIN directory_unit AS parent ON parent.unit_id = cell.parent_id
     LEFT JOIN counted ON counted.unit_id = cell.unit_id
     LEFT JOIN planned ON planned.unit_id = cell.unit_id
WHERE cell.committee_id = :committee_id AND cell.kind = 'party_cell'
  AND (cell.valid_from IS NULL OR cell.valid_from <= :today)
  AND (cell.valid_to IS NULL OR cell.valid_to >= :today)
  AND (CAST(:parent_id AS uuid) IS NULL OR cell.parent_id = :parent_id)
  AND (CAST(:cell_type AS text) IS NULL OR cell.cell_type = :cell_type)
  AND (NOT CAST(:difficult AS bool) OR coalesce(cell.attention <> :focus, false))
ORDER BY counted.last_day NULLS FIRST, cell.sort_key, cell.unit_id
"""
