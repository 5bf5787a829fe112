"""The office's inbox, the answers that are owed, and what agencies say before they answer."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback.handlers import notes
from services.feedback.handlers.notes import SayOfForwarding
from services.feedback.schemas.issues import (
    InboxPage,
    NoteIn,
    NoteOut,
    NoteReplyIn,
    OwedAnswerOut,
    OwedAnswers,
    WaitingOut,
)
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import inbox as views
from services.feedback.views.inbox import NextStep
from shared.access import RULES, Principal, allow
from shared.cautions import cautions_in
from shared.http import json_body
from shared.http.audit import note_restricted
from shared.http.cautions import told_to
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_issues))]
Office = Annotated[Principal, Depends(allow(RULES.forward_issue))]
Answerer = Annotated[Principal, Depends(allow(RULES.record_answer))]
Replier = Annotated[Principal, Depends(allow(RULES.reply_to_cell))]


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["issues"])

    @router.get("/inbox")
    async def get_inbox(
        principal: Office,
        q: Annotated[str, Query(max_length=100)] = "",
        field: Annotated[str | None, Query(max_length=40)] = None,
        step: NextStep | None = None,
        unit: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 25,
    ) -> InboxPage:
        """Matters that wait for a next step of the office."""
        async with database.read() as tx:
            found, total = await views.waiting_for_office(
                tx, principal, typed=q, field=field, step=step, unit_id=unit, limit=limit
            )
            note_restricted(tx, "issue", {each.issue.issue_id: each.issue.access_class for each in found})
        return InboxPage(waiting=[WaitingOut.model_validate(asdict(each)) for each in found], total=total)

    @router.get("/answers")
    async def get_answers(principal: Reader) -> OwedAnswers:
        """Answers that agencies owe; an agency sees its own."""
        async with database.read() as tx:
            found = await views.owed_answers(tx, principal)
            note_restricted(tx, "issue", {each.issue_id: each.access_class for each in found})
        return OwedAnswers(answers=[OwedAnswerOut.model_validate(asdict(each)) for each in found])

    @router.put(
        "/issues/{issue_id}/forwardings/{forwarding_id}/notes/{note_id}",
        status_code=201,
        responses={200: {"model": NoteOut}},
    )
    async def put_note(
        request: Request,
        principal: Answerer,
        issue_id: UUID,
        forwarding_id: UUID,
        note_id: UUID,
        note: Annotated[NoteIn, Depends(json_body(NoteIn))],
        response: Response,
    ) -> NoteOut:
        """The agency asks once, promises a day when it is late, or is not competent; the office may say it for it."""
        command = SayOfForwarding(
            note_id=note_id,
            issue_id=issue_id,
            forwarding_id=forwarding_id,
            kind=note.kind,
            text=note.text,
            promised_on=note.promised_on,
        )
        said, new = await database.run(lambda tx: notes.say(tx, book, principal, command))
        response.status_code = 201 if new else 200
        return NoteOut.model_validate(asdict(said) | _warnings(request, {"/text": note.text}))

    @router.put("/issues/{issue_id}/notes/{note_id}/reply")
    async def put_note_reply(
        request: Request,
        principal: Replier,
        issue_id: UUID,
        note_id: UUID,
        reply: Annotated[NoteReplyIn, Depends(json_body(NoteReplyIn))],
    ) -> NoteOut:
        """Answer the agency's question. No clock stood still for it."""
        said = await database.run(
            lambda tx: notes.reply_to_question(tx, principal, issue_id, note_id, reply.text)
        )
        return NoteOut.model_validate(asdict(said) | _warnings(request, {"/text": reply.text}))

    return router


def _warnings(request: Request, texts: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """What the writer of these texts should look at again."""
    return {"warnings": told_to(request, cautions_in(texts))}
