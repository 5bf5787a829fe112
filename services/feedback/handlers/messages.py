"""What notify tells of its messages joins the timeline of the duty they were about."""

from collections.abc import Iterable
from uuid import UUID

from services.feedback.store import messages as message_store
from shared.contracts.notify import MessageChanged
from shared.uow import UnitOfWork


async def record_messages(tx: UnitOfWork, events: Iterable[MessageChanged]) -> None:
    """Keep the newest state of each message, in one order of row locks for all writers."""
    newest: dict[UUID, MessageChanged] = {}
    for event in events:
        if event.message_id not in newest or newest[event.message_id].version < event.version:
            newest[event.message_id] = event
    await message_store.record(tx, [newest[message_id] for message_id in sorted(newest)])
