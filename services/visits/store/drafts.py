"""Reports that an assistant drafted: kept as they were written, filed only by the member's decision."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A drafted report; `approved` is None while the member has not decided."""

    draft_id: UUID
    visit_id: UUID
    summary: str
    drafted_by: UUID
    drafted_at: datetime
    approved: bool | None = None
    reason: str = ""
    decided_at: datetime | None = None


_COLUMNS = "draft_id, visit_id, summary, drafted_by, drafted_at, approved, reason, decided_at"


async def put(tx: UnitOfWork, *, draft_id: UUID, visit_id: UUID, summary: str, by: UUID) -> bool:
    """Keep a draft; False when its id is taken, by this one or another."""
    written = await tx.execute(
        """
        INSERT INTO report_draft (draft_id, visit_id, summary, drafted_by, drafted_at)
        VALUES (:draft_id, :visit_id, :summary, :by, :now) ON CONFLICT (draft_id) DO NOTHING
        """,
        draft_id=draft_id,
        visit_id=visit_id,
        summary=summary,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def of_visit(tx: UnitOfWork, visit_id: UUID) -> list[Draft]:
    """Every draft for a visit, the first one first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM report_draft WHERE visit_id = :visit_id ORDER BY drafted_at, draft_id",
        visit_id=visit_id,
    )
    return [Draft(**row._asdict()) for row in rows]


async def decide(tx: UnitOfWork, draft_id: UUID, *, approved: bool, reason: str) -> None:
    await tx.execute(
        """
        UPDATE report_draft SET approved = :approved, reason = :reason, decided_at = :now
        WHERE draft_id = :draft_id AND approved IS NULL
        """,
        draft_id=draft_id,
        approved=approved,
        reason=reason,
        now=tx.now,
    )
