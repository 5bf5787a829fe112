"""From the cells of one row to values: a cell either has its meaning or becomes a fault.

A faulty cell yields a harmless stand-in, so that one reading of the row finds every fault in it; the row
itself is kept only if it is `good`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from services.visits.domain.register.findings import Rule
from services.visits.domain.register.sheets import Cell, CellKind
from services.visits.domain.register.tables import Table
from services.visits.domain.register.words import LISTS, YES_OR_NO, code_of
from shared.clock import LOCAL
from shared.text import Flaw, flaw, fold, tidy

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100

_CODE_LENGTH: Final = 64
_TEXT_LENGTH: Final = 500
_DIGITS_KEPT: Final = 15
"""A number of a workbook has no more that can be trusted."""
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_DAY: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
_DAY_FIRST: Final = re.compile(
    r"(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})"
    r"(?:,? +(?P<hour>\d{1,2})[:hg](?P<minute>\d\d)(?::(?P<second>\d\d))?)?",
    re.ASCII,
)
_EMPTY: Final = Cell("")
_NOWHEN: Final = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)

_FLAWS: Final = {
    Flaw.BLANK: Rule.BLANK,
    Flaw.CONTROL: Rule.CONTROL,
    Flaw.MARKS: Rule.MARKS,
    Flaw.TOO_LONG: Rule.TOO_LONG,
}

_Word = TypeVar("_Word", bound=StrEnum)


class Cells:
    """One row of a file, read cell by cell."""

    def __init__(self, table: Table, line: int, cells: Mapping[str, Cell]) -> None:
        self.line = line
        self.good = True
        self._table = table
        self._cells = cells

    def text(self, column: str) -> str:
        """What a person reads. Formula-looking text is text."""
        return self._required(column)

    def code(self, column: str) -> str:
        """A code as it stands, leading zeros and all."""
        return self._checked_code(column, self._required(column))

    def code_or_none(self, column: str) -> str | None:
        return self._checked_code(column, self._optional(column)) or None

    def word(self, column: str, named: Mapping[str, str]) -> str:
        """A word of an open list, whose usual words have names."""
        return self._checked_word(column, named, self._required(column))

    def word_or_none(self, column: str, named: Mapping[str, str]) -> str | None:
        return self._checked_word(column, named, self._optional(column)) or None

    def one_of(self, column: str, words: type[_Word]) -> _Word:
        """A word of a closed list."""
        return self._listed(column, words, self._required(column))

    def one_of_or(self, column: str, default: _Word) -> _Word:
        written = self._optional(column)
        return self._listed(column, type(default), written) if written else default

    def one_of_or_none(self, column: str, words: type[_Word]) -> _Word | None:
        written = self._optional(column)
        return self._listed(column, words, written) if written else None

    def many_of(self, column: str, words: type[_Word]) -> tuple[_Word, ...]:
        """Words of a closed list, separated by semicolons or lines; a word said twice counts once."""
        written = (part.strip() for part in re.split(r"[;\n]", self._optional(column)))
        return tuple(dict.fromkeys(self._listed(column, words, part) for part in written if part))

    def yes(self, column: str) -> bool:
        """True for yes; an empty cell says no."""
        written = self._optional(column) or "no"
        says = YES_OR_NO.get(fold(written))
        if says is None:
            self.fault(Rule.NOT_YES_OR_NO, column, value=written)
        return bool(says)

    def start(self, column: str) -> datetime:
        """When something began. A day alone is its first minute in Viet Nam."""
        written = self._required(column)
        return self._instant(column, written, last=False) if written else _NOWHEN

    def instant(self, column: str) -> datetime:
        """When something had happened. A day alone is its last minute in Viet Nam: it is not late before."""
        written = self._required(column)
        return self._instant(column, written) if written else _NOWHEN

    def instant_or_none(self, column: str) -> datetime | None:
        written = self._optional(column)
        return self._instant(column, written) if written else None

    def written(self, column: str) -> str:
        """The cell as the clerk wrote it, for a message."""
        return self._cell(column).text.strip()

    def heading(self, column: str) -> str:
        """What the clerk's sheet calls this column, for a message."""
        return self._table.place.heading(column)

    def fault(self, rule: Rule, column: str, **words: object) -> None:
        self.good = False
        self._table.fault(rule, self.line, column, **words)

    def note(self, rule: Rule, column: str, **words: object) -> None:
        self._table.note(rule, self.line, column, **words)

    def _cell(self, column: str) -> Cell:
        return self._cells.get(column, _EMPTY)

    def _required(self, column: str) -> str:
        if not self.written(column):
            self.fault(Rule.EMPTY, column)
            return ""
        return self._optional(column)

    def _optional(self, column: str) -> str:
        written = self.written(column)
        if not written:
            return ""
        if reason := flaw(written, limit=_TEXT_LENGTH):
            self.fault(_FLAWS[reason], column, value=written, limit=_TEXT_LENGTH)
            return ""
        return tidy(written)

    def _checked_code(self, column: str, written: str) -> str:
        if written and (len(written) > _CODE_LENGTH or not written.isprintable() or " " in written):
            self.fault(Rule.NOT_A_CODE, column, value=written, limit=_CODE_LENGTH)
        elif written and self._cell(column).kind is CellKind.NUMBER:
            if len(written) > _DIGITS_KEPT:
                self.fault(Rule.NUMBER_CUT, column, value=written)
            elif self._table.first(Rule.NUMBER_AS_CODE, column, self.line) == self.line:
                self.note(Rule.NUMBER_AS_CODE, column, value=written)
        return written

    def _checked_word(self, column: str, named: Mapping[str, str], written: str) -> str:
        if not written:
            return ""
        code = code_of(written, named)
        if code is None and not _WORD.fullmatch(written):
            self.fault(Rule.NOT_A_WORD, column, value=written, **offered(named))
        return code or written

    def _listed(self, column: str, words: type[_Word], written: str) -> _Word:
        code = code_of(written, LISTS[words])
        if code is not None:
            return words(code)
        if written:
            self.fault(Rule.NOT_IN_LIST, column, value=written, **offered(LISTS[words]))
        return next(iter(words))

    def _instant(self, column: str, written: str, *, last: bool = True) -> datetime:
        if shape := _DAY_FIRST.fullmatch(written) or _DAY.fullmatch(written):
            self._check_mixture(column, written)
            return self._local(column, written, shape.groupdict(), last=last)
        shape = _INSTANT.fullmatch(written)
        if shape is None:
            return self._no_instant(Rule.NOT_A_TIME, column, written)
        if shape["zone"] is None:
            return self._no_instant(Rule.NO_TIME_ZONE, column, written)
        try:
            instant = datetime.fromisoformat(written)
        except ValueError:
            return self._no_instant(Rule.NO_SUCH_TIME, column, written)
        return self._within_years(column, written, instant)

    def _local(self, column: str, written: str, parts: Mapping[str, str | None], *, last: bool) -> datetime:
        """A date and time as an office writes it, in Viet Nam's time."""
        year, month, day = (int(parts[each] or 0) for each in ("year", "month", "day"))
        if (hour := parts.get("hour")) is None:
            if self._table.first(Rule.DAY_ONLY, column, self.line) == self.line:
                self.note(Rule.DAY_ONLY, column)
            time = (23, 59, 0) if last else (0, 0, 0)
        else:
            time = (int(hour), int(parts["minute"] or 0), int(parts["second"] or 0))
        try:
            instant = datetime(year, month, day, *time, tzinfo=LOCAL)
        except ValueError:
            return self._no_instant(Rule.NO_SUCH_TIME, column, written)
        return self._within_years(column, written, instant)

    def _check_mixture(self, column: str, written: str) -> None:
        """Dates of Excel beside dates as text: what Excel could not read as month/day stayed text."""
        kind = self._cell(column).kind
        other = CellKind.DATE if kind is CellKind.TEXT else CellKind.TEXT
        is_first = self._table.met(kind, column) is None
        self._table.first(kind, column, self.line)
        if is_first and (line := self._table.met(other, column)) is not None:
            self.fault(Rule.MIXED_DATES, column, value=written, first=line)

    def _within_years(self, column: str, written: str, instant: datetime) -> datetime:
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            return self._no_instant(Rule.YEAR, column, written, first=FIRST_YEAR, last=LAST_YEAR)
        return instant.astimezone(UTC)

    def _no_instant(self, rule: Rule, column: str, written: str, **words: int) -> datetime:
        self.fault(rule, column, value=written, **words)
        return _NOWHEN


def offered(named: Mapping[str, str]) -> dict[str, str]:
    """A list as a sentence offers it: by names in Vietnamese, by codes in English."""
    return {"named": "; ".join(named.values()), "allowed": ", ".join(named)}
