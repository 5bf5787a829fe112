"""What feedback's HTTP interface takes and gives."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.feedback.domain.calendar import Kind
from services.feedback.domain.duty import Status
from services.feedback.domain.policy import MOST_DAYS, Rule
from services.feedback.domain.revision import Direction, Lateness
from services.feedback.store.data_requests import RequestKind
from services.feedback.views.issues import IssueState
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.contracts.visits import VisitKind
from shared.http import Day, Id, Input, Instant, Line, Text

Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]

# --- Taken in --------------------------------------------------------------------------------------


class ForwardingIn(Input):
    """An issue passed on to an agency; without `sent_at` it is being sent now."""

    agency_unit_id: Id
    sent_at: Instant | None = None
    number: Annotated[str, Line(100)]
    proof: Annotated[str, Text(2000, empty=True)] = ""


class AcknowledgementIn(Input):
    """The agency has it; without a moment, since now."""

    acknowledged_at: Instant | None = None


class AnswerIn(Input):
    """What the agency answered, with the number of its document."""

    answered_at: Instant
    document_number: Annotated[str, Line(100)]
    summary: Annotated[str, Text(5000)]


class VerdictIn(Input):
    """The cell's word on the answer it was given; not settled needs the reason."""

    settled: bool
    reason: Annotated[str, Text(2000, empty=True)] = ""


class ReplyIn(Input):
    """What the cell was told; without a moment, now."""

    replied_at: Instant | None = None
    summary: Annotated[str, Text(5000)]


class ExtensionIn(Input):
    """More days, in the unit of the duty's policy, with the reason."""

    days: Days
    reason: Annotated[str, Text(2000)]


class ReturnIn(Input):
    """What is to be corrected in the report."""

    comment: Annotated[str, Text(2000)]


class DecisionIn(Input):
    """Granted or refused, and why."""

    granted: bool
    note: Annotated[str, Text(2000, empty=True)] = ""


class CalendarDayIn(Input):
    """A day that is off although a weekday, or worked although a day off."""

    date: Day
    off: bool
    kind: Kind
    vi: Annotated[str, Line(200)]
    en: Annotated[str, Line(200)]


class RevisionIn(Input):
    """Days that a notice decided, the open questions it settles, the years now reviewed row by row."""

    notice: Annotated[str, Line(200)]
    decided_on: Day
    days: Annotated[tuple[CalendarDayIn, ...], Field(max_length=400)] = ()
    settles: Annotated[tuple[Annotated[str, Line(60)], ...], Field(max_length=50)] = ()
    reviewed_years: Annotated[tuple[Annotated[int, Field(ge=2000, le=2100)], ...], Field(max_length=101)] = ()


class ApprovalIn(Input):
    """Later due dates move by themselves; earlier ones only when this is confirmed."""

    confirm_earlier: bool = False


def _of_what_is_urgent(says: dict[str, Any]) -> str | None:
    """Whoever says nothing else passes urgent matters on to the Ban Thường vụ."""
    return "standing_committee" if says.get("kind") is DutyKind.FORWARD else None


class PolicyIn(Input):
    """A dated decision of the committee, naming its document.

    `owed_to` and `urgent_owed_to` are codes of the committee's bodies, or `party_cell` for the cell visited;
    without `urgent_owed_to` the same body receives what is urgent, but for forwarding `standing_committee`.
    """

    kind: DutyKind
    visit_kind: VisitKind | None = None
    rule: Rule
    days: Days
    owed_to: Annotated[str, Line(100)]
    urgent_owed_to: Annotated[str, Line(100)] | None = Field(default_factory=_of_what_is_urgent)
    citation: Annotated[str, Line(300)]
    extensions_allowed: Annotated[int, Field(ge=0, le=10)] = 2
    valid_from: Day
    valid_to: Day | None = None


class ContactIn(Input):
    """How to reach a citizen who is owed an answer: a name, a number, an address, as the office writes it."""

    contact: Annotated[str, Text(500)]


class DataRequestIn(Input):
    """What about one's own data: which part, and why."""

    kind: RequestKind
    about: Annotated[str, Text(2000)]


