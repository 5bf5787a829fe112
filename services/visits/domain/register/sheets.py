"""A sheet: rows of cells as a file holds them, before anybody knows what they mean."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import Final, NamedTuple

from services.visits.domain.register.findings import Rule

HEAD: Final = 20
"""Rows among which the heading is looked for: a title and a committee's name may stand above it."""

ROWS_AT_MOST: Final = 200_000
BYTES_AT_MOST: Final = 64 << 20


class CellKind(StrEnum):
    """What the program that saved the file took a cell for. A CSV file holds text only."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FORMULA = "formula"
    FAILED = "failed"
    """An error of the workbook, such as #N/A."""
    MERGED = "merged"
    """Part of merged cells; its text is their range."""


class Cell(NamedTuple):
    """What stands in a cell, as text: a date as dd/mm/yyyy with its time if it has one, a number in digits."""

    text: str
    kind: CellKind = CellKind.TEXT


SheetRow = tuple[int, Sequence[Cell] | None]
"""The line on which a row starts (the first is 1) and its cells; None where quotes are broken."""


class UnfitError(Exception):
    """A file or page that cannot be read as a whole."""

    def __init__(self, rule: Rule, line: int | None = None, **words: object) -> None:
        super().__init__(rule)
        self.rule, self.line, self.words = rule, line, words


class Sheet:
    """One CSV file or one page of a workbook, under the name by which its reader knows it."""

    def __init__(
        self,
        name: str,
        rows: Iterable[SheetRow],
        *,
        title: str,
        addressed: bool,
        hidden: bool = False,
        hidden_rows: int = 0,
        unfit: UnfitError | None = None,
    ) -> None:
        self.name = name
        self.hidden = hidden
        self.hidden_rows = hidden_rows
        self.unfit = unfit
        """Why its rows were not read."""
        self.title = title
        """What the sheet itself is called: the file's name without its ending, or the page's."""
        self.addressed = addressed
        """Whether cells have addresses, such as C12; rows of a workbook may end early, those of a CSV may not."""
        later = iter(rows)
        self.head = list(islice(later, HEAD))
        self._later = later

    def rows(self) -> Iterator[SheetRow]:
        """Every row from the top, once."""
        return chain(self.head, self._later)


def letters(place: int) -> str:
    """The letters of a column in a workbook, counted from 0: A, B, …, Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
