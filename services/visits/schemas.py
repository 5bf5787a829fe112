"""What requests say and answers show. Requests are strict; ids, instants and texts come out in one form."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from services.visits.domain.cadence import Period
from services.visits.domain.plans import State
from services.visits.domain.rules import TRANSFERRED_OUT
from services.visits.domain.unheld import UnheldReason
from services.visits.domain.visit import Device, Did, Issue, Meeting, Report, TransferredKind, Visit
from services.visits.handlers import AssignedDuty
from services.visits.store.remarks import RemarkKind
from shared.contracts.visits import (
    AccessClass,
    Approval,
    IssueField,
    IssueKind,
    MeetingKind,
    Role,
    Urgency,
    VisitKind,
)
from shared.http import Day, Id, Input, Instant, Line, Text, broken_rule

Code = Annotated[str, Line(64)]
Count = Annotated[int, Field(ge=0, le=100_000)]
FreeText = Annotated[str, Text(10_000, empty=True)]
VISIT_BYTES = 512 * 1024
SideName = Literal["recorded", "received"]


def _not_transferred(kind: object) -> object:
    if isinstance(kind, str) and kind in set(TransferredKind):
        vi, en = TRANSFERRED_OUT
        raise broken_rule("transferred-out", vi=vi, en=en)
    return kind


class DeviceIn(Input):
    """Which phone wrote this, its own running number, and what its clock said."""

    id: Code
    seq: Annotated[int, Field(ge=0, le=2**53)]
    recorded_at: Instant
    server_offset_ms: Annotated[int, Field(ge=-(4 * 10**12), le=4 * 10**12)] | None = None
    """By how much the server was ahead of the phone's clock when it last heard from it."""
    app_version: Annotated[str, Line(40)] | None = None
    opened_at: Instant | None = None
    """When its writing was begun, by the same clock as `recorded_at`, which is when it was frozen."""

    def as_device(self) -> Device:
        return Device(
            id=self.id,
            seq=self.seq,
            recorded_at=self.recorded_at,
            offset_ms=self.server_offset_ms,
            app_version=self.app_version,
            opened_at=self.opened_at,
        )


class MeetingIn(Input):
    """The attended meeting, in counts."""

    kind: MeetingKind = MeetingKind.REGULAR
    summoned: Count | None = None
    present: Count | None = None
    excused: Count | None = None
    unexcused: Count | None = None
    speakers: Count | None = None


class IssueIn(Input):
    """One matter raised: the matter, never the speaker. The phone makes the id."""

    id: Id
    kind: Annotated[IssueKind, BeforeValidator(_not_transferred)]
    field: IssueField
    title: Annotated[str, Line(200)]
    detail: FreeText | None = None
    urgency: Urgency = Urgency.NORMAL
    access_class: AccessClass = AccessClass.NORMAL
    resolved_on_spot: bool = False
    suggested_agency_id: Id | None = None


class ReportIn(Input):
    """The report on a visit; `claimed_at` is when the phone says it was signed."""

    summary: FreeText = ""
    claimed_at: Instant

    def as_report(self) -> Report:
        return Report(summary=self.summary, claimed_at=self.claimed_at)


class DraftIn(Input):
    """A report an assistant drafts for the member they name."""

    on_behalf_of: Id
    summary: FreeText = ""


class ApprovalIn(Input):
    """The member's word on the version they looked at."""

    version: Annotated[int, Field(ge=1)]
    approved: bool
    reason: Annotated[str, Text(2000, empty=True)] = ""


class RejectionIn(Input):
    reason: Annotated[str, Text(2000)]


class ConfirmationIn(Input):
    """The cell's word on the version its secretary looked at."""

    version: Annotated[int, Field(ge=1)]
    outcome: Literal["confirmed", "disputed"]
    comment: Annotated[str, Text(2000, empty=True)] = ""


class StatementIn(Input):
    statement: Annotated[str, Text(2000)]


