"""One message of the ledger: a duty, a due version, a rung, a person, a channel; and why it is as it is."""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.notify.domain.ladder import Notice
from shared.contracts.feedback import DutyKind
from shared.contracts.notify import MessageState
from shared.ids import derived_id

INBOX = "inbox"
EMAIL = "email"
PUSH = "webpush"
NO_CHANNEL = "none"

NOBODY = UUID(int=0)
"""Stands in the ledger for the person whom a rung did not find."""


class Reason(StrEnum):
    """Why a message is in its state."""

    RUNG_REACHED = "rung_reached"
    ASKED_FOR = "asked_for"
    """The committee asks for a late duty by hand."""
    DUE_DATE_CORRECTED = "due_date_corrected"
    CHANNEL_FAILED = "channel_failed"
    """Written because the channel before it failed."""
    NOT_SEEN = "not_seen"
    """The phone's service took it, and nobody looked in time: the next channel has its turn."""
    ACCEPTED = "accepted"
    QUIET = "quiet"
    """Waits for the send window, or for the person's quiet hours to end."""
    NEXT_BUNDLE = "next_bundle"
    """The day's bundle has left; this one waits for the next."""
    OPENED = "opened"
    DONE = "done"
    NOT_OWED = "not_owed"
    DUE_DATE_MOVED = "due_date_moved"
    SUPERSEDED = "superseded"
    """A higher rung tells the same person."""
    NO_NOTIFICATION_SENT = "no_notification_sent"
    """Nobody holds a post that the rung names."""
    NO_ADDRESS = "no_address"
    """The person turned the channel off, or has no usable address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message about to be written. Its id follows from what it is, so that it can be written only once."""

    duty_id: UUID
    due_version: int
    rung: str
    person_id: UUID
    channel: str
    committee_id: UUID
    notice: Notice
    duty_kind: DutyKind
    due_at: datetime
    provisional: bool
    skipped: tuple[str, ...]
    """Rungs that an outage left out before this one."""
    then_channels: tuple[str, ...]
    """Where the message goes when this channel fails for good, in order."""
    send_at: datetime
    state: MessageState = MessageState.PENDING
    reason: str = Reason.RUNG_REACHED

    @property
    def message_id(self) -> UUID:
        return derived_id(self.duty_id, str(self.due_version), self.rung, str(self.person_id), self.channel)


def drafts_for_person(
    draft: Draft,
    rings_at: datetime,
    addresses: Mapping[str, str],
    ringing: Collection[str],
    chain: Sequence[str],
) -> list[Draft]:
    """The message in the person's inbox, and the same on the first channel of the chain that can ring them.

    The inbox disturbs nobody, so that only ringing waits for `rings_at`. `addresses` are the person's, by
    channel; `ringing` the channels this installation has.
    """
    usable = tuple(channel for channel in chain if channel in addresses and channel in ringing)
    inbox = replace(draft, channel=INBOX, then_channels=())
    if not usable:
        return [inbox]
    return [inbox, replace(draft, channel=usable[0], then_channels=usable[1:], send_at=rings_at)]


def next_channel(failed: Draft, send_at: datetime) -> Draft | None:
    """The message on the channel after the one that failed for good."""
    if not failed.then_channels:
        return None
    channel, *then_channels = failed.then_channels
    return replace(
        failed,
        channel=channel,
        then_channels=tuple(then_channels),
        send_at=send_at,
        state=MessageState.PENDING,
        reason=Reason.CHANNEL_FAILED,
    )


def topic(drafts: Sequence[Draft]) -> str:
    """What a letter is about, so that a newer one takes its place: a duty, or a person's day. It tells nothing."""
    first = drafts[0]
    about = f"duty {first.duty_id}" if len(drafts) == 1 else f"day {first.person_id}"
    return base64.urlsafe_b64encode(hashlib.sha256(about.encode()).digest()[:18]).decode("ascii")


def why_unwanted(notice: Notice, due_version: int, *, stopped: Reason | None, current: int) -> Reason | None:
    """Why a waiting message must not be sent any more, or None while it must.

    An alarm belongs to the opening of a duty, so that a moved due date does not silence it.
    """
    if stopped is not None:
        return stopped
    if due_version < current and notice is not Notice.URGENT:
        return Reason.DUE_DATE_MOVED
    return None
