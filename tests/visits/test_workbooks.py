"""Workbooks of offices: read by their pages and headings, told by cell, and never trusted."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from services.visits.domain.register import Around, Register, RegisterErrors, Rule, Upload, read_uploads
from services.visits.domain.register.template import template
from services.visits.domain.register.workbooks import WORKBOOK_ROWS
from shared.clock import LOCAL
from tests.support.workbooks import Rows, filled

AROUND = Around(root_code="TS", parents={"TS": None, "C001": "TS", "A01": None}, people=frozenset({"M1"}))
UNIT = ("C901", "Chi bộ Phù Lưu", "Chi bộ", "TS", "Khu phố", "Có khó khăn", None)
VISIT = ("V1", "Dự sinh hoạt chi bộ", "M1", "C901", "03/11/2026 19:00", "03/11/2026 20:40", "Thường kỳ")
ISSUE = ("V1-1", "V1", "Kiến nghị", "Giáo dục, y tế", "Trạm y tế thiếu thuốc", "Khẩn")


def read(*uploads: tuple[str, bytes]) -> Register:
    """What an office with a cell, an agency and a member would see."""
    return read_uploads([Upload(name=name, data=data) for name, data in uploads], AROUND)


def faults(*uploads: tuple[str, bytes]) -> list[tuple[str | None, Rule]]:
    """The cells and the rules of a refusal."""
    with pytest.raises(RegisterErrors) as refused:
        read(*uploads)
    return [(fault.cell, fault.rule) for fault in refused.value.errors]


def workbook(rows: Rows) -> tuple[str, bytes]:
    return "sổ.xlsx", filled(rows)


def test_the_template_says_nothing_until_it_is_filled_in() -> None:
    """Every heading is read, and no page but the four is asked about."""
    register = read(("mẫu.xlsx", template()))

    assert (register.units, register.people, register.visits, register.issues) == ((), (), (), ())
    assert register.notes == ()
    assert not register.is_history


def test_vietnamese_words_and_dates_mean_what_the_codes_mean() -> None:
    """The same register as CSV with codes and as a workbook in Vietnamese is the same register."""
    csv = {
        "units.csv": "code,name,kind,parent_code,cell_type,attention,recognition\n"
        "C901,Chi bộ Phù Lưu,party_cell,TS,residential_quarter,difficult,\n",
        "visits.csv": "ref,kind,visitor_code,unit_code,started_at,ended_at,meeting_kind,nothing_raised,report_filed_at\n"
        "V1,meeting_attendance,M1,C901,2026-11-03T19:00:00+07:00,2026-11-03T20:40:00+07:00,regular,,\n",
        "issues.csv": "ref,visit_ref,kind,field,title,urgency\n"
        "V1-1,V1,petition,education_health,Trạm y tế thiếu thuốc,urgent\n",
    }

    written = read(workbook({"Đơn vị": [UNIT], "Chuyến đi": [VISIT], "Ý kiến": [ISSUE]}))

    assert written == read(*((name, text.encode()) for name, text in csv.items()))


def test_dates_of_the_spreadsheet_are_local_times() -> None:
    """A typed date and time is Viet Nam's, to the minute, whatever fraction of a day it is kept as."""
    typed = (*VISIT[:4], datetime(2026, 11, 3, 19, 0), datetime(2026, 11, 3, 20, 40), "Thường kỳ")  # noqa: DTZ001

    (visit,) = read(workbook({"Đơn vị": [UNIT], "Chuyến đi": [typed]})).visits

    assert visit.started_at == datetime(2026, 11, 3, 19, 0, tzinfo=LOCAL)
    assert visit.ended_at == datetime(2026, 11, 3, 20, 40, tzinfo=LOCAL)


def test_a_day_alone_begins_at_its_first_minute_and_is_late_after_its_last() -> None:
    """It is noted once, and nobody is late by an hour that nobody wrote."""
    rows = [
        (f"V{n}", "Đi cơ sở", "M1", "C001", "05/11/2026", "05/11/2026", None, "x", "10/11/2026")
        for n in (1, 2)
    ]

    register = read(workbook({"Chuyến đi": rows}))

    assert {(each.started_at, each.report_filed_at) for each in register.visits} == {
        (datetime(2026, 11, 5, tzinfo=LOCAL), datetime(2026, 11, 10, 23, 59, tzinfo=LOCAL))
    }
    assert [(note.cell, note.rule) for note in register.notes] == [
        (cell, Rule.DAY_ONLY) for cell in ("E2", "F2", "I2")
    ]


def test_a_heading_is_found_below_a_title_and_by_what_it_says() -> None:
    """The page has another name, a title of merged cells above, and columns in the office's own order."""
    book = Workbook()
    page = book.active
    page.append(["SỔ ĐƠN VỊ PHƯỜNG TỪ SƠN"])
    page.merge_cells("A1:D1")
    page.append([])
    page.append(["tên đơn vị", "MÃ ĐƠN VỊ", "Loai", "ma cap tren", "Ghi chú"])
    page.append(["Chi bộ Phù Lưu", "C901", "chi bo", "TS", "=1+1"])

    register = read(("so.xlsx", saved(book)))

    assert [(unit.code, unit.kind, unit.line) for unit in register.units] == [("C901", "party_cell", 4)]
    assert [(note.column, note.rule) for note in register.notes] == [("Ghi chú", Rule.COLUMN_UNKNOWN)]


