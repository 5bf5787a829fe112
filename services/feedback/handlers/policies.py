"""Dated policies: how long what may take and who receives it, decided by a committee with the number of its document.

A policy holds for what is anchored while it is in force; duties opened before keep the one they have.
"""

from services.feedback.domain.terms import DutyPolicy
from services.feedback.store import policies as policy_store
from shared import directory
from shared.access import Principal
from shared.clock import local_date
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


async def set_policy(tx: UnitOfWork, principal: Principal, policy: DutyPolicy) -> bool:
    """Record a decision of the committee; True when it is new. Refuses other content under the same id."""
    _ = policy.counting  # refuses days that nobody could be held to
    await _check_recipients(tx, principal, policy)
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


async def _check_recipients(tx: UnitOfWork, principal: Principal, policy: DutyPolicy) -> None:
    """What is done must arrive: every recipient stands in the committee on the policy's first day."""
    day = policy.valid_from or local_date(tx.now)
    standing = {body.code for body in await directory.bodies(tx, principal.committee_id) if body.stands(day)}
    for field, code in policy.recipients.items():
        if code not in standing:
            raise invalid(
                f"/{field}",
                "unknown-body",
                vi=f"Ngày {day:%d/%m/%Y} cấp ủy không có cơ quan nào mang mã {code}.",
                en=f"On {day} the committee has no body with the code {code}.",
                value=code,
            )
