"""Units, bodies, people, posts, assignments and quotas, as the office writes them and as they are shown."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.visits.handlers import AssignedDuty
from services.visits.schemas.common import Code, PersonName, UnitName
from shared.contracts.visits import AbsenceReason, IssueField, Period, Role, VisitKind
from shared.http import Day, Id, Input, Line


class UnitIn(Input):
    """A unit as it is from `effective_on` on."""

    code: Code
    name: Annotated[str, Line(300)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    parent_code: Code | None = None
    cell_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    attention: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    recognition: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    effective_on: Day | None = None


class SuccessionIn(Input):
    """A merger (many give way to one), a division (one to many), or both."""

    predecessors: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    successors: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    effective_on: Day
    basis_document: Annotated[str, Line(200)]


class BodyIn(Input):
    """A body of the committee; `valid_to` is its last day, the successors take over after it."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    name: Annotated[str, Line(200)]
    valid_from: Day | None = None
    valid_to: Day | None = None
    successor_ids: Annotated[tuple[Id, ...], Field(max_length=20)] = ()


class PostIn(Input):
    """A dated post; without an id it is known by its role, unit and first day.

    `body` is the code of the committee's body in which the person sits; empty for a post at the unit itself.
    `serves` are the ids of the members for whom an assistant records, while the post is held.
    """

    id: Id | None = None
    role: Role
    body: Annotated[str, Line(40, empty=True)] = ""
    title: Annotated[str, Line(200)]
    unit_code: Code
    valid_from: Day | None = None
    valid_to: Day | None = None
    serves: Annotated[tuple[Id, ...], Field(max_length=20)] = ()


class PersonIn(Input):
    """A person with all posts, past and present."""

    code: Code
    full_name: Annotated[str, Line(200)]
    email: Annotated[str, Line(254), Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    portfolios: tuple[IssueField, ...] = ()
    posts: Annotated[tuple[PostIn, ...], Field(max_length=50)] = ()


class AssignmentIn(Input):
    person_code: Code
    unit_code: Code
    duty: AssignedDuty
    valid_from: Day
    valid_to: Day | None = None
    basis_document: Annotated[str, Line(200)]


class QuotaIn(Input):
    """At least so many visits of a kind in each period, from a day on."""

    kind: VisitKind
    period: Period
    min_count: Annotated[int, Field(ge=0, le=100)]
    valid_from: Day
    basis_document: Annotated[str, Line(200)]


class ReachIn(Input):
    """The deepest level under the committee to which a body, or everybody, may be asked to go, from a day on."""

    body: Code | None = None
    deepest: Annotated[int, Field(ge=0, le=9)]
    valid_from: Day
    basis_document: Annotated[str, Line(200)]


class AbsenceIn(Input):
    """A member is excused for whole months, `first` to `last`; `withdrawn` takes it back."""

    person_id: Id
    first: Day
    last: Day
    reason: AbsenceReason
    withdrawn: bool = False


class AbsenceOut(BaseModel):
    absence_id: UUID
    version: int
    person_id: UUID
    first: Day
    last: Day
    reason: AbsenceReason
    withdrawn: bool


class AbsenceList(BaseModel):
    absences: list[AbsenceOut]


class EveningIn(Input):
    """In `month`, named by its first day, all cells meet on `day`; `withdrawn` takes it back."""

    month: Day
    day: Day
    withdrawn: bool = False


class EveningOut(BaseModel):
    evening_id: UUID
    version: int
    month: Day
    day: Day
    withdrawn: bool


class EveningList(BaseModel):
    evenings: list[EveningOut]


class ServedOut(PersonName):
    """A member whom one serves, with what they may settle on the spot."""

    portfolios: list[str]


class ServedList(BaseModel):
    members: list[ServedOut]


class PostOut(BaseModel):
    post_id: UUID
    role: Role
    body: str
    title: str
    unit_id: UUID
    valid_from: Day | None
    valid_to: Day | None
    serves: list[UUID]


class PersonOut(BaseModel):
    person_id: UUID
    version: int
    code: str
    full_name: str
    email: str | None
    portfolios: list[str]
    posts: list[PostOut]


class PersonList(BaseModel):
    people: list[PersonOut]
    next_cursor: str | None


class MeOut(PersonOut):
    committee: UnitName
    roles: list[Role]


class UnitOut(BaseModel):
    unit_id: UUID
    version: int
    code: str
    name: str
    kind: str
    parent_id: UUID | None
    cell_type: str | None
    attention: str | None
    recognition: str | None
    valid_from: Day | None
    valid_to: Day | None
    successor_ids: list[UUID]


class UnitList(BaseModel):
    units: list[UnitOut]
    next_cursor: str | None


class BodyOut(BaseModel):
    body_id: UUID
    version: int
    code: str
    name: str
    valid_from: Day | None
    valid_to: Day | None
    successor_ids: list[UUID]


class BodyList(BaseModel):
    bodies: list[BodyOut]


class SuccessionOut(BaseModel):
    succession_id: UUID
    status: Literal["recorded"] = "recorded"


class AssignmentOut(BaseModel):
    assignment_id: UUID
    version: int
    person_id: UUID
    unit_id: UUID
    duty: AssignedDuty
    valid_from: Day
    valid_to: Day | None
    basis_document: str


class AssignmentList(BaseModel):
    assignments: list[AssignmentOut]


class QuotaOut(BaseModel):
    quota_id: UUID
    kind: VisitKind
    period: Period
    min_count: int
    valid_from: Day
    basis_document: str


class QuotaList(BaseModel):
    quotas: list[QuotaOut]


class ReachOut(BaseModel):
    reach_id: UUID
    body: str | None
    deepest: int
    valid_from: Day
    basis_document: str


class ReachList(BaseModel):
    reaches: list[ReachOut]
