"""What waits for the office's next step, and the answers that agencies owe. Read off the facts; nobody files it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.feedback.domain import promise
from services.feedback.views.issues import SHOWN, WITHIN_REACH, IssueShown, IssueState, reach_of
from services.feedback.views.search import spoken_of, words_of
from shared.access import RULES, Principal
from shared.clock import local_date
from shared.uow import UnitOfWork

LONG = timedelta(hours=24)
"""A matter without a next step for longer comes to the top by itself."""


class NextStep(StrEnum):
    """What the office has to do next."""

    FORWARD = "forward"
    FORWARD_AGAIN = "forward_again"
    REOPENED = "reopened"
    QUESTION = "question"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A matter, the step it waits for and since when; its dates are those of the duty to forward it."""

    issue: IssueShown
    step: NextStep
    since: datetime
    hours: int
    long: bool
    first_sent_at: datetime | None
    first_due_at: datetime | None
    due_at: datetime | None


_WAITING = f"""
WITH shown AS ({SHOWN}),
waiting AS (
    SELECT shown.*, facts.first_sent_at,
           CASE
               WHEN state = 'reopened' THEN 'reopened'
               WHEN state = 'raised' AND facts.refused_at IS NOT NULL THEN 'forward_again'
               WHEN state = 'raised' THEN 'forward'
               WHEN asked.since IS NOT NULL AND state IN ('forwarded', 'acknowledged') THEN 'question'
               WHEN state = 'answered' THEN 'reply'
           END AS step,
           CASE
               WHEN state = 'reopened' THEN (SELECT max(given_at) FROM verdict
                                             WHERE verdict.issue_id = shown.issue_id)
               WHEN state = 'raised' THEN coalesce(facts.refused_at, raised_at)
               WHEN state = 'answered' THEN facts.answered_at
               ELSE asked.since
           END AS since
    FROM shown JOIN visit USING (visit_id)
    CROSS JOIN LATERAL (
        SELECT min(sent_at) AS first_sent_at, max(refused_at) AS refused_at, max(answered_at) AS answered_at
        FROM forwarding WHERE forwarding.issue_id = shown.issue_id) AS facts
    CROSS JOIN LATERAL (
        SELECT min(said_at) AS since FROM agency_note JOIN forwarding USING (forwarding_id)
        WHERE agency_note.issue_id = shown.issue_id AND agency_note.kind = 'question' AND replied_at IS NULL
          AND answered_at IS NULL AND refused_at IS NULL) AS asked
    WHERE NOT visit.history)
SELECT waiting.*, duty.first_due_at, duty.due_at, count(*) OVER () AS total
FROM waiting
LEFT JOIN duty ON duty.issue_id = waiting.issue_id AND duty.kind = 'forward'
WHERE step IS NOT NULL
"""


async def waiting_for_office(
    tx: UnitOfWork,
    principal: Principal,
    *,
    typed: str,
    field: str | None,
    step: NextStep | None,
    unit_id: UUID | None,
    limit: int,
) -> tuple[list[Waiting], int]:
    """What waits longer than a day first, then what is urgent, then the oldest; and how much there is in all."""
    said, values = spoken_of(
        await words_of(tx, principal.committee_id, typed),
        people=["waiting.visitor_id"],
        units=["waiting.unit_id"],
        issue="waiting.issue_id",
    )
    rows = await tx.all(
        f"""
        {_WAITING} AND {said}
          AND (CAST(:field AS text) IS NULL OR field = :field)
          AND (CAST(:step AS text) IS NULL OR step = :step)
          AND (CAST(:unit AS uuid) IS NULL OR waiting.unit_id = :unit)
        ORDER BY since < :long_ago DESC, waiting.urgency = 'urgent' DESC, since, waiting.issue_id
        LIMIT :limit
        """,
        **reach_of(principal),
        **values,
        field=field,
        step=step,
        unit=unit_id,
        long_ago=tx.now - LONG,
        limit=limit,
    )
    return [_waiting(row._asdict(), tx.now) for row in rows], rows[0].total if rows else 0


def _waiting(row: dict[str, Any], now: datetime) -> Waiting:
    own = {name: row.pop(name) for name in ("step", "since", "first_sent_at", "first_due_at", "due_at")}
    row.pop("total")
    waited = now - own["since"]
    return Waiting(
        issue=IssueShown(**row | {"state": IssueState(row["state"])}),
        **own | {"step": NextStep(own["step"])},
        hours=int(waited.total_seconds() // 3600),
        long=waited > LONG,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedAnswer:
    """An answer that an agency owes; `promised_on` is the day it stands by now, `broken` counts those that passed."""

    issue_id: UUID
    forwarding_id: UUID
    duty_id: UUID
    agency_unit_id: UUID | None
    agency_name: str | None
    unit_name: str | None
    title: str | None
    urgency: str
    access_class: str
    number: str
    sent_at: datetime
    acknowledged_at: datetime | None
    first_due_at: datetime
    due_at: datetime
    late: bool
    promised_on: date | None
    broken: int


async def owed_answers(tx: UnitOfWork, principal: Principal) -> list[OwedAnswer]:
    """Every open answer duty within one's reach, late ones first; an agency sees those it owes itself."""
    reach = RULES.read_issues.reach(principal)
    rows = await tx.all(
        f"""
        SELECT issue.issue_id, forwarding.forwarding_id, duty.duty_id, forwarding.agency_unit_id,
               agency.name AS agency_name, unit.name AS unit_name, issue.title, issue.urgency,
               issue.access_class, forwarding.number, forwarding.sent_at, forwarding.acknowledged_at,
               duty.first_due_at, duty.due_at,
               ARRAY(SELECT promised_on FROM agency_note
                     WHERE agency_note.forwarding_id = forwarding.forwarding_id AND kind = 'promise') AS promises
        FROM visit JOIN issue USING (visit_id) JOIN forwarding USING (issue_id)
        JOIN duty ON duty.duty_id = forwarding.answer_duty_id AND duty.closed_at IS NULL
        LEFT JOIN directory_unit AS agency ON agency.unit_id = forwarding.agency_unit_id
        LEFT JOIN directory_unit AS unit ON unit.unit_id = visit.unit_id
        WHERE {WITHIN_REACH} AND forwarding.refused_at IS NULL AND NOT (:only_own AND NOT EXISTS (
            SELECT WHERE forwarding.agency_unit_id = ANY(CAST(:unit_ids AS uuid[]))
                      OR visit.unit_id = ANY(CAST(:unit_ids AS uuid[]))))
        ORDER BY duty.due_at, forwarding.forwarding_id
        """,
        **reach_of(principal),
        only_own=bool(reach.unit_ids) and not reach.all,
    )
    today = local_date(tx.now)
    return [_owed(row._asdict(), tx.now, today) for row in rows]


def _owed(row: dict[str, Any], now: datetime, today: date) -> OwedAnswer:
    promises: Sequence[date] = row.pop("promises")
    return OwedAnswer(
        **row,
        late=row["due_at"] <= now,
        promised_on=promise.standing(promises, today),
        broken=promise.broken(promises, today),
    )
