"""Commendations and good practices: written by the office and the board, read by whoever goes to cells or leads one."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.feedback.handlers import commendations, good_practices
from services.feedback.handlers.commendations import Commend
from services.feedback.handlers.good_practices import RecordPractice
from services.feedback.schemas.praise import (
    CommendationIn,
    GoodPracticeIn,
    PracticeHistory,
    PracticeVersion,
    PraiseNames,
    PraiseOut,
    PraisePage,
    RevocationIn,
)
from services.feedback.views import praise as views
from services.feedback.views.praise import Praise, PraiseKind
from shared.access import RULES, Principal, allow
from shared.cautions import cautions_in
from shared.errors import NotFound
from shared.http import json_body
from shared.http.cautions import told_to
from shared.uow import Database, UnitOfWork

Reader = Annotated[Principal, Depends(allow(RULES.read_praise))]
Writer = Annotated[Principal, Depends(allow(RULES.record_praise))]
Limit = Annotated[int, Query(ge=1, le=200)]
Typed = Annotated[str, Query(max_length=100)]
VersionNumber = Annotated[int, Path(ge=1, le=10_000)]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(tags=["praise"])

    @router.get("/praise")
    async def get_praise(  # the filters of one list
        principal: Reader,
        kind: PraiseKind | None = None,
        unit: UUID | None = None,
        q: Typed = "",
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> PraisePage:
        """The newest first; `q` is looked for in the texts and among people and units, without marks."""
        async with database.read() as tx:
            found, total = await views.page(
                tx, principal, kind=kind, unit_id=unit, typed=q, after=after, limit=limit
            )
        return PraisePage(entries=[PraiseOut.model_validate(asdict(each)) for each in found], total=total)

    @router.get("/praise/names")
    async def get_praise_names(principal: Reader) -> PraiseNames:
        """The units and members that can be chosen."""
        async with database.read() as tx:
            units, members = await views.names(tx, principal)
        return PraiseNames(units=units, members=members)

    @router.get("/good-practices/{practice_id}")
    async def get_good_practice(principal: Reader, practice_id: UUID) -> PracticeHistory:
        """Every version of a good practice."""
        async with database.read() as tx:
            found = await views.versions(tx, principal, practice_id)
        if not found:
            raise NotFound("Không tìm thấy.", "There is no such thing.")
        return PracticeHistory(
            practice_id=practice_id,
            versions=[PracticeVersion.model_validate(asdict(each)) for each in found],
        )

    _add_writing(router, database)
    return router


def _add_writing(router: APIRouter, database: Database) -> None:
    @router.put("/commendations/{commendation_id}", status_code=201, responses={200: {"model": PraiseOut}})
    async def put_commendation(
        request: Request,
        principal: Writer,
        commendation_id: UUID,
        body: Annotated[CommendationIn, Depends(json_body(CommendationIn))],
        response: Response,
    ) -> PraiseOut:
        """Record what was decided."""
        command = Commend(commendation_id=commendation_id, **body.model_dump())

        async def work(tx: UnitOfWork) -> tuple[Praise, bool]:
            new = await commendations.commend(tx, principal, command)
            return await _shown(tx, principal, PraiseKind.COMMENDATION, commendation_id), new

        shown, new = await database.run(work)
        response.status_code = 201 if new else 200
        return _out(request, shown, {"/reason": body.reason})

    @router.put(
        "/commendations/{commendation_id}/revocation", status_code=201, responses={200: {"model": PraiseOut}}
    )
    async def put_revocation(
        request: Request,
        principal: Writer,
        commendation_id: UUID,
        body: Annotated[RevocationIn, Depends(json_body(RevocationIn))],
        response: Response,
    ) -> PraiseOut:
        """Take a commendation back, once and with the reason; it stays in the history."""

        async def work(tx: UnitOfWork) -> tuple[Praise, bool]:
            new = await commendations.revoke(tx, principal, commendation_id, body.reason)
            return await _shown(tx, principal, PraiseKind.COMMENDATION, commendation_id), new

        shown, new = await database.run(work)
        response.status_code = 201 if new else 200
        return _out(request, shown, {"/reason": body.reason})

    @router.put(
        "/good-practices/{practice_id}/versions/{version}",
        status_code=201,
        responses={200: {"model": PraiseOut}},
    )
    async def put_good_practice(  # a version is named by two parts of the address
        request: Request,
        principal: Writer,
        practice_id: UUID,
        version: VersionNumber,
        body: Annotated[GoodPracticeIn, Depends(json_body(GoodPracticeIn))],
        response: Response,
    ) -> PraiseOut:
        """Record a good practice, or the version after the one that stands."""
        command = RecordPractice(practice_id=practice_id, version=version, **body.model_dump())

        async def work(tx: UnitOfWork) -> tuple[Praise, bool]:
            new = await good_practices.record(tx, principal, command)
            return await _shown(tx, principal, PraiseKind.GOOD_PRACTICE, practice_id), new

        shown, new = await database.run(work)
        response.status_code = 201 if new else 200
        return _out(request, shown, {"/title": body.title, "/body": body.body})


async def _shown(tx: UnitOfWork, principal: Principal, kind: PraiseKind, id_: UUID) -> Praise:
    shown = await views.one(tx, principal, kind, id_)
    if shown is None:  # its matter has become restricted, or its texts are erased
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    return shown


def _out(request: Request, shown: Praise, texts: Mapping[str, str]) -> PraiseOut:
    return PraiseOut.model_validate(asdict(shown) | {"warnings": told_to(request, cautions_in(texts))})
