"""A register is read as a whole, or refused with every fault in it named by file, line and column."""

import csv
import io
import json
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.demo import demo_register
from services.visits.domain.register import (
    Register,
    RegisterErrors,
    Rule,
    content_hash,
    findings,
    read_register,
    register_id,
)

TERM_2015_2020 = Path(__file__).parents[1] / "data" / "registers" / "tu_son_2015_2020"
WARD_2026 = TERM_2015_2020.parent / "tu_son_2026"

UNITS = """\
code,name,kind,parent_code,cell_type,attention,recognition
TS,Đảng bộ phường Từ Sơn,party_organisation,,,,
C001,Chi bộ khu phố Đông Ngàn 1,party_cell,TS,residential_quarter,difficult,
C002,Chi bộ Trường THCS Từ Sơn,party_cell,TS,school,,model
A01,"Phòng Kinh tế, Hạ tầng và Đô thị",agency,,,,
C003,Chi bộ Quân sự phường,party_cell,TS,armed_forces,,
"""
PEOPLE = """\
code,full_name,post,body,portfolios,committee
M01,Dương Hữu Việt,Bí thư,permanent_board,education_health;land,TS
M02,Đặng Thế Hòa,Ủy viên Ban Chấp hành,executive_committee,,TS
M03,Ngô Quang Ước,Phó Bí thư,permanent_board,party_work,TS
"""
VISITS = """\
ref,kind,visitor_code,unit_code,started_at,ended_at,meeting_kind,nothing_raised,report_filed_at
V1,meeting_attendance,M01,C001,2026-01-03T19:00:00+07:00,2026-01-03T20:50:00+07:00,regular,no,2026-01-06T05:14:48+07:00
V2,field_trip,M02,C002,2026-01-05T08:00:00+07:00,2026-01-05T09:00:00+07:00,,yes,
"""
ISSUES = """\
ref,visit_ref,kind,field,title,urgency,access_class,resolved_on_spot,forwarded_to,forwarded_at,answered_at
V1-1,V1,petition,electricity_water,Điện áp yếu,normal,normal,no,A01,2026-01-05T15:30:44+07:00,2026-01-07T08:00:00+07:00
V1-2,V1,opinion,culture,Nhà văn hóa xuống cấp,urgent,normal,yes,,,
"""
FILES = {"units.csv": UNITS, "people.csv": PEOPLE, "visits.csv": VISITS, "issues.csv": ISSUES}


# Whole registers


def test_the_ward_of_2026_is_read_row_for_row() -> None:
    """The demo register says as much as its expected figures."""
    expected = json.loads((WARD_2026 / "expected.json").read_text())

    register = read_register(demo_register())

    assert (register.root_code, register.is_history, register.notes) == ("TS", False, ())
    assert len(register.people) == expected["members"]
    assert len([unit for unit in register.units if unit.kind == "party_cell"]) == expected["party_cells"]
    assert len(register.issues) == expected["issues"]
    assert _count(register, "field_trip") == expected["field_trips"]
    assert _count(register, "meeting_attendance") == expected["meetings_attended"]
    assert register.latest.ref == "V0649"


def test_the_term_2015_2020_is_history() -> None:
    """A register that never says when a report was filed counts, and opens no duties."""
    expected = json.loads((TERM_2015_2020 / "expected.json").read_text())

    register = read_register(TERM_2015_2020)

    assert register.is_history
    assert register.issues == ()
    assert len(register.people) == expected["members"]
    assert len([unit for unit in register.units if unit.kind == "party_cell"]) == expected["party_cells"]
    assert _count(register, "field_trip") == expected["field_trips"]
    assert _count(register, "meeting_attendance") == expected["meetings_attended"]


def test_columns_that_say_nothing_may_be_left_out(tmp_path: Path) -> None:
    """A committee that keeps no recognitions, and only made trips, need not type empty columns."""
    _write(
        tmp_path,
        {
            "units.csv": "code,name,kind,parent_code\nTS,Đảng bộ,party_organisation,\n",
            "people.csv": "code,full_name,post,body,committee\nM01,Lê An,Bí thư,permanent_board,TS\n",
            "visits.csv": "ref,kind,visitor_code,unit_code,started_at,ended_at\n"
            "V1,field_trip,M01,TS,2026-01-05T08:00+07:00,2026-01-05T08:00+07:00\n",
            "issues.csv": "ref,visit_ref,kind,field,title\nV1-1,V1,concern,land,Đất dịch vụ\n",
        },
    )

    register = read_register(tmp_path)

    assert register.is_history
    assert register.issues[0].urgency == "normal"
    assert register.issues[0].forwarded_to is None
    assert register.visits[0].nothing_raised is False


