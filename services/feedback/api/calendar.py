"""The calendar of days off and the policies: proposed by the office, put in force by the permanent board."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from services.feedback.api.duties import duty_out
from services.feedback.api.group import GroupOf
from services.feedback.domain.revision import Direction, Lateness
from services.feedback.domain.terms import DutyPolicy, standing
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
from services.feedback.schemas.duties import DutyPage
from services.feedback.store import calendars as calendar_store
from services.feedback.store import policies as policy_store
from services.feedback.store.calendars import CalendarBook, Revision
from services.feedback.views import duties as views
from services.feedback.views.filters import Filters
from shared import directory
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.http import json_body
from shared.http.audit import note_restricted
from shared.uow import Database, UnitOfWork

SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]
Office = Annotated[Principal, Depends(allow(RULES.propose_calendar))]
Board = Annotated[Principal, Depends(allow(RULES.approve_calendar))]
Chair = Annotated[Principal, Depends(allow(RULES.set_policy))]
Reader = Annotated[Principal, Depends(allow(RULES.read_figures))]
Duties = Annotated[Principal, Depends(allow(RULES.read_duties))]
Limit = Annotated[int, Query(ge=1, le=200)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["calendar"])

    @router.get("/calendar/revisions")
    async def get_revisions(principal: SignedIn) -> list[RevisionOut]:
        """Every revision, the newest first; days off are nobody's secret."""
        async with database.read() as tx:
            return await _revisions(tx, principal, await calendar_store.all_revisions(tx))

    @router.get("/calendar/revisions/{number}")
    async def get_revision(principal: SignedIn, number: Number) -> RevisionOut:
        """One revision with all its days, notices and open questions."""
        async with database.read() as tx:
            (shown,) = await _revisions(tx, principal, [await calendars.revision(tx, number)])
        return shown

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
        return await shown(principal, proposed)

    @router.get("/calendar/revisions/{number}/preview")
    async def get_preview(principal: Reader, number: Number) -> PreviewOut:
        """Which open duties of the committee the revision would move, from when to when, and their lateness."""
        async with database.read() as tx:
            return _preview(await calendars.preview(tx, book, principal, number))

    @router.get("/calendar/revisions/{number}/preview/duties")
    async def get_preview_duties(
        principal: Duties,
        number: Number,
        group: Annotated[GroupOf, Depends()],
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> DutyPage:
        """The open duties of one group of a preview, as far as one may see them."""
        async with database.read() as tx:
            await calendars.revision(tx, number)
            calendar = await book.in_force(tx)
            filters = Filters(group=group.key())
            found = await views.register(tx, principal, filters, after=after, limit=limit)
            note_restricted(tx, "duty", {each.duty.duty_id: each.duty.access_class for each in found})
            return DutyPage(
                duties=[duty_out(each, calendar, tx.now) for each in found],
                counted=await views.counted(tx, principal, filters),
            )

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
        return await shown(principal, approved)

    @router.get("/policies")
    async def get_policies(principal: Reader) -> list[PolicyOut]:
        """The defaults, and what one's own committee decided, of all times."""
        async with database.read() as tx:
            known = await policy_store.of_committees(tx, [principal.committee_id])
            return await _policies(tx, principal, known, known)

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
        async with database.read() as tx:
            known = await policy_store.of_committees(tx, [principal.committee_id])
            (written,) = await _policies(tx, principal, known, [decided])
        return written

    async def shown(principal: Principal, revision: Revision) -> RevisionOut:
        async with database.read() as tx:
            (one,) = await _revisions(tx, principal, [revision])
        return one

    return router


async def _revisions(
    tx: UnitOfWork, principal: Principal, revisions: Sequence[Revision]
) -> list[RevisionOut]:
    """The calendar is everybody's; who proposed and approved it is known within their own committee.

    Their names are for those who read its figures.
    """
    ids = {each for revision in revisions for each in (revision.proposed_by, revision.approved_by) if each}
    ours = await directory.person_names(tx, ids)
    names = ours if RULES.read_figures.admits(principal) else {}
    return [
        RevisionOut.model_validate(
            asdict(each)
            | {
                "status": "draft" if each.approved_at is None else "approved",
                "proposed_by": each.proposed_by if each.proposed_by in ours else None,
                "proposed_by_name": names.get(each.proposed_by) if each.proposed_by else None,
                "approved_by": each.approved_by if each.approved_by in ours else None,
                "approved_by_name": names.get(each.approved_by) if each.approved_by else None,
            }
        )
        for each in revisions
    ]


async def _policies(
    tx: UnitOfWork, principal: Principal, known: Sequence[DutyPolicy], wanted: Sequence[DutyPolicy]
) -> list[PolicyOut]:
    today = local_date(tx.now)
    names = await directory.body_names(tx, principal.committee_id, at=today)
    return [
        PolicyOut.model_validate(
            asdict(each)
            | {
                "owed_to_name": names.get(each.owed_to),
                "urgent_owed_to_name": names.get(each.urgent_owed_to) if each.urgent_owed_to else None,
                "standing": standing(known, each, principal.committee_id, today),
            }
        )
        for each in wanted
    ]


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
                extensions=list(shift.id.extensions),
                calendar_revision=shift.id.calendar_revision,
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
