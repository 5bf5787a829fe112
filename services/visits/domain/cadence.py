"""How often a member goes out, and how often the committee asks for it.

Quotas are dated data, never constants: the same article that tells of one meeting a quarter raises it to
one a month. The quota of a period is the one in force on its first day, and it is owed by who sits on the
committee on that day. Nothing is owed for a period of which every month is excused. Months and quarters are
those of Viet Nam. feedback counts by the same rule for the committee's grid, from the facts that are told to
it; `tests/system/test_grid.py` holds the two together.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.contracts.visits import Period, VisitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At least `min_count` visits of one kind in every period, from `valid_from` on."""

    kind: VisitKind
    period: Period
    min_count: int
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A time on the committee; open ends are None."""

    first: date | None
    last: date | None

    def holds_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What was done and what was owed in one period."""

    period: Period
    first: date
    last: date
    done: int
    required: int


FIRST_QUOTAS: Final = (
    Quota(kind=VisitKind.FIELD_TRIP, period=Period.MONTH, min_count=1, valid_from=date(1990, 1, 1)),
    Quota(kind=VisitKind.MEETING_ATTENDANCE, period=Period.QUARTER, min_count=1, valid_from=date(1990, 1, 1)),
)
"""What a committee starts with: a field trip a month, an attended meeting a quarter."""


def cadence(
    year: int,
    kind: VisitKind,
    *,
    quotas: Iterable[Quota],
    days: Iterable[date],
    memberships: Sequence[Membership],
    excused: Collection[date] = (),
) -> list[Count]:
    """Done and required for each period of the year, given the local days of the visits of this kind.

    `excused`: the first days of the months for which the member is excused.
    """
    by_month = Counter(day.month for day in days if day.year == year)
    counts = []
    for first, quota in _periods(year, kind, sorted(quotas, key=lambda quota: quota.valid_from)):
        months = _months_from(first, quota.period)
        owed = any(membership.holds_on(first) for membership in memberships) and not all(
            date(year, month, 1) in excused for month in months
        )
        counts.append(
            Count(
                period=quota.period,
                first=first,
                last=_last_day(year, months[-1]),
                done=sum(by_month[month] for month in months),
                required=quota.min_count if owed else 0,
            )
        )
    return counts


def _periods(year: int, kind: VisitKind, quotas: Sequence[Quota]) -> Iterator[tuple[date, Quota]]:
    """The periods of the year, each with its quota. A change within a quarter begins with the next period."""
    month = 1
    while month <= 12:
        first = date(year, month, 1)
        quota = _in_force(kind, quotas, first)
        months = _months_from(first, quota.period)
        yield first, quota
        month = months[-1] + 1


def _in_force(kind: VisitKind, quotas: Sequence[Quota], day: date) -> Quota:
    known = [quota for quota in quotas if quota.kind is kind and quota.valid_from <= day]
    return known[-1] if known else _NOTHING_ASKED[kind]


def _months_from(first: date, period: Period) -> range:
    # A quarterly quota that starts in mid-quarter runs to that quarter's end.
    last = first.month if period is Period.MONTH else (first.month + 2) // 3 * 3
    return range(first.month, last + 1)


def _last_day(year: int, month: int) -> date:
    return (date(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)


_NOTHING_ASKED: Final = {
    kind: Quota(kind=kind, period=period, min_count=0, valid_from=date.min)
    for kind, period in (
        (VisitKind.FIELD_TRIP, Period.MONTH),
        (VisitKind.MEETING_ATTENDANCE, Period.QUARTER),
    )
}
