"""Recording visits by the batch, changing them one at a time.

Each command gets its own outcome; a refused one never disturbs its neighbours. What must never break: one
id stands for one content, and whatever else comes under it is answered by what stands there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.visits.domain import rules
from services.visits.domain.receipt import Clash, Filed, Recorded
from services.visits.domain.snapshots import NewVisit, first_snapshot
from services.visits.domain.visit import Report, Visit, canonical, content_hash
from services.visits.store import drafts, places
from services.visits.store import visits as store
from shared.acting import Acting, acting
from shared.audit import digest
from shared.errors import Conflict, DomainError, FieldError, Invalid, NotFound, invalid
from shared.ids import derived_id
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVisit:
    """A member records a visit under an id made by the phone. It brings the trace of its own request."""

    visit_id: UUID
    visitor_id: UUID
    committee_id: UUID
    visit: Visit
    assistant_id: UUID | None = None
    """Who writes on the visitor's behalf; None when they write themselves."""
    carried_by: UUID | None = None
    """Who of the office brings in what the visitor's phone had frozen; None when the phone sent it."""
    traceparent: str | None = None
    by: Acting = field(default_factory=acting)
    """Who sends it, because requests that wait together are recorded together."""
    content: str = field(init=False)
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", canonical(self.visit))
        object.__setattr__(self, "content_hash", content_hash(self.content))

    @property
    def writer_id(self) -> UUID:
        return self.assistant_id or self.carried_by or self.visitor_id


@dataclass(frozen=True, slots=True)
class Accepted:
    """The visit stands; `is_new` is false when it stood already."""

    recorded: Recorded
    is_new: bool
    merged: bool = False
    """Put together with an edit that had come between."""
    conflicts: tuple[str, ...] = ()
    """Where that edit had changed the same."""


