"""The phone's pages over HTTP: own work in one answer, a place, an issue's way, one's own record, objections."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row

from services.visits import handlers
from services.visits.api.plans import plan_out
from services.visits.api.shown import shared_fields, unit_name
from services.visits.handlers import Objection
from services.visits.schemas.common import PersonName, UnitName
from services.visits.schemas.member import CountOut, ObjectionIn, ObjectionList, ObjectionOut
from services.visits.schemas.today import (
    CadenceNow,
    ExtensionShown,
    HeldOut,
    IssueName,
    IssueWayOut,
    LastVisit,
    PhoneDuty,
    PhoneOut,
    PhoneVisit,
    PlaceIssue,
    PlaceOut,
    PlannedVisit,
    QuestionOut,
    RecordOut,
    ReturnedOut,
    SentOut,
    StepDuty,
    SuggestionOut,
    VisitName,
)
from services.visits.store import objections as objection_store
from services.visits.views import phone as views
from services.visits.views.profiles import Profile, profiles
from services.visits.views.record import own_record
from services.visits.views.ways import IssueWay, way
from shared import directory
from shared.access import RULES, Place, Principal, allow, visible_or_404
from shared.cautions import personal_cautions
from shared.contracts.visits import VisitKind
from shared.directory import Person
from shared.errors import NotFound
from shared.http import json_body
from shared.http.audit import note_restricted
from shared.http.cautions import told_to
from shared.http.tagged import tagged
from shared.uow import Database, UnitOfWork

Owner = Annotated[Principal, Depends(allow(RULES.read_own))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["phone"])

    @router.get("/phone", response_model=PhoneOut)
    async def get_phone(request: Request, principal: Owner) -> Response:
        """One's own duties, visits, issues, places and plans, in one answer that a phone keeps."""
        async with database.read() as tx:
            shown = await views.phone(tx, await _person(tx, principal))
        return tagged(request, _phone(shown, principal.person_id))

    @router.get("/units/{unit_id}/profile")
    async def get_profile(
        principal: Annotated[Principal, Depends(allow(RULES.read_profiles))], unit_id: UUID
    ) -> PlaceOut:
        """A unit before a visit: who was there last, what is open, what was answered. No restricted matter."""
        async with database.read() as tx:
            found = next(iter(await profiles(tx, [unit_id])), None)
            profile = visible_or_404(principal, RULES.read_profiles, found, _place_of(found))
        return _place(profile)

    @router.get("/issues/{issue_id}")
    async def get_issue(
        principal: Annotated[Principal, Depends(allow(RULES.read_visits))], issue_id: UUID
    ) -> IssueWayOut:
        """One issue from raised to read out at the cell, with the due date of each step."""
        async with database.read() as tx:
            found = await way(tx, issue_id)
            shown = visible_or_404(
                principal,
                RULES.read_visits,
                found,
                _place_of_issue(found) if found else None,
                **({"access_class": found.access_class} if found else {}),
            )
            note_restricted(tx, "issue", {issue_id: shown.access_class})
        return _way(shown, principal.person_id, words=True)

    @router.get("/me/record")
    async def get_record(principal: Owner, year: Annotated[int, Query(ge=1990, le=2100)]) -> RecordOut:
        """What is held of one's own activity, the quotas, questions to oneself. Nobody else is shown these."""
        async with database.read() as tx:
            record = await own_record(tx, await _person(tx, principal), year)
        counts = {
            kind: [CountOut(**shared_fields(count, CountOut)) for count in each]
            for kind, each in record.cadence.items()
        }
        return RecordOut(
            year=year,
            held=HeldOut(**asdict(record.held)),
            field_trip=counts[VisitKind.FIELD_TRIP],
            meeting_attendance=counts[VisitKind.MEETING_ATTENDANCE],
            questions=[QuestionOut(**asdict(each)) for each in record.questions],
            objections=[_objection(each) for each in record.objections],
        )

    _add_objections(router, database)
    return router