class RequestAnswerIn(Input):
    """Done or not, and what the person is told."""

    done: bool
    note: Annotated[str, Text(2000, empty=True)] = ""


class RetentionIn(Input):
    """A contact stays so many days after closing, from a day on, by a document."""

    days: Annotated[int, Field(ge=1, le=36_600)]
    citation: Annotated[str, Line(300)]
    valid_from: Day


# --- Given out -------------------------------------------------------------------------------------


class WarningOut(BaseModel):
    """Something its writer should look at again; nothing was refused for it, and nothing of it is repeated."""

    pointer: str
    code: str
    message: str


class DutyOut(BaseModel):
    """A duty as it stands now. Status and days late are computed from facts and the moment of asking."""

    duty_id: UUID
    kind: DutyKind
    status: Status
    days_late: int
    rule: Rule
    days: int
    unit_id: UUID
    unit_name: str | None
    visit_id: UUID
    issue_id: UUID | None
    title: str | None
    """What the issue is about; None for a report and for what is restricted."""
    owner_person_id: UUID | None
    owner_unit_id: UUID | None
    owner_name: str | None
    owed_to: str | None
    owed_to_name: str | None
    access_class: str
    urgency: str
    anchor: date
    last_day: date
    due_at: AwareDatetime
    first_due_at: AwareDatetime
    provisional: bool
    closed_at: AwareDatetime | None
    closure: DutyClosure | None
    version: int
    due_version: int


class DutyPage(BaseModel):
    """Late ones first; ask for the next page with `after` = the last id. `counted`: all of the choice, by kind."""

    duties: list[DutyOut]
    counted: dict[DutyKind, int]


class DueRecordOut(BaseModel):
    """A due date the duty had, and what gave it."""

    due_version: int
    due_at: AwareDatetime
    calendar_revision: int
    cause: str
    at: AwareDatetime
    moved_by: UUID | None


class MomentOut(BaseModel):
    """Something that happened to the duty."""

    at: AwareDatetime
    what: str
    person_id: UUID | None
    channel: str | None
    state: str | None
    reason: str | None


class ExtensionOut(BaseModel):
    """An extension asked for; `granted` is null until somebody decides."""

    extension_id: UUID
    duty_id: UUID
    days: int
    reason: str
    asked_by: UUID
    asked_at: AwareDatetime
    granted: bool | None
    note: str | None
    decided_by: UUID | None
    decided_at: AwareDatetime | None
    warnings: list[WarningOut] = []


class ReturnOut(BaseModel):
    """A report returned for correction; `answered` when a newer version has come."""

    return_id: UUID
    duty_id: UUID
    visit_id: UUID
    report_version: int
    comment: str
    returned_by: UUID
    returned_at: AwareDatetime
    answered: bool
    warnings: list[WarningOut] = []


class ExplainedOut(BaseModel):
    """One's own open duty and why it is due when it is."""

    duty_id: UUID
    due_version: int
    citation: str | None
    due: dict[str, Any]
    due_dates: list[DueRecordOut]


class ExplainedList(BaseModel):
    """Everything a phone needs to explain due dates without a network."""

    duties: list[ExplainedOut]


class DutyDetail(BaseModel):
    """A duty with the explanation of its due date and everything that happened to it."""

    duty: DutyOut
    citation: str | None
    due: dict[str, Any]
    due_dates: list[DueRecordOut]
    extensions: list[ExtensionOut]
    returns: list[ReturnOut]
    timeline: list[MomentOut]


class IssueOut(BaseModel):
    """An issue and how far it has come. Restricted classes have no text."""

    issue_id: UUID
    visit_id: UUID
    unit_id: UUID
    unit_name: str | None
    visitor_id: UUID
    visitor_name: str | None
    raised_at: AwareDatetime
    access_class: str
    kind: str | None
    field: str | None
    title: str | None
    detail: str | None
    urgency: str
    state: IssueState


class IssuePage(BaseModel):
    """Newest first; ask for the next page with `after` = the last id."""

    issues: list[IssueOut]


