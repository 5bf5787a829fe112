"""What feedback takes in: the directory and visits from visits, the fate of messages from notify.

One call is one batch in one transaction, in a handful of statements whatever its size; the inbox has
removed repeats before, and every step here bears them all the same (I2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.feedback.handlers.messages import record_messages
from services.feedback.handlers.visits import record_visits
from services.feedback.store.calendars import CalendarBook
from shared import directory
from shared.contracts.envelope import Event
from shared.contracts.notify import MessageChanged
from shared.contracts.visits import VisitRecorded
from shared.uow import UnitOfWork

FROM_VISITS: tuple[type[Event], ...] = (*directory.DIRECTORY_EVENTS, VisitRecorded)
FROM_NOTIFY: tuple[type[Event], ...] = (MessageChanged,)
"""What means something here; the inbox acknowledges and counts the rest of each stream."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """The batch handler of both producers."""

    book: CalendarBook = field(default_factory=CalendarBook)

    async def handle(self, events: Sequence[Event], tx: UnitOfWork) -> None:
        await directory.apply(tx, events)
        if visits := [event for event in events if isinstance(event, VisitRecorded)]:
            await record_visits(tx, self.book, visits)
        if messages := [event for event in events if isinstance(event, MessageChanged)]:
            await record_messages(tx, messages)
