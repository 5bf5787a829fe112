"""What was handed over by number, terms, and how long texts stay."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.visits.domain.visit import TransferredKind
from services.visits.schemas.common import WarningOut
from shared.http import Day, Id, Input, Line, broken_rule


class TransferIn(Input):
    """What was handed over: its number in the register, never a word of it."""

    kind: TransferredKind
    register_number: Annotated[
        str, Field(max_length=60, pattern=r"^[0-9]{1,8}(?:[/-][0-9A-Za-zÀ-ỹĐđ.]{1,20}){0,4}$")
    ]
    receiving_office: Annotated[str, Line(120)]
    visit_id: Id | None = None
    transferred_on: Day


class RetentionIn(Input):
    """So many days after the end of the term, from a day on, by a document."""

    days: Annotated[int, Field(ge=1, le=36_600)]
    citation: Annotated[str, Line(300)]
    valid_from: Day


class TermIn(Input):
    """From one congress to the next; both days belong to it."""

    first_day: Day
    last_day: Day
    basis_document: Annotated[str, Line(200)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise broken_rule(
                "ends-before-start",
                vi="Ngày cuối nhiệm kỳ trước ngày đầu.",
                en="The last day lies before the first.",
            )
        return self


class TransferOut(BaseModel):
    """What was handed over."""

    transfer_id: UUID
    kind: TransferredKind
    register_number: str
    receiving_office: str
    visit_id: UUID | None
    transferred_on: Day
    recorded_by: UUID
    warnings: list[WarningOut] = []


class TransferList(BaseModel):
    """The latest first, with how many of each kind."""

    transfers: list[TransferOut]
    counted: dict[TransferredKind, int]


class TermOut(BaseModel):
    """A term; without a committee, the default of the installation."""

    term_id: UUID
    committee_id: UUID | None
    first_day: Day
    last_day: Day
    basis_document: str


class RetentionOut(BaseModel):
    """How long texts stay after the end of the term; without a committee, the default of the installation."""

    policy_id: UUID
    committee_id: UUID | None
    days: int
    citation: str
    valid_from: Day | None


class RetentionList(BaseModel):
    """Everything that says when texts are erased."""

    terms: list[TermOut]
    policies: list[RetentionOut]
