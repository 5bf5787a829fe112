"""What a phone is shown: its member's own work in one answer, a place before a visit, an issue's way, the record."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from services.visits.domain.formality import Signal
from services.visits.schemas.common import PersonName, UnitName
from services.visits.schemas.member import CountOut, ObjectionOut, PlanOut
from services.visits.views.ways import IssueState
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind
from shared.http import Day, Instant


class VisitName(BaseModel):
    visit_id: UUID
    kind: VisitKind
    started_at: Instant


class IssueName(BaseModel):
    """An issue by its title; of a restricted class without it."""

    issue_id: UUID
    title: str | None
    access_class: AccessClass


class ExtensionShown(BaseModel):
    """The last extension asked for; `granted` is null until somebody decides."""

    extension_id: UUID
    days: int
    asked_at: Instant
    granted: bool | None
    note: str | None


class PhoneDuty(BaseModel):
    """One's own open duty. Late is for the reader to say: the phone knows what time it is."""

    duty_id: UUID
    version: int
    kind: str
    unit: UnitName | None
    visit: VisitName | None
    issue: IssueName | None
    urgency: Urgency
    anchor: Day
    due_at: Instant
    first_due_at: Instant
    provisional: bool
    extension: ExtensionShown | None


class PhoneVisit(BaseModel):
    visit_id: UUID
    version: int
    kind: VisitKind
    unit: UnitName
    started_at: Instant
    ended_at: Instant
    meeting_kind: MeetingKind | None
    nothing_raised: bool
    issue_count: int
    report_filed_at: Instant | None
    report_version: int | None
    history: bool
    in_conflict: bool


class SentOut(BaseModel):
    agency: str | None
    sent_at: Instant
    number: str
    acknowledged_at: Instant | None
    answered_at: Instant | None
    answer_number: str | None
    answer_summary: str | None
    promised_on: date | None


class StepDuty(BaseModel):
    """A duty that belongs to a step of the way, done or not."""

    duty_id: UUID
    kind: str
    mine: bool
    due_at: Instant
    first_due_at: Instant
    provisional: bool
    closed_at: Instant | None
    closure: Literal["done", "not_owed"] | None


class IssueWayOut(BaseModel):
    """An issue from raised to read out at the cell, with the due date of each step."""

    issue_id: UUID
    visit: VisitName
    unit: UnitName
    access_class: AccessClass
    kind: IssueKind
    field: IssueField
    title: str | None
    detail: str | None
    urgency: Urgency
    resolved_on_spot: bool
    state: IssueState
    open: bool
    raised_at: Instant
    sent: list[SentOut]
    replied_at: Instant | None
    reply_summary: str | None
    settled: bool | None
    """What the cell said last of the answer."""
    judged_at: Instant | None
    duties: list[StepDuty]
    erased: bool


class ReturnedOut(BaseModel):
    """A report that was returned and waits for its correction."""

    return_id: UUID
    visit: VisitName
    unit: UnitName | None
    report_version: int
    comment: str
    returned_at: Instant


class LastVisit(BaseModel):
    """Who was there, when, and how much was raised that may be known."""

    visit_id: UUID
    visitor: PersonName
    kind: VisitKind
    started_at: Instant
    issue_count: int


class PlaceIssue(BaseModel):
    """What was raised at a place and is still open; whose matter it was stays with the visit."""

    issue_id: UUID
    kind: IssueKind
    field: IssueField
    title: str
    urgency: Urgency
    raised_at: Instant
    state: IssueState
    agency: str | None
    answer_summary: str | None


class PlannedVisit(BaseModel):
    plan_id: UUID
    person_id: UUID
    person_name: str
    kind: VisitKind
    day: Day


class PlaceOut(BaseModel):
    """A unit as somebody should know it before going there."""

    unit: UnitName
    kind: str
    parent_name: str | None
    cell_type: str | None
    attention: str | None
    recognition: str | None
    valid_to: Day | None
    visits: list[LastVisit]
    open_issues: list[PlaceIssue]
    answers: list[PlaceIssue]
    planned: list[PlannedVisit]


class SuggestionOut(BaseModel):
    """An assigned cell for the evening on which cells meet next."""

    unit: UnitName
    day: Day
    attention: bool
    last_day: Day | None


class CadenceNow(BaseModel):
    """Done and required in the periods that run today."""

    field_trip: list[CountOut]
    meeting_attendance: list[CountOut]


class PhoneOut(BaseModel):
    """One member's own work. It says nothing of the time, so that it is the same until something changes."""

    person_id: UUID
    duties: list[PhoneDuty]
    cadence: CadenceNow
    visits: list[PhoneVisit]
    issues: list[IssueWayOut]
    answers: list[UUID]
    returned: list[ReturnedOut]
    places: list[PlaceOut]
    plans: list[PlanOut]
    next_evening: Day
    """When the cells of the committee meet next."""
    suggestions: list[SuggestionOut]


class HeldOut(BaseModel):
    """How much of one's own activity in a year is kept."""

    field_trips: int
    meetings: int
    units: int
    versions: int
    issues: int
    reports: int
    reports_on_time: int
    reports_late: int
    reports_owed: int


class QuestionOut(BaseModel):
    """A question to oneself, with the number from which it is asked."""

    signal: Signal
    count: int
    threshold: int
    visit_ids: list[UUID]


class RecordOut(BaseModel):
    """One's own record of a year: what is held, the quotas, questions to oneself, and what one said to it."""

    year: int
    held: HeldOut
    field_trip: list[CountOut]
    meeting_attendance: list[CountOut]
    questions: list[QuestionOut]
    objections: list[ObjectionOut]