def test_text_is_kept_as_text(tmp_path: Path) -> None:
    """Leading zeros stay, formulas are words, a cell may hold two lines, NFD becomes NFC."""
    title = '"=HYPERLINK(""http://x"")\r\n{value} <script>"'
    _write(
        tmp_path,
        {
            **FILES,
            "units.csv": unicodedata.normalize("NFD", UNITS).replace("A01", "001"),
            "issues.csv": ISSUES.replace("A01", "001").replace("Điện áp yếu", title),
        },
    )

    register = read_register(tmp_path)

    assert [unit.code for unit in register.units] == ["TS", "C001", "C002", "001", "C003"]
    assert register.units[1].name == "Chi bộ khu phố Đông Ngàn 1"
    assert register.issues[0].forwarded_to == "001"
    assert register.issues[0].title == '=HYPERLINK("http://x")\n{value} <script>'
    assert register.issues[1].line == 4


def test_what_deserves_a_second_look_is_noted(tmp_path: Path) -> None:
    """An unknown column, blank rows, and a title about a person stop nobody, and are told."""
    _write(
        tmp_path,
        {
            **FILES,
            "people.csv": PEOPLE.replace("committee\n", "committee,phone\n").replace("TS\n", "TS,\n")
            + ",,,,,,\n\n",
            "issues.csv": ISSUES.replace("Điện áp yếu", "Đồng chí Nam nhắc lại"),
        },
    )

    notes = [(note.file, note.line, note.column, note.rule) for note in read_register(tmp_path).notes]

    assert notes == [
        ("people.csv", 1, "phone", Rule.COLUMN_UNKNOWN),
        ("people.csv", None, None, Rule.BLANK_ROWS),
        ("issues.csv", 2, "title", Rule.PERSONAL),
    ]


# Refusals: (file, what is replaced, by what, line, column, rule)

