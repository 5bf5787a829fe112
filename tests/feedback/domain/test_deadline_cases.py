"""Due dates worked out by hand from the law and the notices, row by row."""

import csv
from pathlib import Path

import pytest

from services.feedback.domain import Calendar, Policy, Rule, due_date, parse_start, replay, to_json

CASES = list(
    csv.DictReader((Path(__file__).parents[2] / "data/deadline_cases.csv").read_text("utf-8").splitlines())
)
# An official working Saturday is a working day to us; the rows say that a reader may see it otherwise.
ONLY_ANOTHER_READING = {"D27", "D46"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_hand_checked_case_falls_where_the_law_puts_it(case: dict[str, str], calendar: Calendar) -> None:
    """Every row of the reviewed list is met, and the steps of its trace lead to the same day."""
    policy = Policy(rule=Rule(case["rule"]), days=int(case["days"]))

    due = due_date(parse_start(case["raised_at"]), policy, calendar)

    assert case["due_at"] == due.due_at.isoformat(), case["why"]
    assert due.last_day == replay(due.trace)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_is_provisional_exactly_when_an_open_question_could_move_it(
    case: dict[str, str], calendar: Calendar
) -> None:
    """`tạm tính` says that somebody still has to decide; D54 has an open swap inside and stays certain."""
    policy = Policy(rule=Rule(case["rule"]), days=int(case["days"]))

    due = due_date(parse_start(case["raised_at"]), policy, calendar)

    expected = case["certain"] == "no" and case["id"] not in ONLY_ANOTHER_READING
    assert expected == due.provisional
    assert expected == bool(due.doubts)


def test_the_json_form_is_what_the_command_line_promises(calendar: Calendar) -> None:
    """due_at with its zone, provisional, and a trace whose steps name their date, reason and source."""
    due = due_date(parse_start("2026-02-09T08:00+07:00"), Policy(), calendar)

    document = to_json(due)

    assert document["due_at"] == "2026-02-24T00:00:00+07:00"
    assert document["provisional"] is False
    assert document["calendar_revision"] == 1
    assert "hết thứ Hai, 23/02/2026" in document["explanation"]["vi"]
    first, last = document["trace"][0], document["trace"][-1]
    assert (first["date"], first["decision"]) == ("2026-02-09", "day_zero")
    assert (last["date"], last["decision"], last["number"]) == ("2026-02-23", "ends", 5)
    assert all(step["vi"] and step["en"] for step in document["trace"])
