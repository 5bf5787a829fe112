"""The cell closes the loop: whoever raised a matter says whether the answer settles it.

Settled meets the duty to answer the cell. Not settled, with the reason, opens a new one from that day, due as
any other; the duty that was met before stays met. Nothing is settled by silence.
"""

from datetime import date
from uuid import UUID

from services.feedback.handlers.acts import Step, place_of, same_or_conflict
from services.feedback.handlers.ways import tell_way
from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import verdicts as store
from services.feedback.store import visits as visit_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.verdicts import Verdict
from services.feedback.store.visits import IssueFacts
from shared.access import RULES, Principal, visible_or_404
from shared.audit import digest
from shared.clock import local_date
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


async def judge_answer(
    tx: UnitOfWork,
    book: CalendarBook,
    principal: Principal,
    issue_id: UUID,
    verdict_id: UUID,
    *,
    settled: bool,
    reason: str,
) -> tuple[Verdict, bool]:
    """Record the cell's word; True when it is new. Raises NotFound, Conflict while there is nothing to judge."""
    issue = await _of_the_cell(tx, principal, issue_id)
    known = await store.find(tx, verdict_id)
    if known is not None:
        same_or_conflict((known.issue_id, known.settled, known.reason) == (issue_id, settled, reason))
        return known, False
    if not settled and not reason:
        raise invalid(
            "/reason",
            "reason-required",
            vi="Đồng chí ghi giúp vì sao chưa giải quyết xong.",
            en="Say why it is not settled.",
        )
    await _answered_or_conflict(tx, issue)
    verdict = Verdict(
        verdict_id=verdict_id,
        issue_id=issue_id,
        settled=settled,
        reason=reason,
        given_by=principal.person_id,
        given_at=tx.now,
    )
    await store.insert(tx, verdict)
    await _owe(tx, book, issue_id, settled=settled, today=local_date(tx.now))
    await tell_way(tx, issue_id)
    tx.audit(
        "issue.settled" if settled else "issue.reopened",
        "issue",
        issue_id,
        became={"verdict": verdict_id, "reason": digest(reason) if reason else None},
    )
    return await store.find(tx, verdict_id) or verdict, True


async def _owe(tx: UnitOfWork, book: CalendarBook, issue_id: UUID, *, settled: bool, today: date) -> None:
    """What the verdict, already written, does to the duty of answering the cell."""
    issue = await visit_store.issue_for_update(tx, issue_id)
    if issue is None:  # it is locked
        return
    step = await Step.on(tx, book, issue)
    if settled:
        step.meet_if_open(issue.reply_duty_id, tx.now)
    elif not issue.visit.history:
        step.open_reply(today)
    await step.write()


async def _of_the_cell(tx: UnitOfWork, principal: Principal, issue_id: UUID) -> IssueFacts:
    issue = await visit_store.issue_for_update(tx, issue_id)
    if issue is None or issue.removed:
        return visible_or_404(principal, RULES.judge_answer, None, None)
    place = place_of(issue, frozenset({issue.visit.unit_id}))
    return visible_or_404(principal, RULES.judge_answer, issue, place, access_class=issue.access_class)


async def _answered_or_conflict(tx: UnitOfWork, issue: IssueFacts) -> None:
    """There is something to judge: a reply, or every answer, or a settlement on the spot nobody judged yet."""
    if await forwarding_store.reply_of(tx, issue.issue_id) is not None:
        return
    judged = await store.of_issue(tx, issue.issue_id)
    since = judged[-1].given_at if judged else None
    sent = [each for each in await forwarding_store.of_issue(tx, issue.issue_id) if not each.refused_at]
    answers = [each for each in sent if each.answered_at is not None]
    anew = since is None or any(each.recorded_at > since for each in answers)
    if sent and len(answers) == len(sent) and (anew or judged[-1].settled):
        return
    if not sent and issue.resolved_on_spot and (since is None or judged[-1].settled):
        return
    raise Conflict(
        "Việc này chưa có trả lời mới để chi bộ cho ý kiến.",
        "There is no new answer for the cell to judge.",
    )
