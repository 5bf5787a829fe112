"""When a message may ring: 07:30 to 17:00 in Viet Nam, on working days, outside of the person's quiet hours.

The window exists so that nobody is disturbed. It delays e-mail and phones, never state and never the inbox.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.clock import LOCAL

OPENS = time(7, 30)
CLOSES = time(17, 0)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A person's hours of rest, from `starts` to just before `ends`, over midnight when `ends` is the earlier one."""

    starts: time
    ends: time

    def covers(self, at: time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= at < self.ends
        return at >= self.starts or at < self.ends

    @property
    def leaves_room(self) -> bool:
        """Whether anything can ring at all: every gap of the window begins where it opens, or where quiet ends."""
        return any(_in_window(moment) and not self.covers(moment) for moment in (OPENS, self.ends))


QUIET = Quiet(time(20, 0), time(7, 0))
"""What holds until a person says otherwise."""


def first_sending(at: datetime, working_days: Iterable[date], quiet: Quiet = QUIET) -> datetime:
    """The first instant from `at` on at which a message may ring.

    `working_days` are those that the duty's calendar names. Beyond them nothing tells holidays apart, so
    that any weekday will do: a message on a holiday is better than none.
    """
    known = frozenset(working_days)
    local = at.astimezone(LOCAL)
    if _may_ring(local, known, quiet):
        return at
    day = local.date()
    while True:
        for opening in sorted({OPENS, quiet.ends}):
            moment = datetime.combine(day, opening, LOCAL)
            if moment >= local and _may_ring(moment, known, quiet):
                return moment
        day += timedelta(days=1)


def next_morning(at: datetime, working_days: Iterable[date], quiet: Quiet = QUIET) -> datetime:
    """When the next day's bundle leaves."""
    tomorrow = at.astimezone(LOCAL).date() + timedelta(days=1)
    return first_sending(datetime.combine(tomorrow, time.min, LOCAL), working_days, quiet)


def next_working_day(at: datetime, working_days: Iterable[date]) -> date:
    """The working day after this one."""
    return next_morning(at, working_days).astimezone(LOCAL).date()


def resumes(until: date, working_days: Iterable[date]) -> datetime:
    """When somebody who acknowledged a duty until the end of that date hears of it again, on every channel."""
    return first_sending(datetime.combine(until + timedelta(days=1), time.min, LOCAL), working_days)


def _may_ring(local: datetime, known: frozenset[date], quiet: Quiet) -> bool:
    return _open_on(local.date(), known) and _in_window(local.time()) and not quiet.covers(local.time())


def _in_window(at: time) -> bool:
    return OPENS <= at < CLOSES


def _open_on(day: date, known: frozenset[date]) -> bool:
    if known and min(known) <= day <= max(known):
        return day in known
    return day.weekday() < 5
