"""From the cells of one row to values: a cell either has its meaning or becomes a fault.

A faulty cell yields a harmless stand-in, so that one reading of the row finds every fault in it; the row
itself is kept only if it is `good`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from services.visits.domain.register.findings import Findings, Rule
from shared.text import Flaw, flaw, tidy

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100

_CODE_LENGTH: Final = 64
_TEXT_LENGTH: Final = 500
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_NOWHEN: Final = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_YES_NO: Final = {"yes": True, "no": False}

_FLAWS: Final = {
    Flaw.BLANK: Rule.BLANK,
    Flaw.CONTROL: Rule.CONTROL,
    Flaw.MARKS: Rule.MARKS,
    Flaw.TOO_LONG: Rule.TOO_LONG,
}

_Word = TypeVar("_Word", bound=StrEnum)


class Cells:
    """One row of a file, read cell by cell."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str], findings: Findings) -> None:
        self.file = file
        self.line = line
        self.good = True
        self._cells = cells
        self._findings = findings

    def text(self, column: str) -> str:
        """What a person reads. Formula-looking text is text."""
        return self._required(column)

    def code(self, column: str) -> str:
        """A code as it stands, leading zeros and all."""
        return self._checked_code(column, self._required(column))

    def code_or_none(self, column: str) -> str | None:
        return self._checked_code(column, self._optional(column)) or None

    def word(self, column: str) -> str:
        """A word of an open list."""
        return self._checked_word(column, self._required(column))

    def word_or_none(self, column: str) -> str | None:
        return self._checked_word(column, self._optional(column)) or None

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
        """Words of a closed list, separated by semicolons; a word said twice counts once."""
        written = (part.strip() for part in self._optional(column).split(";"))
        return tuple(dict.fromkeys(self._listed(column, words, part) for part in written if part))

    def yes(self, column: str) -> bool:
        """True for yes; an empty cell says no."""
        written = self._optional(column) or "no"
        if written not in _YES_NO:
            self.fault(Rule.NOT_YES_OR_NO, column, value=written)
        return _YES_NO.get(written, False)

    def instant(self, column: str) -> datetime:
        written = self._required(column)
        return self._instant(column, written) if written else _NOWHEN

    def instant_or_none(self, column: str) -> datetime | None:
        written = self._optional(column)
        return self._instant(column, written) if written else None

    def written(self, column: str) -> str:
        """The cell as the clerk wrote it, for a message."""
        return self._cells.get(column, "").strip()

    def fault(self, rule: Rule, column: str, **words: object) -> None:
        self.good = False
        self._findings.fault(rule, self.file, self.line, column, **words)

    def note(self, rule: Rule, column: str) -> None:
        self._findings.note(rule, self.file, self.line, column)

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
        return written

    def _checked_word(self, column: str, written: str) -> str:
        if written and not _WORD.fullmatch(written):
            self.fault(Rule.NOT_A_WORD, column, value=written)
        return written

    def _listed(self, column: str, words: type[_Word], written: str) -> _Word:
        if written in set(words):
            return words(written)
        if written:
            self.fault(Rule.NOT_IN_LIST, column, value=written, allowed=", ".join(words))
        return next(iter(words))

    def _instant(self, column: str, written: str) -> datetime:
        shape = _INSTANT.fullmatch(written)
        if shape is None:
            return self._no_instant(Rule.NOT_A_TIME, column, written)
        if shape["zone"] is None:
            return self._no_instant(Rule.NO_TIME_ZONE, column, written)
        try:
            instant = datetime.fromisoformat(written)
        except ValueError:
            return self._no_instant(Rule.NO_SUCH_TIME, column, written)
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            return self._no_instant(Rule.YEAR, column, written, first=FIRST_YEAR, last=LAST_YEAR)
        return instant.astimezone(UTC)

    def _no_instant(self, rule: Rule, column: str, written: str, **words: int) -> datetime:
        self.fault(rule, column, value=written, **words)
        return _NOWHEN
