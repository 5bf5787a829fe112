"""What people said of a record: the member of an assistant's, the cell of the member's, and the answers to it.

A remark is written once and stands; its visit's row, locked by the writer, says where matters are now.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.visits import Approval
from shared.uow import UnitOfWork


class RemarkKind(StrEnum):
    """By the member on what was written for them; by the cell on what was written of it; the answer to the cell."""

    APPROVED = "approved"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ANSWERED = "answered"


APPROVALS = frozenset({RemarkKind.APPROVED, RemarkKind.REJECTED})
OF_THE_CELL = frozenset({RemarkKind.CONFIRMED, RemarkKind.DISPUTED, RemarkKind.ANSWERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing said of one version of a visit."""

    version: int
    kind: RemarkKind
    words: str
    said_by: UUID
    said_at: datetime


async def of_visit(tx: UnitOfWork, visit_id: UUID) -> list[Remark]:
    """All that was said of a visit, in order."""
    rows = await tx.all(
        "SELECT version, kind, words, said_by, said_at FROM remark WHERE visit_id = :visit_id ORDER BY place",
        visit_id=visit_id,
    )
    return [Remark(**row._asdict() | {"kind": RemarkKind(row.kind)}) for row in rows]


async def add(tx: UnitOfWork, visit_id: UUID, remark: Remark) -> None:
    """Write down what was said of a locked visit."""
    await tx.execute(
        """
        INSERT INTO remark (visit_id, place, version, kind, words, said_by, said_at)
        SELECT :visit_id, count(*) + 1, :version, :kind, :words, :said_by, :said_at
        FROM remark WHERE visit_id = :visit_id
        """,
        visit_id=visit_id,
        version=remark.version,
        kind=remark.kind,
        words=remark.words,
        said_by=remark.said_by,
        said_at=remark.said_at,
    )


async def set_approval(tx: UnitOfWork, visit_id: UUID, approval: Approval) -> None:
    await tx.execute(
        "UPDATE visit SET approval = :approval, revision = revision + 1 WHERE visit_id = :visit_id",
        visit_id=visit_id,
        approval=approval,
    )


async def set_disputed(tx: UnitOfWork, visit_id: UUID, at: datetime | None) -> None:
    await tx.execute(
        "UPDATE visit SET disputed_at = :at, revision = revision + 1 WHERE visit_id = :visit_id",
        visit_id=visit_id,
        at=at,
    )
