"""Taking in a paper register: all of it in one transaction, or nothing.

Ids come from the register itself, so a second import finds the same rows; a row that says what it said
the last time is left alone and publishes nothing, a changed one becomes a new version. What is on paper
is not judged by the rules for phones: it may be old, and its issues may already have been forwarded.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.visits.domain import rules
from services.visits.domain.register import (
    IssueRow,
    PersonRow,
    Register,
    UnitRow,
    VisitRow,
    content_hash,
    register_id,
)
from services.visits.domain.register.model import Body
from services.visits.domain.snapshots import NewVisit, first_snapshot
from services.visits.domain.visit import Issue, Meeting, Report, Visit, canonical
from services.visits.domain.visit import content_hash as hash_of
from services.visits.handlers.bodies import change_bodies
from services.visits.handlers.directory import change_people, change_units, person_event
from services.visits.handlers.visits import erased
from services.visits.store import directory as store
from services.visits.store import visits
from shared import directory
from shared.contracts.visits import BodyChanged, PersonChanged, PostHeld, RegisterFacts, Role, UnitChanged
from shared.errors import FieldError, Invalid
from shared.ids import derived_id
from shared.uow import UnitOfWork

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the rows of one file."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.added} mới, {self.changed} đổi, {self.unchanged} giữ nguyên"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import did. Issues are counted with their visit: a changed issue changes its visit."""

    committee_id: UUID
    units: Counted
    people: Counted
    visits: Counted
    issues: int

    def __str__(self) -> str:
        return (
            f"Đơn vị: {self.units}. Người: {self.people}. Chuyến đi: {self.visits}, với {self.issues} vấn đề. "
            f"(units, people, visits: {self.units.added}, {self.people.added}, {self.visits.added} new; "
            f"{self.units.changed}, {self.people.changed}, {self.visits.changed} changed)"
        )

    @property
    def changed_nothing(self) -> bool:
        return all(not (each.added or each.changed) for each in (self.units, self.people, self.visits))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ids:
    """Every code of the register as the id it stands for."""

    root_code: str

    @property
    def committee(self) -> UUID:
        return self.unit(self.root_code)

    def unit(self, code: str) -> UUID:
        return register_id(self.root_code, "unit", code)

    def body(self, body: Body) -> UUID:
        return register_id(self.root_code, "body", body)

    def person(self, code: str) -> UUID:
        return register_id(self.root_code, "person", code)

    def visit(self, ref: str) -> UUID:
        return register_id(self.root_code, "visit", ref)

    def issue(self, ref: str) -> UUID:
        return register_id(self.root_code, "issue", ref)


async def import_register(register: Register, tx: UnitOfWork, *, by: UUID | None = None) -> ImportSummary:
    """Bring the database to what the register says. Raises Invalid, and then nothing is imported.

    1. Rows whose content is known from the last time are set aside. 2. Units, bodies, people and visits are
    added or changed, in this order. 3. What the rows say now is remembered.
    """
    _refuse_the_future(register, tx.now)
    ids = _Ids(root_code=register.root_code)
    await store.lock_committee(tx, ids.committee)
    says = _hashes(register, ids)
    known = await store.register_hashes(tx, says.keys())
    news = {row_id: digest for row_id, digest in says.items() if known.get(row_id) != digest}

    await _import_units(tx, [row for row in register.units if ids.unit(row.code) in news], ids, by)
    await _import_bodies(tx, {row.body for row in register.people}, ids)
    await _import_people(tx, [row for row in register.people if ids.person(row.code) in news], ids)
    changed = [row for row in register.visits if ids.visit(row.ref) in news]
    await _import_visits(tx, register, changed, known, ids, by)
    if news:
        await store.remember_register_rows(tx, news)
        tx.audit(
            "register.imported",
            "committee",
            ids.committee,
            became={"rows": len(news), "content": hash_of("".join(sorted(news.values())))},
            committee_id=ids.committee,
        )
    return ImportSummary(
        committee_id=ids.committee,
        units=_count([ids.unit(row.code) for row in register.units], news, known),
        people=_count([ids.person(row.code) for row in register.people], news, known),
        visits=_count([ids.visit(row.ref) for row in register.visits], news, known),
        issues=len(register.issues),
    )


def _refuse_the_future(register: Register, now: datetime) -> None:
    latest = register.latest if register.visits else None
    if latest is not None and latest.started_at > now + rules.CLOCK_TOLERANCE:
        raise _refused(
            latest,
            "started_at",
            "in-future",
            "chuyến đi ở tương lai so với đồng hồ của hệ thống",
            "the visit lies in the future of the system's clock",
        )


def _hashes(register: Register, ids: _Ids) -> dict[UUID, str]:
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


async def _import_units(tx: UnitOfWork, rows: Sequence[UnitRow], ids: _Ids, by: UUID | None) -> None:
    there = await directory.units_by_ids(tx, [ids.unit(row.code) for row in rows])
    events = []
    for row in rows:
        old = there.get(ids.unit(row.code))
        events.append(
            UnitChanged(
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
                valid_from=old.valid_from if old else None,
                valid_to=old.valid_to if old else None,
                successor_ids=old.successor_ids if old else (),
            )
        )
    if events:
        await change_units(events, tx, by=by)


