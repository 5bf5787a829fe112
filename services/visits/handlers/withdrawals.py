"""Taking back visits that should never have been recorded: they stay on record and count nowhere."""

from collections.abc import Collection
from uuid import UUID

from services.visits.store import visits as store
from shared.uow import UnitOfWork


async def withdraw_visits(tx: UnitOfWork, visit_ids: Collection[UUID]) -> None:
    """Take these visits back, and say so."""
    await store.withdraw(tx, visit_ids)
    for visit_id in sorted(visit_ids):
        snapshot = await store.snapshot(tx, visit_id)
        tx.audit("visit.withdrawn", "visit", visit_id, committee_id=snapshot.committee_id)
        tx.publish(snapshot, key=visit_id)
