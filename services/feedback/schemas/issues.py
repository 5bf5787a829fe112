"""Issues, forwardings, answers and what the cell was told and said."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.feedback.schemas.common import WarningOut
from services.feedback.views.issues import IssueState
from shared.http import Id, Input, Instant, Line, Text


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
