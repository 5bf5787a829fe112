"""Keeping the directory: units with dated names and successors, people with dated posts, who goes where, how often.

visits is the source: each change is a new version that leaves as a snapshot with the transaction. A change
that says what stands already changes nothing and publishes nothing. Everything a change refers to must be
of the same committee.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.visits.domain.cadence import FIRST_QUOTAS, Quota
from services.visits.domain.reach import Reach, reach_of
from services.visits.handlers.bodies import check_bodies_of_posts, check_body
from services.visits.handlers.sessions import close_sessions
from services.visits.store import directory as store
from services.visits.store.directory import Assignment, Succession
from shared import directory
from shared.audit import digest
from shared.clock import local_date
from shared.contracts.visits import (
    AssignmentChanged,
    PersonChanged,
    PostHeld,
    QuotaChanged,
    Role,
    UnitChanged,
)
from shared.directory import Person, Unit
from shared.errors import Conflict, NotFound, invalid
from shared.ids import derived_id
from shared.uow import UnitOfWork


class AssignedDuty(StrEnum):
    FIELD_TRIP = "field_trip"
    ATTEND_MEETING = "attend_meeting"
    IN_CHARGE_OF = "in_charge_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutUnit:
    """Create a unit or say what has changed. A root (`unit_id` = `committee_id`) founds a committee."""

    unit_id: UUID
    committee_id: UUID
    code: str
    name: str
    kind: str
    parent_id: UUID | None = None
    cell_type: str | None = None
    attention: str | None = None
    recognition: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    effective_on: date | None = None
    """Since when the unit is called and placed like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutPerson:
    """Create a person or say what has changed; the posts given are all posts, past and present."""

    person_id: UUID
    committee_id: UUID
    code: str
    full_name: str
    email: str | None = None
    portfolios: tuple[str, ...] = ()
    posts: tuple[PostHeld, ...] = ()


async def put_unit(command: PutUnit, tx: UnitOfWork, *, by: UUID | None = None) -> tuple[UnitChanged, bool]:
    """The unit as it now stands, and whether it is new. Raises NotFound, Conflict, Invalid."""
    await store.lock_committee(tx, command.committee_id)
    there = await directory.unit_by_id(tx, command.unit_id)
    if there is not None and there.committee_id != command.committee_id:
        raise _not_found()
    await _check_unit(tx, command)
    event = UnitChanged(
        unit_id=command.unit_id,
        version=there.version + 1 if there else 1,
        committee_id=command.committee_id,
        code=command.code,
        name=command.name,
        kind=command.kind,
        parent_id=command.parent_id,
        cell_type=command.cell_type,
        attention=command.attention,
        recognition=command.recognition,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        successor_ids=there.successor_ids if there else (),
    )
    if there is not None and event.model_copy(update={"version": there.version}) == unit_event(there):
        return unit_event(there), False
    await change_units([event], tx, effective_on=command.effective_on, by=by)
    return event, there is None


async def change_units(
    events: Sequence[UnitChanged],
    tx: UnitOfWork,
    *,
    effective_on: date | None = None,
    by: UUID | None = None,
) -> None:
    """Store and publish the next versions of units; the committee is locked by the caller."""
    await directory.advance(tx, events)
    await store.keep_unit_versions(tx, events, effective_on=effective_on, by=by)
    for event in events:
        if event.unit_id == event.committee_id and event.version == 1:
            await _begin_quotas(tx, event.committee_id)
        tx.audit(
            "unit.put",
            "unit",
            event.unit_id,
            was={"version": event.version - 1},
            became={
                "version": event.version,
                "kind": event.kind,
                "parent": event.parent_id,
                "valid_to": event.valid_to,
                "successors": event.successor_ids,
                "content": digest(event.model_dump_json()),
            },
            committee_id=event.committee_id,
        )
        tx.publish(event, key=event.unit_id)


async def succeed_units(succession: Succession, tx: UnitOfWork, *, by: UUID) -> bool:
    """End the predecessors on the day before and link them to their successors; False when done before."""
    await store.lock_committee(tx, succession.committee_id)
    if await store.add_succession(tx, succession, by=by):
        tx.audit(
            "units.succeeded",
            "succession",
            succession.succession_id,
            was={"units": succession.predecessors},
            became={"units": succession.successors, "effective_on": succession.effective_on},
            committee_id=succession.committee_id,
        )
        await _succeed(succession, tx, by=by)
        return True
    if await store.succession(tx, succession.succession_id) == succession:
        return False
    raise Conflict(
        "Mã này đã ghi một việc sáp nhập hoặc chia tách khác.",
        "This id already stands for another merger or division.",
    )


