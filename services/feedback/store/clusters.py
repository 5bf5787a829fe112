"""Matters that are one trouble. A matter belongs to one cluster at most; one of a restricted class to none."""

from uuid import UUID

from shared.uow import UnitOfWork


async def of_issue(tx: UnitOfWork, issue_id: UUID) -> tuple[UUID | None, frozenset[UUID]]:
    """The cluster that the matter was put into, and the other matters in it.

    What was restricted or removed since it was merged is in none.
    """
    rows = await tx.all(
        """
        SELECT other.issue_id, other.cluster_id FROM merged_issue AS own
        JOIN merged_issue AS other USING (cluster_id)
        JOIN issue ON issue.issue_id = other.issue_id
        WHERE own.issue_id = :issue_id AND issue.access_class = 'normal' AND NOT issue.removed
        """,
        issue_id=issue_id,
    )
    ids = frozenset(row.issue_id for row in rows)
    return (rows[0].cluster_id, ids - {issue_id}) if issue_id in ids else (None, frozenset())


async def join(tx: UnitOfWork, cluster_id: UUID, issue_id: UUID) -> None:
    """Put the matter into the cluster, out of whichever it was in before."""
    await tx.execute(
        """
        INSERT INTO merged_issue (issue_id, cluster_id, merged_at) VALUES (:issue_id, :cluster_id, :now)
        ON CONFLICT (issue_id) DO UPDATE SET cluster_id = excluded.cluster_id, merged_at = excluded.merged_at
        """,
        issue_id=issue_id,
        cluster_id=cluster_id,
        now=tx.now,
    )


async def leave(tx: UnitOfWork, issue_id: UUID) -> None:
    await tx.execute("DELETE FROM merged_issue WHERE issue_id = :issue_id", issue_id=issue_id)
