"""The calendar of days off and the policies: proposed by the office, put in force by the permanent board."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from services.feedback.domain.revision import Direction, Lateness
from services.feedback.domain.terms import DutyPolicy
from services.feedback.handlers import calendars, policies
from services.feedback.handlers.calendars import ProposeRevision, Shift
from services.feedback.schemas.calendar import (
    ApprovalIn,
    PolicyIn,
    PolicyOut,
    PreviewOut,
    RevisionIn,
    RevisionOut,
    ShiftOut,
)
from services.feedback.store import calendars as calendar_store
from services.feedback.store import policies as policy_store
from services.feedback.store.calendars import CalendarBook, Revision
from shared.access import RULES, Principal, allow
from shared.errors import NotFound
from shared.http import json_body
from shared.uow import Database

SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]
Office = Annotated[Principal, Depends(allow(RULES.propose_calendar))]
Board = Annotated[Principal, Depends(allow(RULES.approve_calendar))]
Chair = Annotated[Principal, Depends(allow(RULES.set_policy))]
Reader = Annotated[Principal, Depends(allow(RULES.read_figures))]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["calendar"])

    @router.get("/calendar/revisions")
    async def get_revisions(principal: SignedIn) -> list[RevisionOut]:  # noqa: ARG001  # the rule of the route
        """Every revision, the newest first; days off are nobody's secret."""
        async with database.read() as tx:
            return [_revision(each) for each in await calendar_store.all_revisions(tx)]

    @router.get("/calendar/revisions/{number}")
    async def get_revision(principal: SignedIn, number: Number) -> RevisionOut:  # noqa: ARG001  # the rule of the route
        """One revision with all its days, notices and open questions."""
        async with database.read() as tx:
            revision = await calendar_store.find(tx, number)
        if revision is None:
            raise NotFound(f"Không có lịch số {number}.", f"There is no calendar revision {number}.")
        return _revision(revision)

    @router.put("/calendar/revisions/{number}", status_code=201, responses={200: {"model": RevisionOut}})
    async def put_revision(
        principal: Office,
        number: Number,
        revision: Annotated[RevisionIn, Depends(json_body(RevisionIn))],
        response: Response,
    ) -> RevisionOut:
        """Propose days off or worked, with the notice that decided them; a draft may be rewritten."""
        command = ProposeRevision(
            number=number,
            notice=revision.notice,
            decided_on=revision.decided_on,
            days=[day.model_dump(mode="json") for day in revision.days],
            settles=revision.settles,
            reviewed_years=revision.reviewed_years,
        )
        proposed, new = await database.run(lambda tx: calendars.propose(tx, principal, command))
        response.status_code = 201 if new else 200
        return _revision(proposed)

    @router.get("/calendar/revisions/{number}/preview")
    async def get_preview(principal: Reader, number: Number) -> PreviewOut:
        """Which open duties of the committee the revision would move, from when to when, and their lateness."""
        async with database.read() as tx:
            return _preview(await calendars.preview(tx, book, principal, number))

    @router.put("/calendar/revisions/{number}/approval")
    async def put_approval(
        principal: Board,
        number: Number,
        approval: Annotated[ApprovalIn, Depends(json_body(ApprovalIn))],
    ) -> RevisionOut:
        """Put the revision in force; open duties move, closed ones are frozen."""
        approved = await database.everywhere.run(
            lambda tx: calendars.approve(
                tx, book, principal, number, confirm_earlier=approval.confirm_earlier
            )
        )
        return _revision(approved)

    @router.get("/policies")
    async def get_policies(principal: Reader) -> list[PolicyOut]:
        """The defaults, and what one's own committee decided, of all times."""
        async with database.read() as tx:
            known = await policy_store.of_committees(tx, [principal.committee_id])
        return [PolicyOut.model_validate(asdict(each)) for each in known]

    @router.put("/policies/{policy_id}", status_code=201, responses={200: {"model": PolicyOut}})
    async def put_policy(
        principal: Chair,
        policy_id: UUID,
        policy: Annotated[PolicyIn, Depends(json_body(PolicyIn))],
        response: Response,
    ) -> PolicyOut:
        """Record a dated decision of one's own committee; what is owed already keeps its policy."""
        decided = DutyPolicy(policy_id=policy_id, committee_id=principal.committee_id, **policy.model_dump())
        new = await database.run(lambda tx: policies.set_policy(tx, principal, decided))
        response.status_code = 201 if new else 200
        return PolicyOut.model_validate(asdict(decided))

    return router


def _revision(revision: Revision) -> RevisionOut:
    status = "draft" if revision.approved_at is None else "approved"
    return RevisionOut.model_validate(asdict(revision) | {"status": status})


def _preview(shifts: Sequence[Shift]) -> PreviewOut:
    def duties(direction: Direction | None = None, lateness: Lateness | None = None) -> int:
        return sum(
            shift.id.count
            for shift in shifts
            if direction in (None, shift.direction) and lateness in (None, shift.lateness)
        )

    return PreviewOut(
        moving_later=duties(Direction.LATER),
        moving_earlier=duties(Direction.EARLIER),
        settled=duties(Direction.SETTLED),
        starting_to_be_late=duties(lateness=Lateness.STARTS),
        stopping_to_be_late=duties(lateness=Lateness.STOPS),
        shifts=[
            ShiftOut(
                anchor=shift.id.anchor,
                rule=shift.id.rule,
                days=shift.id.days,
                duties=shift.id.count,
                from_due_at=shift.old.due_at,
                to_due_at=shift.new.due_at,
                provisional=shift.new.provisional,
                direction=shift.direction,
                lateness=shift.lateness,
            )
            for shift in shifts
        ],
    )
