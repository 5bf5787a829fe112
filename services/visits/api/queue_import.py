"""The office takes in the queue of a phone that cannot send."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request

from services.visits.domain.unheld import UnheldVisit
from services.visits.domain.visit import Report, Visit
from services.visits.handlers import queue_import
from services.visits.handlers.queue_import import Landed, Target
from services.visits.schemas.common import PersonName
from services.visits.schemas.phones import ImportedOut, ImportOut, QueuedIn, QueueFileIn, UnheldIn
from services.visits.schemas.visits import ReportIn, VersionIn, VisitIn
from shared.access import RULES, Principal, allow
from shared.directory import Person
from shared.errors import DomainError
from shared.http import json_body
from shared.http.bodies import parse_json
from shared.http.problems import wants_vietnamese
from shared.uow import Database

FILE_BYTES = 8 * 1024 * 1024
log = structlog.get_logger()


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["phones"])

    @router.post("/imports/queue")
    async def import_queue(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.import_queue))],
        body: Annotated[QueueFileIn, Depends(json_body(QueueFileIn, max_bytes=FILE_BYTES))],
    ) -> ImportOut:
        """Record what a phone's file holds for its member, in order; each act lands or is refused by itself."""
        vietnamese = wants_vietnamese(request.headers.get("accept-language"))
        async with database.read() as tx:
            person = await queue_import.writer_of(body.person_id, principal, tx)
        items = [await _imported(item, person, principal, vietnamese=vietnamese) for item in body.items]
        log.info("queue imported", items=len(items), refused=sum(each.outcome == "refused" for each in items))
        return ImportOut(
            person=PersonName(person_id=person.person_id, code=person.code, full_name=person.full_name),
            items=items,
        )

    async def _imported(item: QueuedIn, person: Person, clerk: Principal, *, vietnamese: bool) -> ImportedOut:
        try:
            landed = await _land(item, person, clerk)
        except DomainError as error:
            message = error.vi if vietnamese else error.en
            return ImportedOut(id=item.id, kind=item.kind, outcome="refused", message=message)
        return ImportedOut(
            id=item.id, kind=item.kind, outcome=landed.outcome, receipt_number=landed.receipt_number
        )

    async def _land(item: QueuedIn, person: Person, clerk: Principal) -> Landed:
        raw = item.body.encode()
        queue_import.check_bytes(raw, item.sha256)
        target = queue_import.target_of(item.path)
        content, on_behalf_of = _content(target, raw)
        # A new visit goes in with what hangs on it in one statement, which the wall around requests forbids; whose
        # it is was checked before, and is the clerk's committee by construction.
        where = database.everywhere if target.kind == "visit" else database
        return await where.run(
            lambda tx: queue_import.land(target, content, person, clerk, tx, on_behalf_of=on_behalf_of)
        )

    return router


def _content(target: Target, raw: bytes) -> tuple[Visit | Report | UnheldVisit, UUID | None]:
    """The act's body, read as strictly as if the phone had sent it, and for whom. Raises Unreadable or Invalid."""
    if target.kind == "report":
        return parse_json(raw, ReportIn).as_report(), None
    if target.kind == "unheld":
        not_held = parse_json(raw, UnheldIn)
        return not_held.as_visit(), not_held.on_behalf_of
    visit = parse_json(raw, VersionIn if target.kind == "version" else VisitIn)
    return visit.as_visit(), visit.on_behalf_of
