"""The office passes issues on and records what comes back; each act meets one duty and may open the next.

Forwarding meets `forward` and opens the agency's `answer`; the last answer opens `reply_to_cell`; the reply to
the cell closes the loop. Every act has an id of its own: sent again it changes nothing, sent with other
content it is refused.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.feedback.domain.owed import Owed, answer_duty_id
from services.feedback.handlers.acts import (
    CLOCK_AHEAD,
    Step,
    issue_or_404,
    not_before,
    not_in_the_future,
    place_of,
    same_or_conflict,
)
from services.feedback.handlers.ways import tell_way
from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import visits as visit_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.forwardings import Forwarding, Reply
from services.feedback.store.visits import IssueFacts
from shared import directory
from shared.access import RULES, Principal, visible_or_404
from shared.audit import digest
from shared.clock import local_date
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import Urgency
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardIssue:
    """Pass an issue on to one agency. Without a moment it is being sent now."""

    forwarding_id: UUID
    issue_id: UUID
    agency_unit_id: UUID
    sent_at: datetime | None
    number: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """What the agency answered, also when it came on paper."""

    forwarding_id: UUID
    answered_at: datetime
    document_number: str
    summary: str


async def forward_issue(
    tx: UnitOfWork, book: CalendarBook, principal: Principal, command: ForwardIssue
) -> tuple[Forwarding, bool]:
    """Record a forwarding; True when it is new. The first one meets the duty to forward."""
    issue = await issue_or_404(tx, principal, RULES.forward_issue, command.issue_id)
    known = await forwarding_store.find(tx, command.forwarding_id)
    if known is not None:
        same_or_conflict(_sent_again(known, command))
        return known, False
    await _check_agency(tx, issue, command.agency_unit_id)
    not_in_the_future(tx, command.sent_at, "/sent_at")
    forwarding = Forwarding(
        forwarding_id=command.forwarding_id,
        issue_id=command.issue_id,
        agency_unit_id=command.agency_unit_id,
        sent_at=command.sent_at or tx.now,
        number=command.number,
        proof=command.proof,
        source="office",
        recorded_by=principal.person_id,
        recorded_at=tx.now,
        answer_duty_id=answer_duty_id(command.forwarding_id),
    )
    await forwarding_store.insert(tx, forwarding)
    step = await Step.on(tx, book, issue)
    step.meet(issue.forward_duty_id, await _first_sent(tx, issue))
    step.open(
        Owed(
            forwarding.answer_duty_id,
            DutyKind.ANSWER,
            local_date(forwarding.sent_at),
            issue_id=issue.issue_id,
            forwarding_id=forwarding.forwarding_id,
            owner_unit_id=forwarding.agency_unit_id,
            access_class=issue.access_class,
            urgency=Urgency(issue.urgency),
        )
    )
    step.no_longer_owed(issue.reply_duty_id)
    await step.write()
    await tell_way(tx, issue.issue_id)
    tx.audit(
        "issue.forwarded",
        "forwarding",
        forwarding.forwarding_id,
        became={
            "issue": issue.issue_id,
            "agency": forwarding.agency_unit_id,
            "sent_at": forwarding.sent_at,
            "paper": digest(forwarding.number + forwarding.proof),
        },
    )
    return forwarding, True


async def acknowledge(
    tx: UnitOfWork, principal: Principal, issue_id: UUID, forwarding_id: UUID, at: datetime | None
) -> Forwarding:
    """The agency has it. Said twice it stays with the first."""
    _, forwarding = await forwarding_or_404(tx, principal, issue_id, forwarding_id)
    not_in_the_future(tx, at, "/acknowledged_at")
    if forwarding.acknowledged_at is not None:
        same_or_conflict(at in (None, forwarding.acknowledged_at))
        return forwarding
    not_before(at, forwarding.sent_at, "/acknowledged_at")
    acknowledged_at = at or tx.now
    await forwarding_store.acknowledge(tx, forwarding_id, at=acknowledged_at, by=principal.person_id)
    await tell_way(tx, issue_id)
    tx.audit("forwarding.acknowledged", "forwarding", forwarding_id, became={"at": acknowledged_at})
    return replace(forwarding, acknowledged_at=acknowledged_at, acknowledged_by=principal.person_id)


async def record_answer(
    tx: UnitOfWork, book: CalendarBook, principal: Principal, issue_id: UUID, command: RecordAnswer
) -> Forwarding:
    """Meets the agency's duty; when every forwarding is answered, the cell is owed a reply."""
    issue, forwarding = await forwarding_or_404(tx, principal, issue_id, command.forwarding_id)
    if forwarding.answered_at is not None:
        told = (forwarding.answered_at, forwarding.answer_number, forwarding.answer_summary)
        same_or_conflict(told == (command.answered_at, command.document_number, command.summary))
        return forwarding
    if forwarding.refused_at is not None:
        raise Conflict(
            "Cơ quan đã báo không thuộc thẩm quyền.", "The agency has said that it is not competent."
        )
    not_in_the_future(tx, command.answered_at, "/answered_at")
    not_before(command.answered_at, forwarding.sent_at, "/answered_at")
    await forwarding_store.answer(
        tx,
        command.forwarding_id,
        at=command.answered_at,
        number=command.document_number,
        summary=command.summary,
        by=principal.person_id,
    )
    step = await Step.on(tx, book, issue)
    step.meet(forwarding.answer_duty_id, command.answered_at)
    await owe_reply(tx, step, issue_id)
    await step.write()
    await tell_way(tx, issue_id)
    tx.audit(
        "forwarding.answered",
        "forwarding",
        command.forwarding_id,
        became={
            "issue": issue_id,
            "answered_at": command.answered_at,
            "answer": digest(command.document_number + command.summary),
        },
    )
    found = await forwarding_store.find(tx, command.forwarding_id)
    return found or forwarding


