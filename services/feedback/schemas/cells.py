"""The answer card of a cell."""

from uuid import UUID

from pydantic import BaseModel

from services.feedback.views.issues import IssueState
from shared.http import Day


class CardAnswer(BaseModel):
    """One agency and what it said, if it has."""

    agency_name: str | None
    answered_on: Day | None
    number: str | None
    summary: str | None


class CardLine(BaseModel):
    """One matter of the cell. `days` runs from the day it was raised to its last answer, or to today."""

    issue_id: UUID
    raised_on: Day
    kind: str | None
    field: str | None
    title: str | None
    urgency: str
    state: IssueState
    days: int
    answers: list[CardAnswer]
    replied_on: Day | None
    reply_summary: str | None
    reopened_because: str | None


class CardOut(BaseModel):
    """The answer card of one cell: what it raised, who answered, in how many days, what is still open."""

    unit_id: UUID
    unit_name: str
    today: Day
    since: Day
    lines: list[CardLine]
