"""A duty: what is owed, by whom, until when. Its status is computed from facts and now, never typed (I5).

The clock starts at the anchor, a local date, and only an extension or a calendar revision moves the due
date; the first one is never overwritten (I4). A duty closes by an act, never by age (I6).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.deadline import VIETNAM, Due, due_date, shift_working_days
from services.feedback.domain.policy import Policy, Rule
from shared.contracts.feedback import DutyClosure, DutyKind, DutySnapshot
from shared.contracts.visits import AccessClass, Urgency

WARNING_WORKING_DAYS = 2
"""A duty is due soon from this many working days before its last day."""


class Status(StrEnum):
    """What a duty is at one moment."""

    OPEN = "open"
    OVERDUE = "overdue"
    ON_TIME = "on_time"
    LATE = "late"
    NOT_OWED = "not_owed"


class Threshold(StrEnum):
    """The moments at which the world is told about an open duty."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing owed. `version` grows with every change, `due_version` when the due date moves."""

    duty_id: UUID
    version: int = 1
    due_version: int = 1
    kind: DutyKind
    committee_id: UUID
    unit_id: UUID
    visit_id: UUID
    issue_id: UUID | None = None
    forwarding_id: UUID | None = None
    owner_person_id: UUID | None = None
    owner_unit_id: UUID | None = None
    access_class: AccessClass = AccessClass.NORMAL
    urgency: Urgency = Urgency.NORMAL
    policy_id: UUID
    rule: Rule
    days: int
    extensions: tuple[int, ...] = ()
    anchor: date
    calendar_revision: int
    last_day: date
    due_at: datetime
    first_due_at: datetime
    provisional: bool
    opened_at: datetime
    closed_at: datetime | None = None
    closure: DutyClosure | None = None

    @property
    def policy(self) -> Policy:
        """The policy in force at the anchor, as the reckoning needs it."""
        return Policy(rule=self.rule, days=self.days, policy_id=str(self.policy_id))

    def status(self, now: datetime) -> Status:
        if self.closure is DutyClosure.NOT_OWED:
            return Status.NOT_OWED
        if self.closed_at is not None:
            return Status.ON_TIME if self.closed_at < self.due_at else Status.LATE
        return Status.OVERDUE if now >= self.due_at else Status.OPEN

    def settled(self, closure: DutyClosure | None, at: datetime | None) -> "Duty":
        """The duty with the ending that the facts now tell; the same object when they tell nothing new.

        One that is no longer owed keeps the moment when that was first known. One that opens again is
        announced again: its due version grows, its due date stays.
        """
        if self.closure is closure and (closure is not DutyClosure.DONE or self.closed_at == at):
            return self
        reopened = self.closed_at is not None and closure is None
        return replace(
            self,
            version=self.version + 1,
            due_version=self.due_version + reopened,
            closure=closure,
            closed_at=at,
        )

    def moved(self, due: Due) -> "Duty":
        """The same duty until another date, with the extensions that date counts. The first date stays."""
        return replace(
            self,
            version=self.version + 1,
            due_version=self.due_version + 1,
            extensions=due.extensions,
            calendar_revision=due.calendar_revision,
            last_day=due.last_day,
            due_at=due.due_at,
            provisional=due.provisional,
        )

    def reckoned(self, due: Due) -> "Duty":
        """The same due date by another calendar: only its certainty changes, and nobody is told again."""
        return replace(
            self,
            version=self.version + 1,
            calendar_revision=due.calendar_revision,
            provisional=due.provisional,
        )

    def anchored(self, anchor: date, calendar: Calendar) -> "Duty":
        """The duty as it would stand, had the oldest version of its visit come first."""
        if self.anchor == anchor:
            return self
        first = due_date(anchor, self.policy, calendar)
        due = due_date(anchor, self.policy, calendar, extensions=self.extensions)
        return replace(self.moved(due), anchor=anchor, first_due_at=first.due_at)

    def snapshot(self) -> DutySnapshot:
        """The duty as the other services are told of it."""
        return DutySnapshot.model_construct(
            duty_id=self.duty_id,
            version=self.version,
            due_version=self.due_version,
            kind=self.kind,
            committee_id=self.committee_id,
            unit_id=self.unit_id,
            visit_id=self.visit_id,
            issue_id=self.issue_id,
            owner_person_id=self.owner_person_id,
            owner_unit_id=self.owner_unit_id,
            access_class=self.access_class,
            urgency=self.urgency,
            anchor=self.anchor,
            due_at=self.due_at,
            first_due_at=self.first_due_at,
            provisional=self.provisional,
            closed_at=self.closed_at,
            closure=self.closure,
        )


def warn_at(last_day: date, calendar: Calendar) -> datetime:
    """When a duty becomes due soon: the first moment of its warning day. Sending hours are notify's matter."""
    day = shift_working_days(last_day, -WARNING_WORKING_DAYS, calendar)
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def days_late(last_day: date, at: date, rule: Rule, calendar: Calendar) -> int:
    """How many days after its last day something happened, in the unit of its rule; 0 when in time.

    Whoever is late on a day off is late by one working day already.
    """
    days = (at - last_day).days
    if rule is Rule.WORKING_DAYS and days > 0:
        first, last = last_day.toordinal() + 1, at.toordinal()
        return max(1, sum(map(calendar.works, range(first, last + 1))))
    return max(0, days)
