"""Duties, their due dates, extensions and returned reports, as requests say and answers show them."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.feedback.domain.duty import Status
from services.feedback.domain.policy import Rule
from services.feedback.schemas.common import Days, WarningOut
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.http import Input, Text


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


class DutyOut(BaseModel):
    """A duty as it stands at one moment, now or past. Status and days late are computed from facts and that moment."""

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
    level: str | None
    """The highest rung of the ladder that reached somebody about this due date."""
    acknowledged_until: date | None
    """Its owner said to be on it until the end of that day; None when that day has passed."""
    chased_at: AwareDatetime | None
    """When it was last asked for by hand."""
    promised_on: date | None
    """The day on which an agency that is late stands by now; None when it was not kept."""
    broken_promises: int
    """Promised days that went by without an answer."""
    version: int
    due_version: int


class DutyPage(BaseModel):
    """Late ones first; ask for the next page with `after` = the last id. `counted`: all of the choice, by kind."""

    duties: list[DutyOut]
    counted: dict[DutyKind, int]


class ChangeOut(BaseModel):
    """Something that became of a duty. `was` and `became`: its due dates, where the due date moved."""

    at: AwareDatetime
    what: str
    duty_id: UUID
    kind: DutyKind
    unit_name: str | None
    owner_name: str | None
    title: str | None
    was: AwareDatetime | None
    became: AwareDatetime | None


class ChangePage(BaseModel):
    """The newest last; `skip` as many as one has for the next page. `total`: how much changed in all."""

    changes: list[ChangeOut]
    total: int


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


class Asked(BaseModel):
    """Requests for more days on one duty that wait for a word, with the names of who asked."""

    duty: DutyOut
    extensions: list[ExtensionOut]
    asked_by: dict[UUID, str]


class AskedPage(BaseModel):
    """The duty due first first; ask for the next page with `after` = its last duty. `total`: duties in all."""

    waiting: list[Asked]
    total: int


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
