"""Late duties that somebody asked for by hand: which, when, with what words, and which were passed over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.uow import UnitOfWork


class Skipped(StrEnum):
    """Why a duty is passed over in a chase."""

    CHASED_LATELY = "chased_lately"
    NOT_LATE = "not_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaseLine:
    """One duty of a chase."""

    chase_id: UUID
    duty_id: UUID
    committee_id: UUID
    chased_by: UUID
    chased_at: datetime
    note: str
    skipped: Skipped | None


_COLUMNS = "chase_id, duty_id, committee_id, chased_by, chased_at, note, skipped"


async def find(tx: UnitOfWork, chase_id: UUID) -> list[ChaseLine]:
    """The duties of a chase; empty when there is none."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM duty_chase WHERE chase_id = :id ORDER BY duty_id", id=chase_id
    )
    return [
        ChaseLine(**row._asdict() | {"skipped": Skipped(row.skipped) if row.skipped else None})
        for row in rows
    ]


async def since(tx: UnitOfWork, duty_ids: Collection[UUID], at: datetime) -> frozenset[UUID]:
    """Those of these duties that were asked for after that moment."""
    rows = await tx.execute(
        """
        SELECT DISTINCT duty_id FROM duty_chase
        WHERE duty_id = ANY(CAST(:ids AS uuid[])) AND chased_at > :at AND skipped IS NULL
        """,
        ids=list(duty_ids),
        at=at,
    )
    return frozenset(rows.scalars())


async def of_duty(tx: UnitOfWork, duty_id: UUID) -> list[ChaseLine]:
    """When this duty was asked for, the first time first."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM duty_chase
        WHERE duty_id = :id AND skipped IS NULL ORDER BY chased_at, chase_id
        """,
        id=duty_id,
    )
    return [ChaseLine(**row._asdict()) for row in rows]


async def insert(tx: UnitOfWork, lines: Sequence[ChaseLine]) -> bool:
    """Write a chase; False when one of its lines is taken by what this committee may not see."""
    written = await tx.execute(
        f"""
        INSERT INTO duty_chase ({_COLUMNS})
        SELECT :chase_id, duty_id, :committee_id, :chased_by, :chased_at, :note, skipped
        FROM unnest(CAST(:duties AS uuid[]), CAST(:skipped AS text[])) AS each (duty_id, skipped)
        ON CONFLICT DO NOTHING
        """,
        chase_id=lines[0].chase_id,
        committee_id=lines[0].committee_id,
        chased_by=lines[0].chased_by,
        chased_at=lines[0].chased_at,
        note=lines[0].note,
        duties=[line.duty_id for line in lines],
        skipped=[line.skipped for line in lines],
    )
    return written.rowcount == len(lines)
