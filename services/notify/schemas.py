"""What notify's HTTP interface takes and gives. No model here has a field for a name or an issue's text."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from shared.contracts.feedback import DutyKind
from shared.contracts.notify import MessageState
from shared.http import Day, Input, Line


class InboxMessage(BaseModel):
    """A message as its reader sees it: Vietnamese first, then English, in one text."""

    message_id: UUID
    duty_id: UUID
    notice: str
    rung: str
    duty_kind: DutyKind
    due_at: AwareDatetime
    due_text: str
    provisional: bool
    subject: str
    body: str
    delivered_at: AwareDatetime
    read: bool


class InboxPage(BaseModel):
    """The newest messages; ask for the next page with `after` = the last id."""

    unread: int
    messages: list[InboxMessage]


class LedgerMessage(BaseModel):
    """One message of the ledger: which rung told which person by which channel, what became of it, and why."""

    message_id: UUID
    version: int
    duty_id: UUID
    due_version: int
    duty_kind: DutyKind
    rung: str
    notice: str
    skipped: list[str]
    person_id: UUID
    channel: str
    state: MessageState
    reason: str
    attempts: int
    written_at: AwareDatetime
    send_at: AwareDatetime
    sent_at: AwareDatetime | None
    changed_at: AwareDatetime


class LedgerPage(BaseModel):
    messages: list[LedgerMessage]


class AcknowledgementIn(Input):
    """Say "I am on it" until the end of this local date."""

    until: Day


class Acknowledgement(BaseModel):
    """The owner is not told again before `resumes_at`, unless the duty is done by then."""

    duty_id: UUID
    until: date
    resumes_at: AwareDatetime


class EmailIn(Input):
    """`address` null means the address of the directory."""

    enabled: bool
    address: Annotated[str, Line(254)] | None = None


class ChannelsIn(Input):
    email: EmailIn


class Email(BaseModel):
    """`available`: this installation has a mail server. `chosen`: the person gave this address themselves."""

    available: bool
    enabled: bool
    address: str | None
    chosen: bool


class Channels(BaseModel):
    email: Email
