"""What notify tells of its messages and of those who are on it joins the duties that it is about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.feedback.store import messages as message_store
from services.feedback.store import phones as phone_store
from services.feedback.store.asked import ASKED_EVENTS
from shared.contracts.envelope import Event
from shared.contracts.notify import DutyAcknowledged, MessageChanged
from shared.contracts.visits import DeviceSeen
from shared.uow import UnitOfWork


async def record_messages(tx: UnitOfWork, events: Sequence[MessageChanged]) -> None:
    """Keep the newest state of each message, in one order of row locks for all writers."""
    newest: dict[UUID, MessageChanged] = {}
    first_at: dict[UUID, datetime] = {}
    for event in events:
        first_at[event.message_id] = min(first_at.get(event.message_id, event.at), event.at)
        if event.message_id not in newest or newest[event.message_id].version < event.version:
            newest[event.message_id] = event
    await message_store.record(tx, [newest[message_id] for message_id in sorted(newest)])
    await message_store.begun(tx, first_at)


async def record_acknowledgements(tx: UnitOfWork, events: Sequence[DutyAcknowledged]) -> None:
    """Keep what each owner said last of each duty."""
    newest: dict[tuple[UUID, UUID], DutyAcknowledged] = {}
    for event in events:
        pair = event.duty_id, event.person_id
        if pair not in newest or newest[pair].at < event.at:
            newest[pair] = event
    await message_store.record_acknowledgements(tx, [newest[pair] for pair in sorted(newest)])


async def record_phones(tx: UnitOfWork, events: Sequence[DeviceSeen]) -> None:
    """Keep what each phone said last of what it has not sent."""
    newest: dict[UUID, DeviceSeen] = {}
    for event in events:
        if event.phone_id not in newest or newest[event.phone_id].version < event.version:
            newest[event.phone_id] = event
    await phone_store.record(tx, [newest[phone_id] for phone_id in sorted(newest)])


async def ring_desks(tx: UnitOfWork, events: Sequence[Event]) -> None:
    """Let open desks ask anew after what comes in and is published no further; the end of a batch."""
    duty_ids = {event.duty_id for event in events if isinstance(event, MessageChanged | DutyAcknowledged)}
    committees = {each.committee_id for each in events if isinstance(each, (DeviceSeen, *ASKED_EVENTS))}
    if duty_ids:
        committees.update(await message_store.committees_of(tx, duty_ids))
    if committees:
        await phone_store.ring(tx, committees)
