"""Reading visits over HTTP: lists, one visit whole, one's own duties and cadence."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Row

from services.visits import views
from services.visits.api.shown import merge_out, shared_fields, unit_name, without_restricted
from services.visits.domain.receipt import Recorded
from services.visits.domain.visit import Issue
from services.visits.schemas.common import PersonName
from services.visits.schemas.member import CadenceOut, CountOut, DutyList, DutyOut
from services.visits.schemas.visits import (
    DraftOut,
    IssueOut,
    PhotoLine,
    RemarkOut,
    ReportVersionOut,
    ReturnOut,
    VersionOut,
    VisitLine,
    VisitList,
    VisitOut,
)
from services.visits.store.photos import Kept
from services.visits.store.remarks import OF_THE_CELL
from shared import directory
from shared.access import RULES, Place, Principal, allow, visible_or_404
from shared.contracts.visits import VisitKind
from shared.errors import NotFound
from shared.http import Day
from shared.http.audit import note_restricted
from shared.uow import Database


def build_router(database: Database) -> APIRouter:
    """The routes that change nothing."""
    router = APIRouter(prefix="/visits/api", tags=["visits"])

    @router.get("/visits")
    async def list_visits(
        principal: Annotated[Principal, Depends(allow(RULES.read_visits))],
        unit_id: UUID | None = None,
        member_id: UUID | None = None,
        kind: VisitKind | None = None,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
        state: views.Unsettled | None = None,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> VisitList:
        """Visits within one's reach, the latest first: one's own, those of whom one serves, or the committee's."""
        wanted = views.VisitFilter(
            unit_id=unit_id, visitor_id=member_id, kind=kind, first=first, last=last, state=state
        )
        async with database.read() as tx:
            reach = RULES.read_visits.reach(principal)
            restricted = RULES.read_restricted.reach(principal)
            page = await views.visits(tx, reach, wanted, restricted=restricted, cursor=cursor, limit=limit)
        return VisitList(visits=[VisitLine(**_line(row)) for row in page.rows], next_cursor=page.next_cursor)

    @router.get("/visits/{visit_id}")
    async def get_visit(
        principal: Annotated[Principal, Depends(allow(RULES.read_visits))], visit_id: UUID
    ) -> VisitOut:
        """One visit with its versions, issues and reports. What one may not see is not there."""
        async with database.read() as tx:
            found = await views.whole_visit(tx, visit_id, restricted=RULES.read_restricted.reach(principal))
            whole = visible_or_404(principal, RULES.read_visits, found, found.place if found else None)
            restricted = RULES.read_restricted.covers(principal, whole.place)
            if restricted:
                note_restricted(tx, "issue", {issue.issue_id: issue.access_class for issue in whole.issues})
        return _whole(whole, restricted=restricted, nearness=_nearness(principal, whole.place))

    @router.get("/duties")
    async def list_duties(
        principal: Annotated[Principal, Depends(allow(RULES.read_own))],
        state: Literal["open", "closed"] = "open",
        member_id: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> DutyList:
        """One's own duties, or those of a member one serves: the open ones, late first, or those that are closed."""
        person_id = own_or_served(principal, member_id)
        async with database.read() as tx:
            rows = await views.duties(tx, person_id, closed=state == "closed", limit=limit)
        return DutyList(
            duties=[
                DutyOut(
                    **shared_fields(row, DutyOut),
                    unit=unit_name(row) if row.unit_name is not None else None,
                    late=(row.closed_at or tx.now) >= row.due_at,
                )
                for row in rows
            ]
        )

    @router.get("/cadence")
    async def get_cadence(
        principal: Annotated[Principal, Depends(allow(RULES.read_own))],
        year: Annotated[int, Query(ge=1990, le=2100)],
        member_id: UUID | None = None,
    ) -> CadenceOut:
        """Visits of one's own, or of a member one serves, against the quota of each month or quarter of the year."""
        person_id = own_or_served(principal, member_id)
        async with database.read() as tx:
            person = await directory.person_by_id(tx, person_id)
            if person is None:
                raise NotFound("Không tìm thấy.", "There is no such thing.")
            counts = await views.own_cadence(tx, person, year)
        shown = {
            kind: [CountOut(**shared_fields(count, CountOut)) for count in each]
            for kind, each in counts.items()
        }
        return CadenceOut(
            year=year,
            field_trip=shown[VisitKind.FIELD_TRIP],
            meeting_attendance=shown[VisitKind.MEETING_ATTENDANCE],
        )

    return router


def own_or_served(principal: Principal, member_id: UUID | None) -> UUID:
    """Oneself, or the member named, whom one serves today. Raises NotFound for anybody else."""
    if member_id is None or member_id == principal.person_id:
        return principal.person_id
    place = Place(committee_id=principal.committee_id, person_ids=frozenset({member_id}))
    return visible_or_404(principal, RULES.read_served, member_id, place)


class _Nearness(IntEnum):
    """How much of what was said about a visit its reader is told."""

    CELL = 1
    """The facts, and what was said between the cell and the committee."""
    COMMITTEE = 2
    """Also what passed between the member and the assistant."""
    MEMBER = 3
    """Also what is drafted and not filed."""


def _nearness(principal: Principal, place: Place) -> _Nearness:
    if RULES.approve_own.covers(principal, place) or RULES.draft_report.covers(principal, place):
        return _Nearness.MEMBER
    return _Nearness.COMMITTEE if RULES.read_visits.reach(principal).all else _Nearness.CELL


def _line(row: Row[Any]) -> dict[str, Any]:
    return shared_fields(row, VisitLine) | {
        "written_by": None
        if row.writer_id is None
        else PersonName(person_id=row.writer_id, code=row.writer_code, full_name=row.writer_name),
        "unit": unit_name(row),
        "visitor": PersonName(person_id=row.visitor_id, code=row.visitor_code, full_name=row.visitor_name),
    }


def _whole(whole: views.WholeVisit, *, restricted: bool, nearness: _Nearness) -> VisitOut:
    content = whole.versions[-1].content
    return VisitOut(
        **_line(whole.visit),
        accepted_at=whole.visit.accepted_at,
        notes=content["notes"],
        meeting=content["meeting"],
        did=content.get("did", []),
        erased_at=whole.visit.erased_at,
        withdrawn_at=whole.visit.withdrawn_at,
        issues=[
            _issue(issue, [photo for photo in whole.photos if photo.issue_id == issue.issue_id])
            for issue in whole.issues
            if restricted or not issue.is_restricted
        ],
        versions=[
            VersionOut(
                **shared_fields(row, VersionOut)
                | {
                    "receipt_number": Recorded(
                        visitor_id=whole.visit.visitor_id,
                        **{name: getattr(row, name) for name in _RECORDED},
                    ).receipt_number,
                    "device_recorded_at": row.device_at,
                    "device_corrected_at": _corrected(row.device_at, row.device_offset_ms),
                    "content": _content(row, restricted=restricted, nearness=nearness),
                }
            )
            for row in whole.versions
        ],
        merges=[merge_out(merged, restricted=restricted) for merged in whole.merges],
        reports=[ReportVersionOut(**shared_fields(row, ReportVersionOut)) for row in whole.reports],
        report_drafts=[
            DraftOut(**shared_fields(draft, DraftOut))
            for draft in whole.drafts
            if nearness is _Nearness.MEMBER
        ],
        remarks=[
            RemarkOut(**shared_fields(remark, RemarkOut))
            for remark in whole.remarks
            if nearness > _Nearness.CELL or remark.kind in OF_THE_CELL
        ],
        names=dict(whole.names),
        returns=[ReturnOut(**shared_fields(row, ReturnOut)) for row in whole.returns],
    )


_RECORDED = ("visit_id", "version", "recorded_by", "serial", "accepted_at", "content_hash", "report_filed_at")


def _corrected(claimed: datetime | None, offset_ms: int | None) -> datetime | None:
    return None if claimed is None or offset_ms is None else claimed + timedelta(milliseconds=offset_ms)


def _issue(issue: Issue, photos: Sequence[Kept]) -> IssueOut:
    return IssueOut(
        issue_id=issue.issue_id,
        access_class=issue.access_class,
        kind=issue.kind,
        field=issue.field,
        title=issue.title,
        detail=issue.detail,
        urgency=issue.urgency,
        resolved_on_spot=issue.resolved_on_spot,
        suggested_agency_id=issue.suggested_agency_id,
        photos=[PhotoLine(**shared_fields(photo, PhotoLine)) for photo in photos],
    )


def _content(row: Row[Any], *, restricted: bool, nearness: _Nearness) -> dict[str, Any]:
    """A version as its reader may know it."""
    content: dict[str, Any] = row.content if restricted else without_restricted(row.content)
    unfiled = content["report"] is not None and row.report_filed_at is None
    return content | {"report": None} if unfiled and nearness < _Nearness.MEMBER else content
