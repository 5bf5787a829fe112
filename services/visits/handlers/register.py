"""Taking in a paper register: all of it in one transaction, or nothing.

Ids come from the register itself, so a second import finds the same rows; a row that says what it said
the last time is left alone and publishes nothing, a changed one becomes a new version. What is on paper
is not judged by the rules for phones: it may be old, and its issues may already have been forwarded.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.visits.domain import rules
from services.visits.domain.register import (
    Findings,
    IssueRow,
    PersonRow,
    Register,
    Rule,
    UnitRow,
    VisitRow,
    content_hash,
    register_id,
)
from services.visits.domain.register.model import Body
from services.visits.domain.register.words import LISTS
from services.visits.domain.snapshots import NewVisit, first_snapshot
from services.visits.domain.visit import Issue, Meeting, Report, Visit, canonical
from services.visits.domain.visit import content_hash as hash_of
from services.visits.handlers.bodies import change_bodies
from services.visits.handlers.directory import change_people, change_units, person_event, unit_event
from services.visits.handlers.register_codes import Ids, ids_of
from services.visits.store import directory as directory_store
from services.visits.store import registers as store
from services.visits.store import visits
from services.visits.store.registers import Change, Import, Part
from shared import directory
from shared.clock import LOCAL, local_date
from shared.contracts.visits import BodyChanged, PersonChanged, PostHeld, RegisterFacts, Role, UnitChanged
from shared.ids import derived_id, uuid7
from shared.names import VISIT_KINDS
from shared.uow import UnitOfWork

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the rows of one part."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.added} mới, {self.changed} đổi, {self.unchanged} giữ nguyên"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A row that says something new, as a reader of the preview sees it."""

    part: Part
    code: str
    title: str
    added: bool
    columns: tuple[str, ...] = ()
    """What changed in it, by the columns of the register; nothing when the row is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import did. Issues are counted with their visit: a changed issue changes its visit."""

    committee_id: UUID
    import_id: UUID
    digest: str
    """Stands for everything that is new in it, and for what stood before: equal digests do the same."""
    units: Counted
    people: Counted
    visits: Counted
    issues: int
    is_history: bool
    news: tuple[News, ...] = ()
    files_papers: bool = False
    """It adds a report or a forwarding to visits that were here already: that is not undone."""

    def __str__(self) -> str:
        return (
            f"Đơn vị: {self.units}. Người: {self.people}. Chuyến đi: {self.visits}, với {self.issues} vấn đề. "
            f"(units, people, visits: {self.units.added}, {self.people.added}, {self.visits.added} new; "
            f"{self.units.changed}, {self.people.changed}, {self.visits.changed} changed)"
        )

    @property
    def changed_nothing(self) -> bool:
        return all(not (each.added or each.changed) for each in (self.units, self.people, self.visits))


async def import_register(
    register: Register,
    tx: UnitOfWork,
    *,
    committee_id: UUID | None = None,
    import_id: UUID | None = None,
    files: Sequence[str] = (),
    by: UUID | None = None,
) -> ImportSummary:
    """Bring the database to what the register says. Raises RegisterErrors, and then nothing is imported.

    1. Rows whose content is known from the last time are set aside. 2. Units, bodies, people and visits are
    added or changed, in this order. 3. What the rows say now is remembered, and what the import did.
    Without a committee, the register's root is one.
    """
    _refuse_the_future(register, tx.now)
    committee = committee_id or register_id(register.root_code, "unit", register.root_code)
    await directory_store.lock_committee(tx, committee)
    ids = await ids_of(tx, register, committee)
    says = _hashes(register, ids)
    known = await store.register_hashes(tx, says.keys())
    work = _Work(
        tx, register, ids, known, by, {id_: says[id_] for id_ in says if known.get(id_) != says[id_]}
    )

    await work.units([row for row in register.units if ids.unit(row.code) in work.news])
    await work.bodies({row.body for row in register.people})
    await work.people([row for row in register.people if ids.person(row.code) in work.news])
    await work.visits([row for row in register.visits if ids.visit(row.ref) in work.news])
    summary = ImportSummary(
        committee_id=committee,
        import_id=import_id or uuid7(),
        digest=hash_of("\n".join(sorted(f"{id_} {known.get(id_)} {work.news[id_]}" for id_ in work.news))),
        units=work.counted(Part.UNIT, len(register.units)),
        people=work.counted(Part.PERSON, len(register.people)),
        visits=work.counted(Part.VISIT, len(register.visits)),
        issues=len(register.issues),
        is_history=register.is_history,
        news=tuple(work.told),
        files_papers=work.files_papers,
    )
    if work.news:
        await store.remember_register_rows(tx, work.news)
        await store.add_import(tx, _import(summary, files, by, tx.now), await work.changes())
        tx.audit(
            "register.imported",
            "committee",
            committee,
            became={"import": summary.import_id, "rows": len(work.news), "content": summary.digest},
            committee_id=committee,
        )
    return summary