BAD_CELLS = [
    ("units.csv", "C003,", "C001,", 6, "code", Rule.DUPLICATE),
    ("units.csv", "C003,", ",", 6, "code", Rule.EMPTY),
    ("units.csv", "C003,", "C 02,", 6, "code", Rule.NOT_A_CODE),
    ("units.csv", "C003,", f"{'C' * 65},", 6, "code", Rule.NOT_A_CODE),
    ("units.csv", "C003,", "C\u200b003,", 6, "code", Rule.NOT_A_CODE),
    ("units.csv", "Chi bộ Trường THCS Từ Sơn", " ", 4, "name", Rule.EMPTY),
    ("units.csv", "Chi bộ Trường THCS Từ Sơn", "\u200b", 4, "name", Rule.BLANK),
    ("units.csv", "Chi bộ Trường THCS Từ Sơn", "Chi\0bộ", 4, "name", Rule.CONTROL),
    ("units.csv", "Chi bộ Trường THCS Từ Sơn", "a" + "\u0301" * 99, 4, "name", Rule.MARKS),
    ("units.csv", "Chi bộ Trường THCS Từ Sơn", "a" * 501, 4, "name", Rule.TOO_LONG),
    ("units.csv", "party_cell,TS,school", "Chi đoàn,TS,school", 4, "kind", Rule.NOT_A_WORD),
    ("units.csv", "TS,school", "TS,Trường", 4, "cell_type", Rule.NOT_A_WORD),
    ("units.csv", "TS,school", "T9,school", 4, "parent_code", Rule.UNKNOWN_REFERENCE),
    ("units.csv", "TS,school", ",school", 4, "parent_code", Rule.PARENT_REQUIRED),
    ("units.csv", "TS,school", "C002,school", 4, "parent_code", Rule.PARENT_CYCLE),
    ("units.csv", "party_cell,TS,school", "party_organisation,,school", 4, "parent_code", Rule.ROOT_TWICE),
    ("units.csv", "party_organisation", "agency", 1, "kind", Rule.ROOT_MISSING),
    ("units.csv", "difficult", "dificult", 3, "attention", Rule.NOT_IN_LIST),
    ("units.csv", "model", "best", 4, "recognition", Rule.NOT_IN_LIST),
    ("units.csv", "school,,model", "school,model", 4, None, Rule.ROW_WIDTH),
    ("units.csv", "school,,model", "school,,,model", 4, None, Rule.ROW_WIDTH),
    ("units.csv", "Chi bộ Trường", '"Chi bộ" Trường', 4, None, Rule.BROKEN_QUOTES),
    ("units.csv", "Chi bộ Trường", '"Chi bộ Trường', 4, None, Rule.BROKEN_QUOTES),
    ("units.csv", "name", "title", 1, "name", Rule.COLUMN_MISSING),
    ("units.csv", "attention", "name", 1, "name", Rule.COLUMN_TWICE),
    ("people.csv", "M03", "M01", 4, "code", Rule.DUPLICATE),
    ("people.csv", "Đặng Thế Hòa", "", 3, "full_name", Rule.EMPTY),
    ("people.csv", "Ủy viên Ban Chấp hành", "", 3, "post", Rule.EMPTY),
    ("people.csv", "executive_committee", "board", 3, "body", Rule.NOT_IN_LIST),
    ("people.csv", "education_health;land", "education_health;sea", 2, "portfolios", Rule.NOT_IN_LIST),
    ("people.csv", "land,TS", "land,T9", 2, "committee", Rule.UNKNOWN_REFERENCE),
    ("visits.csv", "V2,", "V1,", 3, "ref", Rule.DUPLICATE),
    ("visits.csv", "field_trip", "trip", 3, "kind", Rule.NOT_IN_LIST),
    ("visits.csv", "M02", "M09", 3, "visitor_code", Rule.UNKNOWN_REFERENCE),
    ("visits.csv", "C002", "C009", 3, "unit_code", Rule.UNKNOWN_REFERENCE),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "", 3, "started_at", Rule.EMPTY),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "05/01/26 08:00", 3, "started_at", Rule.NOT_A_TIME),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "31/02/2026 08:00", 3, "started_at", Rule.NO_SUCH_TIME),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "05/13/2026 08:00", 3, "started_at", Rule.NO_SUCH_TIME),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "46027.33", 3, "started_at", Rule.NOT_A_TIME),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "2026-W02-1T08:00+07:00", 3, "started_at", Rule.NOT_A_TIME),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "2026-01-05T08:00:00", 3, "started_at", Rule.NO_TIME_ZONE),
    (
        "visits.csv",
        "2026-01-05T08:00:00+07:00",
        "2026-02-30T08:00:00+07:00",
        3,
        "started_at",
        Rule.NO_SUCH_TIME,
    ),
    (
        "visits.csv",
        "2026-01-05T08:00:00+07:00",
        "2026-01-05T25:00:00+07:00",
        3,
        "started_at",
        Rule.NO_SUCH_TIME,
    ),
    ("visits.csv", "2026-01-05T08:00:00+07:00", "0001-01-01T00:00:00+07:00", 3, "started_at", Rule.YEAR),
    ("visits.csv", "2026-01-05T09:00:00+07:00", "9999-12-31T23:00:00-07:00", 3, "ended_at", Rule.YEAR),
    (
        "visits.csv",
        "2026-01-05T09:00:00+07:00",
        "2026-01-05T07:59:59+07:00",
        3,
        "ended_at",
        Rule.ENDS_BEFORE_START,
    ),
    ("visits.csv", "regular", "", 2, "meeting_kind", Rule.MEETING_KIND_REQUIRED),
    ("visits.csv", "regular", "monthly", 2, "meeting_kind", Rule.NOT_IN_LIST),
    ("visits.csv", ",,yes", ",regular,yes", 3, "meeting_kind", Rule.MEETING_KIND_ON_TRIP),
    ("visits.csv", ",,yes", ",,true", 3, "nothing_raised", Rule.NOT_YES_OR_NO),
    ("visits.csv", "2026-01-06T05", "2026-01-03T05", 2, "report_filed_at", Rule.REPORT_BEFORE_VISIT),
    ("issues.csv", "V1-2", "V1-1", 3, "ref", Rule.DUPLICATE),
    ("issues.csv", "V1-2,V1", "V1-2,V9", 3, "visit_ref", Rule.UNKNOWN_REFERENCE),
    ("issues.csv", "V1-2,V1", "V1-2,V2", 3, "visit_ref", Rule.NOTHING_RAISED),
    ("issues.csv", "opinion", "denunciation", 3, "kind", Rule.NOT_IN_LIST),
    ("issues.csv", "culture", "sport", 3, "field", Rule.NOT_IN_LIST),
    ("issues.csv", "Điện áp yếu", "", 2, "title", Rule.EMPTY),
    ("issues.csv", "urgent", "very", 3, "urgency", Rule.NOT_IN_LIST),
    ("issues.csv", "urgent,normal", "urgent,secret", 3, "access_class", Rule.NOT_IN_LIST),
    ("issues.csv", "yes", "1", 3, "resolved_on_spot", Rule.NOT_YES_OR_NO),
    ("issues.csv", "normal,no,", "normal,yes,", 2, "forwarded_to", Rule.RESOLVED_AND_FORWARDED),
    ("issues.csv", "A01", "A09", 2, "forwarded_to", Rule.UNKNOWN_REFERENCE),
    ("issues.csv", "A01", "", 2, "forwarded_to", Rule.FORWARD_INCOMPLETE),
    ("issues.csv", "2026-01-05T15:30:44+07:00", "", 2, "forwarded_at", Rule.FORWARD_INCOMPLETE),
    ("issues.csv", "2026-01-05", "2026-01-02", 2, "forwarded_at", Rule.FORWARD_BEFORE_VISIT),
    ("issues.csv", "A01,2026-01-05T15:30:44+07:00", ",", 2, "answered_at", Rule.ANSWER_WITHOUT_FORWARD),
    ("issues.csv", "2026-01-07", "2026-01-04", 2, "answered_at", Rule.ANSWER_BEFORE_FORWARD),
]


