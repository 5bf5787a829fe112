"""From the bytes of a CSV file to a sheet: encoding, delimiter, quotes.

A row is known by the physical line on which it starts (the first is line 1), also when a quoted cell runs
over several lines.
"""

import csv
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from services.visits.domain.register.findings import Rule
from services.visits.domain.register.sheets import BYTES_AT_MOST, HEAD, Cell, Sheet, SheetRow, UnfitError

_DELIMITERS: Final = (",", ";", "\t")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_LOOKED_AT: Final = 10_000


def csv_sheet(name: str, data: bytes, known: Callable[[str], bool]) -> Sheet:
    """The file as a sheet; the delimiter is the one under which a row of its head names most known headings.

    Raises UnfitError.
    """
    if len(data) > BYTES_AT_MOST:
        raise UnfitError(Rule.FILE_TOO_LARGE, limit=BYTES_AT_MOST >> 20)
    text = _decoded(data)
    if not text.strip():
        raise UnfitError(Rule.FILE_EMPTY, line=1)
    rows = _rows(text, _delimiter(text, known))
    return Sheet(name, rows, title=name.rsplit(".", 1)[0], addressed=False)


def _rows(text: str, delimiter: str) -> Iterator[SheetRow]:
    lines = (match.group() for match in _LINE.finditer(text))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, [Cell(each) for each in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield line, None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or 0 in data[:2]:
        raise UnfitError(Rule.UTF_16)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnfitError(Rule.NOT_UTF_8, line=_lines(data[: error.start]) + 1) from None


def _lines(data: bytes) -> int:
    return len(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")) - 1


def _delimiter(text: str, known: Callable[[str], bool]) -> str:
    head = [match.group()[:_LINE_LOOKED_AT] for match in islice(_LINE.finditer(text), HEAD)]

    def named(delimiter: str) -> int:
        rows = csv.reader(head, delimiter=delimiter)
        return max(sum(map(known, cells)) for cells in rows)

    return max(_DELIMITERS, key=named)
