"""What holds for every due date, whatever the start, the rule and the number of days."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain import (
    BadPolicyError,
    BadStartError,
    Calendar,
    DeadlineError,
    DueTable,
    OutOfRangeError,
    Policy,
    Rule,
    builtin_calendar,
    due_date,
    extend,
    local_date,
    moments,
    parse_start,
    replay,
    shift_working_days,
)
from services.feedback.domain.duty import days_late
from tests.feedback.domain import oracle

CALENDAR = builtin_calendar()
ZONES = (
    *("Pacific/Kiritimati", "Pacific/Auckland", "Asia/Tokyo", "Asia/Ho_Chi_Minh", "Asia/Kathmandu", "UTC"),
    *("Europe/Paris", "America/Sao_Paulo", "America/St_Johns", "America/New_York", "Pacific/Pago_Pago"),
    "Australia/Lord_Howe",
)

rules = st.sampled_from(Rule)
anywhen = st.dates(date(2000, 1, 1), date(2095, 12, 31))
tabled = st.dates(oracle.FIRST, date(2027, 10, 1))
days = st.integers(1, 366)
granted = st.lists(st.integers(1, 30), max_size=3)


@given(tabled, rules, st.integers(1, 40))
def test_it_agrees_with_a_naive_reading_of_the_notices(start: date, rule: Rule, count: int) -> None:
    """A second implementation, day by day from a table typed in by hand, finds the same instant."""
    due = due_date(start, Policy(rule=rule, days=count), CALENDAR)

    assert oracle.due_at(start, rule.value, count) == due.due_at


def test_it_agrees_with_the_naive_reading_on_every_single_day() -> None:
    """F34, F36: No start from 2024 to autumn 2027 is left to chance, for five and for ten days."""
    starts = [oracle.FIRST + timedelta(days=n) for n in range((date(2027, 12, 1) - oracle.FIRST).days)]
    for rule in Rule:
        for count in (5, 10):
            table = DueTable(Policy(rule=rule, days=count), CALENDAR)
            assert [oracle.due_at(day, rule.value, count) for day in starts] == [
                table[day].due_at for day in starts
            ]


@given(anywhen, anywhen, rules, days)
def test_a_later_start_is_never_due_earlier(one: date, other: date, rule: Rule, count: int) -> None:
    """Monotone: waiting to hold a meeting cannot bring its report forward."""
    policy = Policy(rule=rule, days=count)

    early, late = (due_date(start, policy, CALENDAR) for start in sorted((one, other)))

    assert early.due_at <= late.due_at


@given(anywhen, rules, days, granted)
def test_the_last_day_keeps_its_promises(start: date, rule: Rule, count: int, extensions: list[int]) -> None:
    """F36: Never a day off unless the policy is strict, never fewer days than given, midnight in Viet Nam after it."""
    due = due_date(start, Policy(rule=rule, days=count), CALENDAR, extensions=extensions)

    assert (due.last_day - start).days >= count + sum(extensions)
    assert rule is Rule.CALENDAR_STRICT or CALENDAR.is_working_day(due.last_day)
    assert due.due_at.isoformat() == f"{due.last_day + timedelta(days=1)}T00:00:00+07:00"


@given(anywhen, rules, days, granted)
def test_the_trace_replays_to_the_same_date(
    start: date, rule: Rule, count: int, extensions: list[int]
) -> None:
    """The steps alone, without any calendar, lead to the last day."""
    due = due_date(start, Policy(rule=rule, days=count), CALENDAR, extensions=extensions)

    assert due.last_day == replay(due.trace)


@given(anywhen, rules, days)
def test_a_trace_with_a_step_taken_out_does_not_replay(start: date, rule: Rule, count: int) -> None:
    """A trace proves something only if a broken one is caught."""
    steps = due_date(start, Policy(rule=rule, days=count), CALENDAR).trace

    for missing in {0, len(steps) // 2, len(steps) - 1}:
        with pytest.raises(DeadlineError):
            replay(steps[:missing] + steps[missing + 1 :])


@given(st.dates(date(2026, 1, 1), date(2027, 11, 1)), rules, st.integers(1, 30), granted)
def test_a_certain_date_stays_under_every_answer_and_a_provisional_one_moves_under_some(
    start: date, rule: Rule, count: int, extensions: list[int]
) -> None:
    """Provisional means exactly: a decision that is still open would give another date."""
    policy = Policy(rule=rule, days=count)
    due = due_date(start, policy, CALENDAR, extensions=extensions)

    answers = {due_date(start, policy, decided, extensions=extensions).due_at for decided in EVERY_DECISION}

    if due.last_day.year <= 2027:
        assert due.provisional == (answers != {due.due_at})


def _decided(*chosen: tuple[int, int]) -> Calendar:
    """The calendar after some questions were answered otherwise than assumed."""
    days = dict(CALENDAR.days)
    for question, option in chosen:
        days |= {day.on: day for day in CALENDAR.questions[question].options[option].days}
    return Calendar(
        revision=2, days=days.values(), questions=CALENDAR.questions, reviewed_years=CALENDAR.reviewed_years
    )


EVERY_DECISION = [
    _decided(*chosen)
    for chosen in ((), [(0, 0)], [(1, 0)], [(2, 0)], [(0, 0), (1, 0)], [(0, 0), (2, 0)], [(1, 0), (2, 0)])
] + [_decided((0, 0), (1, 0), (2, 0))]


@given(tabled, rules, st.integers(1, 30), granted)
def test_an_extension_counts_from_the_due_date_before_it(
    start: date, rule: Rule, count: int, extensions: list[int]
) -> None:
    """F45: Granting one by one equals granting all at once, and each starts on the last day reached so far.

    Others got it wrong: hold time added to the start instant.
    Others got it wrong: a pause counted 24×7, the deadline in work time.
    """
    policy = Policy(rule=rule, days=count)

    due = due_date(start, policy, CALENDAR)
    for more in extensions:
        reached = due.last_day
        due = extend(due, more, CALENDAR)
        assert due.last_day == due_date(reached, Policy(rule=rule, days=more), CALENDAR).last_day

    assert due == due_date(start, policy, CALENDAR, extensions=extensions)


@pytest.mark.parametrize("zone", ZONES)
def test_an_instant_counts_from_its_date_in_viet_nam(zone: str) -> None:
    """A phone left on any zone, on either side of midnight, all year round, gives the same due date."""
    for hours in range(-24, 366 * 24 * 2, 97):
        instant = datetime(2026, 1, 1, 0, 0, tzinfo=UTC) - timedelta(hours=7) + timedelta(hours=hours)
        for moment in (instant - timedelta(seconds=1), instant):
            abroad = moment.astimezone(ZoneInfo(zone))
            at_home = moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
            assert due_date(at_home, Policy(), CALENDAR) == due_date(abroad, Policy(), CALENDAR)


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_of_the_process_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host on UTC, in Paris or on Kiritimati counts like one in Từ Sơn."""
    with monkeypatch.context() as environment:
        environment.setenv("TZ", zone)
        time.tzset()
        due = due_date(parse_start("2026-10-07T17:30:00Z"), Policy(), CALENDAR)
        explained = due.trace
    time.tzset()

    assert due.due_at.isoformat() == "2026-10-14T00:00:00+07:00"
    assert explained[0].on == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2024-02-24", "2024-02-29"),
        ("2023-02-23", "2023-02-28"),
        ("2024-12-31", "2025-01-06"),
        ("2025-12-30", "2026-01-05"),
    ],
)
def test_leap_days_and_year_ends_are_days_like_others(start: str, last: str) -> None:
    """The 29th of February counts when there is one; a period runs on over New Year."""
    assert last == due_date(parse_start(start), Policy(), CALENDAR).last_day.isoformat()


