"""Months for which a member is excused, so that nothing is asked of them: whole months, by a reason that is a code."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from shared.contracts.visits import AbsenceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """`first` is the first day of a month, `last` the last day of one, perhaps the same."""

    absence_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    first: date
    last: date
    reason: AbsenceReason
    withdrawn: bool = False


LONGEST: Final = timedelta(days=731)
"""Two years: longer is no absence but the end of a post."""


def whole_months(first: date, last: date) -> bool:
    """Whether the two days begin and end a run of months that is not too long."""
    ends = last.day == monthrange(last.year, last.month)[1]
    return first.day == 1 and ends and first <= last <= first + LONGEST


def excused_months(absences: Iterable[Absence]) -> frozenset[date]:
    """The first day of every month that an absence covers; one that was withdrawn covers none."""
    return frozenset(
        month
        for absence in absences
        if not absence.withdrawn
        for month in _months(absence.first, absence.last)
    )


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)
