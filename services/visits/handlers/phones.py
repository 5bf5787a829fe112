"""A member's phone beside its visits: the key to what it keeps, how full its queue is, what did not take place.

What must never break: a key goes to sessions of its own person only, and a number that a phone has used is
either here, or still on the phone, or let go by its person; any other is a record lost on the way, and counted.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.unheld import UnheldVisit, broken_unheld
from services.visits.handlers.visits import broken_unit, named_units
from services.visits.store import phones as store
from services.visits.store import unheld as unheld_store
from services.visits.store.phones import DeviceReport
from shared.audit import digest
from shared.clock import local_date
from shared.contracts.visits import DeviceSeen, UnheldRecorded
from shared.errors import Conflict, Invalid, TooMany
from shared.ids import derived_id
from shared.uow import UnitOfWork

KEY_BYTES: Final = 32
PHONES_AT_MOST: Final = 100
MISSING_TOLD: Final = 200
COUNTED_AT_MOST: Final = 10_000
TELL_EVERY: Final = timedelta(hours=1)


async def device_key(person_id: UUID, committee_id: UUID, device_id: str, tx: UnitOfWork) -> bytes:
    """The key of this person on this device, made the first time. Raises TooMany for endless new devices."""
    key = await store.key(tx, person_id, device_id)
    if key is None:
        if await store.keys_of(tx, person_id) >= PHONES_AT_MOST:
            raise TooMany("Đã dùng quá nhiều máy; hãy báo Văn phòng.", "Too many devices; tell the office.")
        key = await store.add_key(
            tx, person_id, device_id, committee_id=committee_id, new_key=secrets.token_bytes(KEY_BYTES)
        )
    tx.audit("device.key_given", "device", digest(device_id))
    return key


async def hear_from(
    person_id: UUID, committee_id: UUID, device_id: str, report: DeviceReport, tx: UnitOfWork
) -> list[int]:
    """Keep what a phone says of its queue, and find the numbers that should be here and are not."""
    absent = await store.missing(tx, person_id, device_id, report.highest_seq, limit=COUNTED_AT_MOST)
    accounted = {*report.unsent, *report.let_go}
    lost = [number for number in absent if number not in accounted]
    await store.keep_report(tx, person_id, device_id, report, committee_id=committee_id, gaps=len(lost))
    await _tell_if_news(person_id, committee_id, device_id, report, tx)
    let_go = set(report.let_go)
    return [number for number in absent if number not in let_go][:MISSING_TOLD]


async def _tell_if_news(
    person_id: UUID, committee_id: UUID, device_id: str, report: DeviceReport, tx: UnitOfWork
) -> None:
    """Publish how full the queue is when that changed, and every hour so that silence can be told from calm."""
    unsent = report.ready + report.failed + report.refused
    version = await store.news(
        tx, person_id, device_id, drafts=report.drafts, unsent=unsent, at_latest=tx.now - TELL_EVERY
    )
    if version is not None:
        phone_id = derived_id(person_id, device_id)
        tx.publish(
            DeviceSeen(
                phone_id=phone_id,
                version=version,
                committee_id=committee_id,
                person_id=person_id,
                seen_at=tx.now,
                drafts=report.drafts,
                unsent=unsent,
                oldest_unsent_at=report.oldest_unsent_at,
            ),
            key=phone_id,
        )


async def visits_of(person_id: UUID, visit_ids: Collection[UUID], tx: UnitOfWork) -> list[UUID]:
    """Those of these visits that this person may ask about."""
    return await store.own(tx, person_id, visit_ids) if visit_ids else []


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnheld:
    """A member says that a visit did not take place, or the office does for them."""

    unheld_id: UUID
    visitor_id: UUID
    recorded_by: UUID
    committee_id: UUID
    visit: UnheldVisit


async def record_unheld(command: RecordUnheld, tx: UnitOfWork) -> tuple[Row[Any], bool]:
    """What stands, and whether it is new. Raises Conflict for other content, Invalid for broken rules."""
    visit = command.visit
    there = await unheld_store.standing(tx, command.unheld_id)
    if there is not None:
        if there.visitor_id == command.visitor_id and there.content_hash == visit.content_hash:
            return there, False
        # In the words of the edge for an id of another committee, which nobody here can see.
        raise Conflict("Mã này đã được dùng.", "This id already stands for something else.")
    day = local_date(visit.planned_at)
    unit = (await named_units(tx, [(command.committee_id, visit.unit)])).find(
        command.committee_id, visit.unit, day
    )
    broken = [*broken_unheld(visit, now=tx.now), *broken_unit(visit.unit, unit, day)]
    if broken or unit is None:
        raise Invalid(broken[0].vi, broken[0].en, errors=tuple(broken))
    standing = await unheld_store.insert(
        tx,
        command.unheld_id,
        visit,
        committee_id=command.committee_id,
        unit_id=unit.unit_id,
        visitor_id=command.visitor_id,
        recorded_by=command.recorded_by,
    )
    tx.publish(
        UnheldRecorded(
            unheld_id=command.unheld_id,
            version=1,
            committee_id=command.committee_id,
            person_id=command.visitor_id,
            unit_id=unit.unit_id,
            kind=visit.kind,
            day=day,
        ),
        key=command.unheld_id,
    )
    tx.audit(
        "visit.not_held",
        "unheld_visit",
        command.unheld_id,
        became={
            "outcome": visit.outcome,
            "reason": visit.reason,
            "content": visit.content_hash,
            **({} if command.recorded_by == command.visitor_id else {"for": command.visitor_id}),
        },
    )
    return standing, True
