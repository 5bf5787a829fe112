"""A report that is not good enough goes back with a comment. The duty stays done: no clock starts again.

What the member files next is another version of the report, and that version answers the return.
"""

from dataclasses import dataclass
from uuid import UUID

from services.feedback.handlers.extensions import place_of
from services.feedback.store import duties as duty_store
from services.feedback.store import returns as store
from services.feedback.store.returns import Return
from shared.access import RULES, Principal, visible_or_404
from shared.audit import digest
from shared.contracts.feedback import DutyClosure, DutyKind, ReportReturned
from shared.errors import Conflict
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReport:
    return_id: UUID
    duty_id: UUID
    comment: str


async def return_report(tx: UnitOfWork, principal: Principal, command: ReturnReport) -> tuple[Return, bool]:
    """Return the newest version of a report; True when this is new. Sent again it changes nothing."""
    duty = (await duty_store.for_update(tx, [command.duty_id])).get(command.duty_id)
    if duty is None:
        return visible_or_404(principal, RULES.return_report, None, None)
    visible_or_404(principal, RULES.return_report, duty, place_of(duty), access_class=duty.access_class)
    known = await store.find(tx, command.return_id)
    if known is not None:
        if (known.duty_id, known.comment) != (command.duty_id, command.comment):
            raise _other_content()
        return known, False
    if duty.kind is not DutyKind.REPORT or duty.closure is not DutyClosure.DONE:
        raise Conflict(
            "Chưa có báo cáo nào để trả lại.",
            "No report was filed that could be returned.",
        )
    returned = Return(
        return_id=command.return_id,
        duty_id=duty.duty_id,
        visit_id=duty.visit_id,
        report_version=await store.report_version(tx, duty.visit_id),
        comment=command.comment,
        returned_by=principal.person_id,
        returned_at=tx.now,
    )
    if not await store.insert(tx, returned):
        raise _other_content()
    tx.publish(
        ReportReturned(
            return_id=returned.return_id,
            duty_id=returned.duty_id,
            visit_id=returned.visit_id,
            committee_id=duty.committee_id,
            report_version=returned.report_version,
            comment=returned.comment,
            returned_at=returned.returned_at,
            returned_by=returned.returned_by,
        ),
        key=duty.visit_id,
    )
    tx.audit(
        "report.returned",
        "report",
        returned.return_id,
        became={
            "visit": duty.visit_id,
            "version": returned.report_version,
            "comment": digest(returned.comment),
        },
    )
    return returned, True


def _other_content() -> Conflict:
    return Conflict(
        "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
        "This id already stands for other content, which is kept.",
    )