@dataclass(frozen=True, slots=True)
class Clashed:
    """Other content stands under this id; both are kept. Nothing is shown of another person's record."""

    clash: Clash | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule is broken; nothing was recorded."""

    error: DomainError


Outcome = Accepted | Clashed | Refused


async def record_visits(commands: Sequence[RecordVisit], tx: UnitOfWork) -> list[Outcome]:
    """One outcome for each command, in order. The same id twice in a batch is judged in turn."""
    tx.traces = {str(command.visit_id): command.traceparent for command in commands if command.traceparent}
    outcomes: dict[int, Outcome] = {}
    waiting = list(enumerate(commands))
    while waiting:
        turn: dict[UUID, int] = {}
        for place, command in waiting:
            turn.setdefault(command.visit_id, place)
        waiting = [entry for entry in waiting if turn[entry[1].visit_id] != entry[0]]
        judged = await _record_distinct([commands[place] for place in turn.values()], tx)
        outcomes.update((place, judged[visit_id]) for visit_id, place in turn.items())
    return [outcomes[place] for place in range(len(commands))]


async def file_report(
    visit_id: UUID, report: Report, *, person_id: UUID, tx: UnitOfWork, filed_by: UUID | None = None
) -> tuple[Filed, bool]:
    """File the report on one's own visit; the same report again is the same filing (False).

    `filed_by` is given where somebody else does it for that person.

    Raises NotFound for a visit of somebody else, Invalid for broken rules.
    """
    return await file_on(
        await own_visit(tx, visit_id, person_id), report, filed_by=filed_by or person_id, tx=tx
    )


async def file_on(
    standing: store.Standing, report: Report, *, filed_by: UUID, tx: UnitOfWork
) -> tuple[Filed, bool]:
    """File the report on a locked visit, tell of it, and note who did."""
    filed, is_new = await file(tx, standing, report, filed_by=filed_by)
    if is_new:
        tx.publish(await store.snapshot(tx, standing.visit_id), key=standing.visit_id)
        tx.audit(
            "report.filed",
            "visit",
            standing.visit_id,
            became={"version": filed.version, "content": filed.content_hash, "filed_at": filed.filed_at},
        )
    return filed, is_new


async def withdraw_visits(tx: UnitOfWork, visit_ids: Collection[UUID]) -> None:
    """Withdraw visits that were taken in by mistake, tell of it, and note who did; those withdrawn stay so.

    None ever stands again: what comes in anew is another visit, and may have another day.
    """
    for visit_id, committee_id in await store.withdraw(tx, visit_ids):
        tx.publish(await store.snapshot(tx, visit_id), key=visit_id)
        tx.audit("visit.withdrawn", "visit", visit_id, committee_id=committee_id)


def note_recorded(
    tx: UnitOfWork, recorded: Recorded, visit: Visit, *, was: int | None = None, by: Acting | None = None
) -> None:
    """A content was accepted: which one, for whom, where it may be found again, and how many issues it raised.

    The row names who wrote; `visitor` is whose visit it is, which differs when somebody wrote for them.
    """
    tx.audit(
        "visit.recorded" if was is None else "visit.edited",
        "visit",
        recorded.visit_id,
        was=None if was is None else {"version": was},
        became={
            "version": recorded.version,
            "visitor": recorded.visitor_id,
            "content": recorded.content_hash,
            "issues": len(visit.issues),
            "device": None if visit.device is None else digest(visit.device.id),
            "report": visit.report is not None,
        },
        by=by,
    )


async def _record_distinct(commands: Sequence[RecordVisit], tx: UnitOfWork) -> dict[UUID, Outcome]:
    """Record commands of different ids.

    1. What stands already answers for itself, before any rule: a rule may have changed since.
    2. The rest is checked; what holds is inserted together.
    3. What lost a race for its id is answered by the winner.
    """
    recorded, taken = await store.already_here(
        tx,
        [command.visit_id for command in commands],
        [issue.issue_id for command in commands for issue in command.visit.issues],
    )
    fresh = [command for command in commands if command.visit_id not in recorded]
    outcomes: dict[UUID, Outcome] = {}
    if fresh:
        checked = await _check(tx, fresh, taken)
        outcomes.update((id_, outcome) for id_, outcome in checked.items() if isinstance(outcome, Refused))
        visits = [outcome for outcome in checked.values() if isinstance(outcome, NewVisit)]
        inserted = await store.insert(tx, visits) if visits else {}
        await keep_drafts(tx, [new for new in visits if new.visit_id in inserted])
        senders = {command.visit_id: command.by for command in fresh}
        for new in visits:
            if new.visit_id in inserted:
                tx.publish(first_snapshot(new), key=new.visit_id)
                note_recorded(tx, inserted[new.visit_id], new.visit, by=senders[new.visit_id])
                outcomes[new.visit_id] = Accepted(inserted[new.visit_id], is_new=True)
        if len(inserted) < len(visits):
            recorded |= await store.recorded(tx, [new.visit_id for new in visits])
    for command in commands:
        if command.visit_id not in outcomes:
            outcomes[command.visit_id] = await _judge(tx, command, recorded[command.visit_id])
    return outcomes


async def _judge(tx: UnitOfWork, command: RecordVisit, there: Recorded) -> Outcome:
    if there.visitor_id == command.visitor_id and there.content_hash == command.content_hash:
        return Accepted(there, is_new=False)
    return await clash(tx, command, there)


async def clash(tx: UnitOfWork, command: RecordVisit, there: Recorded) -> Clashed | Refused:
    kept = await store.keep_clash(
        tx,
        command.visit_id,
        there.version,
        content=command.content,
        content_hash=command.content_hash,
        received_by=command.writer_id,
    )
    if there.visitor_id != command.visitor_id or command.writer_id not in (
        there.visitor_id,
        there.recorded_by,
    ):
        return Clashed(None)
    if not kept:
        return Refused(erased())
    return Clashed(
        Clash(
            recorded=there,
            recorded_content=await store.content(tx, command.visit_id, there.version),
            received_content=command.visit.as_json(),
        )
    )


async def _check(
    tx: UnitOfWork, commands: Sequence[RecordVisit], taken: dict[UUID, UUID]
) -> dict[UUID, NewVisit | Refused]:
    """Each command as a visit to insert, or the reasons why not; everything looked up once for all."""
    units = await named_units(tx, ((each.committee_id, each.visit.unit) for each in commands))
    portfolios = await _portfolios(tx, commands)
    checked: dict[UUID, NewVisit | Refused] = {}
    for command in commands:
        visit = command.visit
        unit = units.find(command.committee_id, visit.unit, visit.day)
        broken = [
            *rules.broken_rules(visit, now=tx.now),
            *rules.broken_portfolios(visit, portfolios.get(command.visitor_id, frozenset())),
            *(rules.broken_on_behalf(visit, now=tx.now) if command.assistant_id else ()),
            *broken_unit(visit.unit, unit, visit.day),
            *_broken_ids(command, taken),
        ]
        if broken or unit is None:
            checked[command.visit_id] = Refused(_invalid(broken))
            continue
        taken |= dict.fromkeys((issue.issue_id for issue in visit.issues), command.visit_id)
        checked[command.visit_id] = new_visit(command, unit.unit_id, tx)
    return checked


async def check_edit(tx: UnitOfWork, command: RecordVisit, standing: store.Standing) -> None:
    visit = command.visit
    named = await named_units(tx, [(command.committee_id, visit.unit)])
    unit = named.find(command.committee_id, visit.unit, visit.day)
    portfolios = await _portfolios(tx, [command])
    was = rules.Unchangeable(kind=standing.kind, unit_id=standing.unit_id, day=standing.day)
    broken = [
        *rules.broken_edit(visit, unit_id=unit.unit_id if unit else None, was=was),
        *rules.broken_content(visit, now=tx.now),
        *rules.broken_portfolios(visit, portfolios.get(command.visitor_id, frozenset())),
        *(rules.broken_secrecy(visit) if command.assistant_id else ()),
    ]
    if broken:
        raise _invalid(broken)


async def named_units(tx: UnitOfWork, names: Iterable[tuple[UUID, UUID | str]]) -> places.NamedUnits:
    """The units of these committees by these ids or codes."""
    wanted = set(names)
    return await places.named_units(
        tx,
        [name for _, name in wanted if isinstance(name, UUID)],
        [(committee_id, name) for committee_id, name in wanted if isinstance(name, str)],
    )


async def _portfolios(tx: UnitOfWork, commands: Iterable[RecordVisit]) -> Mapping[UUID, frozenset[str]]:
    settlers = {
        command.visitor_id
        for command in commands
        if any(issue.resolved_on_spot for issue in command.visit.issues)
    }
    return await places.portfolios(tx, settlers) if settlers else {}


def new_visit(command: RecordVisit, unit_id: UUID, tx: UnitOfWork) -> NewVisit:
    return NewVisit(
        visit_id=command.visit_id,
        committee_id=command.committee_id,
        unit_id=unit_id,
        visitor_id=command.visitor_id,
        recorded_by=command.writer_id,
        visit=command.visit,
        content=command.content,
        content_hash=command.content_hash,
        accepted_at=tx.now,
        filed_at=tx.now if command.visit.report and command.assistant_id is None else None,
        on_behalf=command.assistant_id is not None,
    )


async def keep_drafts(tx: UnitOfWork, visits: Iterable[NewVisit]) -> None:
    """The report in what an assistant wrote waits for the member as a draft."""
    for new in visits:
        if new.on_behalf and new.visit.report is not None:
            await drafts.put(
                tx,
                draft_id=derived_id(new.visit_id, "report-draft", new.visit.report.content_hash),
                visit_id=new.visit_id,
                summary=new.visit.report.summary,
                by=new.recorded_by,
            )


async def own_visit(tx: UnitOfWork, visit_id: UUID, person_id: UUID) -> store.Standing:
    """The visit of this person, locked. Raises NotFound for another's as for none."""
    standing = await store.lock(tx, visit_id)
    if standing is None or standing.visitor_id != person_id:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    return standing


