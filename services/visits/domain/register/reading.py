"""Reading a register: the four files in the order in which they speak of each other.

Units come first, then people, visits and issues, so that each row is checked against what is already
known. A code counts as known from the moment it stands somewhere, even on a faulty row, and a file that
could not be read to its end accuses nobody: one mistake is told once, not once per row that leans on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Final

from services.visits.domain.register.cells import Cells
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
from services.visits.domain.register.tables import Form, Table
from shared.clock import LOCAL
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind
from shared.text import personal_hints

_UNITS: Final = Form(
    file="units.csv",
    required=("code", "name", "kind", "parent_code"),
    optional=("cell_type", "attention", "recognition"),
)
_PEOPLE: Final = Form(
    file="people.csv",
    required=("code", "full_name", "post", "body", "committee"),
    optional=("portfolios",),
)
_VISITS: Final = Form(
    file="visits.csv",
    required=("ref", "kind", "visitor_code", "unit_code", "started_at", "ended_at"),
    optional=("meeting_kind", "nothing_raised", "report_filed_at"),
)
_ISSUES: Final = Form(
    file="issues.csv",
    required=("ref", "visit_ref", "kind", "field", "title"),
    optional=("urgency", "access_class", "resolved_on_spot", "forwarded_to", "forwarded_at", "answered_at"),
    may_be_absent=True,
)

_LINKS_SHOWN: Final = 8


def read_register(folder: Traversable) -> Register:
    """Read and check a whole register, or raise RegisterErrors with every fault in it."""
    findings = Findings()
    if not folder.is_dir():
        findings.fault(Rule.FOLDER_MISSING, str(folder))
    findings.raise_if_any()

    units = _Known(Table.open(folder, _UNITS, findings))
    unit_rows = tuple(_units(units))
    root = _root(unit_rows, units, findings)
    people = _Known(Table.open(folder, _PEOPLE, findings))
    person_rows = tuple(_people(people, units))
    visits = _Known(Table.open(folder, _VISITS, findings))
    visit_rows = {visit.ref: visit for visit in _visits(visits, people, units)}
    issues = _Known(Table.open(folder, _ISSUES, findings))
    issue_rows = tuple(_issues(issues, visits, visit_rows, units))
    findings.raise_if_any()
    return Register(
        root_code=root,
        units=unit_rows,
        people=person_rows,
        visits=tuple(visit_rows.values()),
        issues=issue_rows,
        is_history="report_filed_at" not in visits.table.columns,
        notes=tuple(findings.notes),
    )


@dataclass(slots=True)
class _Known:
    """The codes that stand in one file, each with its first line."""

    table: Table
    first_lines: dict[str, int] = field(default_factory=dict)

    def rows(self, code_column: str) -> Iterator[tuple[Cells, str]]:
        """Each row with its own code, which must be new."""
        for line, cells in self.table.rows():
            row = Cells(self.table.form.file, line, cells, self.table.findings)
            code = row.code(code_column)
            first = self.first_lines.setdefault(code, line)
            if code and first != line:
                row.fault(Rule.DUPLICATE, code_column, value=code, first=first)
            yield row, code

    def must_hold(self, row: Cells, column: str, code: str | None) -> None:
        if code and self.table.sound and code not in self.first_lines:
            row.fault(Rule.UNKNOWN_REFERENCE, column, value=code, there=self.table.form.file)


def _units(units: _Known) -> Iterator[UnitRow]:
    parents: dict[str, tuple[Cells, str]] = {}
    for row, code in units.rows("code"):
        unit = UnitRow(
            line=row.line,
            code=code,
            name=row.text("name"),
            kind=row.word("kind"),
            parent_code=row.code_or_none("parent_code"),
            cell_type=row.word_or_none("cell_type"),
            attention=row.one_of_or_none("attention", Attention),
            recognition=row.one_of_or_none("recognition", Recognition),
        )
        if unit.parent_code is not None:
            parents[code] = (row, unit.parent_code)
        elif row.good and unit.kind not in {ROOT_KIND, AGENCY_KIND}:
            row.fault(Rule.PARENT_REQUIRED, "parent_code")
        if row.good:
            yield unit
    _check_parents(parents, units)


def _check_parents(parents: dict[str, tuple[Cells, str]], units: _Known) -> None:
    """Every parent is known, and going up from any unit comes to an end."""
    for row, parent in parents.values():
        units.must_hold(row, "parent_code", parent)
    ends: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        code = start
        while code in parents and code not in ends and code not in path:
            path[code] = None
            code = parents[code][1]
        if code in path:
            loop = [*path][[*path].index(code) :]
            links = [*loop, code] if len(loop) < _LINKS_SHOWN else [*loop[:_LINKS_SHOWN], "…"]
            parents[code][0].fault(Rule.PARENT_CYCLE, "parent_code", value=code, path=" → ".join(links))
        ends.update(path)


def _root(rows: tuple[UnitRow, ...], units: _Known, findings: Findings) -> str:
    roots = [unit for unit in rows if unit.kind == ROOT_KIND and unit.parent_code is None]
    for second in roots[1:]:
        findings.fault(
            Rule.ROOT_TWICE, _UNITS.file, second.line, "parent_code", value=second.code, first=roots[0].line
        )
    if not roots and units.table.sound and not findings.faults:
        findings.fault(Rule.ROOT_MISSING, _UNITS.file, 1, "kind")
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
            started_at=row.instant("started_at"),
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
        row.fault(Rule.MEETING_KIND_ON_TRIP, "meeting_kind", value=visit.meeting_kind)
    if visit.kind is VisitKind.MEETING_ATTENDANCE and visit.meeting_kind is None:
        row.fault(Rule.MEETING_KIND_REQUIRED, "meeting_kind", allowed=", ".join(MeetingKind))


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
            _check_against_visit(row, issue, visit)
        if personal_hints(issue.title):
            row.note(Rule.PERSONAL, "title")
        if row.good:
            yield issue


def _check_forwarding(row: Cells, issue: IssueRow) -> None:
    if issue.resolved_on_spot and (issue.forwarded_to or issue.forwarded_at):
        row.fault(Rule.RESOLVED_AND_FORWARDED, "forwarded_to" if issue.forwarded_to else "forwarded_at")
    elif issue.forwarded_to and issue.forwarded_at is None:
        row.fault(Rule.FORWARD_INCOMPLETE, "forwarded_at", other="forwarded_to")
    elif issue.forwarded_at and issue.forwarded_to is None:
        row.fault(Rule.FORWARD_INCOMPLETE, "forwarded_to", other="forwarded_at")
    if issue.answered_at is None:
        return
    if issue.forwarded_to is None and issue.forwarded_at is None:
        row.fault(Rule.ANSWER_WITHOUT_FORWARD, "answered_at")
    elif issue.forwarded_at is not None and issue.answered_at < issue.forwarded_at:
        answered, forwarded = row.written("answered_at"), row.written("forwarded_at")
        row.fault(Rule.ANSWER_BEFORE_FORWARD, "answered_at", value=answered, start=forwarded)


def _check_against_visit(row: Cells, issue: IssueRow, visit: VisitRow) -> None:
    if visit.nothing_raised:
        row.fault(Rule.NOTHING_RAISED, "visit_ref", value=visit.ref, first=visit.line)
    if issue.forwarded_at is not None and issue.forwarded_at < visit.started_at:
        forwarded, start = row.written("forwarded_at"), visit.started_at.astimezone(LOCAL).isoformat()
        row.fault(Rule.FORWARD_BEFORE_VISIT, "forwarded_at", value=forwarded, start=start)