def _add_objections(router: APIRouter, database: Database) -> None:
    @router.put("/me/objections/{objection_id}", status_code=201, responses={200: {"model": ObjectionOut}})
    async def put_objection(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.object_to_record))],
        objection_id: UUID,
        body: Annotated[ObjectionIn, Depends(json_body(ObjectionIn))],
        response: Response,
    ) -> ObjectionOut:
        """Say something to one's own record of a period, before a sheet is made of it. The office reads it."""

        async def make(tx: UnitOfWork) -> tuple[Objection, bool]:
            objection = Objection(
                objection_id=objection_id,
                committee_id=principal.committee_id,
                person_id=principal.person_id,
                period=body.period,
                first_day=_first_day(body.period),
                body=body.text,
                made_at=tx.now,
            )
            is_new = await handlers.object_to(objection, tx)
            return (
                objection if is_new else await objection_store.find(tx, objection_id) or objection
            ), is_new

        made, is_new = await database.run(make)
        response.status_code = 201 if is_new else 200
        return _objection(made, warnings=told_to(request, personal_cautions("/text", body.text)))

    @router.get("/objections")
    async def list_objections(
        principal: Annotated[Principal, Depends(allow(RULES.read_objections))],
        person_id: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> ObjectionList:
        """What members said to their records, the newest first."""
        async with database.read() as tx:
            found = await objection_store.of_committee(
                tx, principal.committee_id, person_id=person_id, limit=limit
            )
        return ObjectionList(objections=[_objection(each) for each in found])


async def _person(tx: UnitOfWork, principal: Principal) -> Person:
    person = await directory.person_by_id(tx, principal.person_id)
    if person is None:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    return person


def _first_day(period: str) -> date:
    """`2026`, `2026-Q4` or `2026-11` begins on this day."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return date(int(year), int(part[1]) * 3 - 2, 1)
    return date(int(year), int(part or 1), 1)


def _objection(objection: Objection, *, warnings: Any = ()) -> ObjectionOut:
    return ObjectionOut(
        **shared_fields(objection, ObjectionOut), text=objection.body, warnings=list(warnings)
    )


# --- One's own work ------------------------------------------------------------------------------


def _phone(shown: views.Phone, person_id: UUID) -> PhoneOut:
    return PhoneOut(
        person_id=person_id,
        duties=[_duty(row) for row in shown.duties],
        cadence=CadenceNow(
            field_trip=_counts(shown.cadence[VisitKind.FIELD_TRIP]),
            meeting_attendance=_counts(shown.cadence[VisitKind.MEETING_ATTENDANCE]),
        ),
        visits=[PhoneVisit(**shared_fields(row, PhoneVisit), unit=unit_name(row)) for row in shown.visits],
        issues=[_way(each, person_id) for each in shown.issues],
        answers=shown.answers,
        returned=[
            ReturnedOut(**shared_fields(row, ReturnedOut), visit=_visit(row), unit=_unit_or_none(row))
            for row in shown.returned
        ],
        places=[_place(each) for each in shown.places],
        plans=[plan_out(each) for each in shown.plans],
        next_evening=shown.next_evening,
        suggestions=[
            SuggestionOut(**shared_fields(each, SuggestionOut), unit=unit_name(each))
            for each in shown.suggestions
        ],
    )


def _counts(counts: Sequence[object]) -> list[CountOut]:
    return [CountOut(**shared_fields(count, CountOut)) for count in counts]


def _duty(row: Row[Any]) -> PhoneDuty:
    return PhoneDuty(
        **shared_fields(row, PhoneDuty),
        unit=_unit_or_none(row),
        visit=None
        if row.visit_kind is None
        else VisitName(visit_id=row.visit_id, kind=row.visit_kind, started_at=row.started_at),
        issue=None
        if row.access_class is None
        else IssueName(issue_id=row.issue_id, title=row.issue_title, access_class=row.access_class),
        extension=None
        if row.extension_id is None
        else ExtensionShown(
            extension_id=row.extension_id,
            days=row.extension_days,
            asked_at=row.extension_asked_at,
            granted=row.extension_granted,
            note=row.extension_note,
        ),
    )


def _visit(row: Row[Any]) -> VisitName:
    return VisitName(visit_id=row.visit_id, kind=row.kind, started_at=row.started_at)


def _unit_or_none(row: Row[Any]) -> UnitName | None:
    return unit_name(row) if row.unit_name is not None else None


# --- One issue, one place ------------------------------------------------------------------------


def _place_of_issue(found: IssueWay) -> Place:
    row = found.row
    return Place(
        committee_id=row.committee_id,
        person_ids=frozenset({row.visitor_id}),
        unit_ids=frozenset({row.unit_id}),
    )


def _way(shown: IssueWay, person_id: UUID, *, words: bool = False) -> IssueWayOut:
    """An issue's way. In a list the words of a restricted one are left out; each reading of them is noted."""
    row = shown.row
    told = words or not shown.access_class.is_restricted
    return IssueWayOut(
        issue_id=row.issue_id,
        visit=VisitName(visit_id=row.visit_id, kind=row.visit_kind, started_at=row.raised_at),
        unit=unit_name(row),
        access_class=row.access_class,
        kind=row.kind,
        field=row.field,
        title=row.title if told else None,
        detail=row.detail if told else None,
        urgency=row.urgency,
        resolved_on_spot=row.resolved_on_spot,
        state=shown.state,
        open=shown.is_open,
        raised_at=row.raised_at,
        sent=[SentOut(**asdict(each)) for each in shown.sent],
        replied_at=row.replied_at,
        reply_summary=row.reply_summary,
        settled=row.settled,
        judged_at=row.judged_at,
        duties=[
            StepDuty(**shared_fields(duty, StepDuty), mine=duty.owner_person_id == person_id)
            for duty in shown.duties
        ],
        erased=row.erased_at is not None,
    )


def _place_of(profile: Profile | None) -> Place | None:
    if profile is None:
        return None
    unit = profile.unit
    return Place(committee_id=unit.committee_id, unit_ids=frozenset({unit.unit_id}))


def _place(profile: Profile) -> PlaceOut:
    unit = profile.unit
    return PlaceOut(
        **shared_fields(unit, PlaceOut),
        unit=UnitName(unit_id=unit.unit_id, code=unit.code, name=unit.name),
        visits=[
            LastVisit(
                **shared_fields(row, LastVisit),
                visitor=PersonName(
                    person_id=row.visitor_id, code=row.visitor_code or "", full_name=row.visitor_name or ""
                ),
            )
            for row in profile.visits
        ],
        open_issues=[_open(each) for each in profile.open_issues],
        answers=[_open(each) for each in profile.answers],
        planned=[PlannedVisit(**shared_fields(row, PlannedVisit)) for row in profile.planned],
    )


def _open(shown: IssueWay) -> PlaceIssue:
    answered = [each for each in shown.sent if each.answer_summary]
    return PlaceIssue(
        **shared_fields(shown.row, PlaceIssue),
        state=shown.state,
        agency=next((each.agency for each in reversed(shown.sent)), None),
        answer_summary=answered[-1].answer_summary if answered else None,
    )
