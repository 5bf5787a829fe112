"""A sheet is frozen by the office when its period is over. What was frozen stays; what is put right is a new edition."""

from dataclasses import dataclass
from uuid import UUID

from services.feedback.domain.evaluation import METHOD, Facts, days_of
from services.feedback.store import evaluations as store
from services.feedback.store.evaluations import Frozen
from shared.access import Principal
from shared.clock import local_date
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeSheet:
    """The sheet of one member and period, as it stands now."""

    sheet_id: UUID
    person_id: UUID
    period: str


async def freeze(
    tx: UnitOfWork, principal: Principal, command: FreezeSheet, facts: Facts
) -> tuple[Frozen, bool]:
    """The frozen sheet; True when it is new. Sent again it freezes nothing anew. Raises Conflict, Invalid.

    `facts` is what the sheet of this member, whom the principal may know of, would say now.
    """
    if known := await store.find(tx, command.sheet_id):
        if (known.person_id, known.period) != (command.person_id, command.period):
            raise _other_content()
        return known, False
    _, last = days_of(command.period)
    if local_date(tx.now) <= last:
        raise invalid(
            "/period",
            "over",
            vi=f"Kỳ này kết thúc ngày {last:%d/%m/%Y}; hết kỳ mới chốt được phiếu.",
            en=f"This period ends on {last:%d/%m/%Y}; a sheet is frozen when it is over.",
            value=command.period,
        )
    await store.lock(tx, command.person_id, command.period)
    before = await store.newest(tx, principal.committee_id, command.person_id, command.period)
    sheet = Frozen(
        sheet_id=command.sheet_id,
        committee_id=principal.committee_id,
        person_id=command.person_id,
        period=command.period,
        edition=before.edition + 1 if before else 1,
        method=METHOD,
        facts=facts,
        frozen_at=tx.now,
        frozen_by=principal.person_id,
    )
    if not await store.insert(tx, sheet):  # its id came in twice at the same time
        raise _other_content()
    tx.audit(
        "sheet.frozen",
        "sheet",
        sheet.sheet_id,
        became={"person": sheet.person_id, "period": sheet.period, "edition": sheet.edition},
    )
    return sheet, True


def _other_content() -> Conflict:
    return Conflict(
        "Mã này đã dùng cho phiếu khác; hãy tải lại trang.",
        "This id stands for another sheet; load the page again.",
    )