class ForwardingOut(BaseModel):
    """Where the issue went, and what came back."""

    forwarding_id: UUID
    issue_id: UUID
    agency_unit_id: UUID | None
    sent_at: AwareDatetime
    number: str
    proof: str
    source: str
    acknowledged_at: AwareDatetime | None
    answered_at: AwareDatetime | None
    answer_number: str | None
    answer_summary: str | None
    answer_duty_id: UUID
    warnings: list[WarningOut] = []


class ReplyOut(BaseModel):
    """What the cell was told."""

    issue_id: UUID
    replied_at: AwareDatetime
    summary: str
    recorded_by: UUID
    warnings: list[WarningOut] = []


class VerdictOut(BaseModel):
    """What the cell said of an answer; a reply that settled nothing stands beside it."""

    verdict_id: UUID
    issue_id: UUID
    settled: bool
    reason: str
    given_by: UUID
    given_at: AwareDatetime
    replied_at: AwareDatetime | None
    reply_summary: str
    warnings: list[WarningOut] = []


class IssueDetail(BaseModel):
    """An issue with its whole way."""

    issue: IssueOut
    forwardings: list[ForwardingOut]
    reply: ReplyOut | None
    verdicts: list[VerdictOut]


class CardAnswer(BaseModel):
    """One agency and what it said, if it has."""

    agency_name: str | None
    answered_on: Day | None
    number: str | None
    summary: str | None


class CardLine(BaseModel):
    """One matter of the cell. `days` runs from the day it was raised to its last answer, or to today."""

    issue_id: UUID
    raised_on: Day
    kind: str | None
    field: str | None
    title: str | None
    urgency: str
    state: IssueState
    days: int
    answers: list[CardAnswer]
    replied_on: Day | None
    reply_summary: str | None
    reopened_because: str | None


class CardOut(BaseModel):
    """The answer card of one cell: what it raised, who answered, in how many days, what is still open."""

    unit_id: UUID
    unit_name: str
    today: Day
    since: Day
    lines: list[CardLine]


class RevisionOut(BaseModel):
    """A calendar revision: a draft until approved, then unchangeable."""

    number: int
    status: str
    notice: str
    proposed_by: UUID | None
    proposed_at: AwareDatetime | None
    approved_by: UUID | None
    approved_at: AwareDatetime | None
    earlier_confirmed_at: AwareDatetime | None
    document: dict[str, Any]


class ShiftOut(BaseModel):
    """Open duties that a revision moves together."""

    anchor: date
    rule: Rule
    days: int
    duties: int
    from_due_at: AwareDatetime
    to_due_at: AwareDatetime
    provisional: bool
    direction: Direction
    lateness: Lateness


class PreviewOut(BaseModel):
    """What a revision would do now: how many duties, and which dates."""

    moving_later: int
    moving_earlier: int
    settled: int
    starting_to_be_late: int
    stopping_to_be_late: int
    shifts: list[ShiftOut]


class PolicyOut(BaseModel):
    """A policy on record; one without a committee is the default of the installation."""

    policy_id: UUID
    committee_id: UUID | None
    kind: DutyKind
    visit_kind: VisitKind | None
    rule: Rule
    days: int
    owed_to: str
    urgent_owed_to: str | None
    citation: str
    extensions_allowed: int
    valid_from: date | None
    valid_to: date | None


class ContactKept(BaseModel):
    """A contact is sealed; what it says is told by reading it, which the audit tells."""

    issue_id: UUID
    recorded_by: UUID
    recorded_at: AwareDatetime


class ContactOut(ContactKept):
    """A contact in clear, for the office."""

    contact: str


class DataRequestOut(BaseModel):
    """A request about one's own data; the office owes an answer by `due_at`."""

    request_id: UUID
    committee_id: UUID
    person_id: UUID
    full_name: str | None
    kind: RequestKind
    about: str
    asked_at: AwareDatetime
    due_at: AwareDatetime
    done: bool | None
    note: str | None
    answered_by: UUID | None
    answered_at: AwareDatetime | None


class DataRequestList(BaseModel):
    requests: list[DataRequestOut]


class RetentionOut(BaseModel):
    """How long contacts stay after closing; without a committee, the default of the installation."""

    policy_id: UUID
    committee_id: UUID | None
    days: int
    citation: str
    valid_from: date | None
