"""The counting rule, twice: as prose that walks day by day, and as a shortcut over prefix tables.

`walk` is the law (Civil Code 91/2015/QH13, art. 147-148) one decision at a time; traces and the other
answers of open questions come from it. `reckon` must name the same day in constant time, always.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from services.feedback.domain.calendar import Calendar, Standing
from services.feedback.domain.policy import Rule


class Decision(StrEnum):
    """What was decided about one day on the way to the due date."""

    DAY_ZERO = "day_zero"
    COUNTED = "counted"
    SKIPPED = "skipped"
    ROLLED = "rolled"
    ENDS = "ends"
    EXTENDED = "extended"

    __hash__ = str.__hash__  # Enum hashes in Python, and every step of every trace is looked up by this


def walk(
    start: int, rule: Rule, periods: Sequence[int], works: Callable[[int], bool]
) -> Iterator[tuple[int, Decision, int]]:
    """Each decision as (ordinal of the day, decision, days counted by then).
    An extension starts where the period before it ended, with that day as its day zero.
    """
    skips, rolls = rule is Rule.WORKING_DAYS, rule is Rule.CALENDAR_ROLL
    counts = Decision.COUNTED  # looked up once: an attribute of an Enum costs more than the rest of the loop
    day = start
    for index, days in enumerate(periods):
        yield day, Decision.EXTENDED if index else Decision.DAY_ZERO, 0
        counted = 0
        while counted < days:
            day += 1
            if skips and not works(day):
                yield day, Decision.SKIPPED, counted
                continue
            counted += 1
            yield day, counts, counted
        while rolls and not works(day):
            yield day, Decision.ROLLED, counted
            day += 1
        yield day, Decision.ENDS, counted


def reckon(start: int, rule: Rule, periods: Sequence[int], calendar: Calendar) -> tuple[int, Standing]:
    """The day on which the walk ends, without walking, and how far the days that mattered can be relied upon.
    What matters is the whole count for working days, the roll for calendar days, nothing for a strict end.
    """
    day, standing = start, Standing.SETTLED
    for days in periods:
        if rule is Rule.WORKING_DAYS:
            first, day = day + 1, calendar.nth_working_day_after(day, days)
        else:
            first = day = day + days
            if rule is Rule.CALENDAR_STRICT:
                continue
            day = calendar.working_day_from(first)
        standing = max(standing, calendar.standing(first, day))
    return day, standing
