"""Working days and days off in Viet Nam, as one immutable revision of a reviewed table.

The Prime Minister moves days late: the swap of 2/1/2026 was decided on 25/12/2025. So a calendar is data
with a revision number, and what is still undecided stands beside it as open questions, each with the
other answers it may get. A date is never guessed in silence: whoever asks can learn that it is unsettled.

Every question about a date is answered in constant time from prefix tables that span 2000 to 2100.
"""

from array import array
from calendar import isleap
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from itertools import accumulate, compress, product
from types import MappingProxyType
from typing import NamedTuple

from services.feedback.domain.errors import BadCalendarError, OutOfRangeError
from services.feedback.domain.words import Text

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)
_FIRST, _LAST = FIRST.toordinal(), LAST.toordinal()
_WEEK = bytes((0, 0, 1, 1, 1, 1, 1))  # 1/1/2000 was a Saturday

LABOUR_CODE = Text("Điều 112 Bộ luật Lao động 45/2019/QH14", "Labour Code 45/2019/QH14, art. 112")
WEEKLY_REST = Text("nghỉ hằng tuần", "weekly rest")
WORKING_DAY = Text("ngày làm việc", "working day")

# The solar holidays of art. 112, for years that the table says nothing about at all.
_SOLAR_HOLIDAYS = (
    (1, 1, Text("Tết Dương lịch", "New Year's Day")),
    (4, 30, Text("Ngày Chiến thắng 30/4", "Reunification Day")),
    (5, 1, Text("Quốc tế Lao động", "Labour Day")),
    (9, 2, Text("Quốc khánh", "National Day")),
)


