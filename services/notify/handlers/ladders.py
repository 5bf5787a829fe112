"""A committee's own ladders, dated and numbered, checked when they are written and not on the day they are needed.

A duty keeps the ladder that was in force when notify first heard of it: nothing here reaches an escalation that
runs already, and a version whose date has come is never changed.
"""

from datetime import date

from services.notify.domain.ladder import LadderPolicy, Target
from services.notify.store import ladders as ladder_store
from shared.clock import local_date
from shared.errors import Conflict, FieldError, Invalid, invalid
from shared.uow import UnitOfWork


async def set_ladder(tx: UnitOfWork, policy: LadderPolicy) -> bool:
    """Write a version of a committee's ladder; True when it is new. The same again changes nothing."""
    today = local_date(tx.now)
    await ladder_store.lock(tx)
    known = await ladder_store.find(tx, policy.committee_id, policy.ladder.version)
    if known == policy:
        return False
    if known is not None and known.has_begun(today):
        raise Conflict(
            f"Bậc thang số {policy.ladder.version} đã có hiệu lực, không sửa được; hãy lập số mới.",
            f"Ladder version {policy.ladder.version} is in force and cannot change; write a new version.",
        )
    valid_from = _from_today_on(policy.valid_from, today)
    await _refuse_unreachable(tx, policy, valid_from)
    await ladder_store.write(tx, policy)
    tx.audit(
        "ladder.set",
        "ladder",
        policy.ladder.version,
        became={"valid_from": valid_from, "rungs": [rung.name for rung in policy.ladder.rungs]},
        committee_id=policy.committee_id,
    )
    return known is None


def _from_today_on(valid_from: date | None, today: date) -> date:
    if valid_from is None or valid_from < today:
        raise invalid(
            "/valid_from",
            "date-past",
            vi=f"Ngày có hiệu lực không được trước hôm nay, {today:%d/%m/%Y}.",
            en=f"A ladder holds from today, {today:%Y-%m-%d}, or from a later date.",
            value=valid_from,
        )
    return valid_from


async def _refuse_unreachable(tx: UnitOfWork, policy: LadderPolicy, valid_from: date) -> None:
    """Raise Invalid for every target that would find nobody when the ladder begins."""
    errors: list[FieldError] = []
    for pointer, _, target in policy.ladder.targets():
        if not await ladder_store.reaches(tx, policy.committee_id, target, valid_from):
            errors.append(_nobody(pointer, target, valid_from))
    if errors:
        raise Invalid(errors[0].vi, errors[0].en, errors=tuple(errors))


def _nobody(pointer: str, target: Target, at: date) -> FieldError:
    return FieldError(
        pointer=pointer,
        rule="unreachable",
        vi=f"Ngày {at:%d/%m/%Y} không ai giữ vai trò {', '.join(target.roles)}: bậc này không đến được ai.",
        en=f"Nobody holds {', '.join(target.roles)} on {at:%Y-%m-%d}: this step would reach nobody.",
        value=", ".join(target.roles),
    )
