"""What phones ask beside sending visits: their key, a word on their queue, and what did not take place."""

import base64
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.visits import handlers
from services.visits.domain.receipt import numbered
from services.visits.handlers import RecordUnheld
from services.visits.schemas.common import PersonName, UnitName
from services.visits.schemas.phones import (
    DeviceKeyIn,
    DeviceKeyOut,
    HeartbeatIn,
    HeartbeatOut,
    PhoneLine,
    PhoneList,
    UnheldIn,
    UnheldLine,
    UnheldList,
    UnheldOut,
)
from services.visits.store import phones as store
from services.visits.store import unheld as unheld_store
from shared.access import RULES, Principal, allow
from shared.http import Instant, json_body
from shared.uow import Database, UnitOfWork

OnPhone = Annotated[Principal, Depends(allow(RULES.read_own))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["phones"])
    _add_phones(router, database)
    _add_unheld(router, database)
    return router


def _add_phones(router: APIRouter, database: Database) -> None:
    @router.post("/devices/key")
    async def give_key(
        principal: OnPhone, body: Annotated[DeviceKeyIn, Depends(json_body(DeviceKeyIn))]
    ) -> DeviceKeyOut:
        """The key with which this device seals what it keeps of this person; the same each time."""
        key = await database.run(
            lambda tx: handlers.device_key(principal.person_id, principal.committee_id, body.device_id, tx)
        )
        return DeviceKeyOut(key=base64.b64encode(key).decode())

    @router.put("/devices/heartbeat")
    async def hear_heartbeat(
        request: Request, principal: OnPhone, body: Annotated[HeartbeatIn, Depends(json_body(HeartbeatIn))]
    ) -> HeartbeatOut:
        """A phone says how full its queue is, and hears which of its numbers are missing here."""

        async def hear(tx: UnitOfWork) -> tuple[list[int], list[UUID]]:
            report = body.as_report()
            missing = await handlers.hear_from(
                principal.person_id, principal.committee_id, body.device_id, report, tx
            )
            return missing, await handlers.visits_of(principal.person_id, body.asking, tx)

        missing, asked = await database.run(hear)
        seen: list[UUID] = []
        if asked:
            async with database.everywhere.read() as tx:
                seen = await store.seen_by_committee(tx, asked)
        return HeartbeatOut(
            now=database.clock.now(), shell=request.app.state.shell_version, missing=missing, seen=seen
        )

    @router.get("/phones")
    async def list_phones(
        principal: Annotated[Principal, Depends(allow(RULES.import_queue))],
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> PhoneList:
        """What the phones of the committee said last: who has something that has not been sent."""
        async with database.read() as tx:
            rows = await store.of_committee(tx, principal.committee_id, limit=limit)
        return PhoneList(
            phones=[
                PhoneLine(
                    person=PersonName(person_id=row.person_id, code=row.code, full_name=row.full_name),
                    reported_at=row.reported_at,
                    drafts=row.drafts,
                    unsent=row.ready + row.failed,
                    refused=row.refused,
                    gaps=row.gaps,
                    oldest_unsent_at=row.oldest_unsent_at,
                    app_version=row.app_version,
                )
                for row in rows
            ]
        )


def _add_unheld(router: APIRouter, database: Database) -> None:
    @router.put("/unheld/{unheld_id}", status_code=201, responses={200: {"model": UnheldOut}})
    async def put_unheld(
        principal: Annotated[Principal, Depends(allow(RULES.record_visit))],
        unheld_id: UUID,
        body: Annotated[UnheldIn, Depends(json_body(UnheldIn))],
        response: Response,
    ) -> UnheldOut:
        """Record that a planned visit did not take place, and why. It fills no quota and owes no report."""
        command = RecordUnheld(
            unheld_id=unheld_id,
            visitor_id=RULES.record_visit.member(principal, body.on_behalf_of),
            recorded_by=principal.person_id,
            committee_id=principal.committee_id,
            visit=body.as_visit(),
        )
        standing, is_new = await database.run(lambda tx: handlers.record_unheld(command, tx))
        response.status_code = 201 if is_new else 200
        return UnheldOut(
            unheld_id=standing.unheld_id,
            receipt_number=numbered(standing.accepted_at, standing.serial, "K"),
            accepted_at=standing.accepted_at,
            content_hash=standing.content_hash,
        )

    @router.get("/unheld")
    async def list_unheld(
        principal: Annotated[Principal, Depends(allow(RULES.read_visits))],
        first: Annotated[Instant | None, Query(alias="from")] = None,
        last: Annotated[Instant | None, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> UnheldList:
        """Visits within one's reach that did not take place, the latest first."""
        async with database.read() as tx:
            reach = RULES.read_visits.reach(principal)
            rows = await unheld_store.within(tx, reach, first=first, last=last, limit=limit)
        return UnheldList(
            unheld=[
                UnheldLine(
                    unheld_id=row.unheld_id,
                    kind=row.kind,
                    unit=UnitName(unit_id=row.unit_id, code=row.unit_code, name=row.unit_name),
                    visitor=PersonName(
                        person_id=row.visitor_id, code=row.visitor_code, full_name=row.visitor_name
                    ),
                    planned_at=row.planned_at,
                    outcome=row.outcome,
                    reason=row.reason,
                    accepted_at=row.accepted_at,
                )
                for row in rows
            ]
        )
