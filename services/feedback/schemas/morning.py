"""The morning page: figures that open their lists, how the weeks before went, whose phone has not sent."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class WeekOut(BaseModel):
    """What fell due from `first` to `last`: done on time, done late, still open. `due` is all of it."""

    first: date
    last: date
    due: int
    on_time: int
    late: int
    open: int


class MorningOut(BaseModel):
    """Counts as of a moment; `last_day` is the last day of what is newly late, `since` the first of the year."""

    as_of: AwareDatetime
    newly_late: int
    last_day: date
    urgent_duties: int
    urgent_issues: int
    unvisited: int
    since: date
    weeks: list[WeekOut]


class UnvisitedLine(BaseModel):
    """A cell, and when somebody of the committee was there last; null: never, as far as is known here."""

    unit_id: UUID
    name: str
    parent_name: str | None
    last_attended: date | None
    last_trip: date | None
    days: int | None
    """Since the later of both; null: never."""


class UnvisitedList(BaseModel):
    """The cells in which no meeting was attended since a day, by name."""

    as_of: AwareDatetime
    since: date
    units: list[UnvisitedLine]


class PhoneSeen(BaseModel):
    """A member and what their phones said last; `seen_at` is null for whoever has used none."""

    person_id: UUID
    full_name: str
    phones: int
    seen_at: AwareDatetime | None
    drafts: int
    unsent: int
    oldest_unsent_at: AwareDatetime | None


class FreshnessOut(BaseModel):
    """Every member in post, by name, as of a moment. Phones tell of themselves once an hour at most."""

    as_of: AwareDatetime
    members: list[PhoneSeen]
