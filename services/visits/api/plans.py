"""Plans over HTTP: made and changed by a member or by the office; read by whoever may read the visits."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.visits import handlers
from services.visits.domain.plans import Plan
from services.visits.handlers import Planned
from services.visits.schemas.common import UnitName, WarningOut
from services.visits.schemas.member import PlanIn, PlanList, PlanOut
from services.visits.views import plans as views
from services.visits.views.plans import Shown
from shared.access import RULES, Principal, allow
from shared.http import Day, json_body
from shared.http.problems import wants_vietnamese
from shared.uow import Database, UnitOfWork

Planner = Annotated[Principal, Depends(allow(RULES.make_plans))]
Reader = Annotated[Principal, Depends(allow(RULES.read_visits))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["plans"])

    @router.put("/plans/{plan_id}", status_code=201, responses={200: {"model": PlanOut}})
    async def put_plan(
        request: Request,
        principal: Planner,
        plan_id: UUID,
        body: Annotated[PlanIn, Depends(json_body(PlanIn))],
        response: Response,
    ) -> PlanOut:
        """Plan a visit, move it, or say why it does not take place. Others there on that day are told of."""
        wanted = Plan(
            plan_id=plan_id,
            version=body.version,
            committee_id=principal.committee_id,
            person_id=body.person_id or principal.person_id,
            unit_id=body.unit_id,
            kind=body.kind,
            day=body.day,
            cancelled=body.cancelled,
        )

        async def put(tx: UnitOfWork) -> tuple[Planned, Shown]:
            planned = await handlers.put_plan(wanted, principal, tx)
            return planned, await views.shown(tx, planned.plan)

        planned, shown = await database.run(put)
        response.status_code = 201 if planned.is_new else 200
        vietnamese = wants_vietnamese(request.headers.get("accept-language"))
        return plan_out(shown, warnings=_warnings(planned, vietnamese=vietnamese))

    @router.get("/plans")
    async def list_plans(
        principal: Reader,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
        person_id: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> PlanList:
        """Who means to go where, and what became of it, the earliest day first."""
        reach = RULES.read_visits.reach(principal)
        async with database.read() as tx:
            found = await views.plans(tx, reach, first=first, last=last, person_id=person_id, limit=limit)
        return PlanList(plans=[plan_out(each) for each in found])

    return router


def plan_out(shown: Shown, *, warnings: list[WarningOut] | None = None) -> PlanOut:
    plan: Any = shown.plan
    return PlanOut(
        **{name: getattr(plan, name) for name in ("plan_id", "version", "person_id", "kind", "day")},
        cancelled=shown.reason,
        person_name=shown.person_name,
        unit=UnitName(unit_id=plan.unit_id, code=shown.unit_code, name=shown.unit_name),
        state=shown.state,
        visit_id=shown.visit_id,
        warnings=warnings or [],
    )


def _warnings(planned: Planned, *, vietnamese: bool) -> list[WarningOut]:
    others = ", ".join(each.full_name for each in planned.others)
    places = ", ".join(each.unit_name for each in planned.elsewhere)
    found = []
    if others:
        message = (
            f"Cùng ngày ở đơn vị này đã có: {others}. Đồng chí cân nhắc đổi ngày hoặc đơn vị."
            if vietnamese
            else f"Also there on that day: {others}. Consider another day or unit."
        )
        found.append(WarningOut(pointer="/day", code="others-there", message=message))
    if places:
        message = (
            f"Cùng tối hôm đó đồng chí đã có lịch ở: {places}. Một tối chỉ dự được một chi bộ."
            if vietnamese
            else f"On that evening already planned at: {places}. One evening is one cell."
        )
        found.append(WarningOut(pointer="/day", code="elsewhere", message=message))
    return found
