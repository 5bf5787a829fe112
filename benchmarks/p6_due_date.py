"""P6: a due date, without and with the trace that explains it, beside the `holidays` package.

The peer is what one would write with the package: five days on, then on while it is no working day, with
the years built beforehand. Ours without a trace is what consumers do: look the start up in the table of
one policy and one calendar revision. Before anything is timed, both must agree.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

import holidays

from benchmarks.harness import Result, at_least, compare, interleave, rounds
from services.feedback.domain import DueTable, Policy, builtin_calendar, due_date

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
SECONDS = 0.3

#: Where the package is wrong, by the notices and the law, and what is right.
CORRECTIONS = {
    date(2026, 1, 2): False,
    date(2026, 1, 10): True,
    date(2029, 11, 26): True,
    date(2030, 11, 25): True,
}


async def run(*, quick: bool) -> Result:
    package = holidays.country_holidays("VN", years=range(FIRST.year, LAST.year + 2))
    policy, calendar = Policy(), builtin_calendar()
    table = DueTable(policy, calendar)

    differing = agree(table, package)
    measured = await interleave(
        rounds(quick=quick),
        {
            "table": lambda: per_second(table.__getitem__),
            "trace": lambda: per_second(lambda day: due_date(day, policy, calendar).trace),
            "reckoned": lambda: per_second(lambda day: due_date(day, policy, calendar)),
            "holidays": lambda: per_second(lambda day: rolled(day, package.is_working_day)),
        },
    )
    reckoned = statistics.median(measured["reckoned"])
    return Result(
        id="P6",
        title="due date",
        lines=(
            compare(
                "due date",
                "/s",
                ours=measured["table"],
                peer="holidays, day by day",
                theirs=measured["holidays"],
                goal=at_least(30),
            ),
            compare(
                "due date with its trace",
                "/s",
                ours=measured["trace"],
                peer="holidays, day by day",
                theirs=measured["holidays"],
                goal=at_least(0.3),
            ),
        ),
        notes=(
            f"same due dates on {len(DAYS) - differing:,} of {len(DAYS):,} starts, the others by a correction",
            f"a due date reckoned afresh, without the table: {reckoned:,.0f}/s",
        ),
    )


def rolled(start: date, works: Callable[[date], bool]) -> date:
    """The last day of five calendar days, rolled to a working day: the rule as one would write it."""
    day = start + timedelta(days=5)
    while not works(day):
        day += timedelta(days=1)
    return day


def agree(table: DueTable, package: holidays.HolidayBase) -> int:
    """How many due dates differ. Raises when the corrected days do not explain every one of them."""

    def corrected(day: date) -> bool:
        return CORRECTIONS[day] if day in CORRECTIONS else package.is_working_day(day)

    unexplained = [day for day in DAYS if table[day].last_day != rolled(day, corrected)]
    if unexplained:
        raise AssertionError(f"due dates of {unexplained[:5]} differ without a listed correction")
    return sum(table[day].last_day != rolled(day, package.is_working_day) for day in DAYS)


async def per_second(ask: Callable[[date], object]) -> float:
    """How many of the days are answered in a second."""
    asked, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < SECONDS:
        for day in DAYS:
            ask(day)
        asked += len(DAYS)
    return asked / elapsed
