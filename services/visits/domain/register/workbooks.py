"""From the bytes of an Excel workbook (.xlsx) to sheets.

Nothing in it is run or guessed: a formula, a merged cell and a hidden page are told, not read. What unpacks
to more than it may, and XML that declares entities, is refused before anything parses it.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from services.visits.domain.register.findings import Rule
from services.visits.domain.register.sheets import Cell, CellKind, Sheet, SheetRow, UnfitError, letters
from services.visits.domain.register.words import NO, YES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

UNPACKED_AT_MOST: Final = 32 << 20
WORKBOOK_ROWS: Final = 20_000
WORKBOOK_COLUMNS: Final = 50

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
"""XML in two bytes a letter, in which a declaration would not be seen."""
_NO_VALUES: Final = {"f": CellKind.FORMULA, "e": CellKind.FAILED}
_HALF_A_SECOND: Final = timedelta(milliseconds=500)
"""Times of a workbook are fractions of a day: 19:00 may come as 18:59:59.999."""
_PARTS_AT_MOST: Final = 1_000


def is_workbook(data: bytes) -> bool:
    return data.startswith((_ZIP, _OLE))


def workbook_sheets(name: str, data: bytes) -> list[Sheet]:
    """The pages that can be seen, those in which nothing stands left out. Raises UnfitError.

    Takes seconds of processor time for the largest: call it from a thread.
    """
    from openpyxl import load_workbook

    _check_package(data)
    try:
        book = load_workbook(io.BytesIO(data), keep_links=False)
    except Exception:  # noqa: BLE001  # whatever its parsers raise, to a clerk each means the same
        raise UnfitError(Rule.WORKBOOK_BROKEN) from None
    if not book.worksheets:
        raise UnfitError(Rule.WORKBOOK_BROKEN)
    return [_sheet(page, f"{name}, trang “{page.title}”") for page in book.worksheets if _is_used(page)]


def _check_package(data: bytes) -> None:
    if data.startswith(_OLE):
        raise UnfitError(Rule.WORKBOOK_OLD)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if len(parts) > _PARTS_AT_MOST or sum(part.file_size for part in parts) > UNPACKED_AT_MOST:
                raise UnfitError(Rule.WORKBOOK_UNPACKS, limit=UNPACKED_AT_MOST >> 20)
            if any(part.filename.casefold().endswith("vbaproject.bin") for part in parts):
                raise UnfitError(Rule.WORKBOOK_MACROS)
            for part in parts:
                # A part is never read beyond the size it claims, so that the sum above holds.
                text = package.read(part)
                if text.startswith(_WIDE) or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise UnfitError(Rule.WORKBOOK_ENTITIES)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error):
        # All that zipfile raises for a package that is cut, encrypted or packed in a way it does not know.
        raise UnfitError(Rule.WORKBOOK_BROKEN) from None


def _is_used(page: "Worksheet") -> bool:
    return page.max_row > 1 or page.max_column > 1 or page["A1"].value is not None


def _sheet(page: "Worksheet", name: str) -> Sheet:
    fit = page.max_row <= WORKBOOK_ROWS and page.max_column <= WORKBOOK_COLUMNS
    return Sheet(
        name,
        _rows(page) if fit else (),
        title=page.title,
        addressed=True,
        hidden=page.sheet_state != "visible",
        hidden_rows=sum(row <= page.max_row and each.hidden for row, each in page.row_dimensions.items()),
        unfit=None
        if fit
        else UnfitError(
            Rule.SHEET_TOO_WIDE,
            found=f"{letters(page.max_column - 1)}{page.max_row}",
            rows=WORKBOOK_ROWS,
            columns=WORKBOOK_COLUMNS,
        ),
    )


def _rows(page: "Worksheet") -> Iterator[SheetRow]:
    merged = {
        (row, column): Cell(str(each), CellKind.MERGED)
        for each in page.merged_cells.ranges
        for row, column in each.cells
    }
    for line, row in enumerate(page.iter_rows(), start=1):
        yield line, [merged.get((line, place)) or _cell(cell) for place, cell in enumerate(row, start=1)]


def _cell(cell: Any) -> Cell:
    if cell.data_type in _NO_VALUES:
        return Cell(str(cell.value), _NO_VALUES[cell.data_type])
    match cell.value:
        case None:
            return Cell("")
        case bool():
            return Cell(YES if cell.value else NO)
        case datetime():
            return Cell(_written(cell.value), CellKind.DATE)
        case int() | float():
            return Cell(_digits(cell.value), CellKind.NUMBER)
        case _:
            return Cell(str(cell.value))


def _written(moment: datetime) -> str:
    """A day of a workbook is its first moment."""
    near = (moment + _HALF_A_SECOND).replace(microsecond=0)
    if near.time() == time():
        return f"{near:%d/%m/%Y}"
    return f"{near:%d/%m/%Y %H:%M:%S}" if near.second else f"{near:%d/%m/%Y %H:%M}"


def _digits(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)