@pytest.mark.parametrize(("file", "good", "bad", "line", "column", "rule"), BAD_CELLS)
def test_a_bad_cell_is_named_by_file_line_and_column(
    tmp_path: Path, file: str, good: str, bad: str, line: int, column: str | None, rule: Rule
) -> None:
    """One mistake is one fault, where the clerk will find it, however many rows lean on it."""
    assert good in FILES[file]
    _write(tmp_path, {**FILES, file: FILES[file].replace(good, bad, 1)})

    faults = _refusal(tmp_path).errors

    assert [(fault.file, fault.line, fault.column, fault.rule) for fault in faults] == [
        (file, line, column, rule)
    ]


BAD_FILES: list[tuple[str, bytes | None, int | None, Rule]] = [
    ("units.csv", None, None, Rule.FILE_MISSING),
    ("people.csv", b"", 1, Rule.FILE_EMPTY),
    ("people.csv", b"\xef\xbb\xbf\r\n", 1, Rule.FILE_EMPTY),
    ("visits.csv", VISITS.splitlines()[0].encode(), 1, Rule.NO_ROWS),
    ("units.csv", UNITS.encode("utf-16"), None, Rule.UTF_16),
    ("units.csv", UNITS.encode("utf-16-le"), None, Rule.UTF_16),
    ("people.csv", PEOPLE.replace("Đặng Thế Hòa", "Ðặng").encode("cp1258", "ignore"), 2, Rule.NOT_UTF_8),
    ("people.csv", b"PK\x03\x04....", None, Rule.WORKBOOK),
    ("people.csv", b'"code,full_name', 1, Rule.BROKEN_QUOTES),
]


