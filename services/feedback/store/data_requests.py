"""Requests of people about their own data, and when the office owes an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.uow import UnitOfWork


class RequestKind(StrEnum):
    """What somebody asks about their own data."""

    ERASE = "erase"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """One request; `done` is None until the office has answered."""

    request_id: UUID
    committee_id: UUID
    person_id: UUID
    kind: RequestKind
    about: str
    asked_at: datetime
    due_at: datetime
    done: bool | None = None
    note: str | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = None


async def find(tx: UnitOfWork, request_id: UUID) -> DataRequest | None:
    """The request, locked: it is answered once."""
    row = await tx.first("SELECT * FROM data_request WHERE request_id = :id FOR UPDATE", id=request_id)
    return DataRequest(**row._asdict() | {"kind": RequestKind(row.kind)}) if row else None


async def insert(tx: UnitOfWork, request: DataRequest) -> bool:
    """Write a request; False when its id is taken."""
    written = await tx.execute(
        """
        INSERT INTO data_request (request_id, committee_id, person_id, kind, about, asked_at, due_at)
        VALUES (:request_id, :committee_id, :person_id, :kind, :about, :asked_at, :due_at)
        ON CONFLICT (request_id) DO NOTHING
        """,
        request_id=request.request_id,
        committee_id=request.committee_id,
        person_id=request.person_id,
        kind=request.kind.value,
        about=request.about,
        asked_at=request.asked_at,
        due_at=request.due_at,
    )
    return written.rowcount == 1


async def answer(tx: UnitOfWork, request_id: UUID, *, done: bool, note: str, by: UUID) -> None:
    await tx.execute(
        """
        UPDATE data_request SET done = :done, note = :note, answered_by = :by, answered_at = :now
        WHERE request_id = :request_id AND answered_at IS NULL
        """,
        request_id=request_id,
        done=done,
        note=note,
        by=by,
        now=tx.now,
    )


async def listed(tx: UnitOfWork, committee_id: UUID, *, answered: bool) -> Sequence[DataRequest]:
    """The requests of a committee: open ones by their due date, or the latest answered."""
    which, order = ("IS NOT NULL", "answered_at DESC") if answered else ("IS NULL", "due_at")
    rows = await tx.all(
        f"""
        SELECT * FROM data_request WHERE committee_id = :committee_id AND answered_at {which}
        ORDER BY {order}, request_id LIMIT 500
        """,
        committee_id=committee_id,
    )
    return [DataRequest(**row._asdict() | {"kind": RequestKind(row.kind)}) for row in rows]
