"""A member's own: duties, cadence, plans, and objections to their record."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.visits.domain.plans import State
from services.visits.domain.unheld import UnheldReason
from services.visits.schemas.common import UnitName, WarningOut
from shared.contracts.visits import Period, Urgency, VisitKind
from shared.http import Day, Id, Input, Instant, Text


class PlanIn(Input):
    """Where somebody means to go: oneself, or, said by the office, a member. `version` is one above what stands."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1
    person_id: Id | None = None
    unit_id: Id
    kind: VisitKind
    day: Day
    cancelled: UnheldReason | None = None


class ObjectionIn(Input):
    """What one says to one's own record of a month (2026-11), a quarter (2026-Q4) or a year (2026)."""

    period: Annotated[str, Field(pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2])|-Q[1-4])?$")]
    text: Annotated[str, Text(5_000)]


class DutyOut(BaseModel):
    """One's own duty, as feedback told it last."""

    duty_id: UUID
    kind: str
    visit_id: UUID
    issue_id: UUID | None
    unit: UnitName | None
    urgency: Urgency
    due_at: Instant
    first_due_at: Instant
    provisional: bool
    closed_at: Instant | None
    closure: str | None
    late: bool


class DutyList(BaseModel):
    duties: list[DutyOut]


class CountOut(BaseModel):
    period: Period
    first: Day
    last: Day
    done: int
    required: int


class CadenceOut(BaseModel):
    """Done and required in every month or quarter of a year."""

    year: int
    field_trip: list[CountOut]
    meeting_attendance: list[CountOut]


class PlanOut(BaseModel):
    """A plan and what became of it; `to_log` stays until the visit is recorded or the plan cancelled."""

    plan_id: UUID
    version: int
    person_id: UUID
    person_name: str
    unit: UnitName
    kind: VisitKind
    day: Day
    cancelled: UnheldReason | None
    state: State
    visit_id: UUID | None
    warnings: list[WarningOut] = []


class PlanList(BaseModel):
    plans: list[PlanOut]


class ObjectionOut(BaseModel):
    objection_id: UUID
    person_id: UUID
    period: str
    text: str
    made_at: Instant
    warnings: list[WarningOut] = []


class ObjectionList(BaseModel):
    objections: list[ObjectionOut]
