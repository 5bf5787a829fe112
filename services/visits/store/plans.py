"""Plans as they stand, the visits that may answer them, and who else means to be there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.plans import NEAR, Made, Plan
from services.visits.domain.unheld import UnheldReason
from shared.access import Reach
from shared.contracts.visits import VisitKind
from shared.uow import UnitOfWork

_COLUMNS = "plan_id, version, committee_id, person_id, unit_id, kind, day, cancelled"


async def lock(tx: UnitOfWork, plan_id: UUID) -> Plan | None:
    """The plan as it stands, locked until the end of the transaction."""
    row = await tx.first(f"SELECT {_COLUMNS} FROM plan WHERE plan_id = :id FOR UPDATE", id=plan_id)
    return plan_of(row) if row else None


async def insert(tx: UnitOfWork, plan: Plan, *, by: UUID) -> bool:
    """Write a first version; False when the id is taken."""
    written = await tx.execute(
        """
        INSERT INTO plan (plan_id, version, committee_id, person_id, unit_id, kind, day, cancelled,
                          made_by, made_at, changed_by, changed_at, told)
        VALUES (:plan_id, :version, :committee_id, :person_id, :unit_id, :kind, :day, :cancelled,
                :by, :now, :by, :now, true)
        ON CONFLICT (plan_id) DO NOTHING
        """,
        **_values(plan),
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def change(tx: UnitOfWork, plan: Plan, *, by: UUID) -> None:
    """Write the next version of a locked plan."""
    await tx.execute(
        """
        UPDATE plan SET version = :version, unit_id = :unit_id, kind = :kind, day = :day,
               cancelled = :cancelled, changed_by = :by, changed_at = :now, told = true
        WHERE plan_id = :plan_id AND version = :version - 1
        """,
        **{name: value for name, value in _values(plan).items() if name not in ("committee_id", "person_id")},
        by=by,
        now=tx.now,
    )


@dataclass(frozen=True, slots=True)
class Meeting:
    """Somebody who means to be, or was, at a unit on a day; and where."""

    person_id: UUID
    full_name: str
    unit_id: UUID
    unit_name: str


async def others_there(tx: UnitOfWork, plan: Plan) -> Sequence[Meeting]:
    """Who else is planned for, or was at, the unit on that day."""
    rows = await tx.all(
        f"{_THAT_DAY} WHERE went.unit_id = :unit_id AND went.person_id <> :person_id ORDER BY person.sort_key",
        day=plan.day,
        committee_id=plan.committee_id,
        unit_id=plan.unit_id,
        person_id=plan.person_id,
    )
    return [Meeting(**row._asdict()) for row in rows]


async def elsewhere(tx: UnitOfWork, plan: Plan) -> Sequence[Meeting]:
    """The other units at which the same person is planned to attend a meeting that day."""
    rows = await tx.all(
        f"""
        {_THAT_DAY} WHERE went.unit_id <> :unit_id AND went.person_id = :person_id
            AND went.kind = 'meeting_attendance' ORDER BY unit.sort_key
        """,
        day=plan.day,
        committee_id=plan.committee_id,
        unit_id=plan.unit_id,
        person_id=plan.person_id,
    )
    return [Meeting(**row._asdict()) for row in rows]


_THAT_DAY = """
SELECT DISTINCT ON (person.sort_key, unit.sort_key, person.person_id, unit.unit_id)
       person.person_id, person.full_name, unit.unit_id, unit.name AS unit_name
FROM (SELECT person_id, unit_id, kind FROM plan
      WHERE committee_id = :committee_id AND day = :day AND cancelled IS NULL
      UNION ALL
      SELECT visitor_id, unit_id, kind FROM standing_visit WHERE committee_id = :committee_id AND day = :day) AS went
     JOIN directory_person AS person USING (person_id) JOIN directory_unit AS unit USING (unit_id)
"""


async def listed(
    tx: UnitOfWork, reach: Reach, *, first: date | None, last: date | None, person_id: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Plans within reach with their names, the earliest day first."""
    return await tx.all(
        f"""
        SELECT {", ".join(f"plan.{each.strip()}" for each in _COLUMNS.split(","))},
               u.code AS unit_code, u.name AS unit_name, p.code AS person_code, p.full_name
        FROM plan JOIN directory_unit AS u USING (unit_id) JOIN directory_person AS p USING (person_id)
        WHERE plan.committee_id = :committee_id
          AND (CAST(:first AS date) IS NULL OR day >= :first) AND (CAST(:last AS date) IS NULL OR day <= :last)
          AND (CAST(:wanted AS uuid) IS NULL OR person_id = :wanted)
          AND (:all OR person_id = CAST(:person_id AS uuid) OR unit_id = ANY(CAST(:unit_ids AS uuid[])))
        ORDER BY day, p.sort_key, plan_id LIMIT :limit
        """,
        committee_id=reach.committee_id,
        all=reach.all,
        person_id=reach.person_id,
        unit_ids=list(reach.unit_ids),
        first=first,
        last=last,
        wanted=person_id,
        limit=limit,
    )


async def made_near(tx: UnitOfWork, plans: Collection[Plan]) -> list[Made]:
    """The visits of these people at these units, made or not held, close enough to answer one of these plans."""
    if not plans:
        return []
    rows = await tx.all(
        """
        SELECT * FROM (
            SELECT visit_id, visitor_id AS person_id, unit_id, kind, day, NULL AS unheld FROM standing_visit
            UNION ALL
            SELECT unheld_id, visitor_id, unit_id, kind,
                   CAST(planned_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date), reason FROM unheld_visit) AS made
        WHERE person_id = ANY(CAST(:people AS uuid[])) AND unit_id = ANY(CAST(:units AS uuid[]))
          AND day BETWEEN :first AND :last
        """,
        people=list({plan.person_id for plan in plans}),
        units=list({plan.unit_id for plan in plans}),
        first=min(plan.day for plan in plans) - NEAR,
        last=max(plan.day for plan in plans) + NEAR,
    )
    return [
        Made(
            **row._asdict()
            | {"kind": VisitKind(row.kind), "unheld": UnheldReason(row.unheld) if row.unheld else None}
        )
        for row in rows
    ]


def plan_of(row: Row[Any]) -> Plan:
    """A plan from its row."""
    return Plan(
        **{each.strip(): getattr(row, each.strip()) for each in _COLUMNS.split(",")}
        | {"kind": VisitKind(row.kind), "cancelled": UnheldReason(row.cancelled) if row.cancelled else None}
    )


def _values(plan: Plan) -> dict[str, Any]:
    return {each.strip(): getattr(plan, each.strip()) for each in _COLUMNS.split(",")}
