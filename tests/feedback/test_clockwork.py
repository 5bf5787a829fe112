"""The world is told of each threshold once, however many are due and however many sweep."""

import asyncio
from datetime import timedelta

import pytest

from services.feedback.clockwork import Clockwork
from services.feedback.domain.owed import report_duty_id
from services.feedback.metrics import FeedbackMetrics
from shared.contracts.envelope import Event
from shared.contracts.feedback import DutyClosed, DutyDueSoon, DutyOverdue
from shared.metrics import Metrics
from tests.feedback.given import Feedback, id_of, issue, local, visit
from tests.support.wait import eventually


@pytest.fixture
def clockwork(feedback: Feedback) -> Clockwork:
    return clockwork_of(feedback)


def clockwork_of(feedback: Feedback, batch: int = 1000) -> Clockwork:
    book = feedback.consumer.book
    metrics = FeedbackMetrics(Metrics("feedback"), feedback.database, book)
    return Clockwork(feedback.database, book, metrics, batch=batch)


async def announcements(feedback: Feedback) -> list[Event]:
    return [event for event in await feedback.published() if isinstance(event, DutyDueSoon | DutyOverdue)]


async def test_a_duty_is_due_soon_on_its_warning_day_and_overdue_at_its_due_instant(
    feedback: Feedback, clockwork: Clockwork
) -> None:
    """F38: Due Monday 12/10: soon from Thursday 8/10, two working days before; overdue from Tuesday 0:00."""
    await feedback.take(visit("evening"))

    assert await clockwork.sweep() == 0
    feedback.clock.move_to(local("2026-10-08 00:00"))
    assert await clockwork.sweep() == 1
    feedback.clock.move_to(local("2026-10-12 23:59:50"))
    assert await clockwork.sweep() == 0
    feedback.clock.move_to(local("2026-10-13 00:00"))
    assert await clockwork.sweep() == 1
    feedback.clock.move_to(local("2027-10-13 00:00"))
    assert await clockwork.sweep() == 0

    assert [type(event) for event in await announcements(feedback)] == [DutyDueSoon, DutyOverdue]


async def test_the_snapshot_the_database_writes_is_the_contract(
    feedback: Feedback, clockwork: Clockwork
) -> None:
    """The JSON is made by PostgreSQL for speed; read as the model, it is the duty."""
    await feedback.take(visit("evening", issue("ditch")))
    feedback.clock.move_to(local("2026-10-13 00:00"))
    await clockwork.sweep()

    told = {event.duty.duty_id: event for event in await announcements(feedback)}

    for duty in await feedback.duties():
        event = told[duty.duty_id]
        assert event.duty == duty.snapshot()
        assert event.moments == feedback.consumer.book.moments(duty.calendar_revision, duty.last_day)


async def test_moments_are_working_days_around_the_last_day(feedback: Feedback, clockwork: Clockwork) -> None:
    """Readers never count days: -1 is Friday, 0 Monday the last day, 1 Tuesday."""
    await feedback.take(visit("evening"))
    feedback.clock.move_to(local("2026-10-08 00:00"))
    await clockwork.sweep()

    (event,) = await announcements(feedback)

    days = {offset: day.isoformat() for offset, day in event.moments.days.items()}
    assert (days[-1], days[0], days[1]) == ("2026-10-09", "2026-10-12", "2026-10-13")
    assert sorted(days) == list(range(-5, 16))


async def test_after_an_outage_a_duty_goes_straight_to_the_highest_threshold(
    feedback: Feedback, clockwork: Clockwork
) -> None:
    """No burst: what was missed is not made up for."""
    await feedback.take(visit("evening"))
    feedback.clock.move_to(local("2026-11-01 09:00"))

    await clockwork.sweep()

    assert [type(event) for event in await announcements(feedback)] == [DutyOverdue]