def test_a_code_that_became_a_number_is_noted_and_a_long_one_refused() -> None:
    """Leading zeros are gone and cannot be guessed; digits beyond the fifteenth may be wrong."""
    register = read(workbook({"Đơn vị": [(901, *UNIT[1:])]}))

    assert [unit.code for unit in register.units] == ["901"]
    assert [note.rule for note in register.notes] == [Rule.NUMBER_AS_CODE]
    assert faults(workbook({"Đơn vị": [(12345678901234567, *UNIT[1:])]})) == [("A2", Rule.NUMBER_CUT)]


def cell(address: str, value: Any, page: str = "Đơn vị") -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book[page][address] = value

    return change


def failed(book: Workbook) -> None:
    book["Đơn vị"]["B2"] = "#N/A"
    book["Đơn vị"]["B2"].data_type = "e"


def merged(book: Workbook) -> None:
    book["Đơn vị"].merge_cells("E2:F2")


def hidden(book: Workbook) -> None:
    book["Đơn vị"].sheet_state = "hidden"


@pytest.mark.parametrize(
    ("change", "where", "rule"),
    [
        (cell("B2", '=HYPERLINK("http://example.org","x")'), "B2", Rule.FORMULA),
        (failed, "B2", Rule.FORMULA_FAILED),
        (merged, "E2", Rule.MERGED_CELLS),
        (hidden, None, Rule.SHEET_HIDDEN),
        (cell(f"A{WORKBOOK_ROWS + 1}", "x"), None, Rule.SHEET_TOO_WIDE),
        (cell("XFD2", "x"), None, Rule.SHEET_TOO_WIDE),
        (cell("C2", "Chi đoàn"), "C2", Rule.NOT_A_WORD),
        (cell("D2", "C999"), "D2", Rule.UNKNOWN_REFERENCE),
        (cell("A1", "Số hiệu"), None, Rule.COLUMN_MISSING),
    ],
)
def test_what_is_no_value_is_told_by_its_cell(
    change: Callable[[Workbook], None], where: str | None, rule: Rule
) -> None:
    """Nothing is run, guessed or silently left out."""
    book = load_workbook(io.BytesIO(filled({"Đơn vị": [UNIT]})))
    change(book)

    assert faults(("sổ.xlsx", saved(book))) == [(where, rule)]


def test_dates_that_excel_may_have_turned_round_are_refused() -> None:
    """Typed dates beside dates as text in one column: the text is what Excel could not read as month and day."""
    typed = (*VISIT[:4], datetime(2026, 3, 11, 19, 0), datetime(2026, 11, 3, 20, 0), "Thường kỳ")  # noqa: DTZ001
    text = ("V2", *VISIT[1:4], "13/11/2026 19:00", datetime(2026, 11, 13, 20, 0), "Thường kỳ")  # noqa: DTZ001

    assert faults(workbook({"Đơn vị": [UNIT], "Chuyến đi": [typed, text]})) == [("E3", Rule.MIXED_DATES)]


def test_visits_come_with_their_issues() -> None:
    """Without the page of issues, those that are recorded would go; an empty one says that there are none."""
    book = load_workbook(io.BytesIO(filled({"Đơn vị": [UNIT], "Chuyến đi": [VISIT]})))
    del book["Ý kiến"]

    assert faults(("sổ.xlsx", saved(book))) == [(None, Rule.PART_MISSING)]


def test_another_committees_register_is_refused() -> None:
    """A register speaks of one committee: one's own."""
    root = ("TM", "Đảng bộ phường Tam Sơn", "Đảng bộ")

    assert faults(workbook({"Đơn vị": [root]})) == [("A2", Rule.ROOT_OF_OTHERS)]
    assert (
        faults(("a.xlsx", filled({"Đơn vị": [UNIT]})), ("b.xlsx", filled({"Đơn vị": [UNIT]})))
        == [(None, Rule.PART_TWICE)] * 4
    )


def with_part(name: str, data: bytes) -> bytes:
    """A workbook with a part of its package put in or replaced."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(filled({"Đơn vị": [UNIT]}))) as whole,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package,
    ):
        for part in whole.namelist():
            if part != name:
                package.writestr(part, whole.read(part))
        package.writestr(name, data)
    return made.getvalue()


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>'


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (with_part("xl/bomb.xml", b"0" * (33 << 20)), Rule.WORKBOOK_UNPACKS),
        (with_part("xl/sharedStrings.xml", LAUGHS), Rule.WORKBOOK_ENTITIES),
        (with_part("xl/sharedStrings.xml", OUTSIDE), Rule.WORKBOOK_ENTITIES),
        (with_part("xl/sharedStrings.xml", OUTSIDE.decode().encode("utf-16")), Rule.WORKBOOK_ENTITIES),
        (with_part("xl/sharedStrings.xml", OUTSIDE.decode().encode("utf-16-le")), Rule.WORKBOOK_ENTITIES),
        (with_part("xl/vbaProject.bin", b"Sub AutoOpen()"), Rule.WORKBOOK_MACROS),
        (with_part("xl/workbook.xml", b"<not-a-workbook/>"), Rule.WORKBOOK_BROKEN),
        (with_part("xl/worksheets/sheet2.xml", b"<broken"), Rule.WORKBOOK_BROKEN),
        (b"PK\x03\x04 and no more", Rule.WORKBOOK_BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old one", Rule.WORKBOOK_OLD),
    ],
    ids=[
        "bomb",
        "laughs",
        "outside",
        "wide",
        "wide-unmarked",
        "macros",
        "no-pages",
        "broken",
        "no-zip",
        "old",
    ],
)
def test_a_hostile_or_broken_workbook_is_refused_before_it_is_read(data: bytes, rule: Rule) -> None:
    """No entity is resolved, no macro kept, nothing unpacked beyond the limit."""
    assert faults(("sổ.xlsx", data)) == [(None, rule)]


def saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
