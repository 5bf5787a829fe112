"""How evenly visits fall on cells, and where to go next. Pure arithmetic on counts of cells, never of people.

The curve is that of Lorenz (1905): cells from the least visited up, the share of cells against the share of the
visits they had. The index is Gini's: twice the area between that curve and the line of equal shares.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final
from uuid import UUID

Point = tuple[Fraction, Fraction]

LATELY: Final = 31
"""Days. A difficult cell that somebody was at within the last month waits its turn with the others."""


def curve(counts: Iterable[int]) -> list[Point]:
    """From (0, 0) to (1, 1): the share of cells, the least visited first, and of visits. Empty without a visit."""
    ordered = sorted(counts)
    total = sum(ordered)
    if total == 0:
        return []
    points = [(Fraction(0), Fraction(0))]
    reached = 0
    for place, count in enumerate(ordered, start=1):
        reached += count
        points.append((Fraction(place, len(ordered)), Fraction(reached, total)))
    return points


def concentration(counts: Iterable[int]) -> Fraction:
    """Gini's index: 0 when every cell had as many visits, (n-1)/n when one of n cells had all; 0 without a visit."""
    ordered = sorted(counts)
    total = sum(ordered)
    if total == 0:
        return Fraction(0)
    weighted = sum(place * count for place, count in enumerate(ordered, start=1))
    return Fraction(2 * weighted, len(ordered) * total) - Fraction(len(ordered) + 1, len(ordered))


def share_of_lower(points: Sequence[Point], cells: Fraction) -> Fraction:
    """The share of visits that the least visited `cells` (a share, 0 to 1) had, read off the curve."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= cells <= x1:
            return y0 + (y1 - y0) * (cells - x0) / (x1 - x0)
    return Fraction(0)


class Reason(StrEnum):
    """Why a cell is suggested."""

    DIFFICULT_NEVER = "difficult_never"
    NEVER = "never"
    DIFFICULT = "difficult"
    LONG_AGO = "long_ago"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A cell as far as a suggestion needs it. `last_day`: the newest visit; None when there never was one."""

    unit_id: UUID
    difficult: bool
    last_day: date | None
    planned: bool
    """Whether somebody means to be there on a day that is still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    unit_id: UUID
    reason: Reason


_ORDER: Final = tuple(Reason)


def suggest(cells: Iterable[Visited], today: date, *, most: int) -> list[Suggestion]:
    """Where to go next: difficult and never visited cells first, then the longest ago; none with a plan ahead.

    Cells that are alike keep the order in which they come.
    """
    open_to = [cell for cell in cells if not cell.planned]
    ranked = sorted(open_to, key=lambda cell: (_ORDER.index(_reason(cell, today)), cell.last_day or date.min))
    return [Suggestion(unit_id=cell.unit_id, reason=_reason(cell, today)) for cell in ranked[:most]]


def _reason(cell: Visited, today: date) -> Reason:
    if cell.last_day is None:
        return Reason.DIFFICULT_NEVER if cell.difficult else Reason.NEVER
    if cell.difficult and (today - cell.last_day).days > LATELY:
        return Reason.DIFFICULT
    return Reason.LONG_AGO
