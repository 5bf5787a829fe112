"""Tables that leave as files: XLSX for the office, CSV for machines; the same cells in both.

A cell is what it is: a date is a date, a number a number, and a text never becomes a formula, whatever it
begins with. In CSV, which has no types, such a text is led by an apostrophe (OWASP, CSV injection).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from fastapi import Response

from shared.clock import LOCAL

Cell = str | int | date | datetime | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook."""
_DAY, _MOMENT, _WHOLE = "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "#,##0"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how wide its column is, in characters."""

    heading: str
    width: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with the sentence that says of what and of when it is. Instants are written in Viet Nam's time."""

    name: str
    about: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def xlsx(*sheets: Sheet) -> bytes:
    """Tables as a workbook, a page each: real dates, a heading that stays, filters, ready to print on A4 across."""
    import xlsxwriter

    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        plain = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
        ruled = plain | {"border": 1}
        bold = book.add_format(plain | {"bold": True, "font_size": 14, "text_wrap": False})
        quiet = book.add_format(plain | {"italic": True, "text_wrap": False})
        head = book.add_format(ruled | {"bold": True, "align": "center", "bg_color": "#F3E9DD"})
        body = book.add_format(ruled)
        day, moment = (book.add_format(ruled | {"num_format": each}) for each in (_DAY, _MOMENT))
        whole = book.add_format(ruled | {"num_format": _WHOLE})
        for sheet in sheets:
            page = book.add_worksheet(_page_name(sheet.name))
            page.write_string(0, 0, sheet.name, bold)
            page.write_string(1, 0, sheet.about, quiet)
            for place, column in enumerate(sheet.columns):
                page.set_column(place, place, column.width)
                page.write_string(3, place, column.heading, head)
            last = 3
            for last, row in enumerate(sheet.rows, start=4):
                for place, cell in enumerate(row):
                    match cell:
                        case datetime():
                            page.write_datetime(last, place, _local(cell), moment)
                        case date():
                            page.write_datetime(last, place, cell, day)
                        case int():
                            page.write_number(last, place, cell, whole)
                        case str():
                            page.write_string(last, place, cell, body)
                        case None:
                            page.write_blank(last, place, None, body)
            page.freeze_panes(4, 0)
            page.autofilter(3, 0, last, len(sheet.columns) - 1)
            page.repeat_rows(3)
            page.set_landscape()
            page.set_paper(9)
            page.fit_to_pages(1, 0)
            page.set_footer("&CTrang &P / &N")
    return made.getvalue()


def comma_separated(sheet: Sheet) -> bytes:
    """The table's heading and rows; with a byte order mark, without which Excel guesses wrong."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)  # CRLF, as RFC 4180 has it
    writer.writerow([column.heading for column in sheet.columns])
    writer.writerows([_text(cell) for cell in row] for row in sheet.rows)
    return made.getvalue().encode("utf-8-sig")


def download(content: bytes, *, media_type: str, name: str) -> Response:
    """A file to keep; its name may be Vietnamese (RFC 6266, RFC 8187)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=media_type, headers={"content-disposition": disposition})


def _page_name(name: str) -> str:
    """What a workbook takes as the name of a page: 31 characters, and none of some."""
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:31]


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{_local(cell):%d/%m/%Y %H:%M}"
        case date():
            return f"{cell:%d/%m/%Y}"
        case int():
            return str(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _local(instant: datetime) -> datetime:
    return instant.astimezone(LOCAL).replace(tzinfo=None)
