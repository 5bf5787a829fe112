"""What agencies said before they answered. Nothing here is changed but the reply to a question, once."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.uow import UnitOfWork


class NoteKind(StrEnum):
    """What an agency may say of a forwarding besides its answer."""

    QUESTION = "question"
    PROMISE = "promise"
    NOT_COMPETENT = "not_competent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One word of an agency; `promised_on` is a local day, of a promise only."""

    note_id: UUID
    forwarding_id: UUID
    issue_id: UUID
    kind: NoteKind
    text: str
    promised_on: date | None
    said_by: UUID
    said_at: datetime
    reply: str | None = None
    replied_by: UUID | None = None
    replied_at: datetime | None = None


_COLUMNS = """note_id, forwarding_id, issue_id, kind, text, promised_on, said_by, said_at,
reply, replied_by, replied_at"""


async def of_issue(tx: UnitOfWork, issue_id: UUID) -> list[Note]:
    """Every note on one issue, the first one first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM agency_note WHERE issue_id = :issue_id ORDER BY said_at, note_id",
        issue_id=issue_id,
    )
    return [_note(row) for row in rows]


async def find(tx: UnitOfWork, note_id: UUID) -> Note | None:
    row = await tx.first(f"SELECT {_COLUMNS} FROM agency_note WHERE note_id = :id", id=note_id)
    return _note(row) if row else None


async def insert(tx: UnitOfWork, note: Note) -> None:
    await tx.execute(
        """
        INSERT INTO agency_note (note_id, forwarding_id, issue_id, kind, text, promised_on, said_by, said_at)
        VALUES (:note_id, :forwarding_id, :issue_id, :kind, :text, :promised_on, :said_by, :said_at)
        """,
        note_id=note.note_id,
        forwarding_id=note.forwarding_id,
        issue_id=note.issue_id,
        kind=note.kind.value,
        text=note.text,
        promised_on=note.promised_on,
        said_by=note.said_by,
        said_at=note.said_at,
    )


async def reply(tx: UnitOfWork, note_id: UUID, *, text: str, by: UUID) -> None:
    await tx.execute(
        """
        UPDATE agency_note SET reply = :text, replied_by = :by, replied_at = :now
        WHERE note_id = :note_id AND replied_at IS NULL
        """,
        note_id=note_id,
        text=text,
        by=by,
        now=tx.now,
    )


def _note(row: Row[Any]) -> Note:
    return Note(**row._asdict() | {"kind": NoteKind(row.kind)})