async def reply_to_cell(
    tx: UnitOfWork,
    book: CalendarBook,
    principal: Principal,
    issue_id: UUID,
    *,
    replied_at: datetime | None,
    summary: str,
) -> tuple[Reply, bool]:
    """The cell has its answer; True when this is new. It meets the duty to reply, if one is open.

    A phone whose clock runs ahead by no more than an hour told the cell just now.
    """
    issue = await issue_or_404(tx, principal, RULES.reply_to_cell, issue_id)
    known = await forwarding_store.reply_of(tx, issue_id)
    if known is not None:
        told_at = min(replied_at or known.replied_at, known.recorded_at)
        same_or_conflict(known.summary == summary and told_at == known.replied_at)
        return known, False
    not_in_the_future(tx, replied_at, "/replied_at", ahead=CLOCK_AHEAD)
    reply = Reply(
        issue_id=issue_id,
        replied_at=min(replied_at or tx.now, tx.now),
        summary=summary,
        recorded_by=principal.person_id,
        recorded_at=tx.now,
    )
    await forwarding_store.insert_reply(tx, reply)
    step = await Step.on(tx, book, issue)
    step.meet(issue.reply_duty_id, reply.replied_at)
    await step.write()
    await tell_way(tx, issue_id)
    tx.audit(
        "issue.replied_to_cell",
        "issue",
        issue_id,
        became={"replied_at": reply.replied_at, "reply": digest(summary)},
    )
    return reply, True


async def owe_reply(tx: UnitOfWork, step: Step, issue_id: UUID) -> None:
    """The cell is owed a reply once all agencies that were asked, and are competent, have answered."""
    asked = [each for each in await forwarding_store.of_issue(tx, issue_id) if each.refused_at is None]
    answers = [each.answered_at for each in asked if each.answered_at is not None]
    if answers and len(answers) == len(asked) and await forwarding_store.reply_of(tx, issue_id) is None:
        step.open_reply(local_date(max(answers)))


async def _first_sent(tx: UnitOfWork, issue: IssueFacts) -> datetime:
    """When the issue first went anywhere, on paper or from the desk."""
    return min(each.sent_at for each in await forwarding_store.of_issue(tx, issue.issue_id))


async def forwarding_or_404(
    tx: UnitOfWork, principal: Principal, issue_id: UUID, forwarding_id: UUID
) -> tuple[IssueFacts, Forwarding]:
    """A forwarding of the issue, for the office or for the agency it went to."""
    issue = await visit_store.issue_for_update(tx, issue_id)
    forwarding = await forwarding_store.find(tx, forwarding_id)
    if issue is None or issue.removed or forwarding is None or forwarding.issue_id != issue_id:
        return visible_or_404(principal, RULES.record_answer, None, None)
    agency = forwarding.agency_unit_id
    place = place_of(issue, frozenset() if agency is None else frozenset({agency}))
    return visible_or_404(
        principal, RULES.record_answer, (issue, forwarding), place, access_class=issue.access_class
    )


async def _check_agency(tx: UnitOfWork, issue: IssueFacts, agency_unit_id: UUID) -> None:
    agency = await directory.unit_by_id(tx, agency_unit_id)
    if agency is None or agency.committee_id != issue.visit.committee_id:
        raise invalid(
            "/agency_unit_id",
            "known",
            vi="Không có cơ quan này trong danh bạ của cấp ủy.",
            en="The committee's directory has no such agency.",
            value=agency_unit_id,
        )


def _sent_again(known: Forwarding, command: ForwardIssue) -> bool:
    return (
        known.issue_id == command.issue_id
        and known.agency_unit_id == command.agency_unit_id
        and command.sent_at in (None, known.sent_at)
        and (known.number, known.proof) == (command.number, command.proof)
    )
