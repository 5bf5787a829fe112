"""What is wrong with a register, or worth a second look, told to the clerk who typed it.

A finding says where (file, line, column), what stands there, and why it cannot stay, in Vietnamese and
English. Every rule has its two sentences in one table, so that they are written and read side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FAULTS_SHOWN: Final = 200
"""A register typed in the wrong columns has a fault in every cell; the first ones tell the story."""

_VALUE_SHOWN: Final = 60


class Rule(StrEnum):
    """The rules of a register. A code may be counted and tested; a sentence may be reworded."""

    FOLDER_MISSING = "folder-missing"
    FILE_MISSING = "file-missing"
    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    FILE_EMPTY = "file-empty"
    NO_ROWS = "no-rows"
    TOO_MANY_ROWS = "too-many-rows"
    WORKBOOK = "workbook"
    NOT_A_REGISTER = "not-a-register"
    SHEET_MISSING = "sheet-missing"
    PART_MISSING = "part-missing"
    PART_TWICE = "part-twice"
    SHEET_UNKNOWN = "sheet-unknown"
    SHEET_HIDDEN = "sheet-hidden"
    SHEET_TOO_WIDE = "sheet-too-wide"
    HIDDEN_ROWS = "hidden-rows"
    WORKBOOK_BROKEN = "workbook-broken"
    WORKBOOK_OLD = "workbook-old"
    WORKBOOK_MACROS = "workbook-macros"
    WORKBOOK_ENTITIES = "workbook-entities"
    WORKBOOK_UNPACKS = "workbook-unpacks"
    MERGED_CELLS = "merged-cells"
    FORMULA = "formula"
    FORMULA_FAILED = "formula-failed"
    UTF_16 = "utf-16"
    NOT_UTF_8 = "not-utf-8"
    COLUMN_MISSING = "column-missing"
    COLUMN_TWICE = "column-twice"
    COLUMN_UNKNOWN = "column-unknown"
    BROKEN_QUOTES = "broken-quotes"
    ROW_WIDTH = "row-width"
    BLANK_ROWS = "blank-rows"
    EMPTY = "empty"
    BLANK = "blank"
    CONTROL = "control-character"
    MARKS = "too-many-marks"
    TOO_LONG = "too-long"
    NOT_A_CODE = "not-a-code"
    NUMBER_CUT = "number-cut"
    NUMBER_AS_CODE = "number-as-code"
    NOT_A_WORD = "not-a-word"
    NOT_IN_LIST = "not-in-list"
    NOT_YES_OR_NO = "not-yes-or-no"
    NOT_A_TIME = "not-a-time"
    NO_TIME_ZONE = "no-time-zone"
    DAY_ONLY = "day-only"
    MIXED_DATES = "mixed-dates"
    NO_SUCH_TIME = "no-such-time"
    YEAR = "year"
    DUPLICATE = "duplicate"
    UNKNOWN_REFERENCE = "unknown-reference"
    PARENT_CYCLE = "parent-cycle"
    PARENT_REQUIRED = "parent-required"
    ROOT_MISSING = "root-missing"
    ROOT_TWICE = "root-twice"
    ROOT_OF_OTHERS = "root-of-others"
    ENDS_BEFORE_START = "ends-before-start"
    MEETING_KIND_REQUIRED = "meeting-kind-required"
    MEETING_KIND_ON_TRIP = "meeting-kind-on-trip"
    REPORT_BEFORE_VISIT = "report-before-visit"
    NOTHING_RAISED = "nothing-raised"
    FORWARD_INCOMPLETE = "forward-incomplete"
    FORWARD_BEFORE_VISIT = "forward-before-visit"
    RESOLVED_AND_FORWARDED = "resolved-and-forwarded"
    ANSWER_WITHOUT_FORWARD = "answer-without-forward"
    ANSWER_BEFORE_FORWARD = "answer-before-forward"
    PERSONAL = "personal"
    IN_FUTURE = "in-future"
    ERASED = "erased"
    KIND_FIXED = "kind-fixed"
    UNIT_FIXED = "unit-fixed"
    DAY_FIXED = "day-fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault, or one note: where it is, what stands there, why it matters."""

    file: str
    line: int | None = None
    column: str | None = None
    cell: str | None = None
    """The cell's address in a workbook, such as C12."""
    value: str | None = None
    rule: Rule
    vi: str
    en: str

    @property
    def in_vietnamese(self) -> str:
        return f"{self.place_vi}: {self.vi}"

    @property
    def in_english(self) -> str:
        return f"{self.place_en}: {self.en}"

    @property
    def place_vi(self) -> str:
        return self._place("dòng", "cột", "ô")

    @property
    def place_en(self) -> str:
        return self._place("line", "column", "cell")

    def _place(self, line_word: str, column_word: str, cell_word: str) -> str:
        parts = [self.file]
        if self.cell is not None:
            parts.append(f"{cell_word} {self.cell}")
        elif self.line is not None:
            parts.append(f"{line_word} {self.line}")
        if self.column is not None:
            parts.append(f"{column_word} {self.column}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of the register as its clerk knows it, for what is found after it was read."""

    name: str
    headings: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    """Columns, each with its heading as written and, in a workbook, its letters."""

    def heading(self, column: str) -> str:
        """What the sheet calls a column."""
        return self.headings[column][0] if column in self.headings else column

    def cell(self, column: str, line: int | None) -> str | None:
        """The address of a cell, where cells have addresses."""
        _, letters = self.headings.get(column, ("", None))
        return f"{letters}{line}" if letters and line else None


class RegisterErrors(ValueError):
    """A register that cannot be taken in: the first faults in the order of the files, and how many in all."""

    def __init__(self, errors: Iterable[Finding], *, total: int) -> None:
        self.errors = tuple(errors)
        self.total = total
        super().__init__(self.errors, total)

    def __str__(self) -> str:
        lines = [error.in_english for error in self.errors]
        if self.total > len(lines):
            lines.append(f"and {self.total - len(lines)} more")
        return "\n".join(lines)


@dataclass(slots=True)
class Findings:
    """Collects what reading turns up. Notes and faults are bounded; faults are counted to the last one."""

    faults: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    total: int = 0

    def fault(
        self,
        rule: Rule,
        place: Place | str,
        line: int | None = None,
        column: str | None = None,
        **words: object,
    ) -> None:
        self.total += 1
        if len(self.faults) < FAULTS_SHOWN:
            self.faults.append(_finding(rule, place, line, column, words))

    def note(
        self,
        rule: Rule,
        place: Place | str,
        line: int | None = None,
        column: str | None = None,
        **words: object,
    ) -> None:
        if len(self.notes) < FAULTS_SHOWN:
            self.notes.append(_finding(rule, place, line, column, words))

    def raise_if_any(self) -> None:
        """Refuse with the faults as a reader goes through the files: file by file, from the top."""
        files = list(dict.fromkeys(fault.file for fault in self.faults))
        in_order = sorted(self.faults, key=lambda fault: (files.index(fault.file), fault.line or 0))
        if in_order:
            raise RegisterErrors(in_order, total=self.total)


def _finding(
    rule: Rule, place: Place | str, line: int | None, column: str | None, words: dict[str, object]
) -> Finding:
    place = place if isinstance(place, Place) else Place(name=place)
    value = _shown(str(words["value"])) if "value" in words else None
    said = {**words, "value": value}
    vi, en = _SENTENCES[rule]
    return Finding(
        file=place.name,
        line=line,
        column=None if column is None else _shown(place.heading(column)),
        cell=None if column is None else place.cell(column, line),
        value=value,
        rule=rule,
        vi=vi.format(**said),
        en=en.format(**said),
    )


def _shown(value: str) -> str:
    """A value as a terminal may show it: short, and without characters that move the cursor."""
    short = value if len(value) <= _VALUE_SHOWN else value[:_VALUE_SHOWN] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in short
    )


