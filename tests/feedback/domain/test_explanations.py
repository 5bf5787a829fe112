"""What people are told: the sentence, the steps, and what a new calendar would change."""

from datetime import date, datetime

import pytest

from services.feedback.domain import (
    MEETING,
    Calendar,
    Direction,
    Lateness,
    OpenDuty,
    Policy,
    Rule,
    calendar_from_document,
    calendar_to_document,
    due_date,
    explain,
    moves,
    parse_start,
)


@pytest.mark.parametrize(
    ("start", "rule", "extensions", "sentence"),
    [
        (
            "2026-02-09",
            Rule.CALENDAR_ROLL,
            (),
            (
                "Dự sinh hoạt ngày 09/02/2026; 5 ngày kết thúc 14/02/2026 (thứ Bảy, nghỉ hằng tuần)"
                " → lùi qua Tết Nguyên đán đến hết thứ Hai, 23/02/2026."
            ),
        ),
        (
            "2026-10-07",
            Rule.CALENDAR_ROLL,
            (),
            "Dự sinh hoạt ngày 07/10/2026; 5 ngày đến hết thứ Hai, 12/10/2026.",
        ),
        (
            "2026-10-05",
            Rule.WORKING_DAYS,
            (3,),
            (
                "Dự sinh hoạt ngày 05/10/2026; 5 ngày làm việc đến hết thứ Hai, 12/10/2026;"
                " gia hạn 3 ngày làm việc đến hết thứ Năm, 15/10/2026."
            ),
        ),
        (
            "2026-11-17",
            Rule.CALENDAR_ROLL,
            (),
            (
                "Dự sinh hoạt ngày 17/11/2026; 5 ngày kết thúc 22/11/2026 (Chủ nhật, nghỉ hằng tuần)"
                " → lùi đến hết thứ Hai, 23/11/2026. Tạm tính, vì chưa có quyết định hoán đổi thứ Hai"
                " 23/11/2026 với thứ Bảy 28/11/2026."
            ),
        ),
    ],
)
def test_one_sentence_says_when_and_why(
    start: str, rule: Rule, extensions: tuple[int, ...], sentence: str, calendar: Calendar
) -> None:
    """F42: A member reads it once and knows the last day, and what moved it."""
    due = due_date(parse_start(start), Policy(rule=rule), calendar, extensions=extensions)

    assert sentence == explain(due, MEETING).vi


def test_the_sentence_is_said_in_english_too(calendar: Calendar) -> None:
    """The second language says the same."""
    due = due_date(date(2025, 12, 27), Policy(), calendar)

    assert explain(due, MEETING).en == (
        "Meeting attended on 27 December 2025; 5 days end on 1 January 2026 (Thursday, New Year's Day) → moved past"
        " a day off in exchange for Saturday, 10 January 2026 to the end of Monday, 5 January 2026."
    )


def test_each_step_names_its_source(calendar: Calendar) -> None:
    """Day zero by article 147, the roll by article 148 and the notice, the end by article 148."""
    due = due_date(date(2026, 2, 13), Policy(), calendar)

    told = [(step.on.isoformat(), step.decision.value, step.number, step.source.en) for step in due.trace]

    assert told[0] == ("2026-02-13", "day_zero", 0, "Civil Code 91/2015/QH13, art. 147(3)")
    assert told[6] == ("2026-02-18", "rolled", 5, "Civil Code 91/2015/QH13, art. 148(5); 9441/TB-BNV")
    assert told[-1] == ("2026-02-23", "ends", 5, "Civil Code 91/2015/QH13, art. 148(1)")


def test_a_worked_saturday_is_named_where_it_counts(calendar: Calendar) -> None:
    """F35: Whoever wonders why a Saturday counts finds the swap and its letter in the step."""
    due = due_date(date(2026, 1, 5), Policy(rule=Rule.WORKING_DAYS), calendar)

    saturday = due.trace[-2]

    assert saturday.reason.vi == "Ngày thứ 5 (làm bù cho thứ Sáu, 02/01/2026)"
    assert saturday.source.vi == "12729/VPCP-KGVX"


@pytest.fixture(scope="module")
def swapped(calendar: Calendar) -> Calendar:
    """The next revision: the November swap is decided, its question closed."""
    document = calendar_to_document(calendar)
    question = document["questions"].pop(0)
    document["days"] += question["options"][0]["days"]
    return calendar_from_document(document | {"revision": 2})


def test_a_new_revision_moves_only_what_it_touches(calendar: Calendar, swapped: Calendar) -> None:
    """Later, earlier, only settled, or not at all; and who would start or stop being late right now."""
    duties = [
        OpenDuty(id="later", start=date(2026, 11, 17), policy=Policy()),
        OpenDuty(id="earlier", start=date(2026, 11, 23), policy=Policy()),
        OpenDuty(id="untouched", start=date(2026, 11, 5), policy=Policy()),
        OpenDuty(id="extended", start=date(2026, 11, 10), policy=Policy(), extensions=(7,)),
        OpenDuty(id="same day", start=date(2026, 11, 20), policy=Policy(rule=Rule.WORKING_DAYS)),
    ]

    found = moves(duties, calendar, swapped, now=datetime.fromisoformat("2026-11-24T08:00+07:00"))

    assert [(move.id, move.direction, move.lateness) for move in found] == [
        ("later", Direction.LATER, Lateness.STOPS),
        ("earlier", Direction.EARLIER, Lateness.UNCHANGED),
        ("extended", Direction.LATER, Lateness.STOPS),
    ]
    assert found[0].old.due_at.isoformat() == "2026-11-24T00:00:00+07:00"
    assert found[0].new.due_at.isoformat() == "2026-11-26T00:00:00+07:00"


def test_a_date_that_moves_earlier_may_start_being_late(calendar: Calendar, swapped: Calendar) -> None:
    """That is why an earlier date waits for a person."""
    duty = OpenDuty(id=1, start=date(2026, 11, 23), policy=Policy())

    (move,) = moves([duty], calendar, swapped, now=datetime.fromisoformat("2026-11-29T08:00+07:00"))

    assert (move.direction, move.lateness) == (Direction.EARLIER, Lateness.STARTS)


def test_a_decision_as_assumed_only_settles(calendar: Calendar) -> None:
    """When the swap is turned down, the date stands and is no longer provisional."""
    document = calendar_to_document(calendar)
    document["questions"].pop(0)
    decided = calendar_from_document(document | {"revision": 2})
    duty = OpenDuty(id=1, start=date(2026, 11, 17), policy=Policy())

    (move,) = moves([duty], calendar, decided, now=datetime.fromisoformat("2026-11-20T08:00+07:00"))

    assert move.direction is Direction.SETTLED
    assert (move.old.provisional, move.new.provisional) == (True, False)
