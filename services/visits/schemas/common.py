"""What several answers show, and the forms of text that several requests take."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel

from shared.http import Line, Text

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