_SENTENCES: Final[dict[Rule, tuple[str, str]]] = {
    Rule.FOLDER_MISSING: (
        "không có thư mục hay tệp này.",
        "there is no such folder or file.",
    ),
    Rule.FILE_MISSING: (
        "thư mục thiếu tệp này.",
        "the folder lacks this file.",
    ),
    Rule.FILE_UNREADABLE: (
        "không mở được tệp này.",
        "this file cannot be opened.",
    ),
    Rule.FILE_TOO_LARGE: (
        "tệp lớn hơn {limit} MB; hãy chia thành nhiều sổ.",
        "the file is larger than {limit} MB; split it into several registers.",
    ),
    Rule.FILE_EMPTY: (
        "tệp rỗng; dòng đầu phải là tên các cột.",
        "the file is empty; its first row must name the columns.",
    ),
    Rule.NO_ROWS: (
        "chỉ có dòng tên cột, chưa có dòng dữ liệu nào.",
        "only the header is here, with no row below it.",
    ),
    Rule.TOO_MANY_ROWS: (
        "nhiều hơn {limit} dòng; hãy chia thành nhiều sổ.",
        "more than {limit} rows; split it into several registers.",
    ),
    Rule.WORKBOOK: (
        "đây là tệp Excel, không phải CSV; hãy đưa cả tệp Excel thay cho thư mục, hoặc lưu thành “CSV UTF-8”.",
        "this is an Excel workbook, not CSV; name the workbook in place of the folder, or save it as “CSV UTF-8”.",
    ),
    Rule.NOT_A_REGISTER: (
        "không nhận ra phần nào của sổ; dòng tên cột phải như tệp mẫu.",
        "no part of a register is recognised here; the headings must be those of the template.",
    ),
    Rule.SHEET_MISSING: (
        "thiếu phần “{value}” của sổ.",
        "the part “{value}” of the register is missing.",
    ),
    Rule.PART_MISSING: (
        "có “{value}” thì phải kèm “{other}”, dù chỉ có dòng tên cột: thiếu nó thì các ý kiến đã ghi sẽ mất.",
        "with “{value}”, “{other}” must come too, if only its headings: without it, recorded issues would go.",
    ),
    Rule.PART_TWICE: (
        "đã có phần “{value}” ở {first}.",
        "the part “{value}” is already in {first}.",
    ),
    Rule.SHEET_UNKNOWN: (
        "không phải phần nào của sổ, nên bỏ qua.",
        "this is no part of the register and was left out.",
    ),
    Rule.SHEET_HIDDEN: (
        "trang này đang ẩn; hãy cho hiện để thấy những gì được nhập, hoặc xóa đi.",
        "this sheet is hidden; show it, so that what is imported can be seen, or delete it.",
    ),
    Rule.SHEET_TOO_WIDE: (
        "trang dùng đến {found}, quá {rows} dòng hoặc {columns} cột; hãy xóa phần thừa hay chia thành nhiều tệp.",
        "the sheet reaches to {found}, beyond {rows} rows or {columns} columns; delete what is not needed or split it.",
    ),
    Rule.HIDDEN_ROWS: (
        "có {count} dòng đang ẩn; chúng cũng được đọc.",
        "{count} rows are hidden; they were read too.",
    ),
    Rule.WORKBOOK_BROKEN: (
        "không mở được như một tệp Excel (.xlsx); hãy mở bằng Excel rồi lưu lại.",
        "this cannot be opened as an Excel workbook (.xlsx); open it in Excel and save it again.",
    ),
    Rule.WORKBOOK_OLD: (
        "tệp Excel đời cũ (.xls) hoặc có mật khẩu; hãy lưu lại thành .xlsx không mật khẩu.",
        "an old Excel file (.xls) or one with a password; save it as .xlsx without a password.",
    ),
    Rule.WORKBOOK_MACROS: (
        "tệp có macro; hãy lưu lại thành .xlsx.",
        "the workbook holds macros; save it as .xlsx.",
    ),
    Rule.WORKBOOK_ENTITIES: (
        "tệp tự định nghĩa ký hiệu XML, điều Excel không làm; không đọc.",
        "the file declares XML entities, which Excel never does; it was not read.",
    ),
    Rule.WORKBOOK_UNPACKS: (
        "tệp giải nén ra quá {limit} MB; hãy xóa phần thừa hay chia thành nhiều tệp.",
        "the file unpacks to more than {limit} MB; delete what is not needed or split it.",
    ),
    Rule.MERGED_CELLS: (
        "các ô {value} đang gộp; hãy bỏ gộp và ghi vào từng ô.",
        "the cells {value} are merged; unmerge them and fill each.",
    ),
    Rule.FORMULA: (
        "ô này là công thức; hãy dán giá trị thay cho công thức.",
        "this cell is a formula; paste its value in its place.",
    ),
    Rule.FORMULA_FAILED: (
        "ô này báo lỗi “{value}” của Excel.",
        "this cell holds the error “{value}” of Excel.",
    ),
    Rule.UTF_16: (
        "tệp mã hóa UTF-16; trong Excel hãy lưu thành “CSV UTF-8”.",
        "the file is in UTF-16; in Excel, save it as “CSV UTF-8”.",
    ),
    Rule.NOT_UTF_8: (
        "chữ ở dòng này không phải UTF-8, có thể là Windows-1258 hoặc TCVN3; hãy lưu lại thành “CSV UTF-8”.",
        "the text on this line is not UTF-8, perhaps Windows-1258 or TCVN3; save it again as “CSV UTF-8”.",
    ),
    Rule.COLUMN_MISSING: (
        "thiếu cột này ở dòng tên cột.",
        "the header lacks this column.",
    ),
    Rule.COLUMN_TWICE: (
        "cột này có tên hai lần ở dòng tên cột.",
        "the header names this column twice.",
    ),
    Rule.COLUMN_UNKNOWN: (
        "không biết cột này, nên bỏ qua.",
        "this column is unknown and was left out.",
    ),
    Rule.BROKEN_QUOTES: (
        "dấu nháy kép mở ra mà không khép lại đúng chỗ.",
        "a double quote opens here and is not closed where it should be.",
    ),
    Rule.ROW_WIDTH: (
        "dòng này có {found} ô, còn dòng tên cột có {expected}.",
        "this row has {found} cells, the header has {expected}.",
    ),
    Rule.BLANK_ROWS: (
        "bỏ qua {count} dòng trống.",
        "{count} blank rows were left out.",
    ),
    Rule.EMPTY: (
        "ô này không được để trống.",
        "this cell must not be empty.",
    ),
    Rule.BLANK: (
        "ô này chỉ có ký tự không nhìn thấy được.",
        "this cell holds only invisible characters.",
    ),
    Rule.CONTROL: (
        "“{value}” có ký tự điều khiển.",
        "“{value}” holds a control character.",
    ),
    Rule.MARKS: (
        "một chữ mang quá nhiều dấu.",
        "one letter carries too many marks.",
    ),
    Rule.TOO_LONG: (
        "dài quá {limit} ký tự.",
        "longer than {limit} characters.",
    ),
    Rule.NOT_A_CODE: (
        "“{value}” không phải là mã; mã không có khoảng trắng và dài nhất {limit} ký tự.",
        "“{value}” is not a code; a code has no blanks and at most {limit} characters.",
    ),
    Rule.NUMBER_CUT: (
        "Excel chỉ giữ 15 chữ số, nên “{value}” có thể đã sai; hãy định dạng cột là văn bản (Text) rồi gõ lại.",
        "Excel keeps 15 digits only, so “{value}” may be wrong; format the column as text and type it again.",
    ),
    Rule.NUMBER_AS_CODE: (
        "Excel coi mã là số, đọc thành “{value}”; nếu mã có số 0 ở đầu, hãy định dạng cột là văn bản (Text).",
        "Excel took the code for a number, read as “{value}”; if it starts with zeros, format the column as text.",
    ),
    Rule.NOT_A_WORD: (
        "không biết “{value}”; chọn một trong: {named}; hoặc ghi một từ không dấu như party_cell.",
        "“{value}” is not known; choose one of: {allowed}; or write a plain word of that kind.",
    ),
    Rule.NOT_IN_LIST: (
        "“{value}” không có trong danh sách; chọn một trong: {named}.",
        "“{value}” is not in the list; choose one of: {allowed}.",
    ),
    Rule.NOT_YES_OR_NO: (
        "“{value}” phải là có hoặc không.",
        "“{value}” must be yes or no.",
    ),
    Rule.NOT_A_TIME: (
        "“{value}” không đúng dạng ngày giờ; viết như 03/11/2026 19:00.",
        "“{value}” is not a date and time; write it as 03/11/2026 19:00, the day first.",
    ),
    Rule.DAY_ONLY: (
        "chỉ có ngày, không có giờ, từ dòng này; bắt đầu tính từ 00:00, những lúc khác tính đến 23:59.",
        "from here on a day without a time; a start is taken as 00:00, all else as 23:59.",
    ),
    Rule.MIXED_DATES: (
        "cột này lẫn ngày của Excel và ngày là chữ (dòng {first}), nên Excel có thể đã đảo ngày với tháng; hãy định dạng cả cột là văn bản (Text) rồi gõ lại.",
        "this column mixes dates of Excel and dates as text (line {first}), so Excel may have swapped day and month; format the whole column as text and type it again.",
    ),
    Rule.NO_TIME_ZONE: (
        "“{value}” thiếu múi giờ; giờ Việt Nam viết thêm +07:00 ở cuối.",
        "“{value}” has no time zone; for Vietnamese time, add +07:00 at the end.",
    ),
    Rule.NO_SUCH_TIME: (
        "“{value}” không có trên lịch.",
        "“{value}” is not on the calendar.",
    ),
    Rule.YEAR: (
        "“{value}” nằm ngoài các năm {first} đến {last}.",
        "“{value}” is outside the years {first} to {last}.",
    ),
    Rule.DUPLICATE: (
        "“{value}” đã có ở dòng {first}.",
        "“{value}” is already on line {first}.",
    ),
    Rule.UNKNOWN_REFERENCE: (
        "“{value}” không có trong {there}.",
        "“{value}” is not in {there}.",
    ),
    Rule.PARENT_CYCLE: (
        "“{value}” là cấp trên của chính mình: {path}.",
        "“{value}” is above itself: {path}.",
    ),
    Rule.PARENT_REQUIRED: (
        "chỉ đảng bộ gốc và cơ quan không có cấp trên.",
        "only the root party_organisation and an agency have no parent.",
    ),
    Rule.ROOT_MISSING: (
        "không có đảng bộ gốc: một dòng loại Đảng bộ không có cấp trên.",
        "there is no root: a party_organisation without a parent.",
    ),
    Rule.ROOT_TWICE: (
        "“{value}” là đảng bộ gốc thứ hai; đảng bộ gốc ở dòng {first}.",
        "“{value}” is a second root; the root is on line {first}.",
    ),
    Rule.ROOT_OF_OTHERS: (
        "“{value}” không phải đảng bộ của đồng chí ({own}); mỗi sổ chỉ nói về một đảng bộ.",
        "“{value}” is not your own committee ({own}); a register speaks of one committee.",
    ),
    Rule.ENDS_BEFORE_START: (
        "“{value}” trước lúc bắt đầu {start}.",
        "“{value}” is before the start, {start}.",
    ),
    Rule.MEETING_KIND_REQUIRED: (
        "dự sinh hoạt chi bộ phải ghi loại sinh hoạt: {named}.",
        "an attended meeting must say its kind: {allowed}.",
    ),
    Rule.MEETING_KIND_ON_TRIP: (
        "“{value}” chỉ dành cho dự sinh hoạt chi bộ, không dành cho đi cơ sở.",
        "“{value}” belongs to an attended meeting, not to a field trip.",
    ),
    Rule.REPORT_BEFORE_VISIT: (
        "báo cáo lúc “{value}”, trước khi chuyến đi bắt đầu lúc {start}.",
        "reported at “{value}”, before the visit started at {start}.",
    ),
    Rule.NOTHING_RAISED: (
        "chuyến “{value}” ghi không có ý kiến nào ({other}, dòng {first}).",
        "visit “{value}” says that nothing was raised ({other}, line {first}).",
    ),
    Rule.FORWARD_INCOMPLETE: (
        "đã có {other} thì cũng phải có ô này.",
        "with {other} filled in, this cell must be too.",
    ),
    Rule.FORWARD_BEFORE_VISIT: (
        "chuyển lúc “{value}”, trước khi chuyến đi bắt đầu lúc {start}.",
        "forwarded at “{value}”, before the visit started at {start}.",
    ),
    Rule.RESOLVED_AND_FORWARDED: (
        "việc đã giải quyết tại chỗ thì không chuyển đi nữa.",
        "a matter resolved on the spot is not forwarded.",
    ),
    Rule.ANSWER_WITHOUT_FORWARD: (
        "có trả lời nhưng chưa chuyển cho cơ quan nào.",
        "there is an answer, but the matter was not forwarded to anybody.",
    ),
    Rule.ANSWER_BEFORE_FORWARD: (
        "trả lời lúc “{value}”, trước khi chuyển lúc {start}.",
        "answered at “{value}”, before it was forwarded at {start}.",
    ),
    Rule.PERSONAL: (
        "có vẻ nói về một người cụ thể (tên, số điện thoại hoặc số căn cước); chỉ nên ghi sự việc.",
        "this seems to be about a person (a name, a phone or an identity number); record the matter only.",
    ),
    Rule.IN_FUTURE: (
        "“{value}” ở tương lai so với đồng hồ của hệ thống.",
        "“{value}” lies in the future of the system's clock.",
    ),
    Rule.ERASED: (
        "nội dung của chuyến “{value}” đã xóa theo quy định lưu giữ, không ghi lại được.",
        "the content of visit “{value}” was erased under the retention rule; it cannot be written again.",
    ),
    Rule.KIND_FIXED: (
        "chuyến “{value}” đã ghi với hình thức khác; hình thức không sửa được, hãy hoàn tác lần nhập cũ.",
        "visit “{value}” was recorded as another kind; a kind cannot be corrected, undo the earlier import.",
    ),
    Rule.UNIT_FIXED: (
        "chuyến “{value}” đã ghi ở đơn vị khác; đơn vị không sửa được, hãy hoàn tác lần nhập cũ.",
        "visit “{value}” was recorded at another unit; a unit cannot be corrected, undo the earlier import.",
    ),
    Rule.DAY_FIXED: (
        "chuyến “{value}” đã ghi vào ngày khác, và hạn tính từ ngày ấy; hãy hoàn tác lần nhập cũ.",
        "visit “{value}” was recorded on another day, from which its deadlines count; undo the earlier import.",
    ),
}
