"""Dated decisions on how long the contact of a citizen is kept after the matter is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A contact stays so many days after closing. No committee: the default of the installation."""

    policy_id: UUID
    committee_id: UUID | None
    days: int
    citation: str
    valid_from: date | None


async def of_committee(tx: UnitOfWork, committee_id: UUID) -> Sequence[Retention]:
    """The default, and what this committee decided, of all times."""
    rows = await tx.all(
        """
        SELECT policy_id, committee_id, days, citation, valid_from FROM retention_policy
        WHERE committee_id IS NULL OR committee_id = :committee_id
        ORDER BY committee_id NULLS FIRST, valid_from NULLS FIRST
        """,
        committee_id=committee_id,
    )
    return [Retention(**row._asdict()) for row in rows]


async def put(tx: UnitOfWork, policy: Retention, *, by: UUID) -> bool:
    """Write a decision; False when its id stands for something else or is there already."""
    written = await tx.execute(
        """
        INSERT INTO retention_policy (policy_id, committee_id, days, citation, valid_from, decided_by, recorded_at)
        VALUES (:policy_id, :committee_id, :days, :citation, :valid_from, :by, :now)
        ON CONFLICT (policy_id) DO NOTHING
        """,
        policy_id=policy.policy_id,
        committee_id=policy.committee_id,
        days=policy.days,
        citation=policy.citation,
        valid_from=policy.valid_from,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1
