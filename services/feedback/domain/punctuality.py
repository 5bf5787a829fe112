"""How much was done in time, measured against everything that fell due, and never against what was closed.

A share of closed duties only flatters: whoever never answers is not in it, and the late ones come into it late.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One duty: its last day, when that had passed, and when it was done, if it was."""

    last_day: date
    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The duties whose last day lies from `first` to `last`; those that are still open are among what fell due."""

    first: date
    last: date
    on_time: int
    late: int
    open: int

    @property
    def due(self) -> int:
        """The denominator."""
        return self.on_time + self.late + self.open


def cohorts(duties: Iterable[Owed], weeks: int, today: date, as_of: datetime) -> list[Cohort]:
    """The last whole weeks, Monday to Sunday, by what fell due in them; as known at `as_of`, the oldest first."""
    monday = today - timedelta(days=today.weekday())
    starts = [monday - WEEK * back for back in range(weeks, -1, -1)]
    counts = {first: [0, 0, 0] for first in starts[:-1]}
    for each in duties:
        first = each.last_day - timedelta(days=each.last_day.weekday())
        if first in counts and each.due_at <= as_of:
            counts[first][_fate(each, as_of)] += 1
    return [
        Cohort(
            first=first,
            last=after - timedelta(days=1),
            on_time=counts[first][0],
            late=counts[first][1],
            open=counts[first][2],
        )
        for first, after in pairwise(starts)
    ]


def _fate(duty: Owed, as_of: datetime) -> int:
    if duty.done_at is None or duty.done_at > as_of:
        return 2
    return 0 if duty.done_at < duty.due_at else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """On time of what fell due, in thousandths: what is known, and between what the truth lies.

    All three are None when nothing fell due and nothing is on its way.
    """

    on_time: int
    due: int
    unsent: int
    known: int | None
    low: int | None
    high: int | None


def share(on_time: int, due: int, still_open: int, unsent: int) -> Share:
    """The share with what phones have not sent yet, of which each may turn out on time or late.

    Something unsent either is about what is not known here at all, and adds to what fell due; or it closes one
    of the `still_open` ones. At worst all of it is new and late. At best it is all on time, and closes as many
    of the open ones as there are.
    """
    closing = min(unsent, still_open)
    return Share(
        on_time=on_time,
        due=due,
        unsent=unsent,
        known=_thousandths(on_time, due, up=False),
        low=_thousandths(on_time, due + unsent, up=False),
        high=_thousandths(on_time + unsent, due + unsent - closing, up=unsent > 0),
    )


def _thousandths(part: int, whole: int, *, up: bool) -> int | None:
    if whole == 0:
        return None
    return -(-part * 1000 // whole) if up else part * 1000 // whole
