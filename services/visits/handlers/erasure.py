"""Retention at work: visits whose time is over become tombstones, and everybody is told to obey.

State, emptied events and the event that tells of it are one transaction; what is emptied stays empty, because
nothing that comes later may write a text under a tombstone.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from services.visits.domain.retention import Retention, Term
from services.visits.store import erasure as store
from services.visits.store import visits
from shared.acting import Acting
from shared.contracts.visits import VisitErased, VisitRecorded
from shared.erasure import empty_outbox, empty_quarantine
from shared.errors import Conflict
from shared.uow import Database, UnitOfWork

_BATCH = 500
_MACHINE = "retention"


@dataclass(frozen=True, slots=True)
class Expired:
    """What would go as of a day: visits, and how many of each committee."""

    visit_ids: tuple[UUID, ...]
    by_committee: Counter[UUID]


async def expired(tx: UnitOfWork, today: date) -> Expired:
    """The visits whose texts were to be kept until yesterday or before, as of a local day."""
    schedule = await store.schedule(tx)
    gone: list[UUID] = []
    counts: Counter[UUID] = Counter()
    for group in await store.with_text(tx, before=today):
        last = schedule.last_kept(group.committee_id, group.day, group.accepted_on, today=today)
        if last is not None and last < today:
            gone += group.visit_ids
            counts[group.committee_id] += len(group.visit_ids)
    return Expired(tuple(gone), counts)


async def erase_expired(database: Database, today: date) -> int:
    """Erase everything that has expired, some hundreds at a time; how many visits that were."""
    async with database.read() as tx:
        found = await expired(tx, today)
    erased = 0
    for start in range(0, len(found.visit_ids), _BATCH):
        some = found.visit_ids[start : start + _BATCH]
        erased += await database.run(partial(erase_visits, some, by=_MACHINE))
    return erased


async def erase_visits(visit_ids: Collection[UUID], tx: UnitOfWork, *, by: str) -> int:
    """Make these visits tombstones, empty what told of them, and tell the others; how many had texts."""
    erased = await store.make_tombstones(tx, visit_ids)
    if not erased:
        return 0
    ids = [visit_id for visit_id, _ in erased]
    await empty_outbox(tx, VisitRecorded.subject, ids)
    await empty_quarantine(tx, ids)
    for visit_id, committee_id in erased:
        tx.publish(VisitErased(visit=await visits.snapshot(tx, visit_id)), key=visit_id)
        tx.audit("visit.erased", "visit", visit_id, by=Acting(committee_id=committee_id, machine=by))
    return len(erased)


async def set_term(term: Term, tx: UnitOfWork, *, by: UUID) -> bool:
    """Record a term of a committee; True when it is new. Raises Conflict when its id says something else."""
    if await store.put_term(tx, term, by=by):
        tx.audit("term.set", "term", term.term_id, became={"from": term.first_day, "to": term.last_day})
        return True
    if term not in (await store.schedule(tx)).terms:
        raise _other_content()
    return False


async def set_retention(policy: Retention, tx: UnitOfWork, *, by: UUID) -> bool:
    """Record how long texts stay; True when it is new. Raises Conflict when its id says something else."""
    if await store.put_policy(tx, policy, by=by):
        tx.audit(
            "retention.set",
            "retention",
            policy.policy_id,
            became={"days": policy.days, "from": policy.valid_from},
        )
        return True
    if policy not in (await store.schedule(tx)).policies:
        raise _other_content()
    return False


def _other_content() -> Conflict:
    return Conflict(
        "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
        "This id already stands for other content, which is kept.",
    )
