"""Dated policies: how long what may take, decided by a committee with the number of its document.

A policy holds for what is anchored while it is in force; duties opened before keep the one they have.
"""

from services.feedback.domain.terms import DutyPolicy
from services.feedback.store import policies as policy_store
from shared.access import Principal
from shared.errors import Conflict
from shared.uow import UnitOfWork


async def set_policy(tx: UnitOfWork, principal: Principal, policy: DutyPolicy) -> bool:
    """Record a decision of the committee; True when it is new. Refuses other content under the same id."""
    _ = policy.counting  # refuses days that nobody could be held to
    if await policy_store.insert(tx, policy, by=principal.person_id):
        tx.audit(
            "policy.set",
            "policy",
            policy.policy_id,
            became={
                "kind": policy.kind,
                "visit_kind": policy.visit_kind,
                "rule": policy.rule,
                "days": policy.days,
                "valid_from": policy.valid_from,
                "valid_to": policy.valid_to,
            },
        )
        return True
    if await policy_store.find(tx, policy.policy_id) != policy:
        raise Conflict("Mã này đã ghi quy định khác.", "This id already stands for another policy.")
    return False
