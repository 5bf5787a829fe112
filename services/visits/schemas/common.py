"""What several answers show, and the forms of text that several requests take."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, model_validator

from shared.http import Id, Input, Line, Text, broken_rule

Code = Annotated[str, Line(64)]

FreeText = Annotated[str, Text(10_000, empty=True)]


class WarningOut(BaseModel):
    """Something to look at again; nothing was refused for it."""

    pointer: str
    code: str
    message: str


class UnitName(BaseModel):
    unit_id: UUID
    code: str
    name: str


class PersonName(BaseModel):
    person_id: UUID
    code: str
    full_name: str


class AtUnit(Input):
    """Names a unit of the writer's committee by exactly one of its code and its id."""

    unit_code: Code | None = None
    unit_id: Id | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.unit_code is None) == (self.unit_id is None):
            raise broken_rule(
                "one-unit",
                vi="Ghi đúng một trong hai: unit_code hoặc unit_id.",
                en="Give exactly one of unit_code and unit_id.",
            )
        return self

    @property
    def unit(self) -> UUID | str:
        """The one that was given."""
        return self.unit_id or self.unit_code or ""
