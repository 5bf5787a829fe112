"""The period of an evaluation sheet, and what a sheet is made of: facts, each with what it is measured against.

A sheet is made for a quarter (Quy định 366-QĐ/TW) or a year. It holds no total over members, no points and no place
among others: a member is measured against what was asked of them, and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.feedback.domain.cadence import Standing
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import AbsenceReason, Period, VisitKind

METHOD = 2
"""How sheets are reckoned today. Whoever changes what is counted, or how, takes the next number."""
_WRITTEN = re.compile(r"(19[9]\d|20\d\d|2100)(?:-Q([1-4]))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A span of the quota: visits made, and how many were required of this member."""

    kind: VisitKind
    period: Period
    first: date
    done: int
    required: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The duties of one kind that began in the period, by what had become of them."""

    kind: DutyKind
    on_time: int
    late: int
    missing_overdue: int
    missing_not_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """A visit of the period: the evidence behind what is counted."""

    visit_id: UUID
    kind: VisitKind
    started_at: datetime
    unit_name: str | None
    assigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Excused:
    """A month of which nothing was asked, by its first day."""

    month: date
    reason: AbsenceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Commended:
    """A commendation of the member that was decided in the period and stands."""

    commendation_id: UUID
    decided_on: date
    reason: str
    deciding_body: str
    document_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sheet says, as known at `as_of`."""

    as_of: datetime
    full_name: str
    asked: Sequence[Asked]
    kept: Sequence[Kept]
    excused: Sequence[Excused]
    visits: Sequence[Went]
    commended: Sequence[Commended] | None = None
    """None on a sheet of method 1, which told nothing of commendations."""


def days_of(period: str) -> tuple[date, date]:
    """First and last day of `2026` or `2026-Q3`. Raises ValueError."""
    found = _WRITTEN.fullmatch(period)
    if found is None:
        raise ValueError(period)
    year, quarter = int(found[1]), found[2]
    if quarter is None:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(quarter) * 3
    return date(year, month - 2, 1), date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
