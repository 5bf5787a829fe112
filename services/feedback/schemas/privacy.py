"""Contacts, requests about one's own data, and how long texts stay."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.feedback.store.data_requests import RequestKind
from shared.http import Day, Input, Line, Text


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
