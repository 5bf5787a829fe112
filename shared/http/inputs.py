"""What a request may say: strict models that take nothing on trust.

A field that is not declared is refused, a number is not a text, and every text comes out in its one form
(NFC, trimmed) or is refused with the rule it breaks. Instants come out in UTC, so that the same moment
written twice is the same value.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.text import flaw, tidy


class Input(BaseModel):
    """The base of everything that is read from a request."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Text:
    """`Annotated[str, Text(2000)]`: up to so many code points, visible, without control characters."""

    def __init__(self, limit: int, *, empty: bool = False) -> None:
        self._limit = limit
        self._empty = empty

    def read(self, value: str) -> str:
        """The text in its one form. Raises with the rule it breaks."""
        if self._empty and not value.strip():
            return ""
        if broken := flaw(value, limit=self._limit):
            raise PydanticCustomError(broken.value, "the text cannot be stored", {"max_length": self._limit})
        return tidy(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "minLength": 0 if self._empty else 1, "maxLength": self._limit}


class Line(Text):
    """`Annotated[str, Line(200)]`: a text on a single line."""

    def read(self, value: str) -> str:
        text = super().read(value)
        if "\n" in text or "\t" in text:
            raise PydanticCustomError("line-break", "the text must be a single line")
        return text


def broken_rule(rule: str, *, vi: str, en: str) -> PydanticCustomError:
    """What a validator of an input model raises: a stable name of the rule and what to tell people."""
    return PydanticCustomError(rule, "{en}", {"vi": vi, "en": en})


def _written_instant(value: object) -> object:
    """Refuse bare numbers, quoted or not, which pydantic would take for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("datetime_type", "not an RFC 3339 instant")


def _written_day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and value[4:5] == "-" and len(value) == 10):
        return value
    raise PydanticCustomError("date_type", "not an RFC 3339 date")


def _of_our_time(value: date) -> None:
    if not 1990 <= value.year <= 2100:
        raise PydanticCustomError("year-range", "the year must lie between 1990 and 2100")


def _utc(value: datetime) -> datetime:
    _of_our_time(value)
    return value.astimezone(UTC)


def _day(value: date) -> date:
    _of_our_time(value)
    return value


Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_written_instant), AfterValidator(_utc)
]
"""An instant with its zone, written `2026-11-22T08:00:00+07:00`; in UTC once read."""

Day = Annotated[date, Field(strict=False), BeforeValidator(_written_day), AfterValidator(_day)]
"""A calendar date, written `2026-11-22`."""

Id = UUID
"""An identifier minted where the thing began, upper or lower case alike."""