@given(tabled, rules, st.integers(1, 40), st.integers(-3, 60))
def test_lateness_is_counted_in_the_days_of_the_rule(start: date, rule: Rule, count: int, after: int) -> None:
    """F37: days off count for nobody who was given working days, and one day late is the least there is.

    Others got it wrong: a day means 8 h in one place, 24 h in another.
    """
    last = due_date(start, Policy(rule=rule, days=count), CALENDAR).last_day

    late = days_late(last, last + timedelta(days=after), rule, CALENDAR)

    passed = [last + timedelta(days=n) for n in range(1, after + 1)]
    counted = [day for day in passed if rule is not Rule.WORKING_DAYS or CALENDAR.is_working_day(day)]
    assert late == (max(1, len(counted)) if after > 0 else 0)


@given(anywhen, st.integers(-250, 250))
def test_shifting_by_working_days_counts_only_working_days(day: date, count: int) -> None:
    """Between a day and its shift lie exactly that many working days, and the shift lands on one."""
    if day.year < 2002:
        day = day.replace(year=2002, day=1)

    there = shift_working_days(day, count, CALENDAR)

    step = 1 if count > 0 else -1
    walked = [day + timedelta(days=n) for n in range(step, (there - day).days + step, step)] if count else []
    assert abs(count) == sum(CALENDAR.is_working_day(passed) for passed in walked)
    assert not count or CALENDAR.is_working_day(there)


