"""Issues on their way: raised, passed on, acknowledged, answered, carried back to the cell.

The state is read off the facts. Restricted classes are in no list but that of their few readers (I10, I12).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import notes as note_store
from services.feedback.store import verdicts as verdict_store
from services.feedback.store.forwardings import Forwarding, Reply
from services.feedback.store.notes import Note
from services.feedback.store.verdicts import Verdict
from services.feedback.views.search import spoken_of, words_of
from shared.access import RULES, Principal
from shared.uow import UnitOfWork

_ON_A_CARD = 500
"""More than a cell raises in years; what is older and still open stands before it in the office's register."""


class IssueState(StrEnum):
    """How far an issue has come."""

    RAISED = "raised"
    RESOLVED_ON_SPOT = "resolved_on_spot"
    FORWARDED = "forwarded"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    REPLIED_TO_CELL = "replied_to_cell"
    REOPENED = "reopened"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueShown:
    """An issue with its visit and its state. Restricted classes have no text here."""

    issue_id: UUID
    visit_id: UUID
    committee_id: UUID
    unit_id: UUID
    unit_name: str | None
    visitor_id: UUID
    visitor_name: str | None
    raised_at: datetime
    access_class: str
    kind: str | None
    field: str | None
    title: str | None
    detail: str | None
    urgency: str
    cluster_id: UUID | None
    state: IssueState


# Answered only when every agency has answered; forwarded as soon as one was asked.
_STATE = """
    CASE
        WHEN word.settled AND coalesce(word.given_at >= way.sent, true) THEN 'settled'
        WHEN EXISTS (SELECT FROM reply WHERE reply.issue_id = issue.issue_id) THEN 'replied_to_cell'
        WHEN NOT word.settled AND coalesce(word.given_at >= way.sent, true) THEN 'reopened'
        WHEN way.asked > 0 AND way.answered = way.asked THEN 'answered'
        WHEN way.asked > 0 AND way.acknowledged > 0 THEN 'acknowledged'
        WHEN way.asked > 0 THEN 'forwarded'
        WHEN issue.resolved_on_spot THEN 'resolved_on_spot'
        ELSE 'raised'
    END
"""

WITHIN_REACH = """
    visit.committee_id = :committee_id AND NOT issue.removed
    AND (:all OR visit.visitor_id = ANY(CAST(:person_ids AS uuid[]))
         OR visit.unit_id = ANY(CAST(:unit_ids AS uuid[]))
         OR EXISTS (SELECT FROM forwarding WHERE forwarding.issue_id = issue.issue_id
                    AND agency_unit_id = ANY(CAST(:unit_ids AS uuid[]))))
    AND (issue.access_class = 'normal' OR :restricted
         OR visit.visitor_id = CAST(:restricted_person_id AS uuid))
"""

SHOWN = f"""
SELECT issue.issue_id, issue.visit_id, visit.committee_id, visit.unit_id, unit.name AS unit_name,
       visit.visitor_id, person.full_name AS visitor_name, visit.started_at AS raised_at,
       issue.access_class, issue.kind, issue.field, issue.title, issue.detail, issue.urgency,
       (SELECT cluster_id FROM merged_issue AS merged
        WHERE merged.issue_id = issue.issue_id AND issue.access_class = 'normal') AS cluster_id,
       {_STATE} AS state
FROM visit JOIN issue USING (visit_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS asked, count(acknowledged_at) AS acknowledged, count(answered_at) AS answered,
           coalesce(array_agg(agency_unit_id), '{{}}') AS agencies, max(recorded_at) AS sent
    FROM forwarding WHERE forwarding.issue_id = issue.issue_id AND refused_at IS NULL) AS way
LEFT JOIN LATERAL (
    SELECT settled, given_at FROM verdict WHERE verdict.issue_id = issue.issue_id
    ORDER BY given_at DESC, verdict_id DESC LIMIT 1) AS word ON true
LEFT JOIN directory_unit AS unit ON unit.unit_id = visit.unit_id
LEFT JOIN directory_person AS person ON person.person_id = visit.visitor_id
WHERE {WITHIN_REACH}
"""


