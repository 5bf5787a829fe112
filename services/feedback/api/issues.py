"""Issues and the office's desk: forwarding, acknowledgement, answer, reply to the cell."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback.handlers import clusters, forwardings
from services.feedback.handlers.forwardings import ForwardIssue, RecordAnswer
from services.feedback.schemas.issues import (
    AcknowledgementIn,
    AnswerIn,
    ForwardingIn,
    ForwardingOut,
    IssueDetail,
    IssueOut,
    IssuePage,
    MergedOut,
    NoteOut,
    ReplyIn,
    ReplyOut,
    VerdictOut,
)
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import issues as views
from services.feedback.views.issues import IssueState
from shared import directory
from shared.access import RULES, Principal, allow
from shared.cautions import cautions_in
from shared.errors import NotFound
from shared.http import json_body
from shared.http.audit import note_restricted
from shared.http.cautions import told_to
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_issues))]
Office = Annotated[Principal, Depends(allow(RULES.forward_issue))]
Answerer = Annotated[Principal, Depends(allow(RULES.record_answer))]
Replier = Annotated[Principal, Depends(allow(RULES.reply_to_cell))]
Limit = Annotated[int, Query(ge=1, le=200)]


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["issues"])

    @router.get("/issues")
    async def get_issues(  # query parameters
        principal: Reader,
        state: IssueState | None = None,
        unit: UUID | None = None,
        urgent: bool | None = None,
        q: Annotated[str, Query(max_length=100)] = "",
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> IssuePage:
        """Issues within one's reach, newest first; restricted classes only for their few readers."""
        async with database.read() as tx:
            shown = await views.listed(
                tx, principal, state=state, unit_id=unit, urgent=urgent, typed=q, after=after, limit=limit
            )
            note_restricted(tx, "issue", {each.issue_id: each.access_class for each in shown})
        return IssuePage(issues=[IssueOut.model_validate(asdict(each)) for each in shown])

    @router.get("/issues/{issue_id}")
    async def get_issue(principal: Reader, issue_id: UUID) -> IssueDetail:
        """One issue with its whole way."""
        async with database.read() as tx:
            shown = await views.visible(tx, principal, issue_id)
            if shown is None:
                raise NotFound("Không tìm thấy.", "There is no such thing.")
            sent, reply, verdicts, notes = await views.way_of(tx, issue_id)
            names = await directory.unit_names(
                tx, {each.agency_unit_id for each in sent if each.agency_unit_id}
            )
            merged = await views.merged_with(tx, principal, shown) if shown.cluster_id else []
            note_restricted(tx, "issue", {issue_id: shown.access_class})
        return IssueDetail(
            issue=IssueOut.model_validate(asdict(shown)),
            forwardings=[
                ForwardingOut.model_validate(
                    asdict(each)
                    | {"agency_name": names.get(each.agency_unit_id) if each.agency_unit_id else None}
                )
                for each in sent
            ],
            reply=ReplyOut.model_validate(asdict(reply)) if reply else None,
            verdicts=[VerdictOut.model_validate(asdict(each)) for each in verdicts],
            notes=[NoteOut.model_validate(asdict(each)) for each in notes],
            merged=[
                MergedOut.model_validate(
                    {"issue": asdict(each), "open": [asdict(forwarding) for forwarding in waited_for]}
                )
                for each, waited_for in merged
            ],
        )

    @router.put(
        "/issues/{issue_id}/forwardings/{forwarding_id}",
        status_code=201,
        responses={200: {"model": ForwardingOut}},
    )
    async def put_forwarding(
        request: Request,
        principal: Office,
        issue_id: UUID,
        forwarding_id: UUID,
        forwarding: Annotated[ForwardingIn, Depends(json_body(ForwardingIn))],
        response: Response,
    ) -> ForwardingOut:
        """Pass an issue on; it may go to several agencies, and again when one is not competent."""
        warnings = _warnings(request, {"/proof": forwarding.proof})
        command = ForwardIssue(
            forwarding_id=forwarding_id,
            issue_id=issue_id,
            agency_unit_id=forwarding.agency_unit_id,
            sent_at=forwarding.sent_at,
            number=forwarding.number,
            proof=forwarding.proof,
        )
        sent, new = await database.run(lambda tx: forwardings.forward_issue(tx, book, principal, command))
        response.status_code = 201 if new else 200
        return ForwardingOut.model_validate(asdict(sent) | warnings)

    @router.put("/issues/{issue_id}/forwardings/{forwarding_id}/acknowledgement")
    async def put_acknowledgement(
        principal: Answerer,
        issue_id: UUID,
        forwarding_id: UUID,
        acknowledgement: Annotated[AcknowledgementIn, Depends(json_body(AcknowledgementIn))],
    ) -> ForwardingOut:
        """The agency has it."""
        known = await database.run(
            lambda tx: forwardings.acknowledge(
                tx, principal, issue_id, forwarding_id, acknowledgement.acknowledged_at
            )
        )
        return ForwardingOut.model_validate(asdict(known))

    @router.put("/issues/{issue_id}/forwardings/{forwarding_id}/answer")
    async def put_answer(
        request: Request,
        principal: Answerer,
        issue_id: UUID,
        forwarding_id: UUID,
        answer: Annotated[AnswerIn, Depends(json_body(AnswerIn))],
    ) -> ForwardingOut:
        """Record the agency's answer, by itself or by the office from paper; one may answer merged matters too."""
        command = RecordAnswer(
            forwarding_id=forwarding_id,
            answered_at=answer.answered_at,
            document_number=answer.document_number,
            summary=answer.summary,
        )
        known = await database.run(
            lambda tx: clusters.record_answers(tx, book, principal, issue_id, command, answer.also)
        )
        return ForwardingOut.model_validate(asdict(known) | _warnings(request, {"/summary": answer.summary}))

    @router.put("/issues/{issue_id}/reply", status_code=201, responses={200: {"model": ReplyOut}})
    async def put_reply(
        request: Request,
        principal: Replier,
        issue_id: UUID,
        reply: Annotated[ReplyIn, Depends(json_body(ReplyIn))],
        response: Response,
    ) -> ReplyOut:
        """The cell has its answer; the loop is closed."""
        told, new = await database.run(
            lambda tx: forwardings.reply_to_cell(
                tx, book, principal, issue_id, replied_at=reply.replied_at, summary=reply.summary
            )
        )
        response.status_code = 201 if new else 200
        return ReplyOut.model_validate(asdict(told) | _warnings(request, {"/summary": reply.summary}))

    return router


def _warnings(request: Request, texts: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """What the writer of these texts should look at again."""
    return {"warnings": told_to(request, cautions_in(texts))}