async def put_person(command: PutPerson, tx: UnitOfWork) -> tuple[PersonChanged, bool]:
    """The person as now known, and whether they are new. Raises NotFound, Conflict, Invalid."""
    await store.lock_committee(tx, command.committee_id)
    there = await directory.person_by_id(tx, command.person_id)
    if there is not None and there.committee_id != command.committee_id:
        raise _not_found()
    bearers = await store.bearers_of_person_code(tx, command.committee_id, command.code)
    if set(bearers) - {command.person_id}:
        raise _code_taken(command.code)
    await _check_posts(tx, command)
    event = PersonChanged(
        person_id=command.person_id,
        version=there.version + 1 if there else 1,
        committee_id=command.committee_id,
        code=command.code,
        full_name=command.full_name,
        email=command.email,
        portfolios=command.portfolios,
        posts=tuple(sorted(command.posts, key=_post_order)),
    )
    if there is not None and event.model_copy(update={"version": there.version}) == person_event(there):
        return person_event(there), False
    await change_people([event], tx)
    await show_out(event.person_id, tx)
    return event, there is None


async def show_out(person_id: UUID, tx: UnitOfWork) -> None:
    """Whoever holds no post any more is signed out, and stays out when a post comes back."""
    person = await directory.person_by_id(tx, person_id)
    if person is not None and not any(post.held(local_date(tx.now)) for post in person.posts):
        await close_sessions(person_id, tx)


async def change_people(events: Sequence[PersonChanged], tx: UnitOfWork) -> None:
    """Store and publish the next versions of people; the committee is locked by the caller."""
    await directory.advance(tx, events)
    for event in events:
        tx.audit(
            "person.put",
            "person",
            event.person_id,
            was={"version": event.version - 1},
            became={
                "version": event.version,
                "posts": [
                    f"{post.role}@{post.unit_id}:{post.valid_from}:{post.valid_to}" for post in event.posts
                ],
                "serves": sorted({id_ for post in event.posts for id_ in post.serves}),
                "content": digest(event.model_dump_json()),
            },
            committee_id=event.committee_id,
        )
        tx.publish(event, key=event.person_id)


async def put_assignment(wanted: Assignment, tx: UnitOfWork, *, by: UUID) -> tuple[Assignment, bool]:
    """The assignment as it now stands, and whether it is new. Its version is counted here."""
    await store.lock_committee(tx, wanted.committee_id)
    there = await store.assignment(tx, wanted.assignment_id)
    if there is not None and there.committee_id != wanted.committee_id:
        raise _not_found()
    person = await directory.person_by_id(tx, wanted.person_id)
    if person is None or person.committee_id != wanted.committee_id:
        raise invalid(
            "/person_id",
            "unknown-person",
            vi="Không có người này trong cấp ủy.",
            en="The committee has no such person.",
        )
    await _own_unit(tx, wanted.committee_id, wanted.unit_id, "/unit_id")
    if wanted.valid_to is not None and wanted.valid_to < wanted.valid_from:
        raise _ends_before_start()
    if there is not None and replace(wanted, version=there.version) == there:
        return there, False
    if there is None or _whom_and_where(wanted) != _whom_and_where(there):
        await _check_reach(tx, wanted, person)
    put = replace(wanted, version=there.version + 1 if there else 1)
    await store.put_assignment(tx, put, by=by)
    tx.publish(
        AssignmentChanged(**{name: getattr(put, name) for name in AssignmentChanged.model_fields}),
        key=put.assignment_id,
    )
    tx.audit(
        "assignment.put",
        "assignment",
        put.assignment_id,
        was={"version": put.version - 1},
        became={
            "version": put.version,
            "person": put.person_id,
            "unit": put.unit_id,
            "duty": put.duty,
            "valid_from": put.valid_from,
            "valid_to": put.valid_to,
        },
        committee_id=put.committee_id,
    )
    return put, there is None


async def put_quota(
    quota_id: UUID, committee_id: UUID, quota: Quota, tx: UnitOfWork, *, basis_document: str
) -> None:
    """Set the quota in force from a day on. Raises Conflict when another begins on that day."""
    await store.lock_committee(tx, committee_id)
    version = await store.put_quota(tx, quota_id, committee_id, quota, basis_document=basis_document)
    if version is None:
        raise Conflict(
            "Đã có định mức khác bắt đầu từ ngày này.", "Another quota already begins on this day."
        )
    tx.publish(_quota_event(quota_id, version, committee_id, quota), key=quota_id)
    tx.audit(
        "quota.set",
        "quota",
        quota_id,
        became={
            "kind": quota.kind,
            "period": quota.period,
            "min_count": quota.min_count,
            "valid_from": quota.valid_from,
        },
        committee_id=committee_id,
    )


