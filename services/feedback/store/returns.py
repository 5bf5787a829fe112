"""Reports returned for correction: which version, why, and whether a newer one has come since."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One version of a report, returned with a comment."""

    return_id: UUID
    duty_id: UUID
    visit_id: UUID
    report_version: int
    comment: str
    returned_by: UUID
    returned_at: datetime
    answered: bool = False
    """Whether a newer version of the report has come."""


_ROW = """
SELECT return_id, duty_id, visit_id, r.report_version, comment, returned_by, returned_at,
       coalesce(visit.report_version, 1) > r.report_version AS answered
FROM report_return AS r JOIN visit USING (visit_id)
"""


async def find(tx: UnitOfWork, return_id: UUID) -> Return | None:
    row = await tx.first(f"{_ROW} WHERE return_id = :id", id=return_id)
    return Return(**row._asdict()) if row else None


async def of_duty(tx: UnitOfWork, duty_id: UUID) -> list[Return]:
    """Every return of the report that this duty asks for, the first one first."""
    rows = await tx.all(f"{_ROW} WHERE duty_id = :id ORDER BY returned_at, return_id", id=duty_id)
    return [Return(**row._asdict()) for row in rows]


async def report_version(tx: UnitOfWork, visit_id: UUID) -> int:
    """The newest version of the visit's report; 1 where the version was not told."""
    return int(
        await tx.scalar("SELECT coalesce(report_version, 1) FROM visit WHERE visit_id = :id", id=visit_id)
    )


async def insert(tx: UnitOfWork, returned: Return) -> bool:
    """Write it; False when the id is taken by what this committee may not see."""
    written = await tx.execute(
        """
        INSERT INTO report_return (return_id, duty_id, visit_id, report_version, comment, returned_by, returned_at)
        VALUES (:return_id, :duty_id, :visit_id, :report_version, :comment, :returned_by, :returned_at)
        ON CONFLICT (return_id) DO NOTHING
        """,
        return_id=returned.return_id,
        duty_id=returned.duty_id,
        visit_id=returned.visit_id,
        report_version=returned.report_version,
        comment=returned.comment,
        returned_by=returned.returned_by,
        returned_at=returned.returned_at,
    )
    return written.rowcount == 1
