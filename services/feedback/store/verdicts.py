"""What the cell said of its answers, in order; a reply that settled nothing is kept beside the verdict on it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The cell's word, with the reply that it sets aside, if there was one."""

    verdict_id: UUID
    issue_id: UUID
    settled: bool
    reason: str
    given_by: UUID
    given_at: datetime
    replied_at: datetime | None = None
    reply_summary: str = ""
    reply_recorded_by: UUID | None = None


_COLUMNS = """verdict_id, issue_id, settled, reason, given_by, given_at, replied_at, reply_summary,
reply_recorded_by"""


async def find(tx: UnitOfWork, verdict_id: UUID) -> Verdict | None:
    row = await tx.first(f"SELECT {_COLUMNS} FROM verdict WHERE verdict_id = :id", id=verdict_id)
    return Verdict(**row._asdict()) if row else None


async def of_issue(tx: UnitOfWork, issue_id: UUID) -> list[Verdict]:
    """Every verdict on one issue, the first one first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM verdict WHERE issue_id = :issue_id ORDER BY given_at, verdict_id",
        issue_id=issue_id,
    )
    return [Verdict(**row._asdict()) for row in rows]


async def insert(tx: UnitOfWork, verdict: Verdict) -> None:
    """Write a verdict; one that settles nothing takes the reply it is about with it."""
    await tx.execute(
        """
        WITH set_aside AS (
            DELETE FROM reply WHERE issue_id = :issue_id AND NOT CAST(:settled AS bool)
            RETURNING replied_at, summary, recorded_by
        )
        INSERT INTO verdict (verdict_id, issue_id, settled, reason, given_by, given_at,
                             replied_at, reply_summary, reply_recorded_by)
        SELECT :verdict_id, :issue_id, :settled, :reason, :given_by, :given_at,
               set_aside.replied_at, coalesce(set_aside.summary, ''), set_aside.recorded_by
        FROM (VALUES (true)) AS one LEFT JOIN set_aside ON true
        """,
        verdict_id=verdict.verdict_id,
        issue_id=verdict.issue_id,
        settled=verdict.settled,
        reason=verdict.reason,
        given_by=verdict.given_by,
        given_at=verdict.given_at,
    )