class Kind(StrEnum):
    """Why a day differs from its weekday."""

    STATUTORY = "statutory"
    COMPENSATORY = "compensatory"
    SWAP_OFF = "swap_off"
    SWAP_WORK = "swap_work"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One row of the reviewed table: a day that the notices name, off or worked."""

    on: date
    off: bool
    kind: Kind
    name: Text
    notice: str = ""
    decided_on: date | None = None
    confirmed: bool = True
    question: str = ""  # the code of the open question that may still change this row


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Another answer that an open question may get, as the days it would change."""

    code: str
    text: Text
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A matter of days off that nobody has decided yet. The table holds the assumed answer."""

    code: str
    text: Text
    source: str
    options: tuple[Option, ...]


class Standing(IntEnum):
    """How far a span of days can be relied upon; the higher, the less."""

    SETTLED = 0
    CONTESTED = 1  # an open question may still change one of its days
    UNREVIEWED = 2  # it reaches into a year that nobody compared with the notices


class Status(NamedTuple):
    """What one date is, in words, and who says so."""

    text: Text
    source: Text
    works: bool
    listed: bool  # a row of the table, and not only its weekday


class Calendar:
    """One revision of the table, with every table that constant-time reckoning needs. Read only."""

    def __init__(
        self,
        *,
        revision: int,
        days: Iterable[Day],
        questions: Iterable[Question] = (),
        reviewed_years: Iterable[int],
        sources: Iterable[str] = (),
    ) -> None:
        self.revision = revision
        self.questions = tuple(questions)
        self.reviewed_years = frozenset(reviewed_years)
        self.sources = tuple(sources)
        self.days: Mapping[date, Day] = MappingProxyType(_by_date(days))
        _check(self)
        self._listed = {on.toordinal(): day for on, day in (_silent_years(self.days) | self.days).items()}
        self._works = _working_bytes(self._listed.values())
        self._workdays = array("i", compress(range(_FIRST, _LAST + 1), self._works))
        self._contested = {
            question.code: {day.on.toordinal() for option in question.options for day in option.days}
            for question in self.questions
        }
        # How many such days lie before each day, and at the end in all.
        self._worked_before = _running(self._works)
        self._contested_before = _running(_marks(self._contested.values()))
        self._unreviewed_before = _running(_unreviewed(self.reviewed_years))
        self._statuses: dict[int, Status] = {}

    def __repr__(self) -> str:
        return f"Calendar(revision={self.revision}, days={len(self.days)}, questions={len(self.questions)})"

    @property
    def reviewed_until(self) -> date | None:
        """The last day of the reviewed years; due dates that reach beyond it are provisional."""
        return date(max(self.reviewed_years), 12, 31) if self.reviewed_years else None

    def is_working_day(self, day: date) -> bool:
        return self.works(_inside(day.toordinal()))

    def status(self, day: date) -> Status:
        """What the date is: the holiday, swap or weekly rest it falls on, or a plain working day."""
        ordinal = _inside(day.toordinal())
        known = self._statuses.get(ordinal)
        if known is None:
            known = self._statuses[ordinal] = self._describe(ordinal)
        return known

    # The ordinals below are those of `date.toordinal`: adding one is the next day. They are not checked
    # one by one; whoever counts beyond the tabled years gets an IndexError.

    def works(self, ordinal: int) -> bool:
        return self._works[ordinal - _FIRST] == 1

    def working_day_from(self, ordinal: int) -> int:
        """The day itself if it is a working day, or the next one that is."""
        return self._workdays[self._worked_before[ordinal - _FIRST]]

    def nth_working_day_after(self, ordinal: int, count: int) -> int:
        return self._workdays[self._worked_before[ordinal - _FIRST + 1] + count - 1]

    def nth_working_day_before(self, ordinal: int, count: int) -> int:
        index = self._worked_before[ordinal - _FIRST] - count
        if index < 0:
            raise IndexError
        return self._workdays[index]

    def standing(self, first: int, last: int) -> Standing:
        """How far the days from first to last can be relied upon, the least of them."""
        begin, end = first - _FIRST, last - _FIRST + 1
        if self._unreviewed_before[end] != self._unreviewed_before[begin]:
            return Standing.UNREVIEWED
        if self._contested_before[end] != self._contested_before[begin]:
            return Standing.CONTESTED
        return Standing.SETTLED

    def open_questions(self, first: int, last: int) -> list[Question]:
        """The questions whose answer may change a day from first to last."""
        return [
            question
            for question in self.questions
            if any(first <= ordinal <= last for ordinal in self._contested[question.code])
        ]

    def unreviewed_years(self, first: int, last: int) -> list[int]:
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        return [year for year in years if year not in self.reviewed_years]

    def _describe(self, ordinal: int) -> Status:
        works = self.works(ordinal)
        listed = self._listed.get(ordinal)
        if listed is not None:
            source = Text(listed.notice, listed.notice) if listed.notice else LABOUR_CODE
            return Status(listed.name, source, works=works, listed=True)
        return Status(WORKING_DAY if works else WEEKLY_REST, Text("", ""), works=works, listed=False)


def other_answers(questions: Iterable[Question]) -> Iterator[Mapping[int, bool]]:
    """Every way the questions together may end other than as assumed: day → worked, for the days that change.
    Questions are independent of each other; the options of one exclude each other.
    """
    choices = [(None, *question.options) for question in questions]
    for chosen in product(*choices):
        if any(chosen):
            yield {day.on.toordinal(): not day.off for option in chosen if option for day in option.days}


def outside(value: object) -> OutOfRangeError:
    """What to raise when a date, or the way from it, leaves the years that are tabled."""
    return OutOfRangeError(
        f"{value}: ngoài phạm vi lịch, từ {FIRST} đến {LAST}",
        f"{value} leads outside the calendar, {FIRST} to {LAST}",
    )


def _by_date(days: Iterable[Day]) -> dict[date, Day]:
    table: dict[date, Day] = {}
    for day in sorted(days, key=lambda day: day.on):
        if day.on in table:
            raise BadCalendarError(
                f"{day.on} có hai dòng trong lịch", f"{day.on} stands twice in the calendar"
            )
        table[day.on] = day
    return table


def _check(calendar: Calendar) -> None:
    codes = [question.code for question in calendar.questions]
    if len(codes) != len(set(codes)):
        raise BadCalendarError(f"hai vấn đề trùng mã: {codes}", f"two open questions share one code: {codes}")
    proposed = (day for question in calendar.questions for option in question.options for day in option.days)
    for day in (*calendar.days.values(), *proposed):
        _inside(day.on.toordinal())
        if day.question and day.question not in codes:
            raise BadCalendarError(
                f"{day.on} dẫn tới vấn đề {day.question!r} không có trong lịch",
                f"{day.on} names the open question {day.question!r}, which does not exist",
            )
    for day in calendar.days.values():
        if not (day.confirmed or day.question) and day.on.year in calendar.reviewed_years:
            raise BadCalendarError(
                f"{day.on} chưa chốt trong năm đã duyệt mà không nêu vấn đề nào",
                f"{day.on} is unconfirmed in a reviewed year, but no open question says why",
            )
    for year in calendar.reviewed_years:
        if not FIRST.year <= year <= LAST.year:
            raise outside(year)


def _silent_years(days: Mapping[date, Day]) -> dict[date, Day]:
    """Years without a single row keep the solar holidays: too few days off, and never settled."""
    spoken_for = {on.year for on in days}
    return {
        on: Day(on=on, off=True, kind=Kind.STATUTORY, name=name, confirmed=False)
        for year in range(FIRST.year, LAST.year + 1)
        if year not in spoken_for
        for on, name in ((date(year, month, day), name) for month, day, name in _SOLAR_HOLIDAYS)
    }


def _working_bytes(days: Iterable[Day]) -> bytes:
    span = _LAST - _FIRST + 1
    works = bytearray((_WEEK * (span // 7 + 1))[:span])
    for day in days:
        works[day.on.toordinal() - _FIRST] = not day.off
    return bytes(works)


def _marks(groups: Iterable[set[int]]) -> bytes:
    marks = bytearray(_LAST - _FIRST + 1)
    for ordinal in set().union(*groups):
        marks[ordinal - _FIRST] = 1
    return bytes(marks)


def _unreviewed(reviewed_years: Container[int]) -> bytes:
    years = range(FIRST.year, LAST.year + 1)
    return b"".join(bytes([year not in reviewed_years]) * (365 + isleap(year)) for year in years)


def _running(marks: bytes) -> Sequence[int]:
    return array("i", accumulate(marks, initial=0))


def _inside(ordinal: int) -> int:
    if not _FIRST <= ordinal <= _LAST:
        raise outside(date.fromordinal(ordinal))
    return ordinal
