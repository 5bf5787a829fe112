"""The register of duties, one duty explained, what changed of them, and reports returned."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback.api.choice import Choice, past
from services.feedback.domain import promise
from services.feedback.domain.calendar import Calendar
from services.feedback.domain.duty import days_late
from services.feedback.domain.sentence import to_json
from services.feedback.handlers import returns
from services.feedback.handlers.returns import ReturnReport
from services.feedback.schemas.duties import (
    ChangeOut,
    ChangePage,
    DueRecordOut,
    DutyDetail,
    DutyOut,
    DutyPage,
    ExplainedList,
    ExplainedOut,
    ExtensionOut,
    MomentOut,
    ReturnIn,
    ReturnOut,
)
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import duties as views
from services.feedback.views.duties import Shown
from services.feedback.views.filters import reach_of
from services.feedback.views.past import changes
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.clock import local_date
from shared.contracts.feedback import DutyClosure
from shared.errors import NotFound
from shared.http import Instant, json_body
from shared.http.audit import note_restricted
from shared.http.cautions import told_to
from shared.http.tagged import tagged
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_duties))]
Owner = Annotated[Principal, Depends(allow(RULES.read_own))]
Returner = Annotated[Principal, Depends(allow(RULES.return_report))]
Limit = Annotated[int, Query(ge=1, le=200)]
Skip = Annotated[int, Query(ge=0, le=1_000_000)]
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
        """Duties within one's reach: late ones first, what is done last; also as they stood at a past instant."""
        async with database.read() as tx:
            filters = await choice.filters(tx, principal.committee_id)
            calendar, at = await book.in_force(tx, as_of=filters.as_of), filters.as_of or tx.now
            shown = await views.register(tx, principal, filters, after=after, limit=limit)
            note_restricted(tx, "duty", {each.duty.duty_id: each.duty.access_class for each in shown})
            return DutyPage(
                duties=[duty_out(each, calendar, at) for each in shown],
                counted=await views.counted(tx, principal, filters),
            )

    @router.get("/duties/{duty_id}")
    async def get_duty(principal: Reader, duty_id: UUID, as_of: Instant | None = None) -> DutyDetail:
        """One duty, why it is due when it is, every due date it had, and all that happened until then."""
        async with database.read() as tx:
            then = past(as_of, tx.now)
            shown = await views.visible(tx, principal, duty_id, as_of=then)
            if shown is None:
                raise NotFound("Không tìm thấy.", "There is no such thing.")
            note_restricted(tx, "duty", {duty_id: shown.duty.access_class})
            due = await views.explained(tx, book, shown.duty)
            timeline, asked, returned = await views.timeline(tx, shown.duty, as_of=then)
            return DutyDetail(
                duty=duty_out(shown, await book.in_force(tx, as_of=then), then or tx.now),
                citation=shown.citation,
                due=to_json(due, views.occasion(shown)),
                due_dates=[
                    DueRecordOut(**asdict(each)) for each in await views.due_dates(tx, shown.duty, as_of=then)
                ],
                extensions=[ExtensionOut.model_validate(asdict(each)) for each in asked],
                returns=[ReturnOut.model_validate(asdict(each)) for each in returned],
                timeline=[MomentOut(**asdict(each)) for each in timeline],
            )

    @router.get("/changes")
    async def get_changes(principal: Reader, since: Instant, skip: Skip = 0, limit: Limit = 50) -> ChangePage:
        """What became of the duties within one's reach after an instant, the newest last."""
        async with database.read() as tx:
            found, total = await changes(tx, reach_of(principal), since, skip=skip, limit=limit)
            note_restricted(tx, "duty", {each.duty_id: each.access_class for each in found})
        return ChangePage(changes=[ChangeOut.model_validate(asdict(each)) for each in found], total=total)

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

    return router


def duty_out(shown: Shown, calendar: Calendar, at: datetime) -> DutyOut:
    """The duty as it stands at an instant, by the calendar in force then."""
    duty = shown.duty
    owed = duty.closure is not DutyClosure.NOT_OWED
    until = local_date(duty.closed_at or at)
    return DutyOut(
        duty_id=duty.duty_id,
        kind=duty.kind,
        status=duty.status(at),
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
        acknowledged_until=_still(shown.acknowledged_until, local_date(at)),
        chased_at=shown.chased_at,
        promised_on=None if duty.closed_at else promise.standing(shown.promises, until),
        broken_promises=promise.broken(shown.promises, until),
        version=duty.version,
        due_version=duty.due_version,
    )


def _still(until: date | None, today: date) -> date | None:
    return until if until is not None and until >= today else None
