"""How evenly visits fall on cells, and where to go next: arithmetic that holds for any counts."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.coverage import Reason, Visited, concentration, curve, share_of_lower, suggest

TODAY = date(2026, 11, 22)
COUNTS = st.lists(st.integers(0, 500), min_size=1, max_size=60)


@given(counts=COUNTS, times=st.integers(1, 9), seed=st.randoms(use_true_random=False))
def test_the_index_knows_neither_order_nor_scale_and_keeps_its_bounds(
    counts: list[int], times: int, seed: object
) -> None:
    """F58: between 0 and (n-1)/n; the same whatever order the cells have, and however long the period is."""
    index = concentration(counts)
    assert 0 <= index <= Fraction(len(counts) - 1, len(counts))
    mixed = list(counts)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    assert concentration(mixed) == index
    assert concentration([count * times for count in counts]) == index
    assert concentration(counts * times) == index  # a ward so many times as large, just as even


@given(cells=st.integers(1, 200), each=st.integers(1, 50))
def test_the_ends_of_the_scale(cells: int, each: int) -> None:
    """F58: nothing is uneven about equal shares; nothing is more uneven than one cell that takes all."""
    assert concentration([each] * cells) == 0
    assert concentration([each] + [0] * (cells - 1)) == Fraction(cells - 1, cells)
    assert concentration([0] * cells) == 0
    assert curve([0] * cells) == []


@given(counts=COUNTS.filter(any))
def test_the_index_is_twice_the_area_between_the_curve_and_equal_shares(counts: list[int]) -> None:
    """F58: the curve never falls, never rises above equal shares, ends at one; both say the same."""
    points = curve(counts)
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert all(y <= x for x, y in points)
    assert all(y0 <= y1 for (_, y0), (_, y1) in pairwise(points))
    below = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(points))
    assert concentration(counts) == 1 - 2 * below
    assert share_of_lower(points, Fraction(1, 2)) <= Fraction(1, 2)


CELLS = st.lists(
    st.builds(
        Visited,
        unit_id=st.integers(1, 2**64).map(lambda n: UUID(int=n)),
        difficult=st.booleans(),
        last_day=st.none() | st.integers(0, 400).map(lambda days: TODAY - timedelta(days=days)),
        planned=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda cell: cell.unit_id,
)


@given(cells=CELLS, most=st.integers(1, 40))
def test_where_to_go_next(cells: list[Visited], most: int) -> None:
    """F57: never where somebody is going anyway; difficult and never visited cells first, then the longest ago."""
    known = {cell.unit_id: cell for cell in cells}

    suggested = suggest(cells, TODAY, most=most)

    assert len(suggested) == min(most, sum(not cell.planned for cell in cells))
    assert not any(known[each.unit_id].planned for each in suggested)
    order = [list(Reason).index(each.reason) for each in suggested]
    assert order == sorted(order)
    for one, two in pairwise(suggested):
        if one.reason is two.reason and (last := known[one.unit_id].last_day):
            assert last <= (known[two.unit_id].last_day or TODAY)
    for each in suggested:
        cell = known[each.unit_id]
        assert (cell.last_day is None) == (each.reason in (Reason.NEVER, Reason.DIFFICULT_NEVER))
        if each.reason in (Reason.DIFFICULT, Reason.DIFFICULT_NEVER):
            assert cell.difficult
