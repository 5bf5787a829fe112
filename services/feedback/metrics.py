"""What ops ask of feedback: how much is open and overdue, and is the clockwork late. No label names a person."""

from datetime import date

from prometheus_client import Counter

from services.feedback.domain.calendar import Calendar, Standing
from services.feedback.store import duties as duty_store
from services.feedback.store.calendars import CalendarBook
from shared.clock import local_date
from shared.metrics import Metrics
from shared.uow import Database

THRESHOLDS = ("due_soon", "overdue")


class FeedbackMetrics:
    """The instruments of this service; every label starts at zero."""

    def __init__(self, metrics: Metrics, database: Database, book: CalendarBook) -> None:
        self._database = database
        self._book = book
        self._announced: Counter = metrics.counter(
            "feedback_announcements", "Thresholds of open duties that were announced", labels=("threshold",)
        )
        for threshold in THRESHOLDS:
            self._announced.labels(threshold)
        metrics.at_scrape("feedback_open_duties", "Duties not closed by an act yet", self._open)
        metrics.at_scrape(
            "feedback_overdue_duties", "Open duties whose due instant has passed", self._overdue
        )
        metrics.at_scrape(
            "feedback_oldest_alarm_seconds",
            "How long the oldest due alarm has waited for the clockwork",
            self._oldest_alarm,
        )
        metrics.at_scrape(
            "feedback_calendar_unsettled_in_days",
            "Days until the first day whose being off or worked nobody has confirmed",
            self._unsettled_in_days,
            ttl=300.0,
        )

    def announced(self, threshold: str, count: int) -> None:
        self._announced.labels(threshold).inc(count)

    async def _open(self) -> float:
        async with self._database.read() as tx:
            return await duty_store.count_open(tx)

    async def _overdue(self) -> float:
        async with self._database.read() as tx:
            return await duty_store.count_open(tx, due_by=tx.now)

    async def _oldest_alarm(self) -> float:
        async with self._database.read() as tx:
            earliest = await duty_store.next_alarm(tx)
            return max((tx.now - earliest).total_seconds(), 0.0) if earliest else 0.0

    async def _unsettled_in_days(self) -> float:
        async with self._database.read() as tx:
            calendar = await self._book.in_force(tx)
            return (first_unsettled(calendar, local_date(tx.now)) - local_date(tx.now)).days


def first_unsettled(calendar: Calendar, today: date) -> date:
    """The first day from today on that lies in an unreviewed year or hangs on an open question."""
    day = today.toordinal()
    while calendar.standing(day, day) is Standing.SETTLED:
        day += 1
    return date.fromordinal(day)