@pytest.mark.parametrize(("file", "content", "line", "rule"), BAD_FILES)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, file: str, content: bytes | None, line: int | None, rule: Rule
) -> None:
    """The files that lean on an unreadable one are not accused of its absence."""
    _write(tmp_path, FILES)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)

    faults = _refusal(tmp_path).errors

    assert [(fault.file, fault.line, fault.rule) for fault in faults] == [(file, line, rule)]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A slip in the path is one plain sentence."""
    refusal = _refusal(tmp_path / "sổ")

    assert [fault.rule for fault in refusal.errors] == [Rule.FOLDER_MISSING]


def test_a_file_too_large_or_locked_is_told_before_it_is_read(tmp_path: Path) -> None:
    """Neither a film saved under the wrong name nor a file the machine will not give up ends in a crash."""
    _write(tmp_path, FILES)
    with (tmp_path / "people.csv").open("wb") as film:
        film.truncate(65 << 20)
    (tmp_path / "issues.csv").unlink()
    (tmp_path / "issues.csv").symlink_to("/proc/self/mem")

    faults = _refusal(tmp_path).errors

    assert [(fault.file, fault.rule) for fault in faults] == [
        ("people.csv", Rule.FILE_TOO_LARGE),
        ("issues.csv", Rule.FILE_UNREADABLE),
    ]


def test_a_ring_of_units_is_told_once(tmp_path: Path) -> None:
    """A cycle of three shows the way round, on one of its rows."""
    ring = (
        "B1,Một,party_cell,B3,,,\nB2,Hai,party_cell,B1,,,\nB3,Ba,party_cell,B2,,,\nB4,Bốn,party_cell,B3,,,\n"
    )
    _write(tmp_path, {**FILES, "units.csv": UNITS + ring})

    (fault,) = _refusal(tmp_path).errors

    assert fault.en == "“B1” is above itself: B1 → B3 → B2 → B1."


def test_every_fault_is_counted_and_the_first_are_told_in_order(tmp_path: Path) -> None:
    """A clerk corrects a spreadsheet in one sitting; a hopeless one does not flood the screen."""
    rows = "".join(f"V{n},field_trip,M01,C001,hôm qua,hôm nay,,yes,\n" for n in range(10, 310))
    _write(
        tmp_path, {**FILES, "units.csv": UNITS.replace("TS,school", "T9,school"), "visits.csv": VISITS + rows}
    )

    refusal = _refusal(tmp_path)

    assert refusal.total == 601
    assert len(refusal.errors) == 200
    assert [(fault.file, fault.line, fault.column) for fault in refusal.errors[:3]] == [
        ("units.csv", 4, "parent_code"),
        ("visits.csv", 4, "started_at"),
        ("visits.csv", 4, "ended_at"),
    ]
    assert str(refusal).endswith("and 401 more")


def test_a_register_beyond_every_size_is_refused(tmp_path: Path) -> None:
    """The row after the two hundred thousandth ends the reading."""
    header, row = ISSUES.splitlines()[0], ",V1,opinion,culture,Nhà,,,,,,\n"
    rows = "".join(f"{n}{row}" for n in range(200_001))
    _write(tmp_path, {**FILES, "issues.csv": f"{header}\n{rows}"})

    (fault,) = _refusal(tmp_path).errors

    assert (fault.line, fault.rule) == (200_002, Rule.TOO_MANY_ROWS)


@pytest.mark.parametrize(
    ("file", "good", "bad", "vi", "en"),
    [
        (
            "visits.csv",
            "M02",
            "M09",
            "visits.csv, dòng 3, cột visitor_code: “M09” không có trong people.csv.",
            "visits.csv, line 3, column visitor_code: “M09” is not in people.csv.",
        ),
        (
            "people.csv",
            "M03",
            "M01",
            "people.csv, dòng 4, cột code: “M01” đã có ở dòng 2.",
            "people.csv, line 4, column code: “M01” is already on line 2.",
        ),
        (
            "visits.csv",
            "2026-01-05T08:00:00+07:00",
            "2026-01-05T08:00:00",
            "visits.csv, dòng 3, cột started_at: “2026-01-05T08:00:00” thiếu múi giờ; giờ Việt Nam viết thêm +07:00 ở cuối.",
            "visits.csv, line 3, column started_at: “2026-01-05T08:00:00” has no time zone; for Vietnamese time, add +07:00 at the end.",
        ),
        (
            "issues.csv",
            "V1-2,V1",
            "V1-2,V2",
            "issues.csv, dòng 3, cột visit_ref: chuyến “V2” ghi không có ý kiến nào (nothing_raised, dòng 3).",
            "issues.csv, line 3, column visit_ref: visit “V2” says that nothing was raised (nothing_raised, line 3).",
        ),
        (
            "units.csv",
            "school,,model",
            "school,model",
            "units.csv, dòng 4: dòng này có 6 ô, còn dòng tên cột có 7.",
            "units.csv, line 4: this row has 6 cells, the header has 7.",
        ),
        (
            "issues.csv",
            "culture",
            "\x1b[31m{x}" + "z" * 100,
            "issues.csv, dòng 3, cột field: “\\x1b[31m{x}" + "z" * 52 + "…” có ký tự điều khiển.",
            "issues.csv, line 3, column field: “\\x1b[31m{x}" + "z" * 52 + "…” holds a control character.",
        ),
    ],
)
def test_a_fault_reads_well_aloud(tmp_path: Path, file: str, good: str, bad: str, vi: str, en: str) -> None:
    """Where, what stands there, why it cannot stay: one sentence in each language, safe to print."""
    _write(tmp_path, {**FILES, file: FILES[file].replace(good, bad, 1)})

    (fault,) = _refusal(tmp_path).errors

    assert (fault.in_vietnamese, fault.in_english) == (vi, en)


def test_every_rule_has_its_two_sentences() -> None:
    """No fault can fail to be told."""
    assert set(findings._SENTENCES) == set(Rule)


# Ids and content


def test_a_second_reading_finds_the_same_rows() -> None:
    """An id depends on the committee, the kind and the code, and on nothing else."""
    ids = [
        register_id(root, kind, code)
        for root, kind, code in [
            ("TS", "unit", "C1"),
            ("TS", "visit", "C1"),
            ("TU", "unit", "C1"),
            ("TS", "unit", "C2"),
        ]
    ]

    assert len(set(ids)) == 4
    assert str(ids[0]) == "b8a2f32a-d6d1-5f01-85db-0e3dce54cf1a"
    assert register_id("a/b", "unit", "c") != register_id("a", "b/unit", "c")


def test_content_is_what_a_row_says_not_where_it_stands(tmp_path: Path) -> None:
    """A row moved down is the same row; a row with another end is not."""
    _write(tmp_path, FILES)
    visit = read_register(tmp_path).visits[0]

    assert content_hash(replace(visit, line=99)) == content_hash(visit)
    assert content_hash(replace(visit, ended_at=visit.started_at)) != content_hash(visit)


# Properties


@settings(deadline=None, max_examples=40)
@given(
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoted=st.booleans(),
    bom=st.booleans(),
    decomposed=st.booleans(),
)
def test_the_same_register_saved_by_another_program_reads_the_same(
    delimiter: str, line_end: str, quoted: bool, bom: bool, decomposed: bool
) -> None:
    """Delimiter, line ends, quotes, BOM and composition are the program's business, not the clerk's."""

    def saved(text: str) -> str:
        rows = csv.reader(io.StringIO(unicodedata.normalize("NFD" if decomposed else "NFC", text)))
        out = io.StringIO(newline="")
        csv.writer(
            out,
            delimiter=delimiter,
            lineterminator=line_end,
            quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
        ).writerows(rows)
        return ("\ufeff" if bom else "") + out.getvalue()

    with _folder({file: saved(text) for file, text in FILES.items()}) as folder:
        register = read_register(folder)

    with _folder(FILES) as folder:
        assert register == read_register(folder)


@settings(deadline=None, max_examples=200)
@given(
    file=st.sampled_from(sorted(FILES)), data=st.data(), cell=st.text() | st.text(alphabet='",;\r\n\t\0 é')
)
def test_whatever_stands_in_a_cell_the_answer_is_a_register_or_its_faults(
    file: str, data: st.DataObject, cell: str
) -> None:
    """Nothing typed into a cell, quoted or not, header or row, breaks the reader itself."""
    lines = FILES[file].splitlines()
    row = data.draw(st.integers(0, len(lines) - 1))
    cells = lines[row].split(",")
    cells[data.draw(st.integers(0, len(cells) - 1))] = cell
    lines[row] = ",".join(cells)

    with _folder({**FILES, file: "\n".join(lines)}) as folder:
        answer = _answer(folder)

    assert isinstance(answer, (Register, RegisterErrors))


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=200))
def test_whatever_bytes_a_file_holds_the_answer_is_a_register_or_its_faults(content: bytes) -> None:
    """A picture renamed to issues.csv is refused like any other mistake."""
    with _folder(FILES) as folder:
        (folder / "issues.csv").write_bytes(content)
        answer = _answer(folder)

    assert isinstance(answer, (Register, RegisterErrors))


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))


@contextmanager
def _folder(files: dict[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        _write(Path(name), files)
        yield Path(name)


def _answer(folder: Traversable) -> Register | RegisterErrors:
    try:
        return read_register(folder)
    except RegisterErrors as errors:
        return errors


def _refusal(folder: Traversable) -> RegisterErrors:
    with pytest.raises(RegisterErrors) as refusal:
        read_register(folder)
    return refusal.value


def _count(register: Register, kind: str) -> int:
    return sum(visit.kind == kind for visit in register.visits)
