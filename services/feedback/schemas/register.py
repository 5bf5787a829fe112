"""What somebody does with a choice of the register: keeps it under a name, asks for the duties in it."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.feedback.domain.duty import Status
from services.feedback.schemas.common import WarningOut
from services.feedback.store.chases import Skipped
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import IssueField, Urgency
from shared.http import Day, Id, Input, Line

MOST_CHASED = 200


class ChoiceIn(Input):
    """A choice of the register, as its query takes it."""

    status: Annotated[
        tuple[Annotated[Status, Field(strict=False)], ...], Field(max_length=5, strict=False)
    ] = ()
    kind: Annotated[
        tuple[Annotated[DutyKind, Field(strict=False)], ...], Field(max_length=4, strict=False)
    ] = ()
    owner: Id | None = None
    unit: Id | None = None
    field: Annotated[IssueField, Field(strict=False)] | None = None
    urgency: Annotated[Urgency, Field(strict=False)] | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    restricted: bool = True
    q: Annotated[str, Line(100, empty=True)] = ""


class SavedViewIn(Input):
    """A choice and the name under which it is kept."""

    name: Annotated[str, Line(100)]
    choice: ChoiceIn


class SavedViewOut(BaseModel):
    """A choice kept under a name."""

    view_id: UUID
    name: str
    choice: ChoiceIn
    saved_at: AwareDatetime


class SavedViewList(BaseModel):
    """One's own, in the order in which they were first saved."""

    views: list[SavedViewOut]


class ChaseIn(Input):
    """The late duties that are asked for, and one sentence to their owners."""

    duty_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_CHASED)]
    note: Annotated[str, Line(300, empty=True)] = ""


class PassedOver(BaseModel):
    """A duty that nobody is told of: not late, or asked for within the last 24 hours."""

    duty_id: UUID
    why: Skipped


class ChaseOut(BaseModel):
    """What became of a chase; the same whenever it is sent again."""

    chase_id: UUID
    chased_at: AwareDatetime
    chased: list[UUID]
    skipped: list[PassedOver]
    warnings: list[WarningOut] = []