async def test_nothing_is_said_of_a_duty_that_was_done(feedback: Feedback, clockwork: Clockwork) -> None:
    """Its alarm rings in vain."""
    await feedback.take(visit("evening"))
    await feedback.take(visit("evening", version=2, filed="2026-10-07 08:00"))
    feedback.clock.move_to(local("2026-11-01 09:00"))

    assert await clockwork.sweep() == 0
    assert await feedback.rows("SELECT 1 FROM alarm") == []


async def test_ten_thousand_due_at_once_are_all_told_once(feedback: Feedback) -> None:
    """No page limit starves anybody, and two replicas sweeping together share the work."""
    for batch in range(10):
        await feedback.take(*(visit(f"{batch}/{n}") for n in range(1000)))
    feedback.clock.move_to(local("2026-11-01 09:00"))

    shares = await asyncio.gather(clockwork_of(feedback).sweep(), clockwork_of(feedback).sweep())

    told = [event.duty.duty_id for event in await announcements(feedback)]
    assert sum(shares) == len(told) == len(set(told)) == 10_000


async def test_the_longest_waiting_comes_first(feedback: Feedback) -> None:
    """Whatever was written last, the oldest due date is announced first."""
    starts = ["2026-10-09 19:00", "2026-10-05 19:00", "2026-10-07 19:00"]
    for number, started in enumerate(starts):
        await feedback.take(visit(str(number), started=started))
    feedback.clock.move_to(local("2026-11-01 09:00"))

    await clockwork_of(feedback, batch=1).sweep()

    dues = [event.duty.due_at for event in await announcements(feedback)]
    assert dues == sorted(dues)
    assert len(dues) == 3


async def test_a_report_and_its_due_second_may_race(feedback: Feedback, clockwork: Clockwork) -> None:
    """Whoever commits first, the report of the last second counts as on time and is told last or stops it."""
    for n in range(20):
        await feedback.take(visit(str(n)))
    feedback.clock.move_to(local("2026-10-13 00:00"))

    await asyncio.gather(
        clockwork.sweep(),
        *(feedback.take(visit(str(n), version=2, filed="2026-10-12 23:59:59")) for n in range(20)),
    )

    assert {duty.status(feedback.clock.now()) for duty in await feedback.duties()} == {"on_time"}
    told = await feedback.told()
    assert all(told[report_duty_id(id_of(str(n)))].closed_at for n in range(20))
    closed = [event for event in await feedback.published() if isinstance(event, DutyClosed)]
    assert len(closed) == 20


async def test_it_sleeps_until_somebody_moves_the_clock(feedback: Feedback, clockwork: Clockwork) -> None:
    """The loop wakes for a jump of the clock and for a duty that comes due earlier than it meant to sleep."""
    stop = asyncio.Event()
    running = asyncio.create_task(clockwork.run(stop))
    await feedback.take(visit("evening"))
    feedback.clock.move_to(local("2026-10-13 00:00"))
    await eventually(lambda: told(feedback, 1))

    await feedback.take(visit("long ago", started="2026-09-01 19:00"))

    await eventually(lambda: told(feedback, 2))
    stop.set()
    await asyncio.wait_for(running, timeout=5)


async def told(feedback: Feedback, count: int) -> bool:
    return len(await announcements(feedback)) == count


async def test_every_open_duty_has_an_alarm_or_was_announced_overdue(
    feedback: Feedback, clockwork: Clockwork
) -> None:
    """Nobody can be forgotten: looked at before, between and after the thresholds."""
    await feedback.take(visit("evening", issue("ditch")), visit("later", started="2026-10-12 19:00"))

    for days in range(0, 20, 3):
        feedback.clock.move_to(local("2026-10-06 09:00") + timedelta(days=days))
        await clockwork.sweep()
        overdue = {e.duty.duty_id for e in await announcements(feedback) if isinstance(e, DutyOverdue)}
        waiting = {row.duty_id for row in await feedback.rows("SELECT duty_id FROM alarm")}
        assert overdue | waiting == {duty.duty_id for duty in await feedback.duties()}
        assert not overdue & waiting
