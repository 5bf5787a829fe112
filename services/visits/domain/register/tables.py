"""From a sheet to the rows of one part of the register: its headings, its width, its blank rows.

What cannot be read is told and left out; a table that left something out is not `sound`, and nobody should
conclude from it that a code does not exist.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.visits.domain.register.findings import Findings, Place, Rule
from services.visits.domain.register.sheets import ROWS_AT_MOST, Cell, CellKind, Sheet, UnfitError, letters
from shared.text import fold, tidy

_NO_VALUES: Final[Mapping[CellKind, Rule]] = {
    CellKind.FORMULA: Rule.FORMULA,
    CellKind.FAILED: Rule.FORMULA_FAILED,
    CellKind.MERGED: Rule.MERGED_CELLS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What one part of the register looks like: its file, its page in a workbook, its columns and their headings."""

    file: str
    sheet: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    may_be_absent: bool = False

    @property
    def headings(self) -> Mapping[str, str]:
        """Columns by their names, with their Vietnamese headings."""
        return {**self.required, **self.optional}

    def column(self, heading: str) -> str | None:
        """The column that a heading means: by its name or in Vietnamese, whatever the case and marks.

        The template marks what must be filled in with a star.
        """
        wanted = fold(tidy(heading.strip(" *")))
        return next((name for name, vi in self.headings.items() if wanted in (name, fold(vi))), None)

    def knows(self, heading: str) -> bool:
        return self.column(heading) is not None

    def heads(self, cells: Sequence[Cell]) -> int:
        """How many columns this row names, if it names all that are required; else 0."""
        named = {self.column(cell.text) for cell in cells} - {None}
        return len(named) if named >= self.required.keys() else 0


@dataclass(slots=True)
class Table:
    """One part of the register, read row by row; `sound` is true once all its rows have been read."""

    form: Form
    findings: Findings
    place: Place
    sound: bool = False
    _met: dict[tuple[Rule | CellKind, str], int] = field(default_factory=dict)
    _rows: Iterator[tuple[int, Mapping[str, Cell]]] = field(default_factory=lambda: iter(()))

    @classmethod
    def absent(cls, form: Form, findings: Findings) -> "Table":
        """A part that nobody gave: it has no rows, and that is known for certain."""
        return cls(form, findings, Place(name=form.file), sound=True)

    @classmethod
    def unreadable(cls, form: Form, findings: Findings, unfit: UnfitError) -> "Table":
        """A part whose file cannot be read: told, and not sound."""
        findings.fault(unfit.rule, form.file, unfit.line, None, **unfit.words)
        return cls(form, findings, Place(name=form.file))

    @classmethod
    def of(cls, sheet: Sheet, form: Form, findings: Findings) -> "Table":
        """Read the sheet up to its headings: the first row of its head that names what is required, else row 1."""
        table = cls(form, findings, Place(name=sheet.name))
        if not sheet.head:
            table.fault(Rule.FILE_EMPTY, 1)
            return table
        rows = sheet.rows()
        header = next(
            (line for line, cells in sheet.head if cells is not None and form.heads(cells)), sheet.head[0][0]
        )
        for line, cells in rows:
            if line == header:
                table._read_header(line, cells, rows, sheet)
                break
        return table

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.place.headings)

    def rows(self) -> Iterator[tuple[int, Mapping[str, Cell]]]:
        """Each row's first line and its cells by column, blank rows left out."""
        return self._rows

    def fault(self, rule: Rule, line: int | None, column: str | None = None, **words: object) -> None:
        self.findings.fault(rule, self.place, line, column, **words)

    def note(self, rule: Rule, line: int | None, column: str | None = None, **words: object) -> None:
        self.findings.note(rule, self.place, line, column, **words)

    def first(self, what: Rule | CellKind, column: str, line: int) -> int:
        """The line on which this was met first in this column; `line` if that is here."""
        return self._met.setdefault((what, column), line)

    def met(self, what: Rule | CellKind, column: str) -> int | None:
        return self._met.get((what, column))

    def _read_header(
        self,
        line: int,
        cells: Sequence[Cell] | None,
        rows: Iterator[tuple[int, Sequence[Cell] | None]],
        sheet: Sheet,
    ) -> None:
        if cells is None:
            self.fault(Rule.BROKEN_QUOTES, line)
            return
        names = [self.form.column(cell.text) for cell in cells]
        if self._header_stands(line, cells, names):
            written = {
                name: (tidy(cells[place].text.strip(" *")), letters(place) if sheet.addressed else None)
                for place, name in enumerate(names)
                if name is not None
            }
            self.place = Place(name=sheet.name, headings=written)
            self._rows = self._read_rows(line, rows, names, addressed=sheet.addressed)

    def _header_stands(self, line: int, cells: Sequence[Cell], names: Sequence[str | None]) -> bool:
        in_vietnamese = any(
            name and name != cell.text.strip(" *").casefold() for name, cell in zip(names, cells, strict=True)
        )
        called = self.form.headings if in_vietnamese else {name: name for name in self.form.headings}
        missing = [name for name in self.form.required if name not in names]
        twice = sorted({name for name in names if name and names.count(name) > 1})
        for name in missing:
            self.fault(Rule.COLUMN_MISSING, line, called[name])
        for name in twice:
            self.fault(Rule.COLUMN_TWICE, line, called[name])
        unknown = [cell.text.strip() for name, cell in zip(names, cells, strict=True) if name is None]
        for heading in dict.fromkeys(unknown):
            self.note(Rule.COLUMN_UNKNOWN, line, heading or "?")
        return not missing and not twice

    def _read_rows(
        self,
        header: int,
        rows: Iterator[tuple[int, Sequence[Cell] | None]],
        names: Sequence[str | None],
        *,
        addressed: bool,
    ) -> Iterator[tuple[int, Mapping[str, Cell]]]:
        self.sound, count, blank = True, 0, 0
        for line, cells in rows:
            if cells is None:
                self._unsound(Rule.BROKEN_QUOTES, line)
            elif not any(cell.text.strip() for cell in cells):
                blank += 1
            elif not addressed and len(cells) != len(names):
                self._unsound(Rule.ROW_WIDTH, line, found=len(cells), expected=len(names))
            elif (count := count + 1) > ROWS_AT_MOST:
                self._unsound(Rule.TOO_MANY_ROWS, line, limit=ROWS_AT_MOST)
                return
            elif self._can_be_read(line, row := _named(names, cells)):
                yield line, row
        if blank and not addressed:
            self.note(Rule.BLANK_ROWS, None, count=blank)
        if count == 0 and self.sound and not self.form.may_be_absent:
            self._unsound(Rule.NO_ROWS, header)

    def _can_be_read(self, line: int, row: Mapping[str, Cell]) -> bool:
        """A workbook may hold what is no value: the row is told, and nothing is concluded from it."""
        no_values = [(name, cell) for name, cell in row.items() if cell.kind in _NO_VALUES]
        for name, cell in no_values:
            if cell.kind is CellKind.MERGED and self.met(CellKind.MERGED, cell.text) is not None:
                continue
            self.first(cell.kind, cell.text, line)
            self._unsound(_NO_VALUES[cell.kind], line, name, value=cell.text)
        return not no_values

    def _unsound(self, rule: Rule, line: int, column: str | None = None, **words: object) -> None:
        self.sound = False
        self.fault(rule, line, column, **words)


def _named(names: Sequence[str | None], cells: Sequence[Cell]) -> dict[str, Cell]:
    return {name: cell for name, cell in zip(names, cells, strict=False) if name is not None}
