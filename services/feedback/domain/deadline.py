"""The one function that says when something is due. No other code does date arithmetic on deadlines.

The clock starts at the local date of the visit in Viet Nam, never at capture, sync or edit, and that day
is day zero. `due_at` is 00:00 of the day after the last day: on time means strictly before it. Only an
extension or a calendar revision ever moves a due date. Nothing here reads a clock, a file or a zone
database: the same facts give the same date on every host.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from math import prod

from services.feedback.domain.calendar import (
    FIRST,
    LAST,
    Calendar,
    Question,
    Standing,
    other_answers,
    outside,
)
from services.feedback.domain.counting import reckon, walk
from services.feedback.domain.errors import BadStartError
from services.feedback.domain.policy import Policy, Rule, counted_days
from services.feedback.domain.trace import Step, trace
from services.feedback.domain.words import Text

# Viet Nam has kept +07:00 without daylight saving since 1975, so a host with old or no zone data is no danger.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

_MIDNIGHT = time(tzinfo=VIETNAM)
_FIRST, _LAST = FIRST.toordinal(), LAST.toordinal()
_MOST_ANSWERS_TRIED = 64


@dataclass(frozen=True, slots=True)
class Due:
    """When a duty is due, and everything needed to say why."""

    start: date
    policy: Policy
    extensions: tuple[int, ...]
    last_day: date
    due_at: datetime
    provisional: bool
    calendar: Calendar = field(repr=False, compare=False)

    @property
    def calendar_revision(self) -> int:
        return self.calendar.revision

    @property
    def trace(self) -> tuple[Step, ...]:
        """Grown on demand from the same facts; see `trace.replay`."""
        return trace(self.start, self.policy.rule, self._periods, self.calendar)

    @property
    def doubts(self) -> tuple[Text, ...]:
        """What must be decided before a provisional due date is certain; empty for a certain one."""
        if not self.provisional:
            return ()
        start, last = self.start.toordinal(), self.last_day.toordinal()
        return tuple(_doubts(start, self.policy.rule, self._periods, self.calendar, last))

    @property
    def _periods(self) -> tuple[int, ...]:
        return (self.policy.days, *self.extensions)


def due_date(
    start: date | datetime, policy: Policy, calendar: Calendar, *, extensions: Sequence[int] = ()
) -> Due:
    """When what began at `start` is due. An instant is first brought to its date in Viet Nam.
    Each extension counts its days, in the policy's unit, from the due date before it.
    """
    day = local_date(start)
    granted = tuple(map(counted_days, extensions)) if extensions else ()
    periods = (policy.days, *granted)
    ordinal = day.toordinal()
    try:
        last, standing = reckon(ordinal, policy.rule, periods, calendar)
        provisional = standing is not Standing.SETTLED and (
            standing is Standing.UNREVIEWED
            or any(True for _ in _doubts(ordinal, policy.rule, periods, calendar, last))
        )
    except IndexError as error:
        raise outside(day) from error
    if last > _LAST:
        raise outside(day)
    due_at = datetime.combine(date.fromordinal(last + 1), _MIDNIGHT)
    return Due(day, policy, granted, date.fromordinal(last), due_at, provisional, calendar)


def extend(due: Due, days: int, calendar: Calendar) -> Due:
    """The due date after one more extension. The first one stays as it was: this is another `Due`."""
    return due_date(due.start, due.policy, calendar, extensions=(*due.extensions, days))


class DueTable(dict[date, Due]):
    """Due dates by local date of the start, each reckoned once: for consumers that take visits by the
    thousand under one policy and one calendar revision. Look up with `table[local_date(start)]`.
    """

    def __init__(self, policy: Policy, calendar: Calendar) -> None:
        super().__init__()
        self._policy, self._calendar = policy, calendar

    def __missing__(self, start: date) -> Due:
        due = self[start] = due_date(start, self._policy, self._calendar)
        return due


def local_date(start: date | datetime) -> date:
    """The date in Viet Nam of an instant anywhere, or the date itself."""
    day: date = start
    if isinstance(start, datetime):
        if not FIRST.year - 1 <= start.year <= LAST.year + 1:  # so that the conversion below cannot overflow
            raise outside(start)
        if start.utcoffset() is None:
            raise BadStartError(
                f"{start.isoformat()} thiếu múi giờ: ghi rõ, ví dụ {start.isoformat()}+07:00",
                f"{start.isoformat()} has no time zone: say which, as in {start.isoformat()}+07:00",
            )
        day = start.astimezone(VIETNAM).date()
    if not _FIRST <= day.toordinal() <= _LAST:
        raise outside(start)
    return day


def parse_start(text: str) -> date | datetime:
    """An ISO 8601 date, or instant with its zone: 2026-02-09, 2026-02-09T08:00+07:00, 2026-02-09T01:00:00Z."""
    try:
        if "T" in text or " " in text:
            start: date | datetime = datetime.fromisoformat(text)
        else:
            start = date.fromisoformat(text)
    except ValueError as error:
        raise BadStartError(
            f"{text!r} không phải ngày (2026-02-09) hay thời điểm (2026-02-09T08:00+07:00)",
            f"{text!r} is neither a date (2026-02-09) nor an instant (2026-02-09T08:00+07:00)",
        ) from error
    local_date(start)
    return start


def shift_working_days(day: date, count: int, calendar: Calendar) -> date:
    """The count-th working day after the day, or before it if negative; zero leaves the day, off or not."""
    ordinal = local_date(day).toordinal()
    try:
        if count > 0:
            return date.fromordinal(calendar.nth_working_day_after(ordinal, count))
        if count < 0:
            return date.fromordinal(calendar.nth_working_day_before(ordinal, -count))
    except IndexError as error:
        raise outside(f"{day} {count:+}") from error
    return day


def moments(last: date, calendar: Calendar, *, before: int = 5, after: int = 15) -> dict[int, date]:
    """The working days around a last day that ladders speak of: -2 → two working days before it, 0 → itself,
    3 → the third working day after it.
    """
    return {count: shift_working_days(last, count, calendar) for count in range(-before, after + 1)}


def _doubts(start: int, rule: Rule, periods: Sequence[int], calendar: Calendar, last: int) -> Iterator[Text]:
    """An open question is a doubt only if another answer would give another date: a proposed swap that lies
    inside the period and changes nothing leaves the due date certain.
    """
    if reckon(start, rule, periods, calendar)[1] is Standing.UNREVIEWED:
        for year in calendar.unreviewed_years(start + 1, last):
            yield Text(
                f"lịch nghỉ năm {year} chưa được duyệt", f"the days off of {year} are not reviewed yet"
            )
    touched = calendar.open_questions(start + 1, last)

    def moves(questions: Sequence[Question]) -> bool:
        if prod(len(question.options) + 1 for question in questions) > _MOST_ANSWERS_TRIED:
            return True
        return any(
            _last_day_if(start, rule, periods, calendar, answer) != last
            for answer in other_answers(questions)
        )

    # With extensions, two answers may move a date that neither moves alone.
    alone = [question for question in touched if moves([question])]
    doubtful = alone or (touched if moves(touched) else [])
    yield from (question.text for question in doubtful)


def _last_day_if(
    start: int, rule: Rule, periods: Sequence[int], calendar: Calendar, answer: Mapping[int, bool]
) -> int:
    def works(day: int) -> bool:
        return answer[day] if day in answer else calendar.works(day)

    *_, (last, _, _) = walk(start, rule, periods, works)
    return last
