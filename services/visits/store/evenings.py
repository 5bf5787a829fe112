"""Evenings that a committee moved, as they stand."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from services.visits.domain.evenings import Evening
from shared.uow import UnitOfWork

_COLUMNS = "evening_id, version, committee_id, month, day, withdrawn"


async def lock(tx: UnitOfWork, evening_id: UUID) -> Evening | None:
    """The evening as it stands, locked until the end of the transaction."""
    row = await tx.first(f"SELECT {_COLUMNS} FROM evening WHERE evening_id = :id FOR UPDATE", id=evening_id)
    return Evening(**row._asdict()) if row else None


async def put(tx: UnitOfWork, evening: Evening, *, by: UUID) -> bool:
    """Write a version; False when the id is another committee's, which the wall hides."""
    written = await tx.execute(
        """
        INSERT INTO evening (evening_id, version, committee_id, month, day, withdrawn, recorded_by, recorded_at)
        VALUES (:evening_id, :version, :committee_id, :month, :day, :withdrawn, :by, :now)
        ON CONFLICT (evening_id) DO UPDATE SET
            version = excluded.version, month = excluded.month, day = excluded.day,
            withdrawn = excluded.withdrawn, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
        WHERE evening.committee_id = excluded.committee_id AND evening.version < excluded.version
        """,
        evening_id=evening.evening_id,
        version=evening.version,
        committee_id=evening.committee_id,
        month=evening.month,
        day=evening.day,
        withdrawn=evening.withdrawn,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def moved(tx: UnitOfWork, committee_id: UUID, today: date) -> Sequence[Evening]:
    """The evenings that stand and may still be ahead, by month."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM evening
        WHERE committee_id = :committee_id AND NOT withdrawn AND month >= :since ORDER BY month
        """,
        committee_id=committee_id,
        since=today - timedelta(days=62),
    )
    return [Evening(**row._asdict()) for row in rows]


async def take_month(tx: UnitOfWork, committee_id: UUID, month: date) -> None:
    """Let one transaction at a time decide about a committee's month."""
    key = f"evening {committee_id} {month}"
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", key=key)
