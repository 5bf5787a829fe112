"""The same trouble from many cells is merged by hand, and can be taken apart again: decision 0046.

Merging joins nothing but the sight of it: each matter keeps its own duties, clocks, way and answer to its cell.
A matter of a restricted class is never merged.
"""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from services.feedback.handlers.acts import issue_or_404
from services.feedback.handlers.forwardings import RecordAnswer, record_answer
from services.feedback.store import clusters as store
from services.feedback.store import forwardings as forwarding_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.forwardings import Forwarding
from shared.access import RULES, Principal
from shared.contracts.visits import AccessClass
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork


async def merge(tx: UnitOfWork, principal: Principal, cluster_id: UUID, issue_id: UUID) -> None:
    """Put a matter into a cluster. Raises Conflict when it stands with others already, or is restricted."""
    issue = await issue_or_404(tx, principal, RULES.forward_issue, issue_id)
    if issue.access_class is not AccessClass.NORMAL:
        raise Conflict("Vấn đề hạn chế người đọc thì không gộp.", "A restricted matter is not merged.")
    known, others = await store.of_issue(tx, issue_id)
    if known == cluster_id:
        return
    if others:
        raise Conflict(
            "Việc này đã gộp với việc khác; cần tách ra trước.",
            "This matter is merged with others; take it out first.",
        )
    await store.join(tx, cluster_id, issue_id)
    tx.audit("issue.merged", "issue", issue_id, became={"cluster": cluster_id})


async def take_apart(tx: UnitOfWork, principal: Principal, cluster_id: UUID, issue_id: UUID) -> None:
    """Take a matter out of its cluster; what was answered stays answered. Raises NotFound when it is not in it."""
    await issue_or_404(tx, principal, RULES.forward_issue, issue_id)
    known, _ = await store.of_issue(tx, issue_id)
    if known != cluster_id:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    await store.leave(tx, issue_id)
    tx.audit("issue.taken_apart", "issue", issue_id, was={"cluster": cluster_id})


async def record_answers(
    tx: UnitOfWork,
    book: CalendarBook,
    principal: Principal,
    issue_id: UUID,
    command: RecordAnswer,
    also: Collection[UUID],
) -> Forwarding:
    """One document of an agency that answers merged matters too: `also`, their forwardings to it. All or none."""
    answered = await record_answer(tx, book, principal, issue_id, command)
    merged = (await store.of_issue(tx, issue_id))[1] if also else frozenset()
    for forwarding_id in sorted(set(also)):
        found = await forwarding_store.find(tx, forwarding_id)
        if found is None or found.issue_id not in merged or not _same_agency(found, answered):
            raise invalid(
                "/also",
                "merged",
                vi="Chỉ ghi chung cho việc đã gộp và đã chuyển đúng cơ quan này.",
                en="Only matters merged with this one and sent to the same agency are answered with it.",
                value=forwarding_id,
            )
        same = replace(command, forwarding_id=forwarding_id)
        await record_answer(tx, book, principal, found.issue_id, same)
    return answered


def _same_agency(one: Forwarding, other: Forwarding) -> bool:
    return one.agency_unit_id is not None and one.agency_unit_id == other.agency_unit_id
