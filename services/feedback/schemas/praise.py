"""Commendations and good practices over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, model_validator

from services.feedback.schemas.common import WarningOut
from services.feedback.views.filters import Named
from services.feedback.views.praise import PraiseKind
from shared.http import Day, Id, Input, Instant, Line, Text, broken_rule


class CommendationIn(Input):
    """Of a unit or of a member, one of the two; decided by whom, by which document if there was one, on which day."""

    unit_id: Id | None = None
    person_id: Id | None = None
    reason: Annotated[str, Text(2000)]
    deciding_body: Annotated[str, Line(200)]
    document_number: Annotated[str, Line(100, empty=True)] = ""
    decided_on: Day

    @model_validator(mode="after")
    def _one_subject(self) -> "CommendationIn":
        if (self.unit_id is None) == (self.person_id is None):
            raise broken_rule(
                "one-subject",
                vi="Chọn một đơn vị hoặc một đồng chí.",
                en="Choose one unit or one member.",
            )
        return self


class RevocationIn(Input):
    """Why a commendation is taken back."""

    reason: Annotated[str, Text(2000)]


class GoodPracticeIn(Input):
    """What was done, at which unit; the visit or the matter it came from, one of the two at most."""

    unit_id: Id
    title: Annotated[str, Line(200)]
    body: Annotated[str, Text(4000)]
    visit_id: Id | None = None
    issue_id: Id | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "GoodPracticeIn":
        if self.visit_id is not None and self.issue_id is not None:
            raise broken_rule(
                "one-origin",
                vi="Chỉ ghi chuyến đi hoặc ý kiến, không ghi cả hai.",
                en="Name the visit or the matter, not both.",
            )
        return self


class PraiseOut(BaseModel):
    """A commendation, or a good practice as its newest version has it.

    `day` is that of the decision, or the local day on which the practice was recorded first. `visit_id` and
    `issue_id` are told to whoever may read that visit. `revoked_at`: the commendation stands no longer.
    """

    kind: PraiseKind
    id: UUID
    day: date
    unit_id: UUID | None
    unit_name: str | None
    person_id: UUID | None
    person_name: str | None
    title: str
    text: str
    deciding_body: str
    document_number: str
    recorded_by_name: str | None
    recorded_at: Instant
    version: int
    changed_at: Instant
    visit_id: UUID | None
    issue_id: UUID | None
    revoked_at: Instant | None
    revocation: str | None
    warnings: list[WarningOut] = []


class PraisePage(BaseModel):
    """The newest first; `total` counts what the filters let through."""

    entries: list[PraiseOut]
    total: int


class PracticeVersion(BaseModel):
    """A version as it was written."""

    version: int
    unit_id: UUID
    unit_name: str | None
    title: str
    body: str
    recorded_by_name: str | None
    recorded_at: Instant


class PracticeHistory(BaseModel):
    """Every version of one good practice, the newest first."""

    practice_id: UUID
    versions: list[PracticeVersion]


class PraiseNames(BaseModel):
    """Units that stand today and members of today and before, by name: what can be chosen."""

    units: list[Named]
    members: list[Named]
