"""Personal data over HTTP: contacts for the office alone, one's own data, requests about it, how long what stays."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.feedback.contacts import ContactKeys
from services.feedback.handlers import privacy
from services.feedback.personal import SECTIONS
from services.feedback.schemas.privacy import (
    ContactIn,
    ContactKept,
    ContactOut,
    DataRequestIn,
    DataRequestList,
    DataRequestOut,
    RequestAnswerIn,
    RetentionIn,
    RetentionOut,
)
from services.feedback.store import data_requests as request_store
from services.feedback.store import retention as retention_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.data_requests import DataRequest
from services.feedback.store.retention import Retention
from shared import directory
from shared.access import RULES, Principal, allow
from shared.http import json_body
from shared.personal import PersonalData, personal_data
from shared.uow import Database

Office = Annotated[Principal, Depends(allow(RULES.keep_contact))]
Answerer = Annotated[Principal, Depends(allow(RULES.answer_data_request))]
Chair = Annotated[Principal, Depends(allow(RULES.set_retention))]
SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]


def build_router(database: Database, book: CalendarBook, keys: ContactKeys) -> APIRouter:
    router = APIRouter(tags=["privacy"])
    _add_contacts(router, database, keys)
    _add_requests(router, database, book)
    _add_retention(router, database)

    @router.get("/me/data")
    async def get_own_data(principal: SignedIn) -> PersonalData:
        """Everything this service keeps about oneself, with Vietnamese labels."""
        async with database.read() as tx:
            return await personal_data(tx, "feedback", principal.person_id, SECTIONS)

    return router


def _add_contacts(router: APIRouter, database: Database, keys: ContactKeys) -> None:
    @router.put("/issues/{issue_id}/contact", status_code=201, responses={200: {"model": ContactKept}})
    async def put_contact(
        principal: Office,
        issue_id: UUID,
        contact: Annotated[ContactIn, Depends(json_body(ContactIn))],
        response: Response,
    ) -> ContactKept:
        """Keep how to reach a citizen who is owed an answer: sealed, for the office alone, erased after closing."""
        kept, new = await database.run(
            lambda tx: privacy.keep_contact(tx, keys, principal, issue_id, contact.contact)
        )
        response.status_code = 201 if new else 200
        return ContactKept(issue_id=issue_id, recorded_by=kept.recorded_by, recorded_at=kept.recorded_at)

    @router.get("/issues/{issue_id}/contact")
    async def get_contact(principal: Office, issue_id: UUID) -> ContactOut:
        """Read a contact; the audit says who did."""
        async with database.read() as tx:
            kept, text = await privacy.read_contact(tx, keys, principal, issue_id)
        return ContactOut(
            issue_id=issue_id, contact=text, recorded_by=kept.recorded_by, recorded_at=kept.recorded_at
        )

    @router.delete("/issues/{issue_id}/contact", status_code=204)
    async def delete_contact(principal: Office, issue_id: UUID) -> Response:
        """Erase a contact that is no longer needed."""
        await database.run(lambda tx: privacy.erase_contact(tx, principal, issue_id))
        return Response(status_code=204)


def _add_requests(router: APIRouter, database: Database, book: CalendarBook) -> None:
    @router.put("/me/requests/{request_id}", status_code=201, responses={200: {"model": DataRequestOut}})
    async def put_request(
        principal: SignedIn,
        request_id: UUID,
        body: Annotated[DataRequestIn, Depends(json_body(DataRequestIn))],
        response: Response,
    ) -> DataRequestOut:
        """Ask that one's own data be erased or corrected; the office owes an answer in two working days."""
        asked, new = await database.run(
            lambda tx: privacy.ask(tx, book, principal, request_id, body.kind, body.about)
        )
        response.status_code = 201 if new else 200
        return _request(asked, principal.full_name)

    @router.get("/requests")
    async def get_requests(
        principal: Answerer, state: Literal["open", "answered"] = "open"
    ) -> DataRequestList:
        """What people of the committee ask about their own data: open ones by their due date."""
        async with database.read() as tx:
            found = await request_store.listed(tx, principal.committee_id, answered=state == "answered")
            names = await directory.person_names(tx, {each.person_id for each in found})
        return DataRequestList(requests=[_request(each, names.get(each.person_id)) for each in found])

    @router.put("/requests/{request_id}/answer")
    async def put_answer(
        principal: Answerer,
        request_id: UUID,
        body: Annotated[RequestAnswerIn, Depends(json_body(RequestAnswerIn))],
    ) -> DataRequestOut:
        """Say what was done about a request."""
        answered = await database.run(
            lambda tx: privacy.answer(tx, principal, request_id, done=body.done, note=body.note)
        )
        return _request(answered, None)


def _add_retention(router: APIRouter, database: Database) -> None:
    @router.get("/retention")
    async def get_retention(principal: SignedIn) -> list[RetentionOut]:
        """How long contacts stay after closing: the default, and what one's own committee decided."""
        async with database.read() as tx:
            known = await retention_store.of_committee(tx, principal.committee_id)
        return [RetentionOut(**asdict(each)) for each in known]

    @router.put("/retention/{policy_id}", status_code=201, responses={200: {"model": RetentionOut}})
    async def put_retention(
        principal: Chair,
        policy_id: UUID,
        body: Annotated[RetentionIn, Depends(json_body(RetentionIn))],
        response: Response,
    ) -> RetentionOut:
        """Decide how many days after closing a contact stays."""
        policy = Retention(policy_id=policy_id, committee_id=principal.committee_id, **body.model_dump())
        new = await database.run(lambda tx: privacy.set_retention(tx, principal, policy))
        response.status_code = 201 if new else 200
        return RetentionOut(**asdict(policy))


def _request(request: DataRequest, full_name: str | None) -> DataRequestOut:
    return DataRequestOut(**asdict(request), full_name=full_name)
