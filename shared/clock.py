"""Time is an argument: every rule and every row gets its instant from a `Clock`.
Instants are aware and in UTC; local dates are those of Asia/Ho_Chi_Minh.
A rehearsal clock lets a person play a year of deadlines in a minute; it never goes back.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""

    def on_jump(self, wake: Callable[[], None]) -> None:
        """Call `wake` (from the event loop's thread) whenever the clock is moved by hand."""


class SystemClock:
    """The machine's clock; nobody moves it by hand."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def on_jump(self, wake: Callable[[], None]) -> None:
        """Never calls: a real clock does not jump."""


class ClockError(ValueError):
    """The rehearsal clock only moves forward."""


class RehearsalClock:
    """Starts at a chosen instant, ticks in real time, and can be moved forward.

    Ticking keeps retries, leases and time-outs alive between two moves.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ClockError(f"now {start.isoformat()} has no time zone; write 2026-11-22T08:00:00+07:00")
        self._base = start.astimezone(UTC)
        self._since = time.monotonic()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._since)

    def on_jump(self, wake: Callable[[], None]) -> None:
        self._listeners.append(wake)

    def move_to(self, instant: datetime) -> None:
        """Move forward to `instant` (aware). Raises ClockError when it lies in the past or is naive."""
        if instant.tzinfo is None:
            raise ClockError(f"now {instant.isoformat()} has no time zone; write 2026-11-22T08:00:00+07:00")
        current = self.now()
        if instant < current:
            raise ClockError(f"now {instant.isoformat()} is before the clock's {current.isoformat()}")
        self._base, self._since = instant.astimezone(UTC), time.monotonic()
        for wake in self._listeners:
            wake()


def local_date(instant: datetime) -> date:
    """The calendar date of an aware instant in Viet Nam."""
    return instant.astimezone(LOCAL).date()


async def sleep_or_wake(wake: asyncio.Event, seconds: float) -> bool:
    """Wait until `wake` is set (True, and cleared) or `seconds` of real time have passed (False)."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await wake.wait()
    except TimeoutError:
        return False
    wake.clear()
    return True


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait until `event` is set (True, and left so) or `seconds` of real time have passed (False)."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    except TimeoutError:
        return False
    return True