def test_ladder_moments_lie_on_working_days_around_the_last_day() -> None:
    """Two working days before Monday 23/2/2026 is the Thursday before Tết: nobody is reminded on mùng 3."""
    around = moments(date(2026, 2, 23), CALENDAR)

    assert list(around) == list(range(-5, 16))
    assert around[-2] == date(2026, 2, 12)
    assert around[0] == date(2026, 2, 23)
    assert around[1] == date(2026, 2, 24)
    assert around[5] == date(2026, 3, 2)


def test_a_table_gives_what_the_function_gives() -> None:
    """The table only remembers; it never reckons by itself."""
    table = DueTable(Policy(rule=Rule.WORKING_DAYS, days=10), CALENDAR)

    assert table[date(2026, 2, 9)] == due_date(
        date(2026, 2, 9), Policy(rule=Rule.WORKING_DAYS, days=10), CALENDAR
    )
    assert table[date(2026, 2, 9)] is table[date(2026, 2, 9)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("2026-02-09T08:00", "2026-02-09T08:00:00 has no time zone"),
        ("2026-02-30", "'2026-02-30' is neither a date"),
        ("09/02/2026", "'09/02/2026' is neither a date"),
        ("", "'' is neither a date"),
        ("2026-02-09T25:00+07:00", "'2026-02-09T25:00+07:00' is neither a date"),
    ],
)
def test_a_start_that_says_too_little_is_refused(text: str, complaint: str) -> None:
    """A naive instant could mean two dates, so it means none."""
    with pytest.raises(BadStartError, match=re.escape(complaint)):
        parse_start(text)


@pytest.mark.parametrize(
    "start",
    [
        *("1999-12-31", "2101-01-01", "0001-01-01", "9999-12-31"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1999-12-31T16:59:59Z"),
    ],
)
def test_a_start_outside_the_tabled_century_is_refused_by_name(start: str) -> None:
    """An answer for the year 9999 would be a guess, and an overflow would be a riddle."""
    with pytest.raises(OutOfRangeError, match=start[:10]):
        parse_start(start)


@pytest.mark.parametrize("rule", Rule)
def test_a_period_that_runs_out_of_the_century_is_refused(rule: Rule) -> None:
    """The start may lie inside and the end beyond; the message names the start."""
    with pytest.raises(OutOfRangeError, match="2100-12-30"):
        due_date(date(2100, 12, 30), Policy(rule=rule, days=5), CALENDAR, extensions=(366,))


@pytest.mark.parametrize("rule", Rule)
def test_years_without_notices_are_reckoned_and_marked(rule: Rule) -> None:
    """Beyond the reviewed years the law's own days hold, and whoever asks is told."""
    due = due_date(date(2041, 4, 26), Policy(rule=rule), CALENDAR)

    assert due.provisional == (rule is not Rule.CALENDAR_STRICT)
    assert not CALENDAR.is_working_day(date(2041, 4, 30))


@pytest.mark.parametrize("count", [0, -1, 367, True, 5.0, "5", None])
def test_a_policy_of_impossible_length_is_refused(count: object) -> None:
    """Between one day and a year; anything else is a slip of the hand."""
    with pytest.raises(BadPolicyError, match="is not between 1 and 366"):
        Policy(days=count)  # type: ignore[arg-type]  # what an edge might let through
    with pytest.raises(BadPolicyError, match="is not between 1 and 366"):
        due_date(date(2026, 1, 5), Policy(), CALENDAR, extensions=(count,))  # type: ignore[arg-type]  # as above


def test_the_local_date_of_a_date_is_itself() -> None:
    """A register that knows only dates is as good as one that knows hours."""
    assert local_date(date(2026, 2, 9)) == date(2026, 2, 9)


@pytest.mark.parametrize(
    ("day", "count"), [(date(2000, 1, 5), -9), (date(2100, 12, 28), 9), (date(2050, 1, 1), 99_999)]
)
def test_a_shift_that_runs_out_of_the_century_is_refused(day: date, count: int) -> None:
    """Counting back from January 2000 does not come out at the far end of the table."""
    with pytest.raises(OutOfRangeError, match=str(day)):
        shift_working_days(day, count, CALENDAR)