async def put_reach(reach_id: UUID, committee_id: UUID, reach: Reach, tx: UnitOfWork) -> None:
    """Set how deep a body, or everybody, may be asked to go from a day on. What was asked before stays.

    Raises Conflict when another rule about it begins on that day.
    """
    await store.lock_committee(tx, committee_id)
    if reach.body is not None:
        await check_body(tx, committee_id, reach.body, reach.valid_from, "/body")
    if not await store.put_reach(tx, reach_id, committee_id, reach):
        raise Conflict(
            "Đã có quy định khác về tầm phân công bắt đầu từ ngày này.",
            "Another rule about this reach already begins on this day.",
        )
    tx.audit(
        "reach.set",
        "reach",
        reach_id,
        became={"body": reach.body, "deepest": reach.deepest, "valid_from": reach.valid_from},
        committee_id=committee_id,
    )


def _whom_and_where(assignment: Assignment) -> tuple[UUID, UUID, date]:
    """What a reach is about: an assignment that stands is ended or reworded whatever was decided since."""
    return assignment.person_id, assignment.unit_id, assignment.valid_from


async def _check_reach(tx: UnitOfWork, wanted: Assignment, person: Person) -> None:
    """Nobody is asked to go deeper than the committee decided for who they are on the first day of it."""
    bodies = {post.body for post in person.posts if post.held(wanted.valid_from)}
    reach = reach_of(await store.reaches(tx, wanted.committee_id), bodies, wanted.valid_from)
    if reach is None or reach.allows(await store.depth_of(tx, wanted.committee_id, wanted.unit_id)):
        return
    raise invalid(
        "/unit_id",
        "beyond-reach",
        vi=f"Đơn vị này ở sâu hơn cấp {reach.deepest} dưới cấp ủy, quá tầm phân công theo"
        f" {reach.basis_document} (từ ngày {reach.valid_from:%d/%m/%Y}).",
        en=f"This unit is deeper than level {reach.deepest} under the committee, beyond the reach set by"
        f" {reach.basis_document} (from {reach.valid_from:%d/%m/%Y}).",
        value=wanted.unit_id,
    )


async def _begin_quotas(tx: UnitOfWork, committee_id: UUID) -> None:
    """What a new committee starts with."""
    for quota in FIRST_QUOTAS:
        quota_id = derived_id(committee_id, "quota", quota.kind)
        version = await store.put_quota(tx, quota_id, committee_id, quota, basis_document="")
        if version is not None:
            tx.publish(_quota_event(quota_id, version, committee_id, quota), key=quota_id)


def _quota_event(quota_id: UUID, version: int, committee_id: UUID, quota: Quota) -> QuotaChanged:
    return QuotaChanged(
        quota_id=quota_id,
        version=version,
        committee_id=committee_id,
        kind=quota.kind,
        period=quota.period,
        min_count=quota.min_count,
        valid_from=quota.valid_from,
    )


def unit_event(unit: Unit) -> UnitChanged:
    """The snapshot of a unit as it stands."""
    return UnitChanged(**{name: getattr(unit, name) for name in UnitChanged.model_fields})


def person_event(person: Person) -> PersonChanged:
    """The snapshot of a person as now known."""
    posts = tuple(
        PostHeld(**{name: getattr(post, name) for name in PostHeld.model_fields}) for post in person.posts
    )
    return PersonChanged(
        person_id=person.person_id,
        version=person.version,
        committee_id=person.committee_id,
        code=person.code,
        full_name=person.full_name,
        email=person.email,
        portfolios=person.portfolios,
        posts=tuple(sorted(posts, key=_post_order)),
    )


async def _check_unit(tx: UnitOfWork, command: PutUnit) -> None:
    if (
        command.valid_to is not None
        and command.valid_from is not None
        and command.valid_to < command.valid_from
    ):
        raise _ends_before_start()
    if command.effective_on is not None and command.effective_on > local_date(tx.now):
        raise invalid(
            "/effective_on",
            "in-future",
            vi="Tên, mã và vị trí mới chỉ ghi từ ngày có hiệu lực.",
            en="A new name, code or place is recorded from the day it takes effect.",
            value=command.effective_on,
        )
    bearers = await store.bearers_of_unit_code(tx, command.committee_id, command.code)
    if command.valid_to is None and set(bearers) - {command.unit_id}:
        raise _code_taken(command.code)
    if command.parent_id is not None:
        await _own_unit(tx, command.committee_id, command.parent_id, "/parent_code")
        if command.parent_id in await directory.subtree(tx, command.unit_id):
            raise invalid(
                "/parent_code",
                "parent-cycle",
                vi="Đơn vị không thể trực thuộc chính mình.",
                en="A unit cannot stand below itself.",
            )


