"""Evaluation sheets over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.feedback.schemas.reports import PaperOut
from shared.http import Id, Input, Instant

PERIOD = r"^(199\d|20\d\d|2100)(-Q[1-4])?$"
Period = Annotated[str, Field(pattern=PERIOD, max_length=7)]
"""`2026` or `2026-Q3`."""


class SheetIn(Input):
    """The sheet is frozen as it stands; the same id again freezes nothing anew."""

    sheet_id: Id
    period: Period


class SheetLine(BaseModel):
    """A member, and the newest edition of their sheet; None: not frozen yet."""

    person_id: UUID
    full_name: str
    edition: int | None
    frozen_at: Instant | None


class SheetList(BaseModel):
    """Members by name. `over`: the period has ended, and sheets may be frozen."""

    period: str
    over: bool
    sheets: list[SheetLine]


class SheetOut(BaseModel):
    """A sheet as it would be printed; not frozen it is a draft as of now."""

    person_id: UUID
    full_name: str
    period: str
    over: bool
    edition: int | None
    frozen_at: Instant | None
    paper: PaperOut
