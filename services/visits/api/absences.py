"""Absences over HTTP: the office excuses a member for whole months, and whoever reads all sees for which."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.visits.api.shown import shared_fields
from services.visits.domain.absences import Absence
from services.visits.handlers.absences import put_absence
from services.visits.schemas.directory import AbsenceIn, AbsenceList, AbsenceOut
from services.visits.store import absences as store
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.http import Day, json_body
from shared.uow import Database


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["directory"])

    @router.put("/absences/{absence_id}", status_code=201, responses={200: {"model": AbsenceOut}})
    async def put(
        principal: Annotated[Principal, Depends(allow(RULES.edit_directory))],
        absence_id: UUID,
        body: Annotated[AbsenceIn, Depends(json_body(AbsenceIn))],
        response: Response,
    ) -> AbsenceOut:
        """Excuse a member for whole months, say it otherwise, or take it back."""
        wanted = Absence(
            absence_id=absence_id, version=1, committee_id=principal.committee_id, **body.model_dump()
        )
        absence, is_new = await database.run(lambda tx: put_absence(wanted, tx, by=principal.person_id))
        response.status_code = 201 if is_new else 200
        return AbsenceOut(**shared_fields(absence, AbsenceOut))

    @router.get("/absences")
    async def list_absences(
        principal: Annotated[Principal, Depends(allow(RULES.read_coverage))],
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
    ) -> AbsenceList:
        """Every absence that touches these days, this year's without any; withdrawn ones too."""
        async with database.read() as tx:
            today = local_date(tx.now)
            found = await store.of_committee(
                tx,
                principal.committee_id,
                first=first or today.replace(month=1, day=1),
                last=last or today.replace(month=12, day=31),
            )
        return AbsenceList(absences=[AbsenceOut(**shared_fields(each, AbsenceOut)) for each in found])

    return router
