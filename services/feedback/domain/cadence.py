"""How often each member was asked to go out, how often they went, and how each period of the year stands.

The rule is that of visits, counted here from the facts it tells: the quota of a period is the one in force on
its first day, it is owed by who sits on the committee on that day, and a period of which every month is
excused asks for nothing. No figure puts members in an order: each is measured against the quota alone, and how
visits spread over all of them is told without anybody's name.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median

from shared.contracts.visits import Period, Role, VisitKind

MEMBERS = (Role.COMMITTEE_MEMBER, Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE)
"""Whose posts carry the quota."""


class Standing(StrEnum):
    """How a period stands for a member, as of a day.

    `done`: as many visits as were asked. `excused`: fewer, and every month of it is excused. `late`: the period
    is over and they were not reached. `not_yet`: it is running. `ahead`: it has not begun. `not_asked`: nothing
    is asked of this person in it.
    """

    DONE = "done"
    LATE = "late"
    EXCUSED = "excused"
    NOT_YET = "not_yet"
    AHEAD = "ahead"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At least `min_count` visits of one kind in every period, from `valid_from` on."""

    kind: VisitKind
    period: Period
    min_count: int
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A period of the year with the quota in force on its first day; `last` is its last day."""

    kind: VisitKind
    period: Period
    first: date
    last: date
    asked: int

    @property
    def months(self) -> list[date]:
        """The first day of each of its months."""
        return [date(self.first.year, month, 1) for month in range(self.first.month, self.last.month + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A time on the committee; open ends are None."""

    first: date | None
    last: date | None

    def holds_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one member did in one span, against what was required of them in it."""

    span: Span
    done: int
    required: int
    standing: Standing


def spans(year: int, kind: VisitKind, quotas: Iterable[Quota]) -> list[Span]:
    """The periods of a year for one kind of visit. A quota that changes within one begins with the next."""
    return list(_spans(year, kind, sorted(quotas, key=lambda quota: quota.valid_from)))


def _spans(year: int, kind: VisitKind, quotas: Sequence[Quota]) -> Iterator[Span]:
    month = 1
    while month <= 12:
        first = date(year, month, 1)
        quota = next((q for q in reversed(quotas) if q.kind is kind and q.valid_from <= first), None)
        fallback = Period.MONTH if kind is VisitKind.FIELD_TRIP else Period.QUARTER
        period = quota.period if quota else fallback
        # A quarterly quota that starts in mid-quarter runs to that quarter's end.
        end = month if period is Period.MONTH else (month + 2) // 3 * 3
        yield Span(
            kind=kind,
            period=period,
            first=first,
            last=date(year + end // 12, end % 12 + 1, 1) - timedelta(days=1),
            asked=quota.min_count if quota else 0,
        )
        month = end + 1


def row(
    over: Iterable[Span],
    *,
    days: Iterable[date],
    memberships: Sequence[Membership],
    excused: Collection[date],
    today: date,
) -> list[Cell]:
    """One member's cells, given the local days of their visits of this kind and the excused months' first days."""
    by_month = Counter(day.replace(day=1) for day in days)
    return [_cell(span, by_month, memberships, excused, today) for span in over]


def _cell(
    span: Span,
    by_month: Counter[date],
    memberships: Sequence[Membership],
    excused: Collection[date],
    today: date,
) -> Cell:
    done = sum(by_month[month] for month in span.months)
    asked = span.asked if any(each.holds_on(span.first) for each in memberships) else 0
    is_excused = all(month in excused for month in span.months)
    return Cell(
        span=span,
        done=done,
        required=0 if is_excused else asked,
        standing=_standing(span, done, asked, today, is_excused=is_excused),
    )


def _standing(span: Span, done: int, asked: int, today: date, *, is_excused: bool) -> Standing:
    if asked == 0:
        return Standing.NOT_ASKED
    if done >= asked:
        return Standing.DONE
    if is_excused:
        return Standing.EXCUSED
    if span.last < today:
        return Standing.LATE
    return Standing.NOT_YET if span.first <= today else Standing.AHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How often members went in a year, of those of whom something was asked. An average alone hides the few.

    `times`: for each number of visits how many members made it, the fewest visits first. `beyond`: members who
    made more than was asked of them in the whole year. `median` is None where nobody was asked.
    """

    median: float | None
    times: tuple[tuple[int, int], ...]
    beyond: int


def spread(lines: Iterable[Sequence[Cell]]) -> Spread:
    """The spread over members, given each one's cells of one kind of visit."""
    totals = [
        (sum(cell.done for cell in cells), sum(cell.required for cell in cells))
        for cells in lines
        if any(cell.standing is not Standing.NOT_ASKED for cell in cells)
    ]
    counts = [done for done, _ in totals]
    return Spread(
        median=float(median(counts)) if counts else None,
        times=tuple(sorted(Counter(counts).items())),
        beyond=sum(done > required for done, required in totals),
    )


def months_between(first: date, last: date) -> list[date]:
    """The first day of each month that these days touch."""
    months = [first.replace(day=1)]
    while (following := (months[-1] + timedelta(days=32)).replace(day=1)) <= last:
        months.append(following)
    return months