def _import(summary: ImportSummary, files: Sequence[str], by: UUID | None, now: datetime) -> Import:
    parts = {"units": summary.units, "people": summary.people, "visits": summary.visits}
    return Import(
        import_id=summary.import_id,
        committee_id=summary.committee_id,
        digest=summary.digest,
        files=tuple(files),
        counts={
            **{name: {"added": each.added, "changed": each.changed} for name, each in parts.items()},
            "history": summary.is_history,
            "papers": summary.files_papers,
        },
        imported_by=by,
        imported_at=now,
        undone_by=None,
        undone_at=None,
    )


def _refuse_the_future(register: Register, now: datetime) -> None:
    findings = Findings()
    for row in register.visits:
        if row.started_at > now + rules.CLOCK_TOLERANCE:
            _refuse(findings, register, row, Rule.IN_FUTURE, "started_at", row.started_at)
    findings.raise_if_any()


def _refuse(
    findings: Findings, register: Register, row: VisitRow, rule: Rule, column: str, value: object = None
) -> None:
    shown = f"{value.astimezone(LOCAL):%d/%m/%Y %H:%M}" if isinstance(value, datetime) else row.ref
    findings.fault(rule, register.visits_place, row.line, column, value=shown)


def _hashes(register: Register, ids: Ids) -> dict[UUID, str]:
    """What each unit, person and visit says; a visit says its issues too."""
    issues = _issues_by_visit(register)
    says = {ids.unit(row.code): content_hash(row) for row in register.units}
    says |= {ids.person(row.code): content_hash(row) for row in register.people}
    for row in register.visits:
        parts = [
            content_hash(row),
            *(content_hash(issue) for issue in issues[row.ref]),
            str(register.is_history),
        ]
        says[ids.visit(row.ref)] = hash_of("\n".join(parts))
    return says


