"""The port: what every channel promises to the sender, the real ones and the fake one of the tests alike."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from shared.contracts.notify import MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message, or a day's bundle of them, ready to go. `message_id` stays the same however often it is tried."""

    message_id: UUID
    address: str
    subject: str
    body: str
    urgent: bool = False
    topic: str = ""
    """A newer letter with the same topic takes the place of an older one that nobody has seen yet."""
    keep: timedelta = timedelta(hours=24)
    """How long it is worth delivering."""
    own_duties: tuple[UUID, ...] = ()
    """What the reader owes of it, so that "I am on it" can be said from the message itself."""
    until: date | None = None
    """Until when that would hold."""


class ChannelError(Exception):
    """The letter was not accepted. `reason` is a short code that may be shown and logged: no text of the server.

    permanent: trying again cannot help. uncertain: the letter may have been accepted all the same.
    retry_after: how long the other side asks us to wait.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        uncertain: bool = False,
        retry_after: timedelta = timedelta(),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.uncertain = uncertain
        self.retry_after = retry_after


class Channel(Protocol):
    """A way to reach a person."""

    @property
    def name(self) -> str:
        """The name in ladders, ledger and metrics."""

    @property
    def in_ledger(self) -> bool:
        """Whether the ledger row itself is the delivery, so that both happen in one transaction."""

    async def deliver(self, letter: Letter) -> MessageState:
        """SENT when the next system has taken it, DELIVERED when the person can see it. Raises ChannelError."""
