"""From the bytes of a CSV file to its rows: encoding, delimiter, header, quotes, width.

A row is known by the physical line on which it starts (the header is line 1), also when a quoted cell runs
over several lines. What cannot be read is told and left out; a table that left something out is not
`sound`, and nobody should conclude from it that a code does not exist.
"""

import csv
import re
from _csv import Reader
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Final

from services.visits.domain.register.findings import Findings, Rule

ROWS_AT_MOST: Final = 200_000
_BYTES_AT_MOST: Final = 64 << 20

_HEADER_LOOKED_AT: Final = 10_000

_DELIMITERS: Final = (",", ";", "\t")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a file of the register looks like."""

    file: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    may_be_absent: bool = False

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.required + self.optional)


@dataclass(slots=True)
class Table:
    """One file of the register, read row by row; `sound` is true once all its rows have been read."""

    form: Form
    findings: Findings
    columns: frozenset[str] = frozenset()
    sound: bool = False
    _rows: Iterator[tuple[int, Mapping[str, str]]] = field(default_factory=lambda: iter(()))

    @classmethod
    def open(cls, folder: Traversable, form: Form, findings: Findings) -> "Table":
        """Read the file up to its header. A file that cannot be read is a table without rows."""
        table = cls(form, findings)
        path = folder / form.file
        try:
            if form.may_be_absent and not path.is_file():
                table.sound = True
            else:
                table._read_header(_text(path))
        except _UnfitError as unfit:
            findings.fault(unfit.rule, form.file, unfit.line, None, **unfit.words)
        except OSError:
            table._fault(Rule.FILE_UNREADABLE)
        return table

    def rows(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Each row's first line and its cells by column, blank rows left out."""
        return self._rows

    def _read_header(self, text: str) -> None:
        lines = (match.group() for match in _LINE.finditer(text))
        reader = csv.reader(lines, delimiter=_delimiter(text, self.form), strict=True)
        try:
            names = [name.strip().casefold() for name in next(reader)]
        except csv.Error:
            raise _UnfitError(Rule.BROKEN_QUOTES, line=1) from None
        if self._header_stands(names):
            self.columns = frozenset(names) & self.form.columns
            self._rows = self._read_rows(reader, names)

    def _header_stands(self, names: list[str]) -> bool:
        missing = [name for name in self.form.required if name not in names]
        twice = sorted({name for name in names if name in self.form.columns and names.count(name) > 1})
        for name in missing:
            self._fault(Rule.COLUMN_MISSING, line=1, column=name)
        for name in twice:
            self._fault(Rule.COLUMN_TWICE, line=1, column=name)
        for name in dict.fromkeys(names):
            if name not in self.form.columns:
                self.findings.note(Rule.COLUMN_UNKNOWN, self.form.file, 1, name or "?")
        return not missing and not twice

    def _read_rows(self, reader: Reader, names: list[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
        self.sound, count, blank = True, 0, 0
        for line, cells in self._split(reader):
            if not any(cell.strip() for cell in cells):
                blank += 1
            elif len(cells) != len(names):
                self._fault(Rule.ROW_WIDTH, line=line, found=len(cells), expected=len(names))
            elif (count := count + 1) > ROWS_AT_MOST:
                self._fault(Rule.TOO_MANY_ROWS, line=line, limit=ROWS_AT_MOST)
                return
            else:
                yield line, dict(zip(names, cells, strict=True))
        if blank:
            self.findings.note(Rule.BLANK_ROWS, self.form.file, count=blank)
        if count == 0 and self.sound and not self.form.may_be_absent:
            self._fault(Rule.NO_ROWS, line=1)

    def _split(self, reader: Reader) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._fault(Rule.BROKEN_QUOTES, line=line)
            else:
                yield line, cells

    def _fault(self, rule: Rule, *, line: int | None = None, column: str | None = None, **words: int) -> None:
        self.sound = False
        self.findings.fault(rule, self.form.file, line, column, **words)


class _UnfitError(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, rule: Rule, line: int | None = None, **words: int) -> None:
        super().__init__(rule)
        self.rule, self.line, self.words = rule, line, words


def _text(path: Traversable) -> str:
    if not path.is_file():
        raise _UnfitError(Rule.FILE_MISSING)
    with path.open("rb") as file:
        data = file.read(_BYTES_AT_MOST + 1)
    if len(data) > _BYTES_AT_MOST:
        raise _UnfitError(Rule.FILE_TOO_LARGE, limit=_BYTES_AT_MOST >> 20)
    text = _decoded(data)
    if not text.strip():
        raise _UnfitError(Rule.FILE_EMPTY, line=1)
    return text


def _decoded(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise _UnfitError(Rule.WORKBOOK)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or 0 in data[:2]:
        raise _UnfitError(Rule.UTF_16)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnfitError(Rule.NOT_UTF_8, line=_lines(data[: error.start]) + 1) from None


def _lines(data: bytes) -> int:
    return len(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")) - 1


def _delimiter(text: str, form: Form) -> str:
    """The delimiter under which the header names most of the columns we know."""
    header = next(_LINE.finditer(text)).group()[:_HEADER_LOOKED_AT]

    def known(delimiter: str) -> int:
        names = next(csv.reader([header], delimiter=delimiter))
        return sum(name.strip().casefold() in form.columns for name in names)

    return max(_DELIMITERS, key=known)
