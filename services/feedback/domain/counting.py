"""The counting rule, twice: as prose that walks day by day, and as a shortcut over prefix tables.

`walk` is the law (Civil Code 91/2015/QH13, art. 147-148) one decision at a time; traces and the other
answers of open questions come from it. `last_day` must name the same day in constant time, always.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.policy import Rule


class Decision(StrEnum):
    """What was decided about one day on the way to the due date."""

    DAY_ZERO = "day_zero"
    COUNTED = "counted"
    SKIPPED = "skipped"
    ROLLED = "rolled"
    ENDS = "ends"
    EXTENDED = "extended"


def walk(
    start: int, rule: Rule, periods: Sequence[int], works: Callable[[int], bool]
) -> Iterator[tuple[int, Decision, int]]:
    """Each decision as (ordinal of the day, decision, days counted by then).
    An extension starts where the period before it ended, with that day as its day zero.
    """
    day = start
    for index, days in enumerate(periods):
        yield day, Decision.EXTENDED if index else Decision.DAY_ZERO, 0
        counted = 0
        while counted < days:
            day += 1
            if rule is Rule.WORKING_DAYS and not works(day):
                yield day, Decision.SKIPPED, counted
                continue
            counted += 1
            yield day, Decision.COUNTED, counted
        while rule is Rule.CALENDAR_ROLL and not works(day):
            yield day, Decision.ROLLED, counted
            day += 1
        yield day, Decision.ENDS, counted


def last_day(start: int, rule: Rule, periods: Sequence[int], calendar: Calendar) -> int:
    """The day on which the walk ends, without walking."""
    day = start
    for days in periods:
        if rule is Rule.WORKING_DAYS:
            day = calendar.nth_working_day_after(day, days)
        else:
            day += days
            if rule is Rule.CALENDAR_ROLL:
                day = calendar.working_day_from(day)
    return day


def days_that_matter(
    start: int, rule: Rule, periods: Sequence[int], calendar: Calendar
) -> Iterator[tuple[int, int]]:
    """The spans of days whose being off or worked the outcome hangs on: none, the roll, or the whole count."""
    day = start
    for days in periods:
        end = last_day(day, rule, (days,), calendar)
        if rule is Rule.WORKING_DAYS:
            yield day + 1, end
        elif rule is Rule.CALENDAR_ROLL:
            yield day + days, end
        day = end
