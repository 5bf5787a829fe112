"""Objections as they were made; erased, their periods and days stay."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One person's words to their record of one period, which begins on `first_day`."""

    objection_id: UUID
    committee_id: UUID
    person_id: UUID
    period: str
    first_day: date
    body: str
    made_at: datetime


_COLUMNS = "objection_id, committee_id, person_id, period, first_day, body, made_at"


async def insert(tx: UnitOfWork, objection: Objection) -> bool:
    """Write it; False when the id is taken."""
    written = await tx.execute(
        """
        INSERT INTO objection (objection_id, committee_id, person_id, period, first_day, body, made_at, told)
        VALUES (:objection_id, :committee_id, :person_id, :period, :first_day, :body, :made_at, true)
        ON CONFLICT (objection_id) DO NOTHING
        """,
        objection_id=objection.objection_id,
        committee_id=objection.committee_id,
        person_id=objection.person_id,
        period=objection.period,
        first_day=objection.first_day,
        body=objection.body,
        made_at=objection.made_at,
    )
    return written.rowcount == 1


async def find(tx: UnitOfWork, objection_id: UUID) -> Objection | None:
    row = await tx.first(f"SELECT {_COLUMNS} FROM objection WHERE objection_id = :id", id=objection_id)
    return Objection(**row._asdict()) if row else None


async def of_committee(
    tx: UnitOfWork, committee_id: UUID, *, person_id: UUID | None, limit: int
) -> Sequence[Objection]:
    """The objections of a committee, or of one of its people, the newest first."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM objection
        WHERE committee_id = :committee_id AND (CAST(:person_id AS uuid) IS NULL OR person_id = :person_id)
        ORDER BY made_at DESC, objection_id LIMIT :limit
        """,
        committee_id=committee_id,
        person_id=person_id,
        limit=limit,
    )
    return [Objection(**row._asdict()) for row in rows]


async def with_text(tx: UnitOfWork) -> Sequence[Objection]:
    """Those that still say something."""
    rows = await tx.all(f"SELECT {_COLUMNS} FROM objection WHERE erased_at IS NULL")
    return [Objection(**row._asdict()) for row in rows]


async def erase(tx: UnitOfWork, objection_ids: Collection[UUID]) -> None:
    """Their texts end here, and where they were told when housekeeping tells it next."""
    await tx.execute(
        "UPDATE objection SET body = '', erased_at = :now, told = false WHERE objection_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(objection_ids),
        now=tx.now,
    )
