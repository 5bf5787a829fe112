"""What a document says, before it has a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.clock import LOCAL
from shared.sheets import Cell, Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Margins of A4 in millimetres (top, bottom, left, right), and where documents are dated, which may be nowhere."""

    margins: tuple[int, int, int, int] = (25, 25, 35, 15)
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper of a committee. `organ` is its name; `kind` the code of the sort of paper, as BC for a report."""

    organ: str
    kind: str
    day: date
    title: str
    about: str
    parts: Sequence[Sheet]
    notes: Sequence[str] = ()
    """How it was reckoned; small, at the end."""


def place_and_day(document: Document, layout: Layout) -> str:
    """`Từ Sơn, ngày 03 tháng 11 năm 2026`."""
    day = document.day
    words = f"ngày {day:%d} tháng {day:%m} năm {day.year}"
    return f"{layout.place}, {words}" if layout.place else words.capitalize()


def moment_words(instant: datetime) -> str:
    """`08 giờ 30 phút ngày 03/11/2026`, in Viet Nam's time."""
    return f"{instant.astimezone(LOCAL):%H giờ %M phút ngày %d/%m/%Y}"


def written(cell: Cell) -> str:
    """A cell as an office writes it: a dot for thousands, a day as dd/mm/yyyy, nothing as nothing."""
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell.astimezone(LOCAL):%d/%m/%Y %H:%M}"
        case date():
            return f"{cell:%d/%m/%Y}"
        case int():
            return f"{cell:,}".replace(",", ".")
    return cell
