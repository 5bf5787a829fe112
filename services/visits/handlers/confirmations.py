"""What the cell says of a visit that was recorded from it, and the answer it gets.

The secretary confirms the record or disputes it; a dispute stands open for the member and the office until a
correction (a new version) or a statement answers it. What was said stays, in order.
"""

from dataclasses import dataclass
from uuid import UUID

from services.visits.handlers.visits import erased, refuse_withdrawn
from services.visits.store import remarks
from services.visits.store import visits as store
from services.visits.store.remarks import OF_THE_CELL, Remark, RemarkKind
from shared.access import RULES, Place, Principal, Rule, visible_or_404
from shared.audit import digest
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The secretary's word on one version: right, or not and why."""

    version: int
    right: bool
    comment: str


async def confirm_record(
    visit_id: UUID, said: Confirmation, principal: Principal, tx: UnitOfWork
) -> tuple[Remark, bool]:
    """Record the cell's word; the same again is the same word (False). Raises NotFound, Conflict, Invalid."""
    standing = await _visible(tx, visit_id, principal, RULES.confirm_record)
    if not said.right and not said.comment:
        raise invalid(
            "/comment",
            "reason-required",
            vi="Đồng chí ghi giúp chỗ nào chưa đúng.",
            en="Say what is not right.",
        )
    if said.version != standing.version:
        raise Conflict(
            f"Bản ghi đã được sửa thành bản {standing.version}; đồng chí hãy xem bản đó.",
            f"The record was corrected and stands at version {standing.version}; look at that one.",
        )
    kind = RemarkKind.CONFIRMED if said.right else RemarkKind.DISPUTED
    last = await _last(tx, visit_id)
    if last is not None and (last.version, last.kind, last.words) == (said.version, kind, said.comment):
        return last, False
    remark = Remark(
        version=said.version, kind=kind, words=said.comment, said_by=principal.person_id, said_at=tx.now
    )
    await _say(tx, standing, remark, open_dispute=not said.right)
    return remark, True


async def answer_dispute(
    visit_id: UUID, statement: str, principal: Principal, tx: UnitOfWork
) -> tuple[Remark, bool]:
    """Answer an open dispute with a statement; the record stays as it is. Raises NotFound, Conflict."""
    standing = await _visible(tx, visit_id, principal, RULES.answer_dispute)
    last = await _last(tx, visit_id)
    if last is not None and (last.kind, last.words) == (RemarkKind.ANSWERED, statement):
        return last, False
    if standing.disputed_at is None:
        raise Conflict(
            "Chi bộ không còn ý kiến nào chờ trả lời về bản ghi này.",
            "The cell has no open objection to this record.",
        )
    remark = Remark(
        version=standing.version,
        kind=RemarkKind.ANSWERED,
        words=statement,
        said_by=principal.person_id,
        said_at=tx.now,
    )
    await _say(tx, standing, remark, open_dispute=False)
    return remark, True


async def _visible(tx: UnitOfWork, visit_id: UUID, principal: Principal, rule: Rule) -> store.Standing:
    standing = await store.lock(tx, visit_id)
    place = None if standing is None else _place(standing)
    return visible_or_404(principal, rule, standing, place)


def _place(standing: store.Standing) -> Place:
    return Place(
        committee_id=standing.committee_id,
        person_ids=frozenset({standing.visitor_id}),
        unit_ids=frozenset({standing.unit_id}),
    )


async def _last(tx: UnitOfWork, visit_id: UUID) -> Remark | None:
    said = [remark for remark in await remarks.of_visit(tx, visit_id) if remark.kind in OF_THE_CELL]
    return said[-1] if said else None


async def _say(tx: UnitOfWork, standing: store.Standing, remark: Remark, *, open_dispute: bool) -> None:
    refuse_withdrawn(standing)
    if standing.erased_at is not None and remark.words:
        raise erased()
    await remarks.add(tx, standing.visit_id, remark)
    await remarks.set_disputed(tx, standing.visit_id, tx.now if open_dispute else None)
    tx.publish(await store.snapshot(tx, standing.visit_id), key=standing.visit_id)
    tx.audit(
        f"visit.{remark.kind}",
        "visit",
        standing.visit_id,
        was={"disputed": standing.disputed_at is not None},
        became={
            "version": remark.version,
            "disputed": open_dispute,
            "words": digest(remark.words) if remark.words else None,
        },
    )
