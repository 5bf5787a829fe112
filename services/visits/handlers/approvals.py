"""The member's word on what an assistant wrote for them: a visit confirmed or not, a drafted report filed or not.

Waiting decides nothing, and the clock of the duty runs from the visit's day whatever is decided (decision 0030).
"""

from uuid import UUID

from services.visits.domain.receipt import Filed
from services.visits.domain.visit import Report
from services.visits.handlers.visits import erased, file_on, own_visit, refuse_withdrawn
from services.visits.store import drafts, remarks
from services.visits.store import visits as store
from services.visits.store.drafts import Draft
from services.visits.store.remarks import APPROVALS, Remark, RemarkKind
from shared.audit import digest
from shared.contracts.visits import Approval
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork


async def decide_on_visit(
    visit_id: UUID, version: int, *, member_id: UUID, approved: bool, reason: str, tx: UnitOfWork
) -> tuple[Remark, bool]:
    """The member confirms or rejects what stands; said again it is the same word (False).

    Raises NotFound for another's visit, Conflict when this version no longer waits for a word.
    """
    standing = await own_visit(tx, visit_id, member_id)
    _reason_or_invalid(approved=approved, reason=reason)
    kind = RemarkKind.APPROVED if approved else RemarkKind.REJECTED
    for said in await remarks.of_visit(tx, visit_id):
        if said.version == version and said.kind in APPROVALS:
            if (said.kind, said.words) == (kind, reason):
                return said, False
            raise _decided()
    if version != standing.version:
        raise Conflict(
            f"Chuyến đi đã có bản {standing.version}; đồng chí hãy xem bản đó trước khi quyết định.",
            f"The visit stands at version {standing.version}; look at that one before deciding.",
        )
    if standing.approval is not Approval.WAITING:
        raise Conflict(
            "Bản này do chính đồng chí ghi, không cần xác nhận.",
            "You wrote this version yourself; there is nothing to confirm.",
        )
    refuse_withdrawn(standing)
    if standing.erased_at is not None and reason:
        raise erased()
    remark = Remark(version=version, kind=kind, words=reason, said_by=member_id, said_at=tx.now)
    await remarks.add(tx, visit_id, remark)
    await remarks.set_approval(tx, visit_id, Approval.APPROVED if approved else Approval.REJECTED)
    tx.publish(await store.snapshot(tx, visit_id), key=visit_id)
    tx.audit(
        f"visit.{kind}",
        "visit",
        visit_id,
        was={"approval": standing.approval},
        became={"version": version, "words": digest(reason) if reason else None},
    )
    return remark, True


async def draft_report(
    visit_id: UUID, draft_id: UUID, summary: str, *, member_id: UUID, assistant_id: UUID, tx: UnitOfWork
) -> tuple[Draft, bool]:
    """Lay a draft of the report before the member; sent again it is the same draft (False).

    Raises NotFound when the visit is not this member's, Conflict when the id stands for another draft.
    """
    standing = await own_visit(tx, visit_id, member_id)
    refuse_withdrawn(standing)
    if standing.erased_at is not None and summary:
        raise erased()
    is_new = await drafts.put(tx, draft_id=draft_id, visit_id=visit_id, summary=summary, by=assistant_id)
    kept = {draft.draft_id: draft for draft in await drafts.of_visit(tx, visit_id)}.get(draft_id)
    if kept is None or (kept.summary, kept.drafted_by) != (summary, assistant_id):
        raise Conflict(
            "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
            "This id already stands for other content, which is kept.",
        )
    if is_new:
        tx.audit(
            "report.drafted",
            "report_draft",
            draft_id,
            became={"visit": visit_id, "visitor": member_id, "content": digest(summary)},
        )
    return kept, is_new


async def approve_draft(
    visit_id: UUID, draft_id: UUID, report: Report, *, member_id: UUID, tx: UnitOfWork
) -> tuple[Filed, bool]:
    """The member signs the draft as it stands and so files it, at the time of the server.

    `report` brings when they signed; its words must be those of the draft: nobody signs what they did not see.
    """
    standing = await own_visit(tx, visit_id, member_id)
    draft = await _undecided(tx, visit_id, draft_id, approved=True, reason="")
    if draft.summary != report.summary:
        raise invalid(
            "/summary",
            "other-words",
            vi="Nội dung này khác bản nháp đang lưu; đồng chí hãy mở lại rồi ký.",
            en="These are not the words of the draft; open it again before signing.",
        )
    filed = await file_on(standing, report, filed_by=member_id, tx=tx)
    if draft.approved is None:
        await drafts.decide(tx, draft_id, approved=True, reason="")
        tx.audit("report.approved", "report_draft", draft_id, became={"visit": visit_id})
    return filed


async def reject_draft(
    visit_id: UUID, draft_id: UUID, reason: str, *, member_id: UUID, tx: UnitOfWork
) -> Draft:
    """The member hands the draft back with the reason; nothing is filed, and the clock runs on."""
    standing = await own_visit(tx, visit_id, member_id)
    _reason_or_invalid(approved=False, reason=reason)
    draft = await _undecided(tx, visit_id, draft_id, approved=False, reason=reason)
    if draft.approved is None:
        refuse_withdrawn(standing)
        if standing.erased_at is not None:
            raise erased()
        await drafts.decide(tx, draft_id, approved=False, reason=reason)
        tx.audit(
            "report.rejected",
            "report_draft",
            draft_id,
            became={"visit": visit_id, "words": digest(reason)},
        )
    return next(each for each in await drafts.of_visit(tx, visit_id) if each.draft_id == draft_id)


async def _undecided(tx: UnitOfWork, visit_id: UUID, draft_id: UUID, *, approved: bool, reason: str) -> Draft:
    """The draft, if it is the newest one or was decided just so. Raises NotFound, Conflict."""
    known = await drafts.of_visit(tx, visit_id)
    draft = next((each for each in known if each.draft_id == draft_id), None)
    if draft is None:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    if draft.approved is not None and (draft.approved, draft.reason) != (approved, reason):
        raise _decided()
    if draft.approved is None and draft != known[-1]:
        raise Conflict(
            "Đã có bản nháp mới hơn; đồng chí hãy xem bản đó.",
            "There is a newer draft; look at that one.",
        )
    return draft


def _reason_or_invalid(*, approved: bool, reason: str) -> None:
    if not approved and not reason:
        raise invalid(
            "/reason",
            "reason-required",
            vi="Đồng chí ghi giúp lý do để người ghi thay sửa cho đúng.",
            en="Say why, so that it can be put right.",
        )


def _decided() -> Conflict:
    return Conflict(
        "Đồng chí đã quyết định về bản này rồi; nếu cần khác đi, hãy ghi một bản mới.",
        "You have decided on this already; to change it, write a new version.",
    )
