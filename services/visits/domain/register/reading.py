"""Reading a register: its four parts in the order in which they speak of each other.

Units come first, then people, visits and issues, so that each row is checked against what is already
known. A code counts as known from the moment it stands somewhere, even on a faulty row, and a part that
could not be read to its end accuses nobody: one mistake is told once, not once per row that leans on it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Final

from services.visits.domain.register.cells import Cells, offered
from services.visits.domain.register.csv_files import csv_sheet
from services.visits.domain.register.findings import Findings, Rule
from services.visits.domain.register.model import (
    AGENCY_KIND,
    ROOT_KIND,
    Attention,
    Body,
    IssueRow,
    PersonRow,
    Recognition,
    Register,
    UnitRow,
    VisitRow,
)
from services.visits.domain.register.sheets import BYTES_AT_MOST, Sheet, UnfitError
from services.visits.domain.register.tables import Form, Table
from services.visits.domain.register.words import CELL_TYPES, LISTS, UNIT_KINDS
from services.visits.domain.register.workbooks import is_workbook, workbook_sheets
from shared.clock import LOCAL
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind
from shared.text import fold, personal_hints

UNITS: Final = Form(
    file="units.csv",
    sheet="Đơn vị",
    required={"code": "Mã đơn vị", "name": "Tên đơn vị", "kind": "Loại", "parent_code": "Mã cấp trên"},
    optional={"cell_type": "Loại hình chi bộ", "attention": "Cần quan tâm", "recognition": "Danh hiệu"},
)
PEOPLE: Final = Form(
    file="people.csv",
    sheet="Người",
    required={
        "code": "Mã người",
        "full_name": "Họ và tên",
        "post": "Chức vụ",
        "body": "Cơ quan lãnh đạo",
        "committee": "Mã đảng bộ",
    },
    optional={"portfolios": "Lĩnh vực phụ trách"},
)
VISITS: Final = Form(
    file="visits.csv",
    sheet="Chuyến đi",
    required={
        "ref": "Mã chuyến",
        "kind": "Hình thức",
        "visitor_code": "Mã người đi",
        "unit_code": "Mã đơn vị",
        "started_at": "Bắt đầu",
        "ended_at": "Kết thúc",
    },
    optional={
        "meeting_kind": "Loại sinh hoạt",
        "nothing_raised": "Không có ý kiến",
        "report_filed_at": "Báo cáo lúc",
    },
)
ISSUES: Final = Form(
    file="issues.csv",
    sheet="Ý kiến",
    required={
        "ref": "Mã ý kiến",
        "visit_ref": "Mã chuyến",
        "kind": "Loại",
        "field": "Lĩnh vực",
        "title": "Nội dung",
    },
    optional={
        "urgency": "Mức độ",
        "access_class": "Ai được xem",
        "resolved_on_spot": "Giải quyết tại chỗ",
        "forwarded_to": "Chuyển đến mã",
        "forwarded_at": "Chuyển lúc",
        "answered_at": "Trả lời lúc",
    },
    may_be_absent=True,
)
FORMS: Final = (UNITS, PEOPLE, VISITS, ISSUES)
GUIDE: Final = "Hướng dẫn"
LISTS_PAGE: Final = "Danh mục"
"""Pages of the template that are no part of a register."""

_LINKS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the committee has already, for an upload that gives only a part."""

    root_code: str
    parents: Mapping[str, str | None]
    """Its units and agencies by code, with the code of what is above each."""
    people: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it was sent."""

    name: str
    data: bytes


def read_register(path: Traversable) -> Register:
    """Read and check a whole register: a folder with a CSV file for each part, or one workbook.

    Raises RegisterErrors with every fault in it.
    """
    findings = Findings()
    if path.is_dir():
        return _read({form.file: _from_folder(path, form, findings) for form in FORMS}, None, findings)
    sheets: dict[str, Sheet] = {}
    if path.is_file():
        sheets = _sheets([Upload(name=path.name, data=path.read_bytes())], findings)
    else:
        findings.fault(Rule.FOLDER_MISSING, str(path))
    findings.raise_if_any()
    for form in FORMS:
        if form.file not in sheets and not form.may_be_absent:
            findings.fault(Rule.SHEET_MISSING, path.name, value=form.sheet)
    return _read({form.file: _table(form, sheets, findings) for form in FORMS}, None, findings)


def read_uploads(uploads: Sequence[Upload], around: Around) -> Register:
    """Read and check what an office sent, whole or in part: a workbook, or CSV files, or both.

    What is not in it is looked for in what the committee has. Raises RegisterErrors with every fault in it.
    Takes seconds for the largest workbooks: call it from a thread.
    """
    findings = Findings()
    sheets = _sheets(uploads, findings)
    tables = {form.file: _table(replace(form, may_be_absent=True), sheets, findings) for form in FORMS}
    if not sheets and not findings.faults:
        findings.fault(Rule.NOT_A_REGISTER, ", ".join(upload.name for upload in uploads))
    if VISITS.file in sheets and ISSUES.file not in sheets:
        findings.fault(Rule.PART_MISSING, sheets[VISITS.file].name, value=VISITS.sheet, other=ISSUES.sheet)
    return _read(tables, around, findings)


def _table(form: Form, sheets: Mapping[str, Sheet], findings: Findings) -> Table:
    sheet = sheets.get(form.file)
    return Table.of(sheet, form, findings) if sheet else Table.absent(form, findings)


def _from_folder(folder: Traversable, form: Form, findings: Findings) -> Table:
    path = folder / form.file
    try:
        if form.may_be_absent and not path.is_file():
            return Table.absent(form, findings)
        if not path.is_file():
            raise UnfitError(Rule.FILE_MISSING)
        with path.open("rb") as file:
            data = file.read(BYTES_AT_MOST + 1)
        if is_workbook(data):
            raise UnfitError(Rule.WORKBOOK)
        return Table.of(csv_sheet(form.file, data, form.knows), form, findings)
    except UnfitError as unfit:
        return Table.unreadable(form, findings, unfit)
    except OSError:
        return Table.unreadable(form, findings, UnfitError(Rule.FILE_UNREADABLE))


def _sheets(uploads: Sequence[Upload], findings: Findings) -> dict[str, Sheet]:
    """The sheet of each part that was given, by the part's file."""
    sheets: dict[str, Sheet] = {}
    for upload in uploads:
        try:
            for sheet in _sheets_of(upload):
                _sort_in(sheet, sheets, findings)
        except UnfitError as unfit:
            findings.fault(unfit.rule, upload.name, unfit.line, None, **unfit.words)
    return sheets


