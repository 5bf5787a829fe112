"""Before a visit: what is known of a unit, who was there last, what is still open, and what was answered.

Restricted classes are in none of it, not even as a count.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.views.ways import IssueState, IssueWay, ways_at
from shared.clock import local_date
from shared.uow import UnitOfWork

VISITS_SHOWN = 5
LOOKING_BACK = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A unit as somebody should know it before going there."""

    unit: Row[Any]
    visits: Sequence[Row[Any]]
    issues: Sequence[IssueWay]
    planned: Sequence[Row[Any]]

    @property
    def open_issues(self) -> list[IssueWay]:
        return [each for each in self.issues if each.is_open]

    @property
    def answers(self) -> list[IssueWay]:
        """Answered, and the cell has not heard of it."""
        return [each for each in self.issues if each.is_open and each.state is IssueState.ANSWERED]


async def profiles(tx: UnitOfWork, unit_ids: Collection[UUID]) -> list[Profile]:
    """These units, in Vietnamese order."""
    if not unit_ids:
        return []
    ids = {"ids": list(unit_ids)}
    units = await tx.all(
        """
        SELECT u.*, parent.name AS parent_name
        FROM directory_unit AS u LEFT JOIN directory_unit AS parent ON parent.unit_id = u.parent_id
        WHERE u.unit_id = ANY(CAST(:ids AS uuid[])) ORDER BY u.sort_key, u.unit_id
        """,
        **ids,
    )
    visits = await tx.all(
        """
        SELECT v.*, p.full_name AS visitor_name, p.code AS visitor_code,
               (SELECT count(*) FROM issue WHERE issue.visit_id = v.visit_id AND withdrawn_in IS NULL
                AND access_class = 'normal') AS issue_count
        FROM unnest(CAST(:ids AS uuid[])) AS wanted (unit_id)
             CROSS JOIN LATERAL (
                 SELECT visit_id, unit_id, visitor_id, kind, started_at FROM standing_visit AS visit
                 WHERE visit.unit_id = wanted.unit_id ORDER BY started_at DESC, visit_id DESC LIMIT :limit) AS v
             LEFT JOIN directory_person AS p ON p.person_id = v.visitor_id
        ORDER BY v.started_at DESC, v.visit_id DESC
        """,
        **ids,
        limit=VISITS_SHOWN,
    )
    planned = await tx.all(
        """
        SELECT plan.plan_id, plan.unit_id, plan.person_id, plan.kind, plan.day, p.full_name AS person_name
        FROM plan JOIN directory_person AS p USING (person_id)
        WHERE plan.unit_id = ANY(CAST(:ids AS uuid[])) AND plan.cancelled IS NULL AND plan.day >= :today
        ORDER BY plan.day, p.sort_key
        """,
        **ids,
        today=local_date(tx.now),
    )
    issues = await ways_at(tx, unit_ids, since=tx.now - LOOKING_BACK)
    return [
        Profile(
            unit=unit,
            visits=[each for each in visits if each.unit_id == unit.unit_id],
            issues=[each for each in issues if each.row.unit_id == unit.unit_id],
            planned=[each for each in planned if each.unit_id == unit.unit_id],
        )
        for unit in units
    ]


async def assigned_units(tx: UnitOfWork, person_id: UUID) -> list[UUID]:
    """The units that a member is asked to visit or is in charge of, as of now."""
    rows = await tx.all(
        """
        SELECT DISTINCT unit_id FROM assignment
        WHERE person_id = :person_id AND valid_from <= :today AND coalesce(valid_to, :today) >= :today
        """,
        person_id=person_id,
        today=local_date(tx.now),
    )
    return [row.unit_id for row in rows]
