"""The port: what every channel promises to the sender, the real ones and the fake one of the tests alike."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from shared.contracts.notify import MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message ready to go. `message_id` stays the same however often it is tried."""

    message_id: UUID
    address: str
    subject: str
    body: str


class ChannelError(Exception):
    """The letter was not accepted. `reason` is a short code that may be shown and logged: no text of the server.

    permanent: trying again cannot help. uncertain: the letter may have been accepted all the same.
    """

    def __init__(self, reason: str, *, permanent: bool, uncertain: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.uncertain = uncertain


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
