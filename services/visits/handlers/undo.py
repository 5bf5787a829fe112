"""Undoing an import of a register as a whole: all of it goes back to where it stood, or nothing does.

What somebody has gone on from since stays, and so does the whole import then, with each such record named.
A visit that the import added is withdrawn: its history remains, it counts nowhere. A unit it added never
stood, a person it added holds no post. What it changed gets its former content as a new version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.visits.domain.snapshots import NewVisit
from services.visits.domain.visit import canonical, visit_of
from services.visits.domain.visit import content_hash as hash_of
from services.visits.handlers.bodies import body_event, change_bodies
from services.visits.handlers.directory import change_people, change_units, person_event, show_out, unit_event
from services.visits.handlers.visits import withdraw_visits
from services.visits.store import directory as directory_store
from services.visits.store import registers as store
from services.visits.store import visits
from services.visits.store.registers import Change, Import, Part
from shared import directory
from shared.clock import local_date
from shared.contracts.visits import PersonChanged, UnitChanged
from shared.errors import Conflict, NotFound
from shared.uow import Database, UnitOfWork

UNDONE_WITHIN: Final = timedelta(days=30)
"""After that the former contents are erased, and an import stands."""

_BATCH: Final = 500


class Reason(StrEnum):
    """Why a record keeps an import from being undone."""

    TOO_LATE = "too_late"
    ROOT = "root"
    PAPERS = "papers"
    IMPORTED_AGAIN = "imported_again"
    CHANGED = "changed"
    WORKED_ON = "worked_on"
    IN_USE = "in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A record that keeps an import from being undone; the whole import when it has no code."""

    part: Part | None = None
    code: str | None = None
    reason: Reason


async def import_of(import_id: UUID, committee_id: UUID, tx: UnitOfWork) -> Import:
    """An import of the committee. Raises NotFound, also for another committee's."""
    found = await store.find_import(tx, import_id)
    if found is None or found.committee_id != committee_id:
        raise NotFound("Không tìm thấy lần nhập này.", "There is no such import.")
    return found


async def obstacles(taken_in: Import, tx: UnitOfWork) -> list[Obstacle]:
    """Everything that keeps the import from being undone, in the order of the parts and of the codes."""
    if taken_in.imported_at <= tx.now - UNDONE_WITHIN:
        return [Obstacle(reason=Reason.TOO_LATE)]
    if taken_in.counts["papers"]:
        return [Obstacle(reason=Reason.PAPERS)]
    changes = await store.changes_of(tx, taken_in.import_id)
    found = await _reasons(taken_in, changes, tx)
    return [
        Obstacle(part=each.part, code=each.code, reason=found[each.row_id])
        for each in changes
        if each.row_id in found
    ]


async def undo_import(import_id: UUID, committee_id: UUID, tx: UnitOfWork, *, by: UUID) -> Import:
    """Bring everything back to where it stood before; done before, it is left as it is.

    Raises NotFound, and Conflict when somebody has gone on from what was imported.
    """
    await directory_store.lock_committee(tx, committee_id)
    taken_in = await import_of(import_id, committee_id, tx)
    if taken_in.undone_at is not None:
        return taken_in
    if await obstacles(taken_in, tx):
        raise Conflict(
            "Không hoàn tác được: đã có người làm tiếp trên những gì lần nhập này ghi.",
            "This cannot be undone: somebody has gone on from what it recorded.",
        )
    changes = await store.changes_of(tx, import_id)
    await _undo_visits([each for each in changes if each.part is Part.VISIT], tx, by=by)
    await _undo_people([each for each in changes if each.part is Part.PERSON], tx)
    await _undo_bodies([each for each in changes if each.part is Part.BODY], committee_id, tx)
    await _undo_units([each for each in changes if each.part is Part.UNIT], tx, by=by)
    former = {each.row_id: each.previous_hash for each in changes if each.previous_hash is not None}
    await store.forget_register_rows(tx, [each.row_id for each in changes if each.row_id not in former])
    await store.remember_register_rows(tx, former)
    await store.mark_undone(tx, import_id, by=by)
    tx.audit(
        "register.import_undone",
        "committee",
        committee_id,
        was={"import": import_id, "content": taken_in.digest},
        became={"rows": len(changes)},
        committee_id=committee_id,
    )
    return await import_of(import_id, committee_id, tx)


async def forget_former_contents(database: Database, _today: date) -> int:
    """The job of housekeeping: what stood before an import is kept while it may be undone; how many records."""

    async def forget(tx: UnitOfWork) -> int:
        return await store.forget_before(tx, tx.now - UNDONE_WITHIN)

    return await database.run(forget)


