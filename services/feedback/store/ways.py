"""Which version of an issue's way was told last, and which ways were never told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the telling of a way begins with."""

    version: int
    visit_id: UUID
    committee_id: UUID
    restricted: bool


async def next_version(tx: UnitOfWork, issue_id: UUID) -> Head:
    """Take the next number for the way of this issue."""
    row = (
        await tx.execute(
            """
            UPDATE issue SET way_version = way_version + 1 FROM visit
            WHERE issue_id = :issue_id AND visit.visit_id = issue.visit_id
            RETURNING way_version AS version, issue.visit_id, committee_id, access_class <> 'normal' AS restricted
            """,
            issue_id=issue_id,
        )
    ).one()
    return Head(**row._asdict())


async def told_of(tx: UnitOfWork, visit_ids: Collection[UUID]) -> Sequence[UUID]:
    """The issues of these visits whose way was told, locked in one order."""
    rows = await tx.execute(
        """
        SELECT issue_id FROM issue WHERE visit_id = ANY(CAST(:ids AS uuid[])) AND way_version > 0
        ORDER BY issue_id FOR UPDATE
        """,
        ids=list(visit_ids),
    )
    return rows.scalars().all()


async def untold(tx: UnitOfWork, limit: int) -> Sequence[UUID]:
    """Issues that the office passed on or carried back, of whose way nothing was told."""
    rows = await tx.execute(
        """
        SELECT issue_id FROM issue
        WHERE way_version = 0 AND (
            EXISTS (SELECT FROM forwarding WHERE forwarding.issue_id = issue.issue_id AND source = 'office')
            OR EXISTS (SELECT FROM reply WHERE reply.issue_id = issue.issue_id))
        ORDER BY issue_id LIMIT :limit FOR UPDATE SKIP LOCKED
        """,
        limit=limit,
    )
    return rows.scalars().all()
