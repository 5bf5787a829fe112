"""The clockwork: tells the world when an open duty comes due soon and when it is overdue.

Status is computed from facts and now; an alarm only remembers when to look again. It is deleted in the
transaction that announces, so a threshold is told once per due date whatever crashes and however many
replicas run. The longest waiting comes first and every due alarm is taken: no page limit starves the oldest.
After an outage a duty goes straight to the highest threshold it has reached.
"""

import asyncio
from uuid import UUID

from services.feedback.metrics import FeedbackMetrics
from services.feedback.store import duties as duty_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.duties import ALARM_SET, LONGEST_SLEEP
from shared.contracts.feedback import DutyDueSoon, DutyOverdue
from shared.uow import Database, UnitOfWork

BATCH = 1000


class Clockwork:
    """Rings alarms; `sweep` once, or `run` until told to stop."""

    def __init__(
        self, database: Database, book: CalendarBook, metrics: FeedbackMetrics, *, batch: int = BATCH
    ) -> None:
        self._database = database
        self._book = book
        self._metrics = metrics
        self._batch = batch
        self.wake = asyncio.Event()
        database.after_commit.append(self._hear)
        database.clock.on_jump(self.wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep, sleep until the earliest alarm, and again, until `stop` is set."""
        while not stop.is_set():
            self.wake.clear()
            await self.sweep()
            await _first_of(stop, self.wake, seconds=await self._until_next())

    async def sweep(self) -> int:
        """Announce everything that has come due; how many announcements that were."""
        announced = 0
        while True:
            async with self._database.begin() as tx:
                taken, due_soon, overdue = await self._ring(tx)
            self._metrics.announced("due_soon", due_soon)
            self._metrics.announced("overdue", overdue)
            announced += due_soon + overdue
            if taken < self._batch:
                return announced

    async def _ring(self, tx: UnitOfWork) -> tuple[int, int, int]:
        """One transaction's worth: alarms taken, duties due soon, duties overdue."""
        taken, ringing = await duty_store.ring(tx, self._batch)
        await self._book.load(tx, {each.calendar_revision for each in ringing})
        for each in ringing:
            moments = self._book.moments_json(each.calendar_revision, each.last_day)
            tx.publish_json(
                DutyOverdue if each.overdue else DutyDueSoon,
                f'{{"duty":{each.snapshot},"moments":{moments}}}',
                key=each.duty_id,
            )
        overdue = sum(each.overdue for each in ringing)
        return taken, len(ringing) - overdue, overdue

    async def _until_next(self) -> float:
        """Seconds until the earliest alarm, by our clock."""
        async with self._database.read() as tx:
            earliest = await duty_store.next_alarm(tx)
            if earliest is None:
                return LONGEST_SLEEP.total_seconds()
            return min(earliest - tx.now, LONGEST_SLEEP).total_seconds()

    def _hear(self, touched: set[UUID | str]) -> None:
        if ALARM_SET in touched:
            self.wake.set()


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, or for so many seconds."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
