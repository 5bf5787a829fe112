"""Why a due date falls where it falls, one step per day, each with its reason and its legal source.

A trace is not stored: the start, the policy, the extensions and the calendar revision are, and the same
trace grows out of them again. `replay` reads the steps alone, knowing no calendar, and must arrive at the
same due date; a trace that does not is a bug of ours, and it says so.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from services.feedback.domain.calendar import Calendar, Status
from services.feedback.domain.counting import Decision, walk
from services.feedback.domain.errors import DeadlineError
from services.feedback.domain.policy import RULE_TEXTS, Rule
from services.feedback.domain.words import Text

_CODE = Text("Bộ luật Dân sự 91/2015/QH13", "Civil Code 91/2015/QH13")
START_LAW = Text(f"khoản 3 Điều 147 {_CODE.vi}", f"{_CODE.en}, art. 147(3)")
END_LAW = Text(f"khoản 1 Điều 148 {_CODE.vi}", f"{_CODE.en}, art. 148(1)")
ROLL_LAW = Text(f"khoản 5 Điều 148 {_CODE.vi}", f"{_CODE.en}, art. 148(5)")
EXTENSION = Text("quyết định gia hạn", "the extension granted")

_ENDS = Text("Thời hạn kết thúc lúc 24 giờ ngày này", "The period ends at 24:00 on this day")


class Step(NamedTuple):
    """One decision about one day. `number` is how many days of the period are counted by then."""

    on: date
    decision: Decision
    number: int
    reason: Text
    source: Text


# The same days come up again and again, so a step is put into words once per calendar and rule.
_Spoken = dict[tuple[int, Decision, int], Step]
_spoken: WeakKeyDictionary[Calendar, dict[Rule, _Spoken]] = WeakKeyDictionary()


def trace(start: date, rule: Rule, periods: Sequence[int], calendar: Calendar) -> tuple[Step, ...]:
    """The whole way from day zero to the last day; `periods` is the policy's days, then each extension."""
    spoken = _spoken.setdefault(calendar, {}).setdefault(rule, {})
    granted = iter(periods[1:])
    steps = []
    for decided in walk(start.toordinal(), rule, periods, calendar.works):
        step = spoken.get(decided)
        if step is None:
            ordinal, decision, number = decided
            day = date.fromordinal(ordinal)
            if decision is Decision.EXTENDED:
                step = Step(day, decision, number, *_extended(next(granted)))
            else:
                step = spoken[decided] = Step(
                    day, decision, number, *_say(day, decision, number, rule, calendar)
                )
        steps.append(step)
    return tuple(steps)


def replay(steps: Iterable[Step]) -> date:
    """The last day that the steps lead to, each step following from the one before it."""
    here: date | None = None
    counted, ended = 0, False
    for step in steps:
        moves = step.decision in (Decision.COUNTED, Decision.SKIPPED)
        expected = step.on if here is None else here + timedelta(days=moves)
        starts = step.decision in (Decision.DAY_ZERO, Decision.EXTENDED)
        counted = 0 if starts else counted + (step.decision is Decision.COUNTED)
        if (
            step.on != expected
            or step.number != counted
            or (here is None) != (step.decision is Decision.DAY_ZERO)
        ):
            raise _broken(step.on, step.decision.value, step.number)
        here = step.on + timedelta(days=step.decision is Decision.ROLLED)
        ended = step.decision is Decision.ENDS
    if here is None or not ended:
        raise _broken(here)
    return here


def _broken(*at: object) -> DeadlineError:
    return DeadlineError(f"diễn giải thời hạn bị đứt ở {at}", f"the trace breaks at {at}")


def _say(day: date, decision: Decision, number: int, rule: Rule, calendar: Calendar) -> tuple[Text, Text]:
    """The reason of one step and its legal source."""
    match decision:
        case Decision.DAY_ZERO:
            return _day_zero(rule), START_LAW
        case Decision.ENDS:
            return _ENDS, END_LAW
        case Decision.COUNTED:
            return _counted(number, calendar.status(day), works=calendar.is_working_day(day))
        case Decision.SKIPPED:
            status = calendar.status(day)
            return Text(f"Không tính: {status.text.vi}", f"Not counted: {status.text.en}"), status.source
        case _:
            return _rolled(calendar.status(day))


def _day_zero(rule: Rule) -> Text:
    manner = RULE_TEXTS[rule]
    return Text(
        f"Ngày xảy ra sự việc, không tính vào thời hạn; {manner.vi}",
        f"The day of the event itself is not counted; {manner.en}",
    )


def _extended(days: int) -> tuple[Text, Text]:
    reason = Text(
        f"Gia hạn {days} ngày, tính tiếp từ ngày sau", f"Extended by {days} days, counted from the next day"
    )
    return reason, EXTENSION


def _counted(number: int, status: Status, *, works: bool) -> tuple[Text, Text]:
    vi, en = f"Ngày thứ {number}", f"Day {number}"
    if not works:
        vi, en = f"{vi} ({status.text.vi}, vẫn tính)", f"{en} ({status.text.en}, counts all the same)"
    elif status.listed:
        vi, en = f"{vi} ({status.text.vi})", f"{en} ({status.text.en})"
    return Text(vi, en), status.source


def _rolled(status: Status) -> tuple[Text, Text]:
    reason = Text(
        f"Ngày cuối trúng ngày nghỉ ({status.text.vi}): lùi sang ngày sau",
        f"The last day is a day off ({status.text.en}): it moves to the next day",
    )
    if not status.listed:
        return reason, ROLL_LAW
    return reason, Text(f"{ROLL_LAW.vi}; {status.source.vi}", f"{ROLL_LAW.en}; {status.source.en}")
