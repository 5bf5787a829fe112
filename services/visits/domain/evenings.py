"""The evening on which all cells meet: the third of a month, or the day that the committee names for that month.

The third is that of Directive 50-CT/TW of 23/7/2025; Tết, a storm or an election move it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

UNIFORM_DAY: Final = 3
FARTHEST: Final = timedelta(days=15)
"""A meeting that is farther from its month is that of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """`month` is the first day of the month whose meetings are moved to `day`."""

    evening_id: UUID
    version: int
    committee_id: UUID
    month: date
    day: date
    withdrawn: bool = False


def near_its_month(month: date, day: date) -> bool:
    """Whether the day can be that of this month's meetings: within it, or a few days beside it."""
    return month.day == 1 and month - FARTHEST <= day < _following(month) + FARTHEST


def next_evening(today: date, moved: Mapping[date, date]) -> date:
    """The evening on which cells meet next, today included. `moved`: by the first day of a month its own evening."""
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    days = []
    for _ in range(4):
        days.append(moved.get(month, month.replace(day=UNIFORM_DAY)))
        month = _following(month)
    return min(day for day in days if day >= today)


def _following(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
