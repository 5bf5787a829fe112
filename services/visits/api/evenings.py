"""The evenings on which cells meet, over HTTP: the office moves that of a month, everybody of the committee may know."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.visits.api.shown import shared_fields
from services.visits.domain.evenings import Evening
from services.visits.handlers.evenings import put_evening
from services.visits.schemas.directory import EveningIn, EveningList, EveningOut
from services.visits.store import evenings as store
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.http import json_body
from shared.uow import Database


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["directory"])

    @router.put("/evenings/{evening_id}", status_code=201, responses={200: {"model": EveningOut}})
    async def put(
        principal: Annotated[Principal, Depends(allow(RULES.edit_directory))],
        evening_id: UUID,
        body: Annotated[EveningIn, Depends(json_body(EveningIn))],
        response: Response,
    ) -> EveningOut:
        """Let the cells of the committee meet on another day in one month, or take that back."""
        wanted = Evening(
            evening_id=evening_id, version=1, committee_id=principal.committee_id, **body.model_dump()
        )
        evening, is_new = await database.run(lambda tx: put_evening(wanted, tx, by=principal.person_id))
        response.status_code = 201 if is_new else 200
        return EveningOut(**shared_fields(evening, EveningOut))

    @router.get("/evenings")
    async def list_evenings(
        principal: Annotated[Principal, Depends(allow(RULES.read_coverage))],
    ) -> EveningList:
        """The months, from the last one on, whose evening was moved."""
        async with database.read() as tx:
            found = await store.moved(tx, principal.committee_id, local_date(tx.now))
        return EveningList(evenings=[EveningOut(**shared_fields(each, EveningOut)) for each in found])

    return router
