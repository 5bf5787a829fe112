"""Issues, forwardings, answers and what the cell was told and said."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from services.feedback.schemas.common import WarningOut
from services.feedback.store.notes import NoteKind
from services.feedback.views.inbox import NextStep
from services.feedback.views.issues import IssueState
from shared.http import Day, Id, Input, Instant, Line, Text, broken_rule

MOST_MERGED = 100
"""More cells than a trouble has; what is answered together is answered in one transaction."""


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
    also: Annotated[list[Id], Field(default_factory=list, max_length=MOST_MERGED)]
    """Forwardings to the same agency, of matters merged with this one, that the same document answers."""


class VerdictIn(Input):
    """The cell's word on the answer it was given; not settled needs the reason."""

    settled: bool
    reason: Annotated[str, Text(2000, empty=True)] = ""


class ReplyIn(Input):
    """What the cell was told; without a moment, now."""

    replied_at: Instant | None = None
    summary: Annotated[str, Text(5000)]


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
    cluster_id: UUID | None
    """Matters with the same one are one trouble."""
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
    refused_at: AwareDatetime | None
    agency_name: str | None = None
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


class NoteIn(Input):
    """What an agency says before its answer; `promised_on`, a local day, belongs to a promise and to nothing else."""

    kind: NoteKind
    text: Annotated[str, Text(2000)]
    promised_on: Day | None = None

    @model_validator(mode="after")
    def _a_promise_has_a_day(self) -> Self:
        if (self.kind is NoteKind.PROMISE) != (self.promised_on is not None):
            raise broken_rule(
                "promised-on",
                vi="Cam kết thì ghi ngày; việc khác thì không.",
                en="A promise has a day, and nothing else has one.",
            )
        return self


class NoteReplyIn(Input):
    """The answer to the agency's question."""

    text: Annotated[str, Text(2000)]


class NoteOut(BaseModel):
    """A question, a promise or a refusal; of a question, the reply once it was given."""

    note_id: UUID
    forwarding_id: UUID
    kind: NoteKind
    text: str
    promised_on: date | None
    said_at: AwareDatetime
    reply: str | None
    replied_at: AwareDatetime | None
    warnings: list[WarningOut] = []


class WaitingOut(BaseModel):
    """A matter that waits for the office's next step, since when, and the dates that go on running."""

    issue: IssueOut
    step: NextStep
    since: AwareDatetime
    hours: int
    long: bool
    first_sent_at: AwareDatetime | None
    first_due_at: AwareDatetime | None
    due_at: AwareDatetime | None


class InboxPage(BaseModel):
    """What waits longer than a day first, then what is urgent, then the oldest; `total` counts the whole choice."""

    waiting: list[WaitingOut]
    total: int


class OwedAnswerOut(BaseModel):
    """An answer that an agency owes: its due date, the day it stands by, and promises that were not kept."""

    issue_id: UUID
    forwarding_id: UUID
    duty_id: UUID
    agency_unit_id: UUID | None
    agency_name: str | None
    unit_name: str | None
    title: str | None
    urgency: str
    number: str
    sent_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    first_due_at: AwareDatetime
    due_at: AwareDatetime
    late: bool
    promised_on: date | None
    broken: int


class OwedAnswers(BaseModel):
    """Every answer that is owed, late ones first."""

    answers: list[OwedAnswerOut]


class OpenForwarding(BaseModel):
    """A forwarding that is waited for."""

    forwarding_id: UUID
    agency_unit_id: UUID | None


class MergedOut(BaseModel):
    """Another matter of the same trouble, and whom it waits for."""

    issue: IssueOut
    open: list[OpenForwarding]


class IssueDetail(BaseModel):
    """An issue with its whole way, and the matters merged with it that the reader may see."""

    issue: IssueOut
    forwardings: list[ForwardingOut]
    reply: ReplyOut | None
    verdicts: list[VerdictOut]
    notes: list[NoteOut]
    merged: list[MergedOut]
