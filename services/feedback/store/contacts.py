"""Sealed contacts: what is stored cannot be read here, only kept, handed over and erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedContact:
    """How to reach whoever is owed an answer to one issue. Erased ones keep that there was one."""

    issue_id: UUID
    committee_id: UUID
    key_id: str | None
    sealed: bytes | None
    recorded_by: UUID
    recorded_at: datetime
    erased_at: datetime | None


async def find(tx: UnitOfWork, issue_id: UUID) -> SealedContact | None:
    row = await tx.first(f"SELECT {_COLUMNS} FROM contact WHERE issue_id = :issue_id", issue_id=issue_id)
    return _contact(row._asdict()) if row else None


async def put(tx: UnitOfWork, contact: SealedContact) -> None:
    """Keep a contact, in the place of the one before."""
    await tx.execute(
        """
        INSERT INTO contact (issue_id, committee_id, key_id, sealed, recorded_by, recorded_at)
        VALUES (:issue_id, :committee_id, :key_id, :sealed, :recorded_by, :recorded_at)
        ON CONFLICT (issue_id) DO UPDATE SET
            key_id = excluded.key_id, sealed = excluded.sealed, recorded_by = excluded.recorded_by,
            recorded_at = excluded.recorded_at, erased_at = NULL
        """,
        issue_id=contact.issue_id,
        committee_id=contact.committee_id,
        key_id=contact.key_id,
        sealed=contact.sealed,
        recorded_by=contact.recorded_by,
        recorded_at=contact.recorded_at,
    )


async def erase(tx: UnitOfWork, issue_ids: Sequence[UUID]) -> None:
    await tx.execute(
        """
        UPDATE contact SET key_id = NULL, sealed = NULL, erased_at = :now
        WHERE issue_id = ANY(CAST(:ids AS uuid[])) AND erased_at IS NULL
        """,
        ids=list(issue_ids),
        now=tx.now,
    )


async def sealed_otherwise(tx: UnitOfWork, key_id: str, limit: int) -> list[SealedContact]:
    """Kept contacts under another key than this one, locked; those that somebody else holds are passed over."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM contact WHERE erased_at IS NULL AND key_id <> :key_id
        ORDER BY issue_id LIMIT :limit FOR UPDATE SKIP LOCKED
        """,
        key_id=key_id,
        limit=limit,
    )
    return [_contact(row._asdict()) for row in rows]


async def seal_again(tx: UnitOfWork, issue_id: UUID, *, key_id: str, sealed: bytes) -> None:
    await tx.execute(
        "UPDATE contact SET key_id = :key_id, sealed = :sealed WHERE issue_id = :issue_id AND erased_at IS NULL",
        issue_id=issue_id,
        key_id=key_id,
        sealed=sealed,
    )


async def expired(tx: UnitOfWork, today: date) -> dict[UUID, UUID]:
    """Kept contacts whose matter was closed longer ago than their committee keeps them; issue to committee.

    Closed is: the cell has its reply; settled on the spot; or the issue is no longer on record. The retention
    in force is the committee's newest, else the default.
    """
    rows = await tx.all(
        """
        SELECT contact.issue_id, contact.committee_id
        FROM contact LEFT JOIN issue USING (issue_id) LEFT JOIN visit USING (visit_id) LEFT JOIN reply USING (issue_id),
             LATERAL (SELECT CAST(CASE
                          WHEN replied_at IS NOT NULL THEN replied_at
                          WHEN issue.issue_id IS NULL OR issue.removed OR issue.resolved_on_spot
                          THEN greatest(contact.recorded_at, visit.started_at)
                      END AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) AS closed_on) AS closing,
             LATERAL (SELECT days FROM retention_policy AS policy
                      WHERE (policy.committee_id IS NULL OR policy.committee_id = contact.committee_id)
                        AND (valid_from IS NULL OR valid_from <= :today)
                      ORDER BY policy.committee_id NULLS LAST, valid_from DESC NULLS LAST LIMIT 1) AS kept
        WHERE contact.erased_at IS NULL AND closed_on + days < :today
        """,
        today=today,
    )
    return {row.issue_id: row.committee_id for row in rows}


_COLUMNS = "issue_id, committee_id, key_id, sealed, recorded_by, recorded_at, erased_at"


def _contact(values: dict[str, object]) -> SealedContact:
    sealed = values["sealed"]
    return SealedContact(**values | {"sealed": None if sealed is None else bytes(sealed)})  # type: ignore[arg-type, call-overload]  # a row's columns
