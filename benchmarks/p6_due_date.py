"""P6: a due date, without and with its trace, beside counting with `holidays.is_working_day`.

The peer is what a careful developer writes: one shared, filled `holidays` object, asked day by day. It
keeps no reasons, no open questions and no revision. All sides date every start from 2024 to 2030 under the
default policy. The peer's answers must be ours once its listed errors are corrected, or the figure is void.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import date, timedelta

import holidays

from benchmarks.harness import Line, Result, at_least, at_most, compare, limit, rounds
from services.feedback.domain import Calendar, DueTable, Policy, Rule, Step, builtin_calendar, due_date

STARTS = [date(2024, 1, 1) + timedelta(days=n) for n in range(7 * 365 + 2)]
DAYS = 5
# Where the peer is wrong: the swap of 2/1/2026 for 10/1/2026, and Culture Day made up without a law.
CORRECTIONS = {
    date(2026, 1, 2): False,
    date(2026, 1, 10): True,
    date(2029, 11, 26): True,
    date(2030, 11, 25): True,
}

IsWorkingDay = Callable[[date], bool]


def run(*, quick: bool = False) -> Result:
    calendar, policy = builtin_calendar(), Policy(days=DAYS)
    package = holidays.country_holidays("VN", years=range(2023, 2032))
    table = DueTable(policy, calendar)

    def counted_by_peer(start: date) -> date:
        return rolled(start, package.is_working_day)

    def explained(start: date) -> tuple[Step, ...]:
        return due_date(start, policy, calendar).trace

    def reckoned(start: date) -> date:
        return due_date(start, policy, calendar).last_day

    sides = {"peer": counted_by_peer, "table": table.__getitem__, "trace": explained, "function": reckoned}
    for side in sides.values():  # what is remembered on first use is remembered before the first round
        _per_second(side)
    measured: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds(quick=quick)):
        for name, side in sides.items():
            measured[name].append(_per_second(side))

    def beside_peer(what: str, side: str, goal: float) -> Line:
        return compare(
            what,
            "due dates/s",
            ours=measured[side],
            peer="holidays, day by day",
            theirs=measured["peer"],
            goal=at_least(goal),
        )

    scratch = sorted(measured["function"])[len(measured["function"]) // 2]
    return Result(
        id="P6",
        title="A due date and its explanation",
        lines=(
            beside_peer("without trace, from the table of a policy", "table", 30),
            beside_peer("with its trace, reckoned anew", "trace", 0.3),
            limit(
                "due dates unlike the corrected peer's",
                ours=[float(_unlike_the_corrected_peer(calendar, package.is_working_day))],
                goal=at_most(0, "dates"),
            ),
        ),
        notes=(f"without trace and without the table: {scratch:,.0f} due dates/s",),
    )


def rolled(start: date, is_working_day: IsWorkingDay) -> date:
    day = start + timedelta(days=DAYS)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def nth_working_day(start: date, is_working_day: IsWorkingDay) -> date:
    day, left = start, DAYS
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day


def _unlike_the_corrected_peer(calendar: Calendar, is_working_day: IsWorkingDay) -> int:
    def corrected(day: date) -> bool:
        return CORRECTIONS.get(day, is_working_day(day))

    peers = {Rule.CALENDAR_ROLL: rolled, Rule.WORKING_DAYS: nth_working_day}
    return sum(
        due_date(start, Policy(rule=rule, days=DAYS), calendar).last_day != count(start, corrected)
        for rule, count in peers.items()
        for start in STARTS
        if start.year < 2030 or start.month < 12  # the end of 2030 leans on 2031, which nobody tabled
    )


def _per_second(side: Callable[[date], object], passes: int = 4) -> float:
    started = time.process_time()  # nothing here waits, so a busy neighbour must not count
    for _ in range(passes):
        deque(map(side, STARTS), maxlen=0)
    return passes * len(STARTS) / (time.process_time() - started)