async def listed(
    tx: UnitOfWork,
    principal: Principal,
    *,
    state: IssueState | None,
    unit_id: UUID | None,
    urgent: bool | None,
    typed: str = "",
    after: UUID | None,
    limit: int,
) -> list[IssueShown]:
    """Issues within the reader's reach, newest first; the next page starts after the last id of this one.

    The id to start after is looked up within the same reach: a hidden one is as if it did not exist.
    """
    said, values = spoken_of(
        await words_of(tx, principal.committee_id, typed),
        people=["visit.visitor_id"],
        units=["visit.unit_id"],
        issue="issue.issue_id",
    )
    rows = await tx.all(
        f"""
        {SHOWN} AND {said}
          AND (CAST(:state AS text) IS NULL OR {_STATE} = :state)
          AND (CAST(:unit AS uuid) IS NULL OR visit.unit_id = :unit OR way.agencies && ARRAY[CAST(:unit AS uuid)])
          AND (CAST(:urgent AS bool) IS NULL OR (issue.urgency = 'urgent') = :urgent)
          AND (CAST(:after AS uuid) IS NULL OR (visit.started_at, issue.issue_id) < (
              SELECT started_at, issue_id FROM issue JOIN visit USING (visit_id)
              WHERE issue_id = :after AND {WITHIN_REACH}))
        ORDER BY visit.started_at DESC, issue.issue_id DESC
        LIMIT :limit
        """,
        **reach_of(principal),
        **values,
        state=state,
        unit=unit_id,
        urgent=urgent,
        after=after,
        limit=limit,
    )
    return [_shown(row) for row in rows]


async def of_unit(tx: UnitOfWork, principal: Principal, unit_id: UUID) -> list[IssueShown]:
    """What one unit raised, newest first, within the reader's reach; of restricted classes nothing."""
    rows = await tx.all(
        f"""
        {SHOWN} AND visit.unit_id = :unit AND issue.access_class = 'normal'
        ORDER BY visit.started_at DESC, issue.issue_id DESC LIMIT {_ON_A_CARD}
        """,
        **reach_of(principal),
        unit=unit_id,
    )
    return [_shown(row) for row in rows]


async def visible(tx: UnitOfWork, principal: Principal, issue_id: UUID) -> IssueShown | None:
    """One issue, unless the reader may not see it."""
    row = await tx.first(f"{SHOWN} AND issue.issue_id = :issue_id", **reach_of(principal), issue_id=issue_id)
    return _shown(row) if row else None


async def merged_with(
    tx: UnitOfWork, principal: Principal, issue: IssueShown
) -> list[tuple[IssueShown, list[Forwarding]]]:
    """The other matters of the same trouble within the reader's reach, each with what it waits for."""
    rows = await tx.all(
        f"""
        {SHOWN} AND issue.access_class = 'normal' AND issue.issue_id <> :issue_id
          AND issue.issue_id IN (SELECT issue_id FROM merged_issue WHERE cluster_id = :cluster_id)
        ORDER BY visit.started_at, issue.issue_id
        """,
        **reach_of(principal),
        issue_id=issue.issue_id,
        cluster_id=issue.cluster_id,
    )
    open_ones = await forwarding_store.open_of(tx, [row.issue_id for row in rows])
    return [(_shown(row), [each for each in open_ones if each.issue_id == row.issue_id]) for row in rows]


async def way_of(
    tx: UnitOfWork, issue_id: UUID
) -> tuple[list[Forwarding], Reply | None, list[Verdict], list[Note]]:
    """Where the issue went, what came back, what the cell said of it and the agencies before they answered."""
    return (
        await forwarding_store.of_issue(tx, issue_id),
        await forwarding_store.reply_of(tx, issue_id),
        await verdict_store.of_issue(tx, issue_id),
        await note_store.of_issue(tx, issue_id),
    )


def reach_of(principal: Principal) -> dict[str, Any]:
    reach, restricted = RULES.read_issues.reach(principal), RULES.read_restricted.reach(principal)
    return {
        "committee_id": reach.committee_id,
        "all": reach.all,
        "person_ids": reach.person_ids,
        "unit_ids": list(reach.unit_ids),
        "restricted": restricted.all,
        "restricted_person_id": restricted.person_id,
    }


def _shown(row: Row[Any]) -> IssueShown:
    return IssueShown(**row._asdict() | {"state": IssueState(row.state)})
