"""One group of a preview, as the query says it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Query

from services.feedback.domain.policy import MOST_DAYS, Rule
from services.feedback.views.filters import DueGroup
from shared.http import Day, Instant

Extensions = Annotated[list[Annotated[int, Query(ge=1, le=MOST_DAYS)]], Query(max_length=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOf:
    """What a preview says of a group: `from_due_at` there is `due_at` here."""

    anchor: Day
    rule: Rule
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)]
    due_at: Instant
    calendar_revision: Annotated[int, Query(ge=1, le=1_000_000)]
    extensions: Extensions = ()  # type: ignore[assignment]  # FastAPI makes a list of it

    def key(self) -> DueGroup:
        anchor: date = self.anchor
        return DueGroup(
            anchor=anchor,
            rule=self.rule,
            days=self.days,
            due_at=self.due_at,
            calendar_revision=self.calendar_revision,
            extensions=tuple(self.extensions),
        )
