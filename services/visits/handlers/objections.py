"""What a member says to what the system holds of a period, kept as it was said. Its text ends with the term."""

from datetime import date
from uuid import UUID

from services.visits.store import erasure, objections
from services.visits.store.objections import Objection
from shared.acting import Acting
from shared.audit import digest
from shared.clock import local_date
from shared.contracts.visits import ObjectionMade
from shared.errors import Conflict, invalid
from shared.uow import Database, UnitOfWork

_MACHINE = "retention"


async def object_to(objection: Objection, tx: UnitOfWork) -> bool:
    """Keep an objection; True when it is new. Raises Conflict when its id says something else, Invalid."""
    if objection.first_day > local_date(tx.now):
        raise invalid(
            "/period",
            "begun",
            vi="Kỳ này chưa bắt đầu.",
            en="This period has not begun.",
            value=objection.period,
        )
    if await objections.insert(tx, objection):
        tx.publish(
            ObjectionMade(
                objection_id=objection.objection_id,
                version=1,
                committee_id=objection.committee_id,
                person_id=objection.person_id,
                period=objection.period,
                first_day=objection.first_day,
                body=objection.body,
                made_at=objection.made_at,
            ),
            key=objection.objection_id,
        )
        tx.audit(
            "objection.made",
            "objection",
            objection.objection_id,
            became={"period": objection.period, "text": digest(objection.body)},
        )
        return True
    known = await objections.find(tx, objection.objection_id)
    if known is None or (known.person_id, known.period, known.body) != (
        objection.person_id,
        objection.period,
        objection.body,
    ):
        raise Conflict(
            "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
            "This id already stands for other content, which is kept.",
        )
    return False


async def erase_objections(database: Database, today: date) -> int:
    """Erase the texts whose term and time after it are over; how many."""

    async def erase(tx: UnitOfWork) -> int:
        schedule = await erasure.schedule(tx)
        gone: dict[UUID, UUID] = {}
        for each in await objections.with_text(tx):
            last = schedule.last_kept(
                each.committee_id, each.first_day, local_date(each.made_at), today=today
            )
            if last is not None and last < today:
                gone[each.objection_id] = each.committee_id
        await objections.erase(tx, list(gone))
        for objection_id, committee_id in gone.items():
            tx.audit(
                "objection.erased",
                "objection",
                objection_id,
                by=Acting(committee_id=committee_id, machine=_MACHINE),
            )
        return len(gone)

    return await database.run(erase)


__all__ = ["Objection", "erase_objections", "object_to"]
