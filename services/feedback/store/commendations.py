"""Commendations: written once, revoked at most once, and kept either way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.text import fold
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Commendation:
    """Of a unit or of a member; who decided it, by which document if there was one, on which local day."""

    commendation_id: UUID
    committee_id: UUID
    unit_id: UUID | None
    person_id: UUID | None
    reason: str
    deciding_body: str
    document_number: str
    decided_on: date
    recorded_by: UUID
    recorded_at: datetime
    revoked_at: datetime | None = None
    revoked_by: UUID | None = None
    revocation: str | None = None


_COLUMNS = """commendation_id, committee_id, unit_id, person_id, reason, deciding_body, document_number, decided_on,
recorded_by, recorded_at, revoked_at, revoked_by, revocation"""


async def insert(tx: UnitOfWork, commendation: Commendation) -> bool:
    """Keep it; False when its id is taken."""
    written = await tx.execute(
        """
        INSERT INTO commendation (commendation_id, committee_id, unit_id, person_id, reason, deciding_body,
                                  document_number, decided_on, folded, recorded_by, recorded_at)
        VALUES (:commendation_id, :committee_id, :unit_id, :person_id, :reason, :deciding_body,
                :document_number, :decided_on, :folded, :recorded_by, :recorded_at)
        ON CONFLICT (commendation_id) DO NOTHING
        """,
        commendation_id=commendation.commendation_id,
        committee_id=commendation.committee_id,
        unit_id=commendation.unit_id,
        person_id=commendation.person_id,
        reason=commendation.reason,
        deciding_body=commendation.deciding_body,
        document_number=commendation.document_number,
        decided_on=commendation.decided_on,
        folded=fold(f"{commendation.reason} {commendation.deciding_body} {commendation.document_number}"),
        recorded_by=commendation.recorded_by,
        recorded_at=commendation.recorded_at,
    )
    return written.rowcount == 1


async def find(tx: UnitOfWork, commendation_id: UUID) -> Commendation | None:
    row = await tx.first(
        f"SELECT {_COLUMNS} FROM commendation WHERE commendation_id = :id", id=commendation_id
    )
    return Commendation(**row._asdict()) if row else None


async def revoke(tx: UnitOfWork, commendation_id: UUID, *, reason: str, by: UUID) -> bool:
    """Mark it; False when it is revoked already."""
    written = await tx.execute(
        """
        UPDATE commendation SET revoked_at = :now, revoked_by = :by, revocation = :reason
        WHERE commendation_id = :id AND revoked_at IS NULL
        """,
        id=commendation_id,
        now=tx.now,
        by=by,
        reason=reason,
    )
    return written.rowcount == 1


async def of_person(
    tx: UnitOfWork, committee_id: UUID, person_id: UUID, *, first: date, last: date
) -> Sequence[Commendation]:
    """Those of one member that were decided within these days and stand, the earliest first."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM commendation
        WHERE committee_id = :committee_id AND person_id = :person_id AND revoked_at IS NULL
          AND decided_on BETWEEN :first AND :last
        ORDER BY decided_on, commendation_id
        """,
        committee_id=committee_id,
        person_id=person_id,
        first=first,
        last=last,
    )
    return [Commendation(**row._asdict()) for row in rows]
