"""The bodies of the committee over HTTP: kept by the office, read by everybody of the committee."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.visits import handlers
from services.visits.api.directory import Editor, Reader, Reference, as_id
from services.visits.api.shown import shared_fields
from services.visits.schemas.directory import BodyIn, BodyList, BodyOut
from shared import directory
from shared.access import Principal
from shared.clock import local_date
from shared.directory import Body
from shared.errors import NotFound
from shared.http import json_body
from shared.ids import derived_id
from shared.uow import Database, UnitOfWork


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["directory"])

    @router.put("/bodies/{body}", status_code=201, responses={200: {"model": BodyOut}})
    async def put_body(
        principal: Editor,
        body: Reference,
        says: Annotated[BodyIn, Depends(json_body(BodyIn))],
        response: Response,
    ) -> BodyOut:
        """Create a body such as Thường trực or Văn phòng, or say what has changed about it."""

        async def put(tx: UnitOfWork) -> tuple[Any, bool]:
            there = await _body(tx, principal, body)
            command = handlers.PutBody(
                body_id=there.body_id if there else _new_id(principal, body),
                committee_id=principal.committee_id,
                **says.model_dump(),
            )
            return await handlers.put_body(command, tx)

        event, is_new = await database.run(put)
        response.status_code = 201 if is_new else 200
        return BodyOut(**shared_fields(event, BodyOut))

    @router.get("/bodies/{body}")
    async def get_body(principal: Reader, body: Reference) -> BodyOut:
        """One body of the committee."""
        async with database.read() as tx:
            there = await _body(tx, principal, body)
        if there is None:
            raise NotFound("Không tìm thấy.", "There is no such thing.")
        return BodyOut(**shared_fields(there, BodyOut))

    @router.get("/bodies")
    async def list_bodies(principal: Reader) -> BodyList:
        """Every body the committee ever had, in Vietnamese order."""
        async with database.read() as tx:
            known = await directory.bodies(tx, principal.committee_id)
        return BodyList(bodies=[BodyOut(**shared_fields(body, BodyOut)) for body in known])

    return router


async def _body(tx: UnitOfWork, principal: Principal, reference: str) -> Body | None:
    """The committee's body with this id, or the one that bears this code today, or did last."""
    if (given := as_id(reference)) is None:
        found = await directory.bodies_by_code(tx, principal.committee_id, at=local_date(tx.now))
        return found.get(reference)
    body = await directory.body_by_id(tx, given)
    return body if body and body.committee_id == principal.committee_id else None


def _new_id(principal: Principal, reference: str) -> UUID:
    return as_id(reference) or derived_id(principal.committee_id, "body", reference)
