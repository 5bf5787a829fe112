"""Reports of a period and the pack for a periodic meeting: on the screen, and as files of an office."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from services.feedback.api.choice import past
from services.feedback.api.papers import follow_up_paper, report_paper
from services.feedback.schemas.reports import PaperOut, PartOut
from services.feedback.views.reports import open_matters, period_of, report
from shared.access import RULES, Principal, allow
from shared.clock import LOCAL
from shared.documents import Document, Layout, docx, pdf, written
from shared.errors import invalid
from shared.http import Day, Instant
from shared.sheets import XLSX, comma_separated, download, xlsx
from shared.uow import Database, UnitOfWork

Reader = Annotated[Principal, Depends(allow(RULES.read_coverage))]


class Pack(StrEnum):
    """Which paper."""

    PERIOD = "period"
    FOLLOW_UP = "follow-up"


class PaperFormat(StrEnum):
    """What programs of an office open."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"


MEDIA: Final = {
    PaperFormat.PDF: "application/pdf",
    PaperFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    PaperFormat.XLSX: XLSX,
    PaperFormat.CSV: "text/csv; charset=utf-8",
}
FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media.split(";")[0]: {} for media in MEDIA.values()}}
}


class Wanted:
    """The period and the moment of a report: inclusive local days; without them, everything until now.

    The pack for a meeting is always of now, because a promise or a state is not known as of a past minute.
    """

    def __init__(
        self,
        as_of: Instant | None = None,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
    ) -> None:
        self.as_of: datetime | None = as_of
        self.first: date | None = first
        self.last: date | None = last

    async def paper(self, tx: UnitOfWork, principal: Principal, pack: Pack) -> Document:
        if pack is Pack.FOLLOW_UP:
            committee, matters = await open_matters(tx, principal)
            return follow_up_paper(committee, matters, tx.now)
        as_of = past(self.as_of, tx.now) or tx.now
        first, last = period_of(as_of, self.first, self.last)
        if first and last and first > last:
            raise invalid(
                "/query/from",
                "period",
                vi="Ngày đầu phải không sau ngày cuối và không sau ngày tính số liệu.",
                en="The first day must not be after the last one, nor after the day of the figures.",
                value=first,
            )
        return report_paper(await report(tx, principal, as_of, first, last))


def build_router(database: Database, layout: Layout) -> APIRouter:
    router = APIRouter(tags=["reports"], prefix="/report")

    @router.get("")
    async def get_report(
        principal: Reader, wanted: Annotated[Wanted, Depends()], pack: Pack = Pack.PERIOD
    ) -> PaperOut:
        """A paper as it would be printed: its tables, with numbers and days as an office writes them."""
        async with database.read() as tx:
            paper = await wanted.paper(tx, principal, pack)
        return paper_out(paper)

    @router.get(
        "/file",
        response_class=Response,
        responses=FILES,
    )
    async def get_report_file(
        principal: Reader,
        wanted: Annotated[Wanted, Depends()],
        pack: Pack = Pack.PERIOD,
        format: PaperFormat = PaperFormat.PDF,  # noqa: A002  # the query's word
    ) -> Response:
        """The same as a file. CSV, which has no pages, holds the first table."""
        async with database.read() as tx:
            paper = await wanted.paper(tx, principal, pack)
            tx.audit("report.exported", "report", principal.committee_id, became={"paper": pack.value})
            day = tx.now.astimezone(LOCAL)
        made = await asyncio.to_thread(MAKE[format], paper, layout)
        return download(made, media_type=MEDIA[format], name=f"{paper.title} {day:%Y-%m-%d}.{format}")

    return router


MAKE: Final[dict[PaperFormat, Callable[[Document, Layout], bytes]]] = {
    PaperFormat.PDF: pdf,
    PaperFormat.DOCX: docx,
    PaperFormat.XLSX: lambda paper, _: xlsx(*paper.parts),
    PaperFormat.CSV: lambda paper, _: comma_separated(paper.parts[0]),
}


def paper_out(paper: Document) -> PaperOut:
    """The paper for the screen."""
    return PaperOut(
        title=paper.title,
        about=paper.about,
        parts=[
            PartOut(
                name=part.name,
                about=part.about,
                head=[column.heading for column in part.columns],
                rows=[[written(cell) for cell in row] for row in part.rows],
            )
            for part in paper.parts
        ],
        notes=list(paper.notes),
    )