class VisitIn(Input):
    """A visit as the phone froze it. Exactly one of `unit_code` and `unit_id` names the unit."""

    kind: VisitKind
    unit_code: Code | None = None
    unit_id: Id | None = None
    started_at: Instant
    ended_at: Instant
    device: DeviceIn
    meeting: MeetingIn | None = None
    notes: FreeText | None = None
    nothing_raised: bool = False
    issues: tuple[IssueIn, ...] = ()
    report: ReportIn | None = None
    on_behalf_of: Id | None = None
    """The member an assistant writes for. What they write waits for that member, its report as a draft."""
    did: Annotated[tuple[Did, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.unit_code is None) == (self.unit_id is None):
            raise broken_rule(
                "one-unit",
                vi="Ghi đúng một trong hai: unit_code hoặc unit_id.",
                en="Give exactly one of unit_code and unit_id.",
            )
        return self

    def as_visit(self) -> Visit:
        return Visit(
            kind=self.kind,
            unit=self.unit_id or self.unit_code or "",
            started_at=self.started_at,
            ended_at=self.ended_at,
            device=self.device.as_device(),
            meeting=None
            if self.meeting is None
            else Meeting(
                kind=self.meeting.kind,
                summoned=self.meeting.summoned,
                present=self.meeting.present,
                excused=self.meeting.excused,
                unexcused=self.meeting.unexcused,
                speakers=self.meeting.speakers,
            ),
            notes=self.notes or "",
            nothing_raised=self.nothing_raised,
            issues=tuple(
                Issue(
                    issue_id=issue.id,
                    kind=issue.kind,
                    field=issue.field,
                    title=issue.title,
                    detail=issue.detail or "",
                    urgency=issue.urgency,
                    access_class=issue.access_class,
                    resolved_on_spot=issue.resolved_on_spot,
                    suggested_agency_id=issue.suggested_agency_id,
                )
                for issue in self.issues
            ),
            report=None if self.report is None else self.report.as_report(),
            did=tuple(dict.fromkeys(self.did)),
        )


class VersionIn(VisitIn):
    """A correction: the whole content, and the version it was made from."""

    base_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class DecisionIn(Input):
    """For every field in conflict, which side is right: what stood, or what came."""

    choices: dict[Annotated[str, Field(max_length=200)], SideName]


class UnitIn(Input):
    """A unit as it is from `effective_on` on."""

    code: Code
    name: Annotated[str, Line(300)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    parent_code: Code | None = None
    cell_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    attention: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    recognition: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    effective_on: Day | None = None


class SuccessionIn(Input):
    """A merger (many give way to one), a division (one to many), or both."""

    predecessors: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    successors: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    effective_on: Day
    basis_document: Annotated[str, Line(200)]


class BodyIn(Input):
    """A body of the committee; `valid_to` is its last day, the successors take over after it."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    name: Annotated[str, Line(200)]
    valid_from: Day | None = None
    valid_to: Day | None = None
    successor_ids: Annotated[tuple[Id, ...], Field(max_length=20)] = ()


class PostIn(Input):
    """A dated post; without an id it is known by its role, unit and first day.

    `body` is the code of the committee's body in which the person sits; empty for a post at the unit itself.
    `serves` are the ids of the members for whom an assistant records, while the post is held.
    """

    id: Id | None = None
    role: Role
    body: Annotated[str, Line(40, empty=True)] = ""
    title: Annotated[str, Line(200)]
    unit_code: Code
    valid_from: Day | None = None
    valid_to: Day | None = None
    serves: Annotated[tuple[Id, ...], Field(max_length=20)] = ()


class PersonIn(Input):
    """A person with all posts, past and present."""

    code: Code
    full_name: Annotated[str, Line(200)]
    email: Annotated[str, Line(254), Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    portfolios: tuple[IssueField, ...] = ()
    posts: Annotated[tuple[PostIn, ...], Field(max_length=50)] = ()


class AssignmentIn(Input):
    person_code: Code
    unit_code: Code
    duty: AssignedDuty
    valid_from: Day
    valid_to: Day | None = None
    basis_document: Annotated[str, Line(200)]


class QuotaIn(Input):
    """At least so many visits of a kind in each period, from a day on."""

    kind: VisitKind
    period: Period
    min_count: Annotated[int, Field(ge=0, le=100)]
    valid_from: Day
    basis_document: Annotated[str, Line(200)]


class PlanIn(Input):
    """Where somebody means to go: oneself, or, said by the office, a member. `version` is one above what stands."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1
    person_id: Id | None = None
    unit_id: Id
    kind: VisitKind
    day: Day
    cancelled: UnheldReason | None = None


class ObjectionIn(Input):
    """What one says to one's own record of a month (2026-11), a quarter (2026-Q4) or a year (2026)."""

    period: Annotated[str, Field(pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2])|-Q[1-4])?$")]
    text: Annotated[str, Text(5_000)]


class TransferIn(Input):
    """What was handed over: its number in the register, never a word of it."""

    kind: TransferredKind
    register_number: Annotated[
        str, Field(max_length=60, pattern=r"^[0-9]{1,8}(?:[/-][0-9A-Za-zÀ-ỹĐđ.]{1,20}){0,4}$")
    ]
    receiving_office: Annotated[str, Line(120)]
    visit_id: Id | None = None
    transferred_on: Day


class RetentionIn(Input):
    """So many days after the end of the term, from a day on, by a document."""

    days: Annotated[int, Field(ge=1, le=36_600)]
    citation: Annotated[str, Line(300)]
    valid_from: Day


class TermIn(Input):
    """From one congress to the next; both days belong to it."""

    first_day: Day
    last_day: Day
    basis_document: Annotated[str, Line(200)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise broken_rule(
                "ends-before-start",
                vi="Ngày cuối nhiệm kỳ trước ngày đầu.",
                en="The last day lies before the first.",
            )
        return self


class WarningOut(BaseModel):
    """Something to look at again; nothing was refused for it."""

    pointer: str
    code: str
    message: str


class ReceiptOut(BaseModel):
    """Proof that a content was accepted; the same for the same content, however often it is sent."""

    receipt_number: str
    visit_id: UUID
    version: int
    visitor_id: UUID
    recorded_by: UUID
    accepted_at: Instant
    content_hash: str
    report_filed_at: Instant | None
    device_delay_seconds: float | None
    """Server time minus the phone's claim; negative when the phone's clock runs ahead."""
    warnings: list[WarningOut]
    merged: bool = False
    """Whether another edit had come between, and this version holds both."""
    conflicts: list[str] = []
    """Where both had changed the same: this one stands until a person decides."""


class FiledOut(BaseModel):
    """Proof that a report was filed. `filed_at` is the first filing, which punctuality is judged by."""

    visit_id: UUID
    version: int
    filed_at: Instant
    version_filed_at: Instant
    claimed_at: Instant
    content_hash: str
    warnings: list[WarningOut]


class UnitName(BaseModel):
    unit_id: UUID
    code: str
    name: str


class PersonName(BaseModel):
    person_id: UUID
    code: str
    full_name: str


class ServedOut(PersonName):
    """A member whom one serves, with what they may settle on the spot."""

    portfolios: list[str]


class ServedList(BaseModel):
    members: list[ServedOut]


class RemarkOut(BaseModel):
    """One thing said of one version of a visit: by its member, by the cell, or in answer to the cell."""

    version: int
    kind: RemarkKind
    words: str
    said_by: UUID
    said_at: Instant
    warnings: list[WarningOut] = []


class DraftOut(BaseModel):
    """A report drafted by an assistant; `approved` is null while the member has not decided."""

    draft_id: UUID
    visit_id: UUID
    summary: str
    drafted_by: UUID
    drafted_at: Instant
    approved: bool | None
    reason: str
    decided_at: Instant | None
    warnings: list[WarningOut] = []


class VisitLine(BaseModel):
    """A visit in a list."""

    visit_id: UUID
    version: int
    kind: VisitKind
    unit: UnitName
    visitor: PersonName
    started_at: Instant
    ended_at: Instant
    meeting_kind: MeetingKind | None
    nothing_raised: bool
    issue_count: int
    report_filed_at: Instant | None
    history: bool
    approval: Approval | None
    """Null: its member wrote it as it stands."""
    written_by: PersonName | None
    """The assistant who wrote it as it stands, if one did."""
    disputed_at: Instant | None


class VisitList(BaseModel):
    visits: list[VisitLine]
    next_cursor: str | None


class PhotoLine(BaseModel):
    """A photograph of an issue, as it is kept."""

    photo_id: UUID
    size: int
    """Bytes."""
    kept_at: Instant


class PhotoOut(PhotoLine):
    """Proof that a photograph is kept; `sha256` is of the bytes that were sent."""

    issue_id: UUID
    sha256: str


class IssueOut(BaseModel):
    """An issue. One of a restricted class is not there at all for readers who may not know of it."""

    issue_id: UUID
    access_class: AccessClass
    kind: IssueKind
    field: IssueField
    title: str
    detail: str
    urgency: Urgency
    resolved_on_spot: bool
    suggested_agency_id: UUID | None
    photos: list[PhotoLine]


class VersionOut(BaseModel):
    """One accepted content of a visit."""

    version: int
    accepted_at: Instant
    recorded_by: UUID
    content_hash: str
    receipt_number: str
    device_id: str | None
    device_seq: int | None
    device_recorded_at: Instant | None
    """What the phone's clock said."""
    device_corrected_at: Instant | None
    """The same by the server's clock, as far as the phone knew how the two differ."""
    content: dict[str, Any]


class ReportVersionOut(BaseModel):
    version: int
    summary: str
    filed_at: Instant
    claimed_at: Instant
    filed_by: UUID


class MergeOut(BaseModel):
    """Two edits that went past each other; with `fields` they are in conflict, until one is chosen."""

    version: int
    base_version: int
    recorded_version: int
    received_at: Instant
    fields: list[str]
    received: dict[str, Any]
    settled_in: int | None
    settled_by: UUID | None
    settled_at: Instant | None
    choices: dict[str, SideName] | None


class ReturnOut(BaseModel):
    """A report that was returned; `answered` once a newer version was filed."""

    return_id: UUID
    report_version: int
    comment: str
    returned_at: Instant
    answered: bool


class VisitOut(VisitLine):
    """A visit with all that was ever said of it; after `erased_at` without its texts."""

    accepted_at: Instant
    erased_at: Instant | None
    notes: str
    meeting: dict[str, Any] | None
    did: list[Did]
    issues: list[IssueOut]
    versions: list[VersionOut]
    merges: list[MergeOut]
    reports: list[ReportVersionOut]
    report_drafts: list[DraftOut]
    """For the member and their assistants only: what is drafted is not filed."""
    remarks: list[RemarkOut]
    names: dict[UUID, str]
    """Whoever wrote or said something of this visit."""
    returns: list[ReturnOut]


class DutyOut(BaseModel):
    """One's own duty, as feedback told it last."""

    duty_id: UUID
    kind: str
    visit_id: UUID
    issue_id: UUID | None
    unit: UnitName | None
    urgency: Urgency
    due_at: Instant
    first_due_at: Instant
    provisional: bool
    closed_at: Instant | None
    closure: str | None
    late: bool


class DutyList(BaseModel):
    duties: list[DutyOut]


class CountOut(BaseModel):
    period: Period
    first: Day
    last: Day
    done: int
    required: int


class CadenceOut(BaseModel):
    """Done and required in every month or quarter of a year."""

    year: int
    field_trip: list[CountOut]
    meeting_attendance: list[CountOut]


class PlanOut(BaseModel):
    """A plan and what became of it; `to_log` stays until the visit is recorded or the plan cancelled."""

    plan_id: UUID
    version: int
    person_id: UUID
    person_name: str
    unit: UnitName
    kind: VisitKind
    day: Day
    cancelled: UnheldReason | None
    state: State
    visit_id: UUID | None
    warnings: list[WarningOut] = []


class PlanList(BaseModel):
    plans: list[PlanOut]


class ObjectionOut(BaseModel):
    objection_id: UUID
    person_id: UUID
    period: str
    text: str
    made_at: Instant
    warnings: list[WarningOut] = []


class ObjectionList(BaseModel):
    objections: list[ObjectionOut]


class PostOut(BaseModel):
    post_id: UUID
    role: Role
    body: str
    title: str
    unit_id: UUID
    valid_from: Day | None
    valid_to: Day | None
    serves: list[UUID]


class PersonOut(BaseModel):
    person_id: UUID
    version: int
    code: str
    full_name: str
    email: str | None
    portfolios: list[str]
    posts: list[PostOut]


class PersonList(BaseModel):
    people: list[PersonOut]
    next_cursor: str | None


class MeOut(PersonOut):
    committee: UnitName
    roles: list[Role]


class UnitOut(BaseModel):
    unit_id: UUID
    version: int
    code: str
    name: str
    kind: str
    parent_id: UUID | None
    cell_type: str | None
    attention: str | None
    recognition: str | None
    valid_from: Day | None
    valid_to: Day | None
    successor_ids: list[UUID]


class UnitList(BaseModel):
    units: list[UnitOut]
    next_cursor: str | None


class BodyOut(BaseModel):
    body_id: UUID
    version: int
    code: str
    name: str
    valid_from: Day | None
    valid_to: Day | None
    successor_ids: list[UUID]


class BodyList(BaseModel):
    bodies: list[BodyOut]


class SuccessionOut(BaseModel):
    succession_id: UUID
    status: Literal["recorded"] = "recorded"


class AssignmentOut(BaseModel):
    assignment_id: UUID
    version: int
    person_id: UUID
    unit_id: UUID
    duty: AssignedDuty
    valid_from: Day
    valid_to: Day | None
    basis_document: str


class AssignmentList(BaseModel):
    assignments: list[AssignmentOut]


class QuotaOut(BaseModel):
    quota_id: UUID
    kind: VisitKind
    period: Period
    min_count: int
    valid_from: Day
    basis_document: str


class QuotaList(BaseModel):
    quotas: list[QuotaOut]


class TransferOut(BaseModel):
    """What was handed over."""

    transfer_id: UUID
    kind: TransferredKind
    register_number: str
    receiving_office: str
    visit_id: UUID | None
    transferred_on: Day
    recorded_by: UUID
    warnings: list[WarningOut] = []


class TransferList(BaseModel):
    """The latest first, with how many of each kind."""

    transfers: list[TransferOut]
    counted: dict[TransferredKind, int]


class TermOut(BaseModel):
    """A term; without a committee, the default of the installation."""

    term_id: UUID
    committee_id: UUID | None
    first_day: Day
    last_day: Day
    basis_document: str


class RetentionOut(BaseModel):
    """How long texts stay after the end of the term; without a committee, the default of the installation."""

    policy_id: UUID
    committee_id: UUID | None
    days: int
    citation: str
    valid_from: Day | None


class RetentionList(BaseModel):
    """Everything that says when texts are erased."""

    terms: list[TermOut]
    policies: list[RetentionOut]
