"""Why a due date falls where it falls, one step per day, each with its reason and its legal source.

A trace is not stored: the start, the policy, the extensions and the calendar revision are, and the same
trace grows out of them again. `replay` reads the steps alone, knowing no calendar, and must arrive at the
same due date; a trace that does not is a bug of ours, and it says so.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary, proxy

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

_EXTENDED = Text("Được gia hạn, đếm tiếp từ ngày sau", "Extended, counting on from the next day")
_ENDS = Text("Thời hạn kết thúc lúc 24 giờ ngày này", "The period ends at 24:00 on this day")


class Step(NamedTuple):
    """One decision about one day. `number` is how many days of the period are counted by then."""

    on: date
    decision: Decision
    number: int
    reason: Text
    source: Text


def trace(start: date, rule: Rule, periods: Sequence[int], calendar: Calendar) -> tuple[Step, ...]:
    """The whole way from day zero to the last day; `periods` is the policy's days, then each extension."""
    phrasebook = _phrasebooks[rule].get(calendar)
    if phrasebook is None:
        phrasebook = _phrasebooks[rule][calendar] = _Phrasebook(rule, calendar)
    return tuple(map(phrasebook.__getitem__, walk(start.toordinal(), rule, periods, calendar.works)))


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


class _Phrasebook(dict[tuple[int, Decision, int], Step]):
    """Decisions put into words. The same days come up again and again, so each is worded once per calendar."""

    def __init__(self, rule: Rule, calendar: Calendar) -> None:
        super().__init__()
        self._rule = rule
        self._calendar: Calendar = proxy(calendar)  # the book must not keep alive the calendar it belongs to

    def __missing__(self, decided: tuple[int, Decision, int]) -> Step:
        ordinal, decision, number = decided
        day = date.fromordinal(ordinal)
        reason, source = self._say(decision, number, self._calendar.status(day))
        step = self[decided] = Step(day, decision, number, reason, source)
        return step

    def _say(self, decision: Decision, number: int, status: Status) -> tuple[Text, Text]:
        match decision:
            case Decision.DAY_ZERO:
                return _day_zero(self._rule), START_LAW
            case Decision.EXTENDED:
                return _EXTENDED, EXTENSION
            case Decision.COUNTED:
                return _counted(number, status), status.source
            case Decision.SKIPPED:
                return Text(f"Không tính: {status.text.vi}", f"Not counted: {status.text.en}"), status.source
            case Decision.ROLLED:
                return _rolled(status)
            case Decision.ENDS:
                return _ENDS, END_LAW


_phrasebooks: dict[Rule, WeakKeyDictionary[Calendar, _Phrasebook]] = {
    rule: WeakKeyDictionary() for rule in Rule
}


def _day_zero(rule: Rule) -> Text:
    manner = RULE_TEXTS[rule]
    return Text(
        f"Ngày xảy ra sự việc, không tính vào thời hạn; {manner.vi}",
        f"The day of the event itself is not counted; {manner.en}",
    )


def _counted(number: int, status: Status) -> Text:
    vi, en = f"Ngày thứ {number}", f"Day {number}"
    if not status.works:
        return Text(f"{vi} ({status.text.vi}, vẫn tính)", f"{en} ({status.text.en}, counts all the same)")
    if status.listed:
        return Text(f"{vi} ({status.text.vi})", f"{en} ({status.text.en})")
    return Text(vi, en)


def _rolled(status: Status) -> tuple[Text, Text]:
    reason = Text(
        f"Ngày cuối trúng ngày nghỉ ({status.text.vi}): lùi sang ngày sau",
        f"The last day is a day off ({status.text.en}): it moves to the next day",
    )
    if not status.listed:
        return reason, ROLL_LAW
    return reason, Text(f"{ROLL_LAW.vi}; {status.source.vi}", f"{ROLL_LAW.en}; {status.source.en}")
