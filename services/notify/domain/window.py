"""When a message may ring: 07:30 to 17:00 in Viet Nam, on working days.

The window exists so that nobody is disturbed. It delays e-mail and the like, never state and never the inbox.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from shared.clock import LOCAL

OPENS = time(7, 30)
CLOSES = time(17, 0)


def first_sending(at: datetime, working_days: Iterable[date]) -> datetime:
    """The first instant from `at` on at which a message may ring.

    `working_days` are those that the duty's calendar names. Beyond them nothing tells holidays apart, so
    that any weekday will do: a message on a holiday is better than none.
    """
    known = frozenset(working_days)
    local = at.astimezone(LOCAL)
    if _open_on(local.date(), known) and local.time() < CLOSES:
        return max(at, datetime.combine(local.date(), OPENS, LOCAL))
    day = local.date() + timedelta(days=1)
    while not _open_on(day, known):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, LOCAL)


def resumes(until: date, working_days: Iterable[date]) -> datetime:
    """When somebody who acknowledged a duty until the end of that date hears of it again, on every channel."""
    return first_sending(datetime.combine(until + timedelta(days=1), time.min, LOCAL), working_days)


def _open_on(day: date, known: frozenset[date]) -> bool:
    if known and min(known) <= day <= max(known):
        return day in known
    return day.weekday() < 5