class _Work:
    """The rows of one import on their way into the database, and what becomes of them."""

    def __init__(
        self,
        tx: UnitOfWork,
        register: Register,
        ids: Ids,
        known: Mapping[UUID, str],
        by: UUID | None,
        news: Mapping[UUID, str],
    ) -> None:
        self.news = news
        self.told: list[News] = []
        self.files_papers = False
        self._tx, self._register, self._ids, self._known, self._by = tx, register, ids, known, by
        self._changes: list[Change] = []

    def counted(self, part: Part, rows: int) -> Counted:
        of_part = [change for change in self._changes if change.part is part]
        added = sum(change.added for change in of_part)
        return Counted(added=added, changed=len(of_part) - added, unchanged=rows - len(of_part))

    async def changes(self) -> list[Change]:
        """What was done to each record; a visit's version counts every change of its state."""
        revisions = await store.revisions(
            self._tx, [each.row_id for each in self._changes if each.part is Part.VISIT]
        )
        return [replace(each, version=revisions.get(each.row_id, each.version)) for each in self._changes]

    async def units(self, rows: Sequence[UnitRow]) -> None:
        ids = self._ids
        there = await directory.units_by_ids(self._tx, [ids.unit(row.code) for row in rows])
        events = []
        for row in rows:
            old = there.get(ids.unit(row.code))
            # A unit whose import was undone never stood: it stands again from the beginning.
            lasting = old if old and not _never_stood(old.valid_from, old.valid_to) else None
            event = UnitChanged(
                unit_id=ids.unit(row.code),
                version=old.version + 1 if old else 1,
                committee_id=ids.committee,
                code=row.code,
                name=row.name,
                kind=row.kind,
                parent_id=ids.unit(row.parent_code) if row.parent_code else None,
                cell_type=row.cell_type,
                attention=row.attention,
                recognition=row.recognition,
                valid_from=lasting.valid_from if lasting else None,
                valid_to=lasting.valid_to if lasting else None,
                successor_ids=old.successor_ids if old else (),
            )
            events.append(event)
            self._note(
                Part.UNIT, row.code, row.name, event.unit_id, event, unit_event(lasting) if lasting else None
            )
        if events:
            await change_units(events, self._tx, by=self._by)

    async def bodies(self, named: Collection[Body]) -> None:
        """The register knows bodies by their code only: one that is there keeps the name and days it was given."""
        there = {body.code: body for body in await directory.bodies(self._tx, self._ids.committee)}
        standing = {code for code, body in there.items() if not _never_stood(body.valid_from, body.valid_to)}
        missing = [
            BodyChanged(
                body_id=there[body].body_id if body in there else self._ids.body(body),
                version=there[body].version + 1 if body in there else 1,
                committee_id=self._ids.committee,
                code=body,
                name=LISTS[Body][body],
            )
            for body in sorted(set(named) - standing)
        ]
        for event in missing:
            change = Change(part=Part.BODY, row_id=event.body_id, code=event.code, version=event.version)
            self._changes.append(change)
        if missing:
            await change_bodies(missing, self._tx)

    async def people(self, rows: Sequence[PersonRow]) -> None:
        """Posts that the register does not know of, such as a clerk's, stay."""
        ids = self._ids
        there = await directory.people_by_ids(self._tx, [ids.person(row.code) for row in rows])
        events = []
        for row in rows:
            person_id = ids.person(row.code)
            old = there.get(person_id)
            posts = {post.post_id: post for post in _posts(row, ids)}
            of_register = {_post_id(person_id, role) for role in Role}
            kept = person_event(old).posts if old else ()
            posts |= {post.post_id: post for post in kept if post.post_id not in of_register}
            event = PersonChanged(
                person_id=person_id,
                version=old.version + 1 if old else 1,
                committee_id=ids.committee,
                code=row.code,
                full_name=row.full_name,
                email=old.email if old else None,
                portfolios=row.portfolios,
                posts=tuple(posts.values()),
            )
            events.append(event)
            before = person_event(old) if old and old.posts else None
            self._note(Part.PERSON, row.code, row.full_name, person_id, event, before)
        if events:
            await change_people(events, self._tx)

    async def visits(self, rows: Sequence[VisitRow]) -> None:
        tx = self._tx
        issues = _issues_by_visit(self._register)
        every = [
            (row, _new_visit(row, issues[row.ref], self._register, self._ids, self._tx, self._by))
            for row in rows
        ]
        names = await directory.unit_names(self._tx, {new.unit_id for _, new in every})
        added = [new for _, new in every if new.visit_id not in self._known]
        for start in range(0, len(added), _BATCH):
            batch = added[start : start + _BATCH]
            await visits.insert(tx, batch)
            for new in batch:
                tx.publish(first_snapshot(new), key=new.visit_id)
        findings = Findings()
        for row, new in every:
            title = f"{VISIT_KINDS[row.kind]}, {names.get(new.unit_id, '')}, {local_date(row.started_at):%d/%m/%Y}"
            if new.visit_id not in self._known:
                self._keep(Part.VISIT, row.ref, title, new.visit_id, 1, None, ())
            else:
                await self._change_visit(row, new, title, findings)
        findings.raise_if_any()

    async def _change_visit(self, row: VisitRow, new: NewVisit, title: str, findings: Findings) -> None:
        """A corrected row is a new version; what anchors deadlines cannot be corrected (I4)."""
        tx = self._tx
        standing = await visits.lock(tx, new.visit_id)
        if standing is None:
            raise LookupError(f"visit {new.visit_id} of the register is gone")
        if standing.erased_at is not None:
            _refuse(findings, self._register, row, Rule.ERASED, "ref")
            return
        was = rules.Unchangeable(kind=standing.kind, unit_id=standing.unit_id, day=standing.day)
        broken = rules.broken_edit(new.visit, unit_id=new.unit_id, was=was)
        for each in broken:
            column, rule = _FIXED[each.pointer]
            _refuse(findings, self._register, row, rule, column)
        if broken:
            return
        content = await visits.content(tx, new.visit_id, standing.version)
        papers = await visits.papers(tx, new.visit_id)
        report = new.visit.report
        files = report is not None and await visits.filed(tx, new.visit_id, report.content_hash) is None
        self.files_papers |= files or any(papers.get(id_) != paper for id_, paper in new.paper.items())
        await visits.add_version(tx, new, standing.version + 1)
        if report is not None and files:
            await visits.add_report(
                tx, standing, report, filed_by=new.recorded_by, filed_at=new.filed_at or report.claimed_at
            )
        tx.publish(await visits.snapshot(tx, new.visit_id), key=new.visit_id)
        says = json.loads(new.content)
        columns = tuple(_COLUMNS.get(name, name) for name in says if says.get(name) != content.get(name))
        self._keep(
            Part.VISIT,
            row.ref,
            title,
            new.visit_id,
            standing.version + 1,
            {"version": standing.version},
            columns,
        )

    def _note(
        self,
        part: Part,
        code: str,
        title: str,
        row_id: UUID,
        event: UnitChanged | PersonChanged,
        before: UnitChanged | PersonChanged | None,
    ) -> None:
        was = None if before is None else before.model_dump(mode="json")
        now = event.model_dump(mode="json")
        columns = (
            ()
            if was is None
            else tuple(column for name, column in _OF_DIRECTORY[part].items() if was[name] != now[name])
        )
        self._keep(part, code, title, row_id, event.version, was, columns)

    def _keep(
        self,
        part: Part,
        code: str,
        title: str,
        row_id: UUID,
        version: int,
        previous: Mapping[str, Any] | None,
        columns: tuple[str, ...],
    ) -> None:
        self._changes.append(
            Change(
                part=part,
                row_id=row_id,
                code=code,
                version=version,
                content_hash=self.news[row_id],
                previous_hash=self._known.get(row_id),
                previous=previous,
            )
        )
        self.told.append(News(part=part, code=code, title=title, added=previous is None, columns=columns))


