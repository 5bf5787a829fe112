"""Complaints, denunciations and classified matters leave this record: only a number and an office stay."""

from services.visits.handlers.visits import refuse_withdrawn
from services.visits.store import transfers as store
from services.visits.store import visits
from services.visits.store.transfers import Transfer
from shared.access import RULES, Place, Principal
from shared.clock import local_date
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork


async def record_transfer(transfer: Transfer, principal: Principal, tx: UnitOfWork) -> bool:
    """Record what was handed over; True when it is new. Raises Invalid, NotFound or Conflict.

    Sent again it changes nothing; what somebody of another committee recorded is as if it were not there.
    """
    known = await store.find(tx, transfer.transfer_id)
    if known is not None:
        return _same(known, transfer, principal)
    if transfer.transferred_on > local_date(tx.now):
        raise invalid(
            "/transferred_on",
            "past",
            vi="Ngày chuyển chưa tới.",
            en="This day has not come yet.",
            value=transfer.transferred_on,
        )
    await _check_visit(transfer, principal, tx)
    if not await store.insert(tx, transfer):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    tx.audit("transfer.recorded", "transfer", transfer.transfer_id, became={"kind": transfer.kind.value})
    return True


async def _check_visit(transfer: Transfer, principal: Principal, tx: UnitOfWork) -> None:
    if transfer.visit_id is None:
        return
    standing = await visits.lock(tx, transfer.visit_id)
    if standing is None or not RULES.record_transfer.covers(
        principal,
        Place(committee_id=standing.committee_id, person_ids=frozenset({standing.visitor_id})),
    ):
        raise invalid(
            "/visit_id",
            "unknown-visit",
            vi="Không có chuyến đi này.",
            en="There is no such visit.",
            value=transfer.visit_id,
        )
    refuse_withdrawn(standing)


def _same(known: Transfer, told: Transfer, principal: Principal) -> bool:
    place = Place(committee_id=known.committee_id, person_ids=frozenset({known.recorded_by}))
    if not RULES.record_transfer.covers(principal, place):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    if (known.kind, known.register_number, known.receiving_office, known.visit_id, known.transferred_on) != (
        told.kind,
        told.register_number,
        told.receiving_office,
        told.visit_id,
        told.transferred_on,
    ):
        raise Conflict(
            "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
            "This id already stands for other content, which is kept.",
        )
    return False
