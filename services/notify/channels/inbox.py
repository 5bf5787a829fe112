"""The inbox inside the product: a delivered row of the ledger is what the person sees there."""

from services.notify.channels.base import Letter
from services.notify.domain.message import INBOX
from shared.contracts.notify import MessageState


class InboxChannel:
    """Delivers at once, because there is nowhere to send to."""

    name = INBOX
    in_ledger = True

    async def deliver(self, _letter: Letter) -> MessageState:
        return MessageState.DELIVERED
