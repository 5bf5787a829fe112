"""Correcting a visit: each edit is a version, and none is ever lost to another.

An edit says from which version it started. When another came in between, both are put together field by field
(`domain.merging`); where both changed the same, the later one stands until a person decides. Without a base a
taken number is a clash, kept beside what stands.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.visits.domain.merging import Merge, Side, merge, settle, whole
from services.visits.domain.receipt import Recorded
from services.visits.domain.visit import visit_of
from services.visits.handlers.visits import (
    Accepted,
    Outcome,
    RecordVisit,
    Refused,
    check_edit,
    clash,
    erased,
    file,
    keep_drafts,
    new_visit,
    no_such_version,
    note_recorded,
    own_visit,
    refuse_withdrawn,
)
from services.visits.store import merges
from services.visits.store import visits as store
from services.visits.store.merges import Merged
from shared.contracts.visits import ConflictSettled
from shared.errors import Conflict, Invalid, NotFound, invalid
from shared.uow import UnitOfWork


async def edit_visit(
    command: RecordVisit, version: int, tx: UnitOfWork, *, base_version: int | None = None
) -> Outcome:
    """Make the content the next version. Sent again it is the same version; a taken number is merged or a clash.

    A tombstone takes no other content. Raises NotFound for a visit of somebody else, Conflict for a number too
    high, Invalid for broken rules.
    """
    standing = await own_visit(tx, command.visit_id, command.visitor_id)
    if base_version is not None and base_version != version - 1:
        raise _not_the_base(version)
    if version <= standing.version:
        there = (await store.recorded(tx, [command.visit_id], version=version)).get(command.visit_id)
        if there is None:
            raise no_such_version(standing.version)
        if there.content_hash == command.content_hash:
            return Accepted(there, is_new=False)
        # An assistant does not see everything that stands there, so their words are not put together with it.
        if base_version is None or command.assistant_id is not None:
            refuse_withdrawn(standing)
            return await clash(tx, command, there)
        return await _edit_past_another(tx, command, standing, base_version)
    refuse_withdrawn(standing)
    if standing.erased_at is not None:
        return Refused(erased())
    if version > standing.version + 1:
        raise no_such_version(standing.version)
    await check_edit(tx, command, standing)
    recorded = await _next_version(tx, command, standing)
    return Accepted(recorded, is_new=True)


async def settle_conflict(
    visit_id: UUID, version: int, choices: Mapping[str, Side], *, person_id: UUID, tx: UnitOfWork
) -> Merged:
    """A person says, field by field, which side is right. Said again it changes nothing; otherwise it is refused.

    Raises NotFound for a visit of somebody else and where nothing is in conflict, Invalid for choices that do
    not name exactly the fields in conflict.
    """
    standing = await own_visit(tx, visit_id, person_id)
    conflict = await _conflict(tx, visit_id, version)
    if set(choices) != set(conflict.fields):
        raise invalid(
            "/choices",
            "every-field",
            vi="Chọn một bên cho từng chỗ khác nhau.",
            en="Choose one side for every field in conflict.",
        )
    if conflict.settled_at is not None:
        if conflict.choices != choices:
            raise _settled()
        return conflict
    refuse_withdrawn(standing)
    if standing.erased_at is not None:
        raise erased()
    settled_in = await _apply(tx, standing, conflict, choices)
    await merges.settle(tx, visit_id, version, choices, settled_in=settled_in, by=person_id)
    tx.publish(
        ConflictSettled(
            visit_id=visit_id,
            version=version,
            committee_id=standing.committee_id,
            settled_in=settled_in,
            settled_by=person_id,
            settled_at=tx.now,
            choices=dict(choices),
        ),
        key=visit_id,
    )
    tx.audit(
        "visit.conflict_settled",
        "visit",
        visit_id,
        was={"version": version, "fields": sorted(choices)},
        became={
            "version": settled_in,
            "recorded": sorted(each for each, side in choices.items() if side is Side.RECORDED),
        },
    )
    return await _conflict(tx, visit_id, version)


async def _edit_past_another(
    tx: UnitOfWork, command: RecordVisit, standing: store.Standing, base_version: int
) -> Outcome:
    """Another edit came first from the same base, or from a later one: a version that holds both."""
    known = await _sent_before(tx, command, base_version)
    if known is not None:
        return known
    refuse_withdrawn(standing)
    if standing.erased_at is not None:
        return Refused(erased())
    await check_edit(tx, command, standing)
    merged = await _merged(tx, command, standing, base_version)
    made = _saying(command, merged.content)
    recorded = await _next_version(tx, made, standing)
    await merges.insert(
        tx,
        Merged(
            visit_id=command.visit_id,
            version=recorded.version,
            base_version=base_version,
            recorded_version=standing.version,
            content_hash=command.content_hash,
            content=json.loads(command.content),
            received_by=command.visitor_id,
            received_at=tx.now,
            fields=merged.conflicts,
        ),
    )
    return Accepted(recorded, is_new=True, conflicts=merged.conflicts, merged=True)


async def _merged(tx: UnitOfWork, command: RecordVisit, standing: store.Standing, base_version: int) -> Merge:
    base = await store.content(tx, command.visit_id, base_version)
    there = await store.content(tx, command.visit_id, standing.version)
    received = json.loads(command.content)
    merged = merge(base, there, received)
    try:
        await check_edit(tx, _saying(command, merged.content), standing)
    except Invalid:
        return whole(there, received)
    return merged


async def _sent_before(tx: UnitOfWork, command: RecordVisit, base_version: int) -> Accepted | None:
    """The receipt that this very edit was given already."""
    for each in await merges.of_visit(tx, command.visit_id):
        if (each.base_version, each.content_hash) == (base_version, command.content_hash):
            recorded = await store.recorded(tx, [command.visit_id], version=each.version)
            return Accepted(recorded[command.visit_id], is_new=False, conflicts=each.fields, merged=True)
    return None


async def _next_version(tx: UnitOfWork, command: RecordVisit, standing: store.Standing) -> Recorded:
    new = new_visit(command, standing.unit_id, tx)
    unseen = await store.restricted_issues(tx, command.visit_id) if new.on_behalf else []
    recorded = await store.add_version(tx, new, standing.version + 1, unseen=unseen)
    if new.report is not None:
        await file(tx, standing, new.report, filed_by=command.carried_by or command.visitor_id)
    await keep_drafts(tx, [new])
    tx.publish(await store.snapshot(tx, command.visit_id), key=command.visit_id)
    note_recorded(tx, recorded, command.visit, was=standing.version)
    return recorded


async def _apply(
    tx: UnitOfWork, standing: store.Standing, conflict: Merged, choices: Mapping[str, Side]
) -> int:
    """The decision as a version, where it changes anything; what was corrected since stays corrected."""
    base = await store.content(tx, standing.visit_id, conflict.base_version)
    there = await store.content(tx, standing.visit_id, conflict.recorded_version)
    provisional = await store.content(tx, standing.visit_id, conflict.version)
    newest = await store.content(tx, standing.visit_id, standing.version)
    decided = settle(base, there, conflict.content, choices)
    content = merge(provisional, decided, newest).content
    if content == newest:
        return standing.version
    command = RecordVisit(
        visit_id=standing.visit_id,
        visitor_id=standing.visitor_id,
        committee_id=standing.committee_id,
        visit=visit_of(content | {"report": None}),
    )
    await check_edit(tx, command, standing)
    return (await _next_version(tx, command, standing)).version


async def _conflict(tx: UnitOfWork, visit_id: UUID, version: int) -> Merged:
    for each in await merges.of_visit(tx, visit_id):
        if each.version == version and each.in_conflict:
            return each
    raise NotFound("Không tìm thấy.", "There is no such thing.")


def _saying(command: RecordVisit, content: Mapping[str, Any]) -> RecordVisit:
    return replace(command, visit=visit_of(content))


def _not_the_base(version: int) -> Invalid:
    return invalid(
        "/base_version",
        "base-version",
        vi=f"Bản {version} phải sửa từ bản {version - 1}.",
        en=f"Version {version} starts from version {version - 1}.",
    )


def _settled() -> Conflict:
    return Conflict(
        "Chỗ khác nhau này đã được quyết định; quyết định đã ghi được giữ nguyên.",
        "This conflict was decided already; the decision stays.",
    )
