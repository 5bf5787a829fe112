"""The register of duties, one duty explained, and extensions."""

from dataclasses import asdict
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback.api.choice import Choice
from services.feedback.domain.calendar import Calendar
from services.feedback.domain.duty import days_late
from services.feedback.domain.sentence import to_json
from services.feedback.handlers import extensions, returns
from services.feedback.handlers.extensions import AskForExtension
from services.feedback.handlers.returns import ReturnReport
from services.feedback.schemas.duties import (
    DecisionIn,
    DueRecordOut,
    DutyDetail,
    DutyOut,
    DutyPage,
    ExplainedList,
    ExplainedOut,
    ExtensionIn,
    ExtensionOut,
    MomentOut,
    ReturnIn,
    ReturnOut,
)
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import duties as views
from services.feedback.views.duties import Shown
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.clock import local_date
from shared.contracts.feedback import DutyClosure
from shared.errors import NotFound
from shared.http import json_body
from shared.http.audit import note_restricted
from shared.http.cautions import told_to
from shared.http.tagged import tagged
from shared.uow import Database, UnitOfWork

Reader = Annotated[Principal, Depends(allow(RULES.read_duties))]
Asker = Annotated[Principal, Depends(allow(RULES.read_duties))]
"""Whoever sees a duty may try; the handler lets its owner ask, and the office for an owner on paper."""
Owner = Annotated[Principal, Depends(allow(RULES.read_own))]
Returner = Annotated[Principal, Depends(allow(RULES.return_report))]
Board = Annotated[Principal, Depends(allow(RULES.grant_extension))]
Limit = Annotated[int, Query(ge=1, le=200)]
_EXPLAINED = 100


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["duties"])

    @router.get("/duties")
    async def get_duties(  # query parameters
        principal: Reader,
        choice: Annotated[Choice, Depends()],
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> DutyPage:
        """Duties within one's reach: late ones first, what is done last."""
        async with database.read() as tx:
            calendar = await book.in_force(tx)
            filters = await choice.filters(tx, principal.committee_id)
            shown = await views.register(tx, principal, filters, after=after, limit=limit)
            note_restricted(tx, "duty", {each.duty.duty_id: each.duty.access_class for each in shown})
            return DutyPage(
                duties=[_duty(tx, each, calendar) for each in shown],
                counted=await views.counted(tx, principal, filters),
            )

    @router.get("/duties/{duty_id}")
    async def get_duty(principal: Reader, duty_id: UUID) -> DutyDetail:
        """One duty, why it is due when it is, every due date it had, and all that happened."""
        async with database.read() as tx:
            shown = await views.visible(tx, principal, duty_id)
            if shown is None:
                raise NotFound("Không tìm thấy.", "There is no such thing.")
            note_restricted(tx, "duty", {duty_id: shown.duty.access_class})
            due = await views.explained(tx, book, shown.duty)
            timeline, asked, returned = await views.timeline(tx, shown.duty)
            return DutyDetail(
                duty=_duty(tx, shown, await book.in_force(tx)),
                citation=shown.citation,
                due=to_json(due, views.occasion(shown)),
                due_dates=[DueRecordOut(**asdict(each)) for each in await views.due_dates(tx, shown.duty)],
                extensions=[ExtensionOut.model_validate(asdict(each)) for each in asked],
                returns=[ReturnOut.model_validate(asdict(each)) for each in returned],
                timeline=[MomentOut(**asdict(each)) for each in timeline],
            )

    @router.get("/phone", response_model=ExplainedList)
    async def get_phone(request: Request, principal: Owner) -> Response:
        """Why one's own open duties are due when they are, all in one answer that a phone keeps."""
        async with database.read() as tx:
            explained = [
                ExplainedOut(
                    duty_id=shown.duty.duty_id,
                    due_version=shown.duty.due_version,
                    citation=shown.citation,
                    due=to_json(await views.explained(tx, book, shown.duty), views.occasion(shown)),
                    due_dates=[
                        DueRecordOut(**asdict(each)) for each in await views.due_dates(tx, shown.duty)
                    ],
                )
                for shown in await views.own_open(tx, principal, limit=_EXPLAINED)
            ]
        return tagged(request, ExplainedList(duties=explained))

    @router.put(
        "/duties/{duty_id}/returns/{return_id}",
        status_code=201,
        responses={200: {"model": ReturnOut}},
    )
    async def put_return(
        request: Request,
        principal: Returner,
        duty_id: UUID,
        return_id: UUID,
        body: Annotated[ReturnIn, Depends(json_body(ReturnIn))],
        response: Response,
    ) -> ReturnOut:
        """Return a filed report with a comment; its duty stays done, and nothing is counted anew."""
        command = ReturnReport(return_id=return_id, duty_id=duty_id, comment=body.comment)
        returned, new = await database.run(lambda tx: returns.return_report(tx, principal, command))
        response.status_code = 201 if new else 200
        warnings = told_to(request, personal_cautions("/comment", body.comment))
        return ReturnOut.model_validate(asdict(returned) | {"warnings": warnings})

    @router.put(
        "/duties/{duty_id}/extensions/{extension_id}",
        status_code=201,
        responses={200: {"model": ExtensionOut}},
    )
    async def put_extension(
        request: Request,
        principal: Asker,
        duty_id: UUID,
        extension_id: UUID,
        extension: Annotated[ExtensionIn, Depends(json_body(ExtensionIn))],
        response: Response,
    ) -> ExtensionOut:
        """Ask for more days on one's own duty; the office may record what was asked on paper."""
        command = AskForExtension(
            extension_id=extension_id, duty_id=duty_id, days=extension.days, reason=extension.reason
        )
        asked, new = await database.run(lambda tx: extensions.ask(tx, principal, command))
        response.status_code = 201 if new else 200
        warnings = told_to(request, personal_cautions("/reason", extension.reason))
        return ExtensionOut.model_validate(asdict(asked) | {"warnings": warnings})

    @router.put("/duties/{duty_id}/extensions/{extension_id}/decision")
    async def put_decision(
        request: Request,
        principal: Board,
        duty_id: UUID,
        extension_id: UUID,
        decision: Annotated[DecisionIn, Depends(json_body(DecisionIn))],
    ) -> ExtensionOut:
        """Grant or refuse; granting moves the due date and stops reminders at once."""
        decided = await database.run(
            lambda tx: extensions.decide(
                tx, book, principal, duty_id, extension_id, granted=decision.granted, note=decision.note
            )
        )
        warnings = told_to(request, personal_cautions("/note", decision.note))
        return ExtensionOut.model_validate(asdict(decided) | {"warnings": warnings})

    return router


def _duty(tx: UnitOfWork, shown: Shown, calendar: Calendar) -> DutyOut:
    duty = shown.duty
    owed = duty.closure is not DutyClosure.NOT_OWED
    until = local_date(duty.closed_at or tx.now)
    return DutyOut(
        duty_id=duty.duty_id,
        kind=duty.kind,
        status=duty.status(tx.now),
        days_late=days_late(duty.last_day, until, duty.rule, calendar) if owed else 0,
        rule=duty.rule,
        days=duty.days,
        unit_id=duty.unit_id,
        unit_name=shown.unit_name,
        visit_id=duty.visit_id,
        issue_id=duty.issue_id,
        title=shown.title,
        owner_person_id=duty.owner_person_id,
        owner_unit_id=duty.owner_unit_id,
        owner_name=shown.owner_name,
        owed_to=shown.owed_to,
        owed_to_name=shown.owed_to_name,
        access_class=duty.access_class,
        urgency=duty.urgency,
        anchor=duty.anchor,
        last_day=duty.last_day,
        due_at=duty.due_at,
        first_due_at=duty.first_due_at,
        provisional=duty.provisional,
        closed_at=duty.closed_at,
        closure=duty.closure,
        level=shown.level,
        acknowledged_until=_still(shown.acknowledged_until, local_date(tx.now)),
        chased_at=shown.chased_at,
        version=duty.version,
        due_version=duty.due_version,
    )


def _still(until: date | None, today: date) -> date | None:
    return until if until is not None and until >= today else None