async def _import_bodies(tx: UnitOfWork, named: Collection[Body], ids: _Ids) -> None:
    """The register knows bodies by their code only: one that is there keeps the name and days it was given."""
    known = {body.code for body in await directory.bodies(tx, ids.committee)}
    missing = [
        BodyChanged(
            body_id=ids.body(body), version=1, committee_id=ids.committee, code=body, name=_BODY_NAMES[body]
        )
        for body in sorted(set(named) - known)
    ]
    if missing:
        await change_bodies(missing, tx)


async def _import_people(tx: UnitOfWork, rows: Sequence[PersonRow], ids: _Ids) -> None:
    """Posts that the register does not know of, such as a clerk's, stay."""
    there = await directory.people_by_ids(tx, [ids.person(row.code) for row in rows])
    events = []
    for row in rows:
        person_id = ids.person(row.code)
        old = there.get(person_id)
        posts = {post.post_id: post for post in _posts(row, ids)}
        of_register = {_post_id(person_id, role) for role in Role}
        kept = person_event(old).posts if old else ()
        posts |= {post.post_id: post for post in kept if post.post_id not in of_register}
        events.append(
            PersonChanged(
                person_id=person_id,
                version=old.version + 1 if old else 1,
                committee_id=ids.committee,
                code=row.code,
                full_name=row.full_name,
                email=old.email if old else None,
                portfolios=row.portfolios,
                posts=tuple(posts.values()),
            )
        )
    if events:
        await change_people(events, tx)


def _posts(row: PersonRow, ids: _Ids) -> Iterator[PostHeld]:
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


_BODY_NAMES: Mapping[Body, str] = {
    Body.PERMANENT_BOARD: "Thường trực cấp ủy",
    Body.STANDING_COMMITTEE: "Ban Thường vụ",
    Body.EXECUTIVE_COMMITTEE: "Ban Chấp hành",
}
"""What a body is called until the office says it better."""

_ROLES: Mapping[Body, tuple[Role, ...]] = {
    Body.PERMANENT_BOARD: (Role.PERMANENT_BOARD,),
    Body.STANDING_COMMITTEE: (Role.STANDING_COMMITTEE,),
    Body.EXECUTIVE_COMMITTEE: (),
}


async def _import_visits(
    tx: UnitOfWork,
    register: Register,
    rows: Sequence[VisitRow],
    known: Mapping[UUID, str],
    ids: _Ids,
    by: UUID | None,
) -> None:
    issues = _issues_by_visit(register)
    every = [(row, _new_visit(row, issues[row.ref], register, ids, tx, by)) for row in rows]
    added = [new for _, new in every if new.visit_id not in known]
    for start in range(0, len(added), _BATCH):
        batch = added[start : start + _BATCH]
        await visits.insert(tx, batch)
        for new in batch:
            tx.publish(first_snapshot(new), key=new.visit_id)
    for row, new in every:
        if new.visit_id in known:
            await _change_visit(tx, row, new)


async def _change_visit(tx: UnitOfWork, row: VisitRow, new: NewVisit) -> None:
    """A corrected row is a new version; what anchors deadlines cannot be corrected (I4)."""
    standing = await visits.lock(tx, new.visit_id)
    if standing is None:
        raise LookupError(f"visit {new.visit_id} of the register is gone")
    if standing.erased_at is not None:
        told = erased()
        raise _refused(row, "ref", "erased", told.vi, told.en)
    was = rules.Unchangeable(kind=standing.kind, unit_id=standing.unit_id, day=standing.day)
    for broken in rules.broken_edit(new.visit, unit_id=new.unit_id, was=was):
        raise _refused(row, _COLUMNS[broken.pointer], broken.rule, broken.vi, broken.en)
    await visits.add_version(tx, new, standing.version + 1)
    report = new.visit.report
    if report is not None and await visits.filed(tx, new.visit_id, report.content_hash) is None:
        await visits.add_report(
            tx, standing, report, filed_by=new.recorded_by, filed_at=new.filed_at or report.claimed_at
        )
    tx.publish(await visits.snapshot(tx, new.visit_id), key=new.visit_id)


def _new_visit(
    row: VisitRow, issues: Sequence[IssueRow], register: Register, ids: _Ids, tx: UnitOfWork, by: UUID | None
) -> NewVisit:
    filed_at = row.report_filed_at
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
                issue_id=ids.issue(issue.ref),
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
            ids.issue(issue.ref): RegisterFacts(
                forwarded_to=ids.unit(issue.forwarded_to) if issue.forwarded_to else None,
                forwarded_at=issue.forwarded_at,
                answered_at=issue.answered_at,
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


def _count(row_ids: Sequence[UUID], news: Mapping[UUID, str], known: Mapping[UUID, str]) -> Counted:
    changed = sum(row_id in news and row_id in known for row_id in row_ids)
    added = sum(row_id in news and row_id not in known for row_id in row_ids)
    return Counted(added=added, changed=changed, unchanged=len(row_ids) - added - changed)


def _refused(row: VisitRow, column: str, rule: str, vi: str, en: str) -> Invalid:
    """A row that cannot be taken in, named as the reader of the files names it."""
    vi = f"visits.csv, dòng {row.line}, cột {column}: {vi}"
    en = f"visits.csv, line {row.line}, column {column}: {en}"
    pointer = f"/visits.csv/{row.line}/{column}"
    return Invalid(vi, en, errors=(FieldError(pointer=pointer, rule=rule, vi=vi, en=en, value=row.ref),))


_COLUMNS: Mapping[str, str] = {"/kind": "kind", "/unit_id": "unit_code", "/started_at": "started_at"}