async def _reasons(taken_in: Import, changes: Sequence[Change], tx: UnitOfWork) -> dict[UUID, Reason]:
    """Each record that was gone on from, by its id; the gravest reason wins."""
    of = {part: [each for each in changes if each.part is part] for part in Part}
    ids = {part: [each.row_id for each in each_of] for part, each_of in of.items()}
    added = {part: [each.row_id for each in each_of if each.added] for part, each_of in of.items()}
    versions = {
        **{id_: unit.version for id_, unit in (await directory.units_by_ids(tx, ids[Part.UNIT])).items()},
        **{id_: each.version for id_, each in (await directory.people_by_ids(tx, ids[Part.PERSON])).items()},
        **{body.body_id: body.version for body in await directory.bodies(tx, taken_in.committee_id)},
        **await store.revisions(tx, ids[Part.VISIT]),
    }
    hashes = await store.register_hashes(tx, [each.row_id for each in changes])
    found: dict[UUID, Reason] = {}
    used = await store.used_units(tx, added[Part.UNIT], people=added[Part.PERSON], visits=added[Part.VISIT])
    used |= await store.known_people(tx, added[Part.PERSON], added[Part.VISIT])
    used |= await store.used_bodies(tx, ids[Part.BODY], people=ids[Part.PERSON])
    found |= dict.fromkeys(used, Reason.IN_USE)
    found |= dict.fromkeys(await store.worked_on(tx, ids[Part.VISIT]), Reason.WORKED_ON)
    found |= {each.row_id: Reason.CHANGED for each in changes if versions.get(each.row_id) != each.version}
    found |= {
        each.row_id: Reason.IMPORTED_AGAIN
        for each in changes
        if each.content_hash is not None and hashes.get(each.row_id) != each.content_hash
    }
    found |= {id_: Reason.ROOT for id_ in added[Part.UNIT] if id_ == taken_in.committee_id}
    return found


async def _undo_visits(changes: Sequence[Change], tx: UnitOfWork, *, by: UUID) -> None:
    added = [each.row_id for each in changes if each.added]
    for start in range(0, len(added), _BATCH):
        await withdraw_visits(tx, added[start : start + _BATCH])
    for each in changes:
        if each.previous is not None:
            await _write_back(each.row_id, each.previous["version"], tx, by=by)


async def _write_back(visit_id: UUID, version: int, tx: UnitOfWork, *, by: UUID) -> None:
    """A former content of a visit as its newest version."""
    standing = await visits.lock(tx, visit_id)
    if standing is None:
        raise LookupError(f"visit {visit_id} of an import is gone")
    visit = visit_of(await visits.content(tx, visit_id, version))
    content = canonical(visit)
    papers = await visits.papers(tx, visit_id)
    named = {issue.issue_id for issue in visit.issues}
    new = NewVisit(
        visit_id=visit_id,
        committee_id=standing.committee_id,
        unit_id=standing.unit_id,
        visitor_id=standing.visitor_id,
        recorded_by=by,
        visit=visit,
        content=content,
        content_hash=hash_of(content),
        accepted_at=tx.now,
        filed_at=None,
        paper={id_: paper for id_, paper in papers.items() if id_ in named},
    )
    await visits.add_version(tx, new, standing.version + 1)
    tx.publish(await visits.snapshot(tx, visit_id), key=visit_id)


async def _undo_people(changes: Sequence[Change], tx: UnitOfWork) -> None:
    there = await directory.people_by_ids(tx, [each.row_id for each in changes])
    events = []
    for each in changes:
        now = there[each.row_id]
        before = person_event(now).model_copy(update={"posts": ()})
        if each.previous is not None:
            before = PersonChanged.model_validate(each.previous)
        events.append(before.model_copy(update={"version": now.version + 1}))
    if events:
        await change_people(events, tx)
    for event in events:
        await show_out(event.person_id, tx)


async def _undo_bodies(changes: Sequence[Change], committee_id: UUID, tx: UnitOfWork) -> None:
    if not changes:
        return
    wanted = {each.row_id for each in changes}
    there = [body for body in await directory.bodies(tx, committee_id) if body.body_id in wanted]
    await change_bodies(
        [body_event(body).model_copy(update={"version": body.version + 1, **_never(tx)}) for body in there],
        tx,
    )


async def _undo_units(changes: Sequence[Change], tx: UnitOfWork, *, by: UUID) -> None:
    there = await directory.units_by_ids(tx, [each.row_id for each in changes])
    events = []
    for each in changes:
        now = there[each.row_id]
        before = unit_event(now).model_copy(update=_never(tx))
        if each.previous is not None:
            before = UnitChanged.model_validate(each.previous)
        events.append(before.model_copy(update={"version": now.version + 1}))
    if events:
        await change_units(events, tx, by=by)


def _never(tx: UnitOfWork) -> dict[str, object]:
    """Validity without a day in it."""
    today = local_date(tx.now)
    return {"valid_from": today, "valid_to": today - timedelta(days=1)}