async def file(
    tx: UnitOfWork, standing: store.Standing, report: Report, *, filed_by: UUID
) -> tuple[Filed, bool]:
    there = await store.filed(tx, standing.visit_id, report.content_hash)
    if there is not None:
        return there, False
    refuse_withdrawn(standing)
    broken = rules.broken_report(report, standing.started_at, now=tx.now)
    if broken:
        raise _invalid(broken)
    if standing.erased_at is not None and report.summary:
        raise invalid(
            "/summary",
            "erased",
            vi="Nội dung chuyến đi đã được xóa vì hết thời hạn lưu giữ; chỉ nộp báo cáo không kèm chữ.",
            en="The texts of this visit were erased; the report can be filed without a text only.",
        )
    filed = await store.add_report(tx, standing, report, filed_by=filed_by, filed_at=tx.now)
    return filed, True


def broken_unit(name: UUID | str, unit: places.NamedUnit | None, day: date) -> list[FieldError]:
    """A visit goes to a unit of one's own committee that stands on that day."""
    pointer = "/unit_id" if isinstance(name, UUID) else "/unit_code"
    if unit is None:
        return [
            FieldError(
                pointer=pointer,
                rule="unknown-unit",
                vi="Không có đơn vị này trong đảng bộ của đồng chí.",
                en="Your committee has no such unit.",
                value=str(name)[:80],
            )
        ]
    if not unit.stands(day):
        return [
            FieldError(
                pointer=pointer,
                rule="unit-not-standing",
                vi="Đơn vị này chưa thành lập hoặc đã kết thúc hoạt động vào ngày đó.",
                en="The unit was not yet founded, or no longer stood, on that day.",
                value=str(name)[:80],
            )
        ]
    return []


def _broken_ids(command: RecordVisit, taken: Mapping[UUID, UUID]) -> list[FieldError]:
    """An issue of this very visit is not in the way: the visit is being recorded next to us."""
    return [
        FieldError(
            pointer=f"/issues/{place}/id",
            rule="id-taken",
            vi="Mã vấn đề này đã được dùng cho chuyến đi khác.",
            en="This issue id is already used by another visit.",
            value=str(issue.issue_id),
        )
        for place, issue in enumerate(command.visit.issues)
        if taken.get(issue.issue_id, command.visit_id) != command.visit_id
    ]


def _invalid(broken: Sequence[FieldError]) -> Invalid:
    first = broken[0]
    return Invalid(first.vi, first.en, errors=tuple(broken))


def erased() -> Conflict:
    """Why nothing is written under a tombstone."""
    return Conflict(
        "Nội dung chuyến đi này đã được xóa vì hết thời hạn lưu giữ; không ghi thêm được nữa.",
        "The texts of this visit were erased at the end of their time; nothing can be added to it.",
    )


def refuse_withdrawn(standing: store.Standing) -> None:
    """Nothing is done to a visit that counts nowhere. Raises Conflict."""
    if standing.withdrawn_at is not None:
        raise Conflict(
            "Chuyến đi này đã được thu hồi vì nhập nhầm từ sổ; không ghi thêm được nữa.",
            "This visit was taken in by mistake and is withdrawn; nothing can be added to it.",
        )


def no_such_version(current: int) -> Conflict:
    return Conflict(
        f"Chuyến đi đang ở bản {current}; bản tiếp theo phải là {current + 1}.",
        f"The visit stands at version {current}; the next one is {current + 1}.",
    )