def _sheets_of(upload: Upload) -> list[Sheet]:
    if is_workbook(upload.data):
        return workbook_sheets(upload.name, upload.data)
    return [csv_sheet(upload.name, upload.data, lambda heading: any(form.knows(heading) for form in FORMS))]


def _sort_in(sheet: Sheet, sheets: dict[str, Sheet], findings: Findings) -> None:
    """Find which part a sheet is: by its title, else by its headings."""
    form = _form_of(sheet)
    if form is None:
        if sheet.title not in (GUIDE, LISTS_PAGE):
            findings.note(Rule.SHEET_UNKNOWN, sheet.name)
    elif sheet.hidden:
        findings.fault(Rule.SHEET_HIDDEN, sheet.name)
    elif sheet.unfit is not None:
        findings.fault(sheet.unfit.rule, sheet.name, None, None, **sheet.unfit.words)
    elif form.file in sheets:
        findings.fault(Rule.PART_TWICE, sheet.name, value=form.sheet, first=sheets[form.file].name)
    else:
        sheets[form.file] = sheet
        if sheet.hidden_rows:
            findings.note(Rule.HIDDEN_ROWS, sheet.name, count=sheet.hidden_rows)


def _form_of(sheet: Sheet) -> Form | None:
    title = fold(sheet.title.strip())
    for form in FORMS:
        if title in (fold(form.sheet), form.file.removesuffix(".csv")):
            return form
    named = {
        form.file: max((form.heads(cells) for _, cells in sheet.head if cells), default=0) for form in FORMS
    }
    best = max(FORMS, key=lambda form: named[form.file])
    return best if named[best.file] else None


def _read(tables: Mapping[str, Table], around: Around | None, findings: Findings) -> Register:
    units = _Known(tables[UNITS.file], around.parents.keys() if around else ())
    unit_rows = tuple(_units(units, around))
    root = _root(unit_rows, units, around, findings)
    people = _Known(tables[PEOPLE.file], around.people if around else ())
    person_rows = tuple(_people(people, units))
    visits = _Known(tables[VISITS.file])
    visit_rows = {visit.ref: visit for visit in _visits(visits, people, units)}
    issues = _Known(tables[ISSUES.file])
    issue_rows = tuple(_issues(issues, visits, visit_rows, units))
    findings.raise_if_any()
    return Register(
        root_code=root,
        units=unit_rows,
        people=person_rows,
        visits=tuple(visit_rows.values()),
        issues=issue_rows,
        visits_place=visits.table.place,
        is_history="report_filed_at" not in visits.table.columns,
        notes=tuple(findings.notes),
    )


