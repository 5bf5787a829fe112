"""The answer card of a cell: one page, readable aloud; what was raised, who answered, in how many days, what is open.

It names agencies and no person, and shows no matter of a restricted class to anybody.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.feedback.store.forwardings import Forwarding
from services.feedback.views.issues import IssueShown, IssueState, of_unit
from shared import directory
from shared.access import RULES, Principal
from shared.clock import local_date
from shared.uow import UnitOfWork

AT_REST = frozenset({IssueState.SETTLED, IssueState.REPLIED_TO_CELL, IssueState.RESOLVED_ON_SPOT})
"""States in which nobody owes the cell anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One agency and what it said, if it has."""

    agency_name: str | None
    answered_on: date | None
    number: str | None
    summary: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One matter. `days` runs from the day it was raised to its last answer, or to today while one is missing."""

    issue_id: UUID
    raised_on: date
    kind: str | None
    field: str | None
    title: str | None
    urgency: str
    state: IssueState
    days: int
    answers: tuple[Answer, ...]
    replied_on: date | None
    reply_summary: str | None
    reopened_because: str | None


async def unit_name(tx: UnitOfWork, principal: Principal, unit_id: UUID) -> str | None:
    """The name of the unit, for who may read of it: the secretary of this cell, or a reader of the committee."""
    reach = RULES.read_issues.reach(principal)
    unit = await directory.unit_by_id(tx, unit_id)
    if unit is None or unit.committee_id != principal.committee_id:
        return None
    near = reach.all or unit_id in reach.unit_ids or bool(reach.person_ids)
    return unit.name if near else None


async def card(
    tx: UnitOfWork, principal: Principal, unit_id: UUID, *, since: date, today: date
) -> list[Line]:
    """What the reader may see of this cell's matters: those raised since a day, and older ones still open."""
    issues = [
        issue
        for issue in await of_unit(tx, principal, unit_id)
        if local_date(issue.raised_at) >= since or issue.state not in AT_REST
    ]
    ids = [issue.issue_id for issue in issues]
    sent = await _sent(tx, ids)
    replies = {
        row.issue_id: row
        for row in await tx.all(
            "SELECT issue_id, replied_at, summary FROM reply WHERE issue_id = ANY(CAST(:ids AS uuid[]))",
            ids=ids,
        )
    }
    reasons = {
        row.issue_id: row.reason
        for row in await tx.all(
            """
            SELECT DISTINCT ON (issue_id) issue_id, reason FROM verdict
            WHERE issue_id = ANY(CAST(:ids AS uuid[])) AND NOT settled
            ORDER BY issue_id, given_at DESC, verdict_id DESC
            """,
            ids=ids,
        )
    }
    names = await directory.unit_names(
        tx, {each.agency_unit_id for group in sent.values() for each in group if each.agency_unit_id}
    )
    lines = []
    for issue in issues:
        reply = replies.get(issue.issue_id)
        answers = [
            Answer(
                agency_name=names.get(each.agency_unit_id) if each.agency_unit_id else None,
                answered_on=local_date(each.answered_at) if each.answered_at else None,
                number=each.answer_number,
                summary=each.answer_summary,
            )
            for each in sent[issue.issue_id]
        ]
        replied_on = local_date(reply.replied_at) if reply else None
        lines.append(
            Line(
                issue_id=issue.issue_id,
                raised_on=local_date(issue.raised_at),
                kind=issue.kind,
                field=issue.field,
                title=issue.title,
                urgency=issue.urgency,
                state=issue.state,
                days=(_until(issue, answers, replied_on) or today).toordinal()
                - local_date(issue.raised_at).toordinal(),
                answers=tuple(answers),
                replied_on=replied_on,
                reply_summary=reply.summary if reply else None,
                reopened_because=reasons.get(issue.issue_id) if issue.state is IssueState.REOPENED else None,
            )
        )
    return lines


def _until(issue: IssueShown, answers: Sequence[Answer], replied_on: date | None) -> date | None:
    """The day of the last answer; None while the matter waits for one."""
    if issue.state is IssueState.RESOLVED_ON_SPOT:
        return local_date(issue.raised_at)
    if issue.state not in AT_REST | {IssueState.ANSWERED}:
        return None
    answered = [answer.answered_on for answer in answers if answer.answered_on]
    return max(answered) if answered else replied_on


async def _sent(tx: UnitOfWork, issue_ids: Sequence[UUID]) -> dict[UUID, list[Forwarding]]:
    rows = await tx.all(
        """
        SELECT forwarding_id, issue_id, agency_unit_id, sent_at, number, proof, source, recorded_by, recorded_at,
               acknowledged_at, acknowledged_by, answered_at, answer_number, answer_summary,
               answer_recorded_by, answer_recorded_at, answer_duty_id, refused_at
        FROM forwarding WHERE issue_id = ANY(CAST(:ids AS uuid[])) AND refused_at IS NULL
        ORDER BY sent_at, forwarding_id
        """,
        ids=list(issue_ids),
    )
    found: dict[UUID, list[Forwarding]] = defaultdict(list)
    for row in rows:
        found[row.issue_id].append(Forwarding(**row._asdict()))
    return found
