"""What feedback takes in: from visits the directory, visits, phones and what is asked of members; from notify its messages.

One call is one batch in one transaction, in a handful of statements whatever its size; the inbox has
removed repeats before, and every step here bears them all the same (I2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.feedback.handlers.erasure import obey_erasure
from services.feedback.handlers.messages import (
    record_acknowledgements,
    record_messages,
    record_phones,
    ring_desks,
)
from services.feedback.handlers.visits import record_visits
from services.feedback.store import asked
from services.feedback.store.calendars import CalendarBook
from shared import directory
from shared.contracts.envelope import Event
from shared.contracts.notify import DutyAcknowledged, MessageChanged
from shared.contracts.visits import DeviceSeen, VisitErased, VisitRecorded
from shared.uow import UnitOfWork

FROM_VISITS: tuple[type[Event], ...] = (
    *directory.DIRECTORY_EVENTS,
    *asked.ASKED_EVENTS,
    VisitRecorded,
    VisitErased,
    DeviceSeen,
)
FROM_NOTIFY: tuple[type[Event], ...] = (MessageChanged, DutyAcknowledged)
"""What means something here; the inbox acknowledges and counts the rest of each stream."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """The batch handler of both producers."""

    book: CalendarBook = field(default_factory=CalendarBook)

    async def handle(self, events: Sequence[Event], tx: UnitOfWork) -> None:
        await directory.apply(tx, events)
        await asked.apply(tx, events)
        erased = [event.visit for event in events if isinstance(event, VisitErased)]
        if visits := [*(event for event in events if isinstance(event, VisitRecorded)), *erased]:
            await record_visits(tx, self.book, visits)
        if erased:
            await obey_erasure(tx, [visit.visit_id for visit in erased])
        if messages := [event for event in events if isinstance(event, MessageChanged)]:
            await record_messages(tx, messages)
        if said := [event for event in events if isinstance(event, DutyAcknowledged)]:
            await record_acknowledgements(tx, said)
        if seen := [event for event in events if isinstance(event, DeviceSeen)]:
            await record_phones(tx, seen)
        await ring_desks(tx, events)
