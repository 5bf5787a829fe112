"""What notify publishes: what became of every message it owed somebody."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.envelope import Event


class MessageState(StrEnum):
    """The life of one message: pending → sent → delivered → read, or failed, or suppressed.

    `bundled`: it left within the letter of another message of the same day, person and channel.
    """

    PENDING = "pending"
    SENT = "sent"
    BUNDLED = "bundled"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class MessageChanged(Event):
    """One message of the ledger as it now stands; it joins the timeline of its duty."""

    subject: ClassVar[str] = "notify.message.changed.v1"

    message_id: UUID
    version: int
    duty_id: UUID
    due_version: int
    rung: str
    person_id: UUID
    channel: str
    state: MessageState
    reason: str
    at: AwareDatetime


class DutyAcknowledged(Event):
    """Who owes a duty said "I am on it" until the end of that date; what they said last counts."""

    subject: ClassVar[str] = "notify.duty.acknowledged.v1"

    duty_id: UUID
    person_id: UUID
    until: date
    at: AwareDatetime


NOTIFY_EVENTS: tuple[type[Event], ...] = (MessageChanged, DutyAcknowledged)
