"""Moving the evening of a month, and taking that back; by the office, each change told to feedback."""

from dataclasses import replace
from uuid import UUID

from services.visits.domain.evenings import Evening, near_its_month
from services.visits.store import evenings as store
from shared.contracts.visits import EveningChanged
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork


async def put_evening(wanted: Evening, tx: UnitOfWork, *, by: UUID) -> tuple[Evening, bool]:
    """The evening as it now stands, and whether it is new. Raises Conflict where another stands for that month."""
    await store.take_month(tx, wanted.committee_id, wanted.month)
    standing = await store.lock(tx, wanted.evening_id)
    if standing is not None and standing.committee_id != wanted.committee_id:
        raise _not_found()
    if not near_its_month(wanted.month, wanted.day):
        raise invalid(
            "/day",
            "near-its-month",
            vi="Tháng ghi bằng ngày đầu tháng; ngày họp nằm trong tháng đó hoặc lệch không quá 15 ngày.",
            en="A month is named by its first day; its evening lies within it, or at most 15 days beside it.",
            value=wanted.day,
        )
    if standing is not None and replace(wanted, version=standing.version) == standing:
        return standing, False
    others = await store.moved(tx, wanted.committee_id, wanted.month)
    if not wanted.withdrawn and any(
        each.month == wanted.month and each.evening_id != wanted.evening_id for each in others
    ):
        raise Conflict(
            "Tháng này đã có ngày sinh hoạt riêng; hãy sửa hoặc rút ngày đó.",
            "This month has an evening of its own already; change that one or withdraw it.",
        )
    evening = replace(wanted, version=standing.version + 1 if standing else 1)
    if not await store.put(tx, evening, by=by):
        raise _not_found()
    _tell(tx, evening)
    return evening, standing is None


def _tell(tx: UnitOfWork, evening: Evening) -> None:
    tx.publish(
        EveningChanged(
            evening_id=evening.evening_id,
            version=evening.version,
            committee_id=evening.committee_id,
            month=evening.month,
            day=evening.day,
            withdrawn=evening.withdrawn,
        ),
        key=evening.evening_id,
    )
    tx.audit(
        "evening.put",
        "evening",
        evening.evening_id,
        was={"version": evening.version - 1},
        became={
            "version": evening.version,
            "month": evening.month,
            "day": evening.day,
            "withdrawn": evening.withdrawn,
        },
        committee_id=evening.committee_id,
    )


def _not_found() -> NotFound:
    return NotFound("Không tìm thấy.", "There is no such thing.")
