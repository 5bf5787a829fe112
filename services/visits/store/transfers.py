"""What was handed over to its own procedure: a number, an office, a day. There is no column for a word of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.visit import TransferredKind
from shared.access import Reach
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A complaint, a denunciation or a classified matter that left for the office competent for it."""

    transfer_id: UUID
    committee_id: UUID
    kind: TransferredKind
    register_number: str
    receiving_office: str
    visit_id: UUID | None
    transferred_on: date
    recorded_by: UUID


async def insert(tx: UnitOfWork, transfer: Transfer) -> bool:
    """Write a transfer; False when its id is taken."""
    written = await tx.execute(
        """
        INSERT INTO transfer (transfer_id, committee_id, kind, register_number, receiving_office, visit_id,
                              transferred_on, recorded_by, recorded_at)
        VALUES (:transfer_id, :committee_id, :kind, :register_number, :receiving_office, :visit_id,
                :transferred_on, :recorded_by, :now)
        ON CONFLICT (transfer_id) DO NOTHING
        """,
        transfer_id=transfer.transfer_id,
        committee_id=transfer.committee_id,
        kind=transfer.kind.value,
        register_number=transfer.register_number,
        receiving_office=transfer.receiving_office,
        visit_id=transfer.visit_id,
        transferred_on=transfer.transferred_on,
        recorded_by=transfer.recorded_by,
        now=tx.now,
    )
    return written.rowcount == 1


async def find(tx: UnitOfWork, transfer_id: UUID) -> Transfer | None:
    rows = await tx.all(f"SELECT {_COLUMNS} FROM transfer WHERE transfer_id = :id", id=transfer_id)
    return _transfers(rows)[0] if rows else None


async def listed(tx: UnitOfWork, reach: Reach, *, first: date | None, last: date | None) -> list[Transfer]:
    """Transfers within reach, the latest first; there are few, so they come in one list."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM transfer
        WHERE committee_id = :committee_id AND (:all OR recorded_by = CAST(:person_id AS uuid))
          AND (CAST(:first AS date) IS NULL OR transferred_on >= :first)
          AND (CAST(:last AS date) IS NULL OR transferred_on <= :last)
        ORDER BY transferred_on DESC, transfer_id DESC LIMIT 1000
        """,
        committee_id=reach.committee_id,
        all=reach.all,
        person_id=reach.person_id,
        first=first,
        last=last,
    )
    return _transfers(rows)


_COLUMNS = "transfer_id, committee_id, kind, register_number, receiving_office, visit_id, transferred_on, recorded_by"


def _transfers(rows: Sequence[Row[Any]]) -> list[Transfer]:
    return [Transfer(**row._asdict() | {"kind": TransferredKind(row.kind)}) for row in rows]