def _never_stood(first: date | None, last: date | None) -> bool:
    return first is not None and last is not None and last < first


def _posts(row: PersonRow, ids: Ids) -> Iterator[PostHeld]:
    """One post for each role: a member of the permanent board is a member of the committee too."""
    for role in (*_ROLES[row.body], Role.COMMITTEE_MEMBER):
        yield PostHeld(
            post_id=_post_id(ids.person(row.code), role),
            role=role,
            body=row.body,
            title=row.post,
            unit_id=ids.unit(row.committee),
        )


def _post_id(person_id: UUID, role: Role) -> UUID:
    return derived_id(person_id, "register", role)


_ROLES: Mapping[Body, tuple[Role, ...]] = {
    Body.PERMANENT_BOARD: (Role.PERMANENT_BOARD,),
    Body.STANDING_COMMITTEE: (Role.STANDING_COMMITTEE,),
    Body.EXECUTIVE_COMMITTEE: (),
}


def _new_visit(
    row: VisitRow, issues: Sequence[IssueRow], register: Register, ids: Ids, tx: UnitOfWork, by: UUID | None
) -> NewVisit:
    # A day alone is taken as its last minute, which may lie ahead while the day lasts.
    filed_at = None if row.report_filed_at is None else min(row.report_filed_at, tx.now)
    visit = Visit(
        kind=row.kind,
        unit=ids.unit(row.unit_code),
        started_at=row.started_at,
        ended_at=row.ended_at,
        device=None,
        meeting=Meeting(kind=row.meeting_kind) if row.meeting_kind else None,
        notes="",
        nothing_raised=row.nothing_raised,
        issues=tuple(
            Issue(
                issue_id=ids.issue(issue),
                kind=issue.kind,
                field=issue.field,
                title=issue.title,
                urgency=issue.urgency,
                access_class=issue.access_class,
                resolved_on_spot=issue.resolved_on_spot,
            )
            for issue in issues
        ),
        report=Report(summary="", claimed_at=filed_at) if filed_at else None,
    )
    content = canonical(visit)
    visitor_id = ids.person(row.visitor_code)
    return NewVisit(
        visit_id=ids.visit(row.ref),
        committee_id=ids.committee,
        unit_id=ids.unit(row.unit_code),
        visitor_id=visitor_id,
        recorded_by=by or visitor_id,
        visit=visit,
        content=content,
        content_hash=hash_of(content),
        accepted_at=tx.now,
        filed_at=filed_at,
        history=register.is_history,
        paper={
            ids.issue(issue): RegisterFacts(
                forwarded_to=ids.unit(issue.forwarded_to) if issue.forwarded_to else None,
                forwarded_at=min(issue.forwarded_at, tx.now),
                answered_at=issue.answered_at and min(issue.answered_at, tx.now),
            )
            for issue in issues
            if issue.forwarded_at is not None
        },
    )


def _issues_by_visit(register: Register) -> Mapping[str, list[IssueRow]]:
    issues: defaultdict[str, list[IssueRow]] = defaultdict(list)
    for issue in register.issues:
        issues[issue.visit_ref].append(issue)
    return issues


_FIXED: Mapping[str, tuple[str, Rule]] = {
    "/kind": ("kind", Rule.KIND_FIXED),
    "/unit_id": ("unit_code", Rule.UNIT_FIXED),
    "/started_at": ("started_at", Rule.DAY_FIXED),
}
_COLUMNS: Mapping[str, str] = {
    "unit": "unit_code",
    "meeting": "meeting_kind",
    "report": "report_filed_at",
}
"""The columns of a visit's content, where they have other names; `issues` is the part itself."""
_OF_DIRECTORY: Mapping[Part, Mapping[str, str]] = {
    Part.UNIT: {
        "name": "name",
        "kind": "kind",
        "parent_id": "parent_code",
        "cell_type": "cell_type",
        "attention": "attention",
        "recognition": "recognition",
    },
    Part.PERSON: {"full_name": "full_name", "portfolios": "portfolios", "posts": "post"},
}
