"""Absences as they stand."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.absences import Absence
from shared.contracts.visits import AbsenceReason
from shared.uow import UnitOfWork

_COLUMNS = "absence_id, version, committee_id, person_id, first, last, reason, withdrawn"


async def lock(tx: UnitOfWork, absence_id: UUID) -> Absence | None:
    """The absence as it stands, locked until the end of the transaction."""
    row = await tx.first(f"SELECT {_COLUMNS} FROM absence WHERE absence_id = :id FOR UPDATE", id=absence_id)
    return _absence(row) if row else None


async def put(tx: UnitOfWork, absence: Absence, *, by: UUID) -> bool:
    """Write a version; False when the id is another committee's, which the wall hides."""
    written = await tx.execute(
        """
        INSERT INTO absence (absence_id, version, committee_id, person_id, first, last, reason, withdrawn,
                             recorded_by, recorded_at)
        VALUES (:absence_id, :version, :committee_id, :person_id, :first, :last, :reason, :withdrawn, :by, :now)
        ON CONFLICT (absence_id) DO UPDATE SET
            version = excluded.version, person_id = excluded.person_id, first = excluded.first,
            last = excluded.last, reason = excluded.reason, withdrawn = excluded.withdrawn,
            recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
        WHERE absence.committee_id = excluded.committee_id AND absence.version < excluded.version
        """,
        absence_id=absence.absence_id,
        version=absence.version,
        committee_id=absence.committee_id,
        person_id=absence.person_id,
        first=absence.first,
        last=absence.last,
        reason=absence.reason.value,
        withdrawn=absence.withdrawn,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def of_person(tx: UnitOfWork, person_id: UUID) -> list[Absence]:
    rows = await tx.all(f"SELECT {_COLUMNS} FROM absence WHERE person_id = :id ORDER BY first", id=person_id)
    return [_absence(row) for row in rows]


async def of_committee(tx: UnitOfWork, committee_id: UUID, *, first: date, last: date) -> Sequence[Absence]:
    """Every absence that touches these days, withdrawn ones too, the earliest first."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM absence
        WHERE committee_id = :committee_id AND first <= :last AND last >= :first
        ORDER BY first, absence_id LIMIT 5000
        """,
        committee_id=committee_id,
        first=first,
        last=last,
    )
    return [_absence(row) for row in rows]


def _absence(row: Row[Any]) -> Absence:
    return Absence(**row._asdict() | {"reason": AbsenceReason(row.reason)})
