"""Calendar revisions, their preview, and the dated policy."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.feedback.domain.calendar import Kind
from services.feedback.domain.policy import Rule
from services.feedback.domain.revision import Direction, Lateness
from services.feedback.domain.terms import Standing
from services.feedback.schemas.common import Days
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind
from shared.http import Day, Input, Line


class CalendarDayIn(Input):
    """A day that is off although a weekday, or worked although a day off."""

    date: Day
    off: bool
    kind: Kind
    vi: Annotated[str, Line(200)]
    en: Annotated[str, Line(200)]


class RevisionIn(Input):
    """Days that a notice decided, the open questions it settles, the years now reviewed row by row."""

    notice: Annotated[str, Line(200)]
    decided_on: Day
    days: Annotated[tuple[CalendarDayIn, ...], Field(max_length=400)] = ()
    settles: Annotated[tuple[Annotated[str, Line(60)], ...], Field(max_length=50)] = ()
    reviewed_years: Annotated[tuple[Annotated[int, Field(ge=2000, le=2100)], ...], Field(max_length=101)] = ()


class ApprovalIn(Input):
    """Later due dates move by themselves; earlier ones only when this is confirmed."""

    confirm_earlier: bool = False


def _of_what_is_urgent(says: dict[str, Any]) -> str | None:
    """Whoever says nothing else passes urgent matters on to the Ban Thường vụ."""
    return "standing_committee" if says.get("kind") is DutyKind.FORWARD else None


class PolicyIn(Input):
    """A dated decision of the committee, naming its document.

    `owed_to` and `urgent_owed_to` are codes of the committee's bodies, or `party_cell` for the cell visited;
    without `urgent_owed_to` the same body receives what is urgent, but for forwarding `standing_committee`.
    """

    kind: DutyKind
    visit_kind: VisitKind | None = None
    rule: Rule
    days: Days
    owed_to: Annotated[str, Line(100)]
    urgent_owed_to: Annotated[str, Line(100)] | None = Field(default_factory=_of_what_is_urgent)
    citation: Annotated[str, Line(300)]
    extensions_allowed: Annotated[int, Field(ge=0, le=10)] = 2
    valid_from: Day
    valid_to: Day | None = None


class RevisionOut(BaseModel):
    """A calendar revision: a draft until approved, then unchangeable. People are those of one's own committee."""

    number: int
    status: str
    notice: str
    proposed_by: UUID | None
    proposed_by_name: str | None
    proposed_at: AwareDatetime | None
    approved_by: UUID | None
    approved_by_name: str | None
    approved_at: AwareDatetime | None
    earlier_confirmed_at: AwareDatetime | None
    document: dict[str, Any]


class ShiftOut(BaseModel):
    """Open duties that a revision moves together: they share all that their due dates hang on."""

    anchor: date
    rule: Rule
    days: int
    extensions: list[int]
    calendar_revision: int
    duties: int
    from_due_at: AwareDatetime
    to_due_at: AwareDatetime
    provisional: bool
    direction: Direction
    lateness: Lateness


class PreviewOut(BaseModel):
    """What a revision would do now: how many duties, and which dates."""

    moving_later: int
    moving_earlier: int
    settled: int
    starting_to_be_late: int
    stopping_to_be_late: int
    shifts: list[ShiftOut]


class PolicyOut(BaseModel):
    """A policy on record; one without a committee is the default of the installation.

    `standing` is of today; the names are those that the committee's bodies bear.
    """

    policy_id: UUID
    committee_id: UUID | None
    kind: DutyKind
    visit_kind: VisitKind | None
    rule: Rule
    days: int
    owed_to: str
    owed_to_name: str | None
    urgent_owed_to: str | None
    urgent_owed_to_name: str | None
    citation: str
    extensions_allowed: int
    valid_from: date | None
    valid_to: date | None
    standing: Standing
