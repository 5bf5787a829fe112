"""Visits that did not take place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.unheld import UnheldVisit
from shared.access import Reach
from shared.uow import UnitOfWork


async def insert(
    tx: UnitOfWork,
    unheld_id: UUID,
    visit: UnheldVisit,
    *,
    committee_id: UUID,
    unit_id: UUID,
    visitor_id: UUID,
    recorded_by: UUID,
) -> Row[Any]:
    """Write it down; an id that was taken meanwhile ends the transaction."""
    written = await tx.execute(
        """
        INSERT INTO unheld_visit (unheld_id, committee_id, unit_id, visitor_id, kind, planned_at, outcome, reason,
                                  content_hash, recorded_by, accepted_at, device_id, device_seq, device_at,
                                  told)
        VALUES (:unheld_id, :committee_id, :unit_id, :visitor_id, :kind, :planned_at, :outcome, :reason,
                :content_hash, :recorded_by, :now, :device_id, :device_seq, :device_at, true)
        RETURNING *
        """,
        unheld_id=unheld_id,
        committee_id=committee_id,
        unit_id=unit_id,
        visitor_id=visitor_id,
        kind=visit.kind,
        planned_at=visit.planned_at,
        outcome=visit.outcome,
        reason=visit.reason,
        content_hash=visit.content_hash,
        recorded_by=recorded_by,
        device_id=visit.device.id,
        device_seq=visit.device.seq,
        device_at=visit.device.recorded_at,
        now=tx.now,
    )
    return written.one()


async def standing(tx: UnitOfWork, unheld_id: UUID) -> Row[Any] | None:
    return await tx.first("SELECT * FROM unheld_visit WHERE unheld_id = :id", id=unheld_id)


async def within(
    tx: UnitOfWork, reach: Reach, *, first: datetime | None, last: datetime | None, limit: int
) -> Sequence[Row[Any]]:
    """Those within reach that were planned between the two instants, the latest first."""
    return await tx.all(
        """
        SELECT unheld.*, unit.code AS unit_code, unit.name AS unit_name,
               person.code AS visitor_code, person.full_name AS visitor_name
        FROM unheld_visit AS unheld
             JOIN directory_unit AS unit USING (unit_id)
             JOIN directory_person AS person ON person.person_id = visitor_id
        WHERE unheld.committee_id = :committee_id
          AND (CAST(:all AS bool) OR visitor_id = ANY(CAST(:person_ids AS uuid[]))
               OR unheld.unit_id = ANY(CAST(:unit_ids AS uuid[])))
          AND planned_at >= coalesce(CAST(:first AS timestamptz), '-infinity')
          AND planned_at < coalesce(CAST(:last AS timestamptz), 'infinity')
        ORDER BY planned_at DESC, unheld_id DESC LIMIT :limit
        """,
        committee_id=reach.committee_id,
        all=reach.all,
        person_ids=reach.person_ids,
        unit_ids=list(reach.unit_ids),
        first=first,
        last=last,
        limit=limit,
    )
