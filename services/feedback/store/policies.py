"""Dated policies per committee, and the defaults of the installation."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.feedback.domain.policy import Rule
from services.feedback.domain.terms import DutyPolicy
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind
from shared.uow import UnitOfWork

_POLICY = """
SELECT policy_id, committee_id, kind, visit_kind, rule, days, owed_to, urgent_owed_to, citation,
       extensions_allowed, valid_from, valid_to
FROM policy
"""


async def of_committees(tx: UnitOfWork, committee_ids: Collection[UUID]) -> list[DutyPolicy]:
    """The defaults and what these committees decided, of all times."""
    rows = await tx.all(
        _POLICY + "WHERE committee_id IS NULL OR committee_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(committee_ids),
    )
    return [_policy(row) for row in rows]


async def find(tx: UnitOfWork, policy_id: UUID) -> DutyPolicy | None:
    row = await tx.first(_POLICY + "WHERE policy_id = :policy_id", policy_id=policy_id)
    return _policy(row) if row else None


async def insert(tx: UnitOfWork, policy: DutyPolicy, *, by: UUID) -> bool:
    """Write a policy; False when its id is taken."""
    written = await tx.execute(
        """
        INSERT INTO policy (policy_id, committee_id, kind, visit_kind, rule, days, owed_to, urgent_owed_to,
                            citation, extensions_allowed, valid_from, valid_to, decided_by, recorded_at)
        VALUES (:policy_id, :committee_id, :kind, :visit_kind, :rule, :days, :owed_to, :urgent_owed_to,
                :citation, :extensions_allowed, :valid_from, :valid_to, :by, :now)
        ON CONFLICT (policy_id) DO NOTHING
        """,
        policy_id=policy.policy_id,
        committee_id=policy.committee_id,
        kind=policy.kind.value,
        visit_kind=policy.visit_kind.value if policy.visit_kind else None,
        rule=policy.rule.value,
        days=policy.days,
        owed_to=policy.owed_to,
        urgent_owed_to=policy.urgent_owed_to,
        citation=policy.citation,
        extensions_allowed=policy.extensions_allowed,
        valid_from=policy.valid_from,
        valid_to=policy.valid_to,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


def _policy(row: Row[Any]) -> DutyPolicy:
    values = row._asdict()
    return DutyPolicy(
        **values
        | {
            "kind": DutyKind(values["kind"]),
            "visit_kind": VisitKind(values["visit_kind"]) if values["visit_kind"] else None,
            "rule": Rule(values["rule"]),
        }
    )
