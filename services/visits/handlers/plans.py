"""Planning a visit: by the member, or by the office for a member; changed by version, taken back with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.visits.domain.plans import Plan
from services.visits.store import places
from services.visits.store import plans as store
from services.visits.store.plans import Meeting
from shared import directory
from shared.access import RULES, Place, Principal, visible_or_404
from shared.clock import local_date
from shared.contracts.visits import PlanChanged
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork

AHEAD_AT_MOST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan as it now stands, and what is worth a second look: others there, the same person elsewhere."""

    plan: Plan
    is_new: bool
    others: Sequence[Meeting]
    elsewhere: Sequence[Meeting]


async def put_plan(wanted: Plan, principal: Principal, tx: UnitOfWork) -> Planned:
    """Make a plan or its next version. Sent again it changes nothing; another content under a number is refused.

    Raises NotFound for a plan or a person out of reach, Conflict, Invalid.
    """
    standing = await store.lock(tx, wanted.plan_id)
    visible_or_404(principal, RULES.make_plans, wanted, _place(standing or wanted))
    if standing is not None and standing.person_id != wanted.person_id:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    if standing is not None and wanted.version <= standing.version:
        if wanted == standing:
            return await _planned(tx, standing, is_new=False)
        raise _taken(standing)
    if wanted.version != (standing.version if standing else 0) + 1:
        raise _taken(standing)
    await _check(tx, wanted, standing)
    if standing is None:
        if not await store.insert(tx, wanted, by=principal.person_id):
            raise NotFound("Không tìm thấy.", "There is no such thing.")
    else:
        await store.change(tx, wanted, by=principal.person_id)
    _tell(tx, wanted, standing)
    return await _planned(tx, wanted, is_new=True)


def _tell(tx: UnitOfWork, plan: Plan, was: Plan | None) -> None:
    tx.publish(
        PlanChanged(
            plan_id=plan.plan_id,
            version=plan.version,
            committee_id=plan.committee_id,
            person_id=plan.person_id,
            unit_id=plan.unit_id,
            kind=plan.kind,
            day=plan.day,
            cancelled=plan.cancelled.value if plan.cancelled else None,
        ),
        key=plan.plan_id,
    )
    act = "plan.cancelled" if plan.cancelled else "plan.made" if was is None else "plan.changed"
    tx.audit(act, "plan", plan.plan_id, was=_facts(was) if was else None, became=_facts(plan))


def _facts(plan: Plan) -> dict[str, object]:
    return {
        "version": plan.version,
        "person": plan.person_id,
        "unit": plan.unit_id,
        "kind": plan.kind.value,
        "day": plan.day,
        "cancelled": plan.cancelled.value if plan.cancelled else None,
    }


async def _check(tx: UnitOfWork, plan: Plan, standing: Plan | None) -> None:
    """A new day is ahead of us; the unit stands then. Why something did not take place may be said later."""
    units = await places.named_units(tx, [plan.unit_id], [])
    unit = units.find(plan.committee_id, plan.unit_id, plan.day)
    if unit is None or not unit.stands(plan.day):
        raise invalid(
            "/unit_id",
            "unknown-unit",
            vi="Không có đơn vị này, hoặc đơn vị không còn hoạt động vào ngày đó.",
            en="There is no such unit, or it does not stand on that day.",
            value=plan.unit_id,
        )
    person = await directory.person_by_id(tx, plan.person_id)
    if person is None or person.committee_id != plan.committee_id:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    today = local_date(tx.now)
    moved = standing is None or standing.day != plan.day
    if moved and not today <= plan.day <= today + AHEAD_AT_MOST:
        raise invalid(
            "/day",
            "ahead",
            vi="Kế hoạch chỉ ghi cho ngày từ hôm nay trở đi, trong vòng 400 ngày.",
            en="A plan is for today or a day ahead, within 400 days.",
            value=plan.day,
        )


async def _planned(tx: UnitOfWork, plan: Plan, *, is_new: bool) -> Planned:
    going = plan.cancelled is None
    return Planned(
        plan=plan,
        is_new=is_new,
        others=await store.others_there(tx, plan) if going else (),
        elsewhere=await store.elsewhere(tx, plan) if going and plan.kind == "meeting_attendance" else (),
    )


def _place(plan: Plan) -> Place:
    return Place(committee_id=plan.committee_id, person_ids=frozenset({plan.person_id}))


def _taken(standing: Plan | None) -> Conflict:
    version = standing.version if standing else 0
    return Conflict(
        f"Kế hoạch đang ở bản {version}; bản tiếp theo phải là {version + 1}.",
        f"The plan stands at version {version}; the next one is {version + 1}.",
    )