@dataclass(slots=True)
class _Known:
    """The codes that stand in one part, each with its first line, and those that stood before."""

    table: Table
    before: Collection[str] = ()
    first_lines: dict[str, int] = field(default_factory=dict)

    def rows(self, code_column: str) -> Iterator[tuple[Cells, str]]:
        """Each row with its own code, which must be new."""
        for line, cells in self.table.rows():
            row = Cells(self.table, line, cells)
            code = row.code(code_column)
            first = self.first_lines.setdefault(code, line)
            if code and first != line:
                row.fault(Rule.DUPLICATE, code_column, value=code, first=first)
            yield row, code

    def must_hold(self, row: Cells, column: str, code: str | None) -> None:
        if code and self.table.sound and code not in self.first_lines and code not in self.before:
            row.fault(Rule.UNKNOWN_REFERENCE, column, value=code, there=self.table.place.name)


def _units(units: _Known, around: Around | None) -> Iterator[UnitRow]:
    parents: dict[str, tuple[Cells, str]] = {}
    for row, code in units.rows("code"):
        unit = UnitRow(
            line=row.line,
            code=code,
            name=row.text("name"),
            kind=row.word("kind", UNIT_KINDS),
            parent_code=row.code_or_none("parent_code"),
            cell_type=row.word_or_none("cell_type", CELL_TYPES),
            attention=row.one_of_or_none("attention", Attention),
            recognition=row.one_of_or_none("recognition", Recognition),
        )
        if unit.parent_code is not None:
            parents[code] = (row, unit.parent_code)
        elif row.good and unit.kind not in {ROOT_KIND, AGENCY_KIND}:
            row.fault(Rule.PARENT_REQUIRED, "parent_code")
        if row.good:
            yield unit
    _check_parents(parents, units, around.parents if around else {})


def _check_parents(
    parents: dict[str, tuple[Cells, str]], units: _Known, before: Mapping[str, str | None]
) -> None:
    """Every parent is known, and going up from any unit comes to an end."""
    for row, parent in parents.values():
        units.must_hold(row, "parent_code", parent)
    above = {code: parent for code, parent in before.items() if parent and code not in units.first_lines}
    above |= {code: parent for code, (_, parent) in parents.items()}
    ends: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        code = start
        while code in above and code not in ends and code not in path:
            path[code] = None
            code = above[code]
        if code in path:
            loop = [*path][[*path].index(code) :]
            links = [*loop, code] if len(loop) < _LINKS_SHOWN else [*loop[:_LINKS_SHOWN], "…"]
            parents.get(code, parents[start])[0].fault(
                Rule.PARENT_CYCLE, "parent_code", value=code, path=" → ".join(links)
            )
        ends.update(path)


def _root(rows: tuple[UnitRow, ...], units: _Known, around: Around | None, findings: Findings) -> str:
    roots = [unit for unit in rows if unit.kind == ROOT_KIND and unit.parent_code is None]
    for second in roots[1:]:
        units.table.fault(Rule.ROOT_TWICE, second.line, "parent_code", value=second.code, first=roots[0].line)
    if around is not None:
        if roots and roots[0].code != around.root_code:
            units.table.fault(
                Rule.ROOT_OF_OTHERS, roots[0].line, "code", value=roots[0].code, own=around.root_code
            )
        return around.root_code
    if not roots and units.table.sound and not findings.faults:
        units.table.fault(Rule.ROOT_MISSING, 1, "kind")
    return roots[0].code if roots else ""


def _people(people: _Known, units: _Known) -> Iterator[PersonRow]:
    for row, code in people.rows("code"):
        person = PersonRow(
            line=row.line,
            code=code,
            full_name=row.text("full_name"),
            post=row.text("post"),
            body=row.one_of("body", Body),
            portfolios=row.many_of("portfolios", IssueField),
            committee=row.code("committee"),
        )
        units.must_hold(row, "committee", person.committee)
        if row.good:
            yield person


