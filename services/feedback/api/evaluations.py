"""Evaluation sheets: of oneself, or of every member for who reads all; frozen by the office; as files."""

import asyncio
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.feedback.api.papers import sheet_paper
from services.feedback.api.reports import FILES, MAKE, MEDIA, PaperFormat, paper_out
from services.feedback.domain.evaluation import Facts, days_of
from services.feedback.handlers.evaluations import FreezeSheet, freeze
from services.feedback.schemas.evaluations import PERIOD, SheetIn, SheetLine, SheetList, SheetOut
from services.feedback.store import evaluations as store
from services.feedback.store.evaluations import Frozen
from services.feedback.views.evaluations import draft, members
from shared import directory
from shared.access import RULES, Place, Principal, Rule, allow, visible_or_404
from shared.clock import local_date
from shared.directory import Person
from shared.documents import Document, Layout
from shared.http import json_body
from shared.sheets import download
from shared.uow import Database, UnitOfWork

Reader = Annotated[Principal, Depends(allow(RULES.read_sheets))]
Office = Annotated[Principal, Depends(allow(RULES.freeze_sheets))]
PeriodAsked = Annotated[str, Query(pattern=PERIOD, max_length=7)]


class Shown(NamedTuple):
    """A sheet with whether it is frozen."""

    facts: Facts
    frozen: Frozen | None
    paper: Document


def build_router(database: Database, layout: Layout) -> APIRouter:
    router = APIRouter(tags=["reports"])

    @router.get("/sheets")
    async def list_sheets(principal: Reader, period: PeriodAsked) -> SheetList:
        """Who sat on the committee in the period, by name, and whose sheet is frozen; of oneself, who sees no others."""
        first, last = days_of(period)
        reach = RULES.read_sheets.reach(principal)
        async with database.read() as tx:
            sitting = await members(tx, principal.committee_id, first=first, last=last)
            editions = await store.editions(tx, principal.committee_id, period)
            over = local_date(tx.now) > last
        return SheetList(
            period=period,
            over=over,
            sheets=[
                SheetLine(
                    person_id=each.person_id,
                    full_name=each.full_name,
                    edition=editions[each.person_id][0] if each.person_id in editions else None,
                    frozen_at=editions[each.person_id][1] if each.person_id in editions else None,
                )
                for each in sitting
                if reach.all or each.person_id in reach.person_ids
            ],
        )

    @router.get("/people/{person_id}/sheet")
    async def get_sheet(principal: Reader, person_id: UUID, period: PeriodAsked) -> SheetOut:
        """The sheet that was frozen last, or a draft of it as of now."""
        async with database.read() as tx:
            shown = await _shown(tx, principal, person_id, period)
            over = local_date(tx.now) > days_of(period)[1]
        return _out(person_id, period, shown, over=over)

    @router.get("/people/{person_id}/sheet/file", response_class=Response, responses=FILES)
    async def get_sheet_file(
        principal: Reader,
        person_id: UUID,
        period: PeriodAsked,
        format: PaperFormat = PaperFormat.PDF,  # noqa: A002  # the query's word
    ) -> Response:
        """The same as a file. CSV, which has no pages, holds the first table."""
        async with database.read() as tx:
            shown = await _shown(tx, principal, person_id, period)
            tx.audit("sheet.exported", "sheet", person_id, became={"period": period})
        made = await asyncio.to_thread(MAKE[format], shown.paper, layout)
        return download(
            made, media_type=MEDIA[format], name=f"Phiếu {shown.facts.full_name} {period}.{format}"
        )

    @router.put("/people/{person_id}/sheet", status_code=201, responses={200: {"model": SheetOut}})
    async def put_sheet(
        principal: Office,
        person_id: UUID,
        body: Annotated[SheetIn, Depends(json_body(SheetIn))],
        response: Response,
    ) -> SheetOut:
        """Freeze the sheet of one member as it stands; frozen before, this is its next edition."""
        command = FreezeSheet(sheet_id=body.sheet_id, person_id=person_id, period=body.period)

        async def work(tx: UnitOfWork) -> tuple[Shown, bool]:
            member = await _member(tx, principal, RULES.freeze_sheets, person_id)
            first, last = days_of(body.period)
            facts = await draft(tx, member, first=first, last=last)
            frozen, is_new = await freeze(tx, principal, command, facts)
            return await _on_paper(tx, member, frozen.period, frozen.facts, frozen), is_new

        shown, is_new = await database.run(work)
        response.status_code = 201 if is_new else 200
        return _out(person_id, body.period, shown, over=True)

    return router


async def _shown(tx: UnitOfWork, principal: Principal, person_id: UUID, period: str) -> Shown:
    member = await _member(tx, principal, RULES.read_sheets, person_id)
    first, last = days_of(period)
    frozen = await store.newest(tx, member.committee_id, person_id, period)
    facts = frozen.facts if frozen else await draft(tx, member, first=first, last=last)
    return await _on_paper(tx, member, period, facts, frozen)


async def _member(tx: UnitOfWork, principal: Principal, rule: Rule, person_id: UUID) -> Person:
    person = await directory.person_by_id(tx, person_id)
    place = Place(committee_id=person.committee_id, person_ids=frozenset({person_id})) if person else None
    return visible_or_404(principal, rule, person, place)


async def _on_paper(
    tx: UnitOfWork, member: Person, period: str, facts: Facts, frozen: Frozen | None
) -> Shown:
    first, last = days_of(period)
    said = await store.objections(tx, member.committee_id, member.person_id, first=first, last=last)
    names = await directory.unit_names(tx, [member.committee_id])
    paper = sheet_paper(names.get(member.committee_id, ""), period, facts, frozen, said)
    return Shown(facts, frozen, paper)


def _out(person_id: UUID, period: str, shown: Shown, *, over: bool) -> SheetOut:
    return SheetOut(
        person_id=person_id,
        full_name=shown.facts.full_name,
        period=period,
        over=over,
        edition=shown.frozen.edition if shown.frozen else None,
        frozen_at=shown.frozen.frozen_at if shown.frozen else None,
        paper=paper_out(shown.paper),
    )