async def _succeed(succession: Succession, tx: UnitOfWork, *, by: UUID) -> None:
    units = await directory.units_by_ids(tx, {*succession.predecessors, *succession.successors})
    for pointer, ids in (("/predecessors", succession.predecessors), ("/successors", succession.successors)):
        if any(id_ not in units or units[id_].committee_id != succession.committee_id for id_ in ids):
            raise _unknown_unit(pointer)
    last_day = succession.effective_on - timedelta(days=1)
    ended = [
        id_ for id_ in succession.predecessors if not units[id_].stands(last_day) or units[id_].successor_ids
    ]
    if ended or set(succession.predecessors) & set(succession.successors):
        raise invalid(
            "/predecessors",
            "unit-not-standing",
            vi="Đơn vị sáp nhập hoặc chia tách phải còn hoạt động đến hôm trước và không kế tục chính mình.",
            en="A unit that gives way must stand until the day before, and cannot succeed itself.",
        )
    await change_units(
        [
            unit_event(units[id_]).model_copy(
                update={
                    "version": units[id_].version + 1,
                    "valid_to": last_day,
                    "successor_ids": tuple(sorted({*units[id_].successor_ids, *succession.successors})),
                }
            )
            for id_ in sorted(succession.predecessors)
        ],
        tx,
        effective_on=succession.effective_on,
        by=by,
    )


async def _check_posts(tx: UnitOfWork, command: PutPerson) -> None:
    units = await directory.units_by_ids(tx, {post.unit_id for post in command.posts})
    for place, post in enumerate(command.posts):
        unit = units.get(post.unit_id)
        if unit is None or unit.committee_id != command.committee_id:
            raise _unknown_unit(f"/posts/{place}/unit_code")
        if post.valid_from and post.valid_to and post.valid_to < post.valid_from:
            raise _ends_before_start(f"/posts/{place}/valid_to")
    await check_bodies_of_posts(tx, command.committee_id, command.posts)
    await _check_served(tx, command)
    if len({post.post_id for post in command.posts}) != len(command.posts):
        raise invalid(
            "/posts",
            "duplicate",
            vi="Một chức vụ được ghi hai lần.",
            en="A post stands twice.",
        )


async def _check_served(tx: UnitOfWork, command: PutPerson) -> None:
    """Only an assistant serves, and whom they serve are other people of the same committee."""
    known = await directory.people_by_ids(tx, {id_ for post in command.posts for id_ in post.serves})
    for place, post in enumerate(command.posts):
        if post.serves and post.role is not Role.ASSISTANT:
            raise invalid(
                f"/posts/{place}/serves",
                "assistant-only",
                vi="Chỉ chức danh giúp việc mới ghi người được giúp việc.",
                en="Only the post of an assistant names whom it serves.",
                value=post.role,
            )
        for id_ in post.serves:
            if (
                id_ == command.person_id
                or id_ not in known
                or known[id_].committee_id != command.committee_id
            ):
                raise invalid(
                    f"/posts/{place}/serves",
                    "unknown-person",
                    vi="Người được giúp việc phải là người khác trong cùng cấp ủy.",
                    en="Whoever is served is another person of the same committee.",
                    value=id_,
                )


async def _own_unit(tx: UnitOfWork, committee_id: UUID, unit_id: UUID, pointer: str) -> None:
    unit = await directory.unit_by_id(tx, unit_id)
    if unit is None or unit.committee_id != committee_id:
        raise _unknown_unit(pointer)


def _post_order(post: PostHeld) -> tuple[date, UUID]:
    return (post.valid_from or date.min, post.post_id)


def _not_found() -> NotFound:
    return NotFound("Không tìm thấy.", "There is no such thing.")


def _code_taken(code: str) -> Conflict:
    return Conflict(f"Mã {code} đang được dùng.", f"The code {code} is in use.")


def _unknown_unit(pointer: str) -> Exception:
    return invalid(
        pointer,
        "unknown-unit",
        vi="Không có đơn vị này trong đảng bộ của đồng chí.",
        en="Your committee has no such unit.",
    )


def _ends_before_start(pointer: str = "/valid_to") -> Exception:
    return invalid(
        pointer,
        "ends-before-start",
        vi="Ngày kết thúc trước ngày bắt đầu.",
        en="The last day lies before the first.",
    )
