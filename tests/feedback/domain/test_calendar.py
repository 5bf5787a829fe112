"""The reviewed calendar: against the holidays package, its own document form, and careless editing."""

import json
from datetime import date, timedelta

import holidays
import pytest

from services.feedback.domain import (
    BadCalendarError,
    Calendar,
    Kind,
    OutOfRangeError,
    Policy,
    calendar_from_document,
    calendar_to_document,
    due_date,
)
from tests.feedback.domain import oracle

# Where `holidays` 0.109 is wrong, and what the notices or the law say.
CORRECTIONS = {
    date(2026, 1, 2): False,  # swapped off, 12729/VPCP-KGVX of 25/12/2025
    date(2026, 1, 10): True,  # worked in exchange
    date(2029, 11, 26): True,  # Culture Day is outside art. 111(3), so a Saturday one is not made up
    date(2030, 11, 25): True,  # nor a Sunday one
}


def test_it_differs_from_the_holidays_package_only_where_that_is_wrong(calendar: Calendar) -> None:
    """Every day from 2024 to 2030; a new version of the package shows up here, day by day."""
    package = holidays.country_holidays("VN", years=range(2024, 2031))
    days = [
        date(2024, 1, 1) + timedelta(days=n) for n in range((date(2030, 12, 31) - date(2024, 1, 1)).days + 1)
    ]

    differing = {
        day: calendar.is_working_day(day)
        for day in days
        if calendar.is_working_day(day) != package.is_working_day(day)
    }

    assert differing == CORRECTIONS


def test_it_says_what_the_notices_say(calendar: Calendar) -> None:
    """The shipped rows equal the table typed in a second time, on every day of the reviewed years."""
    days = [oracle.FIRST + timedelta(days=n) for n in range((oracle.LAST - oracle.FIRST).days + 1)]

    assert [oracle.works(day) for day in days] == [calendar.is_working_day(day) for day in days]


def test_every_row_says_who_decided_it(calendar: Calendar) -> None:
    """A calendar entry needs a decision behind it; one without is a proposal or a default, and is marked.

    Others got it wrong: a public holiday feed closes on days that are none.
    """
    for day in calendar.days.values():
        assert day.notice
        assert day.confirmed == (day.on.year <= 2027 and not day.question)
        assert day.kind is not Kind.PROPOSED
    assert calendar.days[date(2026, 1, 2)].decided_on == date(2025, 12, 25)
    assert (calendar.revision, calendar.reviewed_until) == (1, date(2027, 12, 31))


def test_each_swap_and_make_up_day_has_its_other_half(calendar: Calendar) -> None:
    """F35: In a swap one weekday goes and one Saturday comes."""
    kinds = [day.kind for day in calendar.days.values()]

    assert kinds.count(Kind.SWAP_OFF) == kinds.count(Kind.SWAP_WORK) == 4
    assert all(day.off == (day.kind is not Kind.SWAP_WORK) for day in calendar.days.values())


def test_a_calendar_survives_being_written_down(calendar: Calendar) -> None:
    """Through JSON and back, it dates and doubts everything as before."""
    again = calendar_from_document(json.loads(json.dumps(calendar_to_document(calendar))))

    assert calendar_to_document(calendar) == calendar_to_document(again)
    start = date(2026, 11, 17)
    assert due_date(start, Policy(), calendar).doubts == due_date(start, Policy(), again).doubts


def test_two_open_questions_may_matter_only_together() -> None:
    """Neither answer alone moves the extended date, both together do: it is provisional all the same."""
    calendar = calendar_from_document(
        {
            "revision": 2,
            "reviewed_years": [2026],
            "days": [_row("2026-03-19", off=True), _row("2026-03-20", off=True)],
            "questions": [
                _question("work on Saturday", _row("2026-03-14", off=False)),
                _question("work on Thursday", _row("2026-03-19", off=False)),
            ],
        }
    )

    due = due_date(date(2026, 3, 9), Policy(), calendar, extensions=(5,))

    assert due.last_day == date(2026, 3, 23)
    assert due.provisional
    assert [doubt.vi for doubt in due.doubts] == ["work on Saturday", "work on Thursday"]


def _question(code: str, day: dict[str, object]) -> dict[str, object]:
    return {
        "code": code,
        "vi": code,
        "en": code,
        "source": "",
        "options": [{"code": "other", "vi": "", "en": "", "days": [day]}],
    }


def _row(on: str, *, off: bool, **more: object) -> dict[str, object]:
    return {"date": on, "off": off, "kind": "proposed", "vi": "nghỉ", "en": "off", **more}


@pytest.mark.parametrize(
    ("days", "complaint"),
    [
        ([_row("2026-03-10", off=True), _row("2026-03-10", off=False)], "2026-03-10 stands twice"),
        ([_row("2026-03-10", off=True, question="who")], "the open question 'who', which does not exist"),
        ([_row("2026-03-10", off=True, confirmed=False)], "2026-03-10 is unconfirmed in a reviewed year"),
        ([_row("2026-02-30", off=True)], "2026-02-30"),
        ([_row("2026-03-10", off=True) | {"kind": "whim"}], "'whim' is not a valid Kind"),
        ([{"date": "2026-03-10"}], "cannot be read: 'off'"),
        ([_row("2026-03-10", off=True) | {"off": "no"}], "'no' is neither true nor false"),
    ],
)
def test_a_careless_row_is_refused_by_name(days: list[dict[str, object]], complaint: str) -> None:
    """The office enters the year's notice by hand; a slip is told, not guessed around."""
    with pytest.raises(BadCalendarError, match=complaint):
        calendar_from_document({"revision": 2, "reviewed_years": [2026], "days": days})


def test_a_document_without_its_revision_is_refused() -> None:
    """A revision is what a due date is recorded with."""
    with pytest.raises(BadCalendarError, match="'revision'"):
        calendar_from_document({"days": [], "reviewed_years": []})


def test_a_row_outside_the_century_is_refused() -> None:
    """The tables span 2000 to 2100, and so do the rows."""
    with pytest.raises(OutOfRangeError, match="2101-01-01"):
        calendar_from_document({"revision": 2, "reviewed_years": [], "days": [_row("2101-01-01", off=True)]})
