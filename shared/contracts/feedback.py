"""What feedback publishes: duties as they now stand, and what happened to them."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.envelope import Event, Snapshot
from shared.contracts.visits import AccessClass, Urgency


class DutyKind(StrEnum):
    REPORT = "report"
    FORWARD = "forward"
    ANSWER = "answer"
    REPLY_TO_CELL = "reply_to_cell"


class DutyClosure(StrEnum):
    """Why a duty is closed: it was done, or it is no longer owed."""

    DONE = "done"
    NOT_OWED = "not_owed"


class DueCause(StrEnum):
    """The only causes that may move a due date (I4)."""

    EXTENSION = "extension"
    CALENDAR = "calendar"


class DutySnapshot(Snapshot):
    """A duty as it now stands. Late is `closed_at or now >= due_at`, computed by the reader (I5).

    The owner is a person (report, forward, reply) or an agency unit (answer).
    `due_version` grows when the due date moves, `version` with every change.
    """

    duty_id: UUID
    version: int
    due_version: int
    kind: DutyKind
    committee_id: UUID
    unit_id: UUID
    visit_id: UUID
    issue_id: UUID | None = None
    owner_person_id: UUID | None = None
    owner_unit_id: UUID | None = None
    access_class: AccessClass = AccessClass.NORMAL
    urgency: Urgency = Urgency.NORMAL
    anchor: date
    due_at: AwareDatetime
    first_due_at: AwareDatetime
    provisional: bool = False
    closed_at: AwareDatetime | None = None
    closure: DutyClosure | None = None


class DutiesOpened(Event):
    """One visit or one step opened these duties."""

    subject: ClassVar[str] = "feedback.duty.opened.v1"

    duties: tuple[DutySnapshot, ...]


class Moments(Snapshot):
    """The working days around a due date, counted by feedback's calendar, so that no reader counts days.

    Offset 0 is the last day on which the duty is on time, -1 the working day before it, +1 the first
    working day after it. Every offset a ladder may name is in the range.
    """

    days: dict[int, date]


class DutyDueSoon(Event):
    """A duty is open and its first warning day has come."""

    subject: ClassVar[str] = "feedback.duty.due_soon.v1"

    duty: DutySnapshot
    moments: Moments


class DutyOverdue(Event):
    """A duty is open and its due instant has passed."""

    subject: ClassVar[str] = "feedback.duty.overdue.v1"

    duty: DutySnapshot
    moments: Moments


class DutyClosed(Event):
    """A duty was done or is no longer owed; everything still to be sent about it stops."""

    subject: ClassVar[str] = "feedback.duty.closed.v1"

    duty: DutySnapshot


class DutyMoved(Event):
    """The due date moved, by an extension or by a calendar revision; the first one is never overwritten."""

    subject: ClassVar[str] = "feedback.duty.moved.v1"

    duty: DutySnapshot
    old_due_at: AwareDatetime
    cause: DueCause
    moments: Moments


class ChasedDuty(Snapshot):
    """A late duty that somebody of the committee asks for, with the working days around its due date."""

    duty: DutySnapshot
    moments: Moments


class DutiesChased(Event):
    """Somebody of the committee asks for these late duties by hand, once. What they wrote stays with feedback."""

    subject: ClassVar[str] = "feedback.duty.chased.v1"

    chase_id: UUID
    committee_id: UUID
    chased_by: UUID
    chased_at: AwareDatetime
    chased: tuple[ChasedDuty, ...]


class ForwardingSnapshot(Snapshot):
    """Where an issue was passed on to, and what came back. Of a restricted class: no number and no text."""

    forwarding_id: UUID
    agency_unit_id: UUID | None = None
    sent_at: AwareDatetime
    number: str = ""
    acknowledged_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None
    answer_number: str | None = None
    answer_summary: str | None = None
    promised_on: date | None = None
    """The local day an agency that is late committed itself to last; it moves no due date."""


class IssueProgressed(Event):
    """How far an issue has come, from the desk to the cell. Its texts end with those of its visit."""

    subject: ClassVar[str] = "feedback.issue.progressed.v1"

    issue_id: UUID
    version: int
    visit_id: UUID
    committee_id: UUID
    forwardings: tuple[ForwardingSnapshot, ...] = ()
    replied_at: AwareDatetime | None = None
    reply_summary: str | None = None
    settled: bool | None = None
    """What the cell said last of the answer; None while it has said nothing."""
    judged_at: AwareDatetime | None = None


class ReportReturned(Event):
    """A version of a report was returned with a comment; no clock starts again. Said once, it never changes."""

    subject: ClassVar[str] = "feedback.report.returned.v1"

    return_id: UUID
    duty_id: UUID
    visit_id: UUID
    committee_id: UUID
    report_version: int
    comment: str
    returned_at: AwareDatetime
    returned_by: UUID


class ExtensionChanged(Event):
    """An extension as it now stands: asked for (version 1), then granted or refused (version 2)."""

    subject: ClassVar[str] = "feedback.extension.changed.v1"

    extension_id: UUID
    version: int
    duty_id: UUID
    visit_id: UUID
    committee_id: UUID
    days: int
    reason: str
    asked_by: UUID
    asked_at: AwareDatetime
    granted: bool | None = None
    note: str | None = None
    decided_at: AwareDatetime | None = None


TELLING: tuple[type[Event], ...] = (IssueProgressed, ReportReturned, ExtensionChanged)
"""Events that carry what somebody wrote; their key is the visit, whose erasure empties them."""

FEEDBACK_EVENTS: tuple[type[Event], ...] = (
    DutiesOpened,
    DutyDueSoon,
    DutyOverdue,
    DutyClosed,
    DutyMoved,
    DutiesChased,
    *TELLING,
)
