"""The share done on time: of everything that fell due, however little of it was ever done."""

import random
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.punctuality import Owed, cohorts, share

AS_OF = datetime(2026, 12, 28, 1, tzinfo=UTC)
TODAY = date(2026, 12, 28)


def test_never_answering_does_not_flatter() -> None:
    """F55: 1,200 duties over a year, 70 % on time, 15 % late, 15 % never done: 70 %, where closed ones only say 82 %."""
    chance = random.Random(20261126)  # noqa: S311  # a simulation
    owed = [_owed(TODAY - timedelta(days=chance.randrange(1, 366)), chance) for _ in range(1_200)]

    on_time = sum(each.done_at is not None and each.done_at < each.due_at for each in owed)
    closed = sum(each.done_at is not None and each.done_at <= AS_OF for each in owed)
    ours = share(on_time, len(owed), len(owed) - closed, 0)

    assert ours.known is not None
    assert 680 <= ours.known <= 730
    assert on_time * 1000 // closed >= ours.known + 90


def _owed(last_day: date, chance: random.Random) -> Owed:
    due_at = datetime(last_day.year, last_day.month, last_day.day, 17, tzinfo=UTC)
    fate = chance.random()
    late_by = timedelta(days=chance.uniform(1, 30))
    done_at = due_at - timedelta(hours=5) if fate < 0.7 else due_at + late_by if fate < 0.85 else None
    return Owed(last_day=last_day, due_at=due_at, done_at=done_at)


MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2027, 1, 10), timezones=st.just(UTC))  # noqa: DTZ001  # bounds


@given(st.lists(st.tuples(MOMENTS, st.none() | MOMENTS), max_size=40), st.integers(1, 14))
def test_each_duty_is_in_the_week_of_its_last_day(
    drawn: list[tuple[datetime, datetime | None]], weeks: int
) -> None:
    """Whole weeks only, side by side, the last one before today's; what was done after the moment is still open."""
    owed = [Owed(last_day=due.date(), due_at=due, done_at=done) for due, done in drawn]

    found = cohorts(owed, weeks, TODAY, AS_OF)

    assert [week.first.weekday() for week in found] == [0] * weeks
    assert found[-1].last == TODAY - timedelta(days=1)
    for week in found:
        mine = [each for each in owed if week.first <= each.last_day <= week.last]
        known = [each.done_at if each.done_at and each.done_at <= AS_OF else None for each in mine]
        assert week.due == len(mine)
        assert week.open == known.count(None)
        assert week.on_time == sum(
            done is not None and done < each.due_at for each, done in zip(mine, known, strict=True)
        )


@given(st.data())
def test_whatever_the_unsent_turns_out_to_be_the_truth_is_in_the_range(data: st.DataObject) -> None:
    """F59, honest freshness: each unsent record is new or closes an open duty, on time or late; all of it is covered."""
    on_time, late, still_open = (data.draw(st.integers(0, 30)) for _ in range(3))
    unsent = data.draw(st.integers(0, 30))
    told = share(on_time, on_time + late + still_open, still_open, unsent)

    closing = data.draw(st.integers(0, min(unsent, still_open)))
    good = data.draw(st.integers(0, unsent))
    due = on_time + late + still_open + unsent - closing
    if due == 0:
        assert (told.known, told.low, told.high) == (None, None, None)
    else:
        assert told.low is not None
        assert told.high is not None
        assert told.low <= (on_time + good) * 1000 // due <= told.high
    if unsent == 0:
        assert told.low == told.known == told.high
