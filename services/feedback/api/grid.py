"""The grid of members and periods over HTTP, as a file, and the visits behind one of its numbers."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.feedback.api.exports import MEDIA, Format
from services.feedback.domain.cadence import Cell, Span, Spread, Standing, spread
from services.feedback.schemas.grid import (
    EvidenceOut,
    EvidenceVisit,
    GridCell,
    GridLine,
    GridOut,
    SpanOut,
    SpreadOut,
    Times,
)
from services.feedback.views.grid import Grid, evidence, grid
from shared import directory
from shared.access import RULES, Place, Principal, allow, visible_or_404
from shared.clock import LOCAL, local_date
from shared.contracts.visits import AbsenceReason, Period, VisitKind
from shared.http import Day
from shared.sheets import Cell as SheetCell
from shared.sheets import Column, Sheet, comma_separated, download, xlsx
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_coverage))]
Year = Annotated[int | None, Query(ge=1990, le=2100)]

_STANDINGS: Final = {
    Standing.DONE: "đủ",
    Standing.LATE: "chưa đạt",
    Standing.EXCUSED: "vắng có lý do",
    Standing.NOT_YET: "đang trong kỳ",
    Standing.AHEAD: "chưa đến kỳ",
    Standing.NOT_ASKED: "không giao",
}
_QUARTERS: Final = ("I", "II", "III", "IV")


def build_router(database: Database) -> APIRouter:
    router = APIRouter(tags=["grid"])

    @router.get("/grid")
    async def get_grid(principal: Reader, year: Year = None) -> GridOut:
        """Each member against the quota in every month and quarter of a year; this year without one."""
        async with database.read() as tx:
            shown = await grid(tx, principal.committee_id, year or local_date(tx.now).year)
        return _grid(shown)

    @router.get(
        "/grid/file",
        response_class=Response,
        responses={200: {"content": {media.split(";")[0]: {} for media in MEDIA.values()}}},
    )
    async def get_grid_file(
        principal: Reader,
        year: Year = None,
        format: Format = Format.XLSX,  # noqa: A002  # the query's word
    ) -> Response:
        """The same as a file: members by name, a column for each period."""
        async with database.read() as tx:
            shown = await grid(tx, principal.committee_id, year or local_date(tx.now).year)
            tx.audit("grid.exported", "grid", principal.committee_id, became={"rows": len(shown.lines)})
            sheet = _sheet(shown, f"{tx.now.astimezone(LOCAL):%d/%m/%Y %H:%M}")
        made = xlsx(sheet) if format is Format.XLSX else comma_separated(sheet)
        return download(made, media_type=MEDIA[format], name=f"Đi cơ sở theo kỳ {shown.year}.{format}")

    @router.get("/grid/{person_id}")
    async def get_evidence(
        principal: Reader,
        person_id: UUID,
        first: Annotated[Day, Query(alias="from")],
        last: Annotated[Day, Query(alias="to")],
    ) -> EvidenceOut:
        """The visits of one member within these local days, the earliest first."""
        async with database.read() as tx:
            person = await directory.person_by_id(tx, person_id)
            place = Place(committee_id=person.committee_id) if person else None
            found = visible_or_404(principal, RULES.read_coverage, person, place)
            visits = await evidence(tx, principal.committee_id, person_id, first=first, last=last)
        return EvidenceOut(
            person_id=person_id,
            full_name=found.full_name,
            first=first,
            last=last,
            visits=[EvidenceVisit(**asdict(each)) for each in visits],
        )

    return router


def _grid(shown: Grid) -> GridOut:
    return GridOut(
        year=shown.year,
        today=shown.today,
        field_trip=[_span(each) for each in shown.spans[VisitKind.FIELD_TRIP]],
        meeting_attendance=[_span(each) for each in shown.spans[VisitKind.MEETING_ATTENDANCE]],
        spread={kind: _spread(spread(line.cells[kind] for line in shown.lines)) for kind in VisitKind},
        lines=[
            GridLine(
                person_id=line.person.person_id,
                full_name=line.person.full_name,
                field_trip=_cells(line.cells[VisitKind.FIELD_TRIP]),
                meeting_attendance=_cells(line.cells[VisitKind.MEETING_ATTENDANCE]),
                excused={month: AbsenceReason(reason) for month, reason in line.excused.items()},
            )
            for line in shown.lines
        ],
    )


def _span(span: Span) -> SpanOut:
    return SpanOut(period=span.period, first=span.first, last=span.last, asked=span.asked)


def _spread(found: Spread) -> SpreadOut:
    return SpreadOut(
        median=found.median,
        times=[Times(visits=visits, members=members) for visits, members in found.times],
        beyond=found.beyond,
    )


def _cells(cells: Sequence[Cell]) -> list[GridCell]:
    return [GridCell(done=each.done, required=each.required, standing=each.standing) for each in cells]


def _sheet(shown: Grid, at: str) -> Sheet:
    over = [*shown.spans[VisitKind.FIELD_TRIP], *shown.spans[VisitKind.MEETING_ATTENDANCE]]
    return Sheet(
        name=f"Đi cơ sở theo kỳ {shown.year}",
        about=f"Tính đến {at}; đã đi / định mức của kỳ; xếp theo tên",
        columns=[Column("STT", 6), Column("Họ và tên", 26), *(Column(_heading(span), 16) for span in over)],
        rows=[
            [
                number,
                line.person.full_name,
                *map(
                    _written, (*line.cells[VisitKind.FIELD_TRIP], *line.cells[VisitKind.MEETING_ATTENDANCE])
                ),
            ]
            for number, line in enumerate(shown.lines, start=1)
        ],
    )


def _heading(span: Span) -> str:
    what = "Đi cơ sở" if span.kind is VisitKind.FIELD_TRIP else "Dự sinh hoạt"
    return f"{what} {_period(span.period, span.first)}"


def _period(period: Period, first: date) -> str:
    if period is Period.MONTH:
        return f"tháng {first:%m/%Y}"
    return f"quý {_QUARTERS[(first.month - 1) // 3]}/{first.year}"


def _written(cell: Cell) -> SheetCell:
    return f"{cell.done} / {cell.required} ({_STANDINGS[cell.standing]})"