def _visits(visits: _Known, people: _Known, units: _Known) -> Iterator[VisitRow]:
    for row, ref in visits.rows("ref"):
        visit = VisitRow(
            line=row.line,
            ref=ref,
            kind=row.one_of("kind", VisitKind),
            visitor_code=row.code("visitor_code"),
            unit_code=row.code("unit_code"),
            started_at=row.start("started_at"),
            ended_at=row.instant("ended_at"),
            meeting_kind=row.one_of_or_none("meeting_kind", MeetingKind),
            nothing_raised=row.yes("nothing_raised"),
            report_filed_at=row.instant_or_none("report_filed_at"),
        )
        people.must_hold(row, "visitor_code", visit.visitor_code)
        units.must_hold(row, "unit_code", visit.unit_code)
        if row.good:
            _check_visit(row, visit)
        if row.good:
            yield visit


def _check_visit(row: Cells, visit: VisitRow) -> None:
    start = row.written("started_at")
    if visit.ended_at < visit.started_at:
        row.fault(Rule.ENDS_BEFORE_START, "ended_at", value=row.written("ended_at"), start=start)
    if visit.report_filed_at is not None and visit.report_filed_at < visit.started_at:
        filed = row.written("report_filed_at")
        row.fault(Rule.REPORT_BEFORE_VISIT, "report_filed_at", value=filed, start=start)
    if visit.kind is VisitKind.FIELD_TRIP and visit.meeting_kind is not None:
        row.fault(Rule.MEETING_KIND_ON_TRIP, "meeting_kind", value=row.written("meeting_kind"))
    if visit.kind is VisitKind.MEETING_ATTENDANCE and visit.meeting_kind is None:
        row.fault(Rule.MEETING_KIND_REQUIRED, "meeting_kind", **offered(LISTS[MeetingKind]))


def _issues(
    issues: _Known, visits: _Known, visit_rows: dict[str, VisitRow], units: _Known
) -> Iterator[IssueRow]:
    for row, ref in issues.rows("ref"):
        issue = IssueRow(
            line=row.line,
            ref=ref,
            visit_ref=row.code("visit_ref"),
            kind=row.one_of("kind", IssueKind),
            field=row.one_of("field", IssueField),
            title=row.text("title"),
            urgency=row.one_of_or("urgency", Urgency.NORMAL),
            access_class=row.one_of_or("access_class", AccessClass.NORMAL),
            resolved_on_spot=row.yes("resolved_on_spot"),
            forwarded_to=row.code_or_none("forwarded_to"),
            forwarded_at=row.instant_or_none("forwarded_at"),
            answered_at=row.instant_or_none("answered_at"),
        )
        visits.must_hold(row, "visit_ref", issue.visit_ref)
        units.must_hold(row, "forwarded_to", issue.forwarded_to)
        if row.good:
            _check_forwarding(row, issue)
        if row.good and (visit := visit_rows.get(issue.visit_ref)):
            _check_against_visit(row, issue, visit, visits.table)
        if personal_hints(issue.title):
            row.note(Rule.PERSONAL, "title")
        if row.good:
            yield issue


def _check_forwarding(row: Cells, issue: IssueRow) -> None:
    if issue.resolved_on_spot and (issue.forwarded_to or issue.forwarded_at):
        row.fault(Rule.RESOLVED_AND_FORWARDED, "forwarded_to" if issue.forwarded_to else "forwarded_at")
    elif issue.forwarded_to and issue.forwarded_at is None:
        row.fault(Rule.FORWARD_INCOMPLETE, "forwarded_at", other=row.heading("forwarded_to"))
    elif issue.forwarded_at and issue.forwarded_to is None:
        row.fault(Rule.FORWARD_INCOMPLETE, "forwarded_to", other=row.heading("forwarded_at"))
    if issue.answered_at is None:
        return
    if issue.forwarded_to is None and issue.forwarded_at is None:
        row.fault(Rule.ANSWER_WITHOUT_FORWARD, "answered_at")
    elif issue.forwarded_at is not None and issue.answered_at < issue.forwarded_at:
        answered, forwarded = row.written("answered_at"), row.written("forwarded_at")
        row.fault(Rule.ANSWER_BEFORE_FORWARD, "answered_at", value=answered, start=forwarded)


def _check_against_visit(row: Cells, issue: IssueRow, visit: VisitRow, visits: Table) -> None:
    if visit.nothing_raised:
        said = visits.place.heading("nothing_raised")
        row.fault(Rule.NOTHING_RAISED, "visit_ref", value=visit.ref, other=said, first=visit.line)
    if issue.forwarded_at is not None and issue.forwarded_at < visit.started_at:
        forwarded, start = row.written("forwarded_at"), f"{visit.started_at.astimezone(LOCAL):%d/%m/%Y %H:%M}"
        row.fault(Rule.FORWARD_BEFORE_VISIT, "forwarded_at", value=forwarded, start=start)
