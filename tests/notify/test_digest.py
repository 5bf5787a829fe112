"""Digests: one letter a week for who supervises, one a month for a member; figures, no names, and once."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.base import ChannelError
from services.notify.channels.inbox import InboxChannel
from services.notify.digests import Digests
from services.notify.domain.digest import Scope, opens
from shared.contracts.visits import AccessClass, Role
from shared.ids import uuid7
from tests.notify.conftest import As, Cast, Replica
from tests.notify.world import Duty, Pigeon, World, local, person

FRIDAY, MONDAY = date(2026, 11, 20), local("2026-11-23 08:00")


@pytest.fixture
async def email(replica: Replica) -> World:
    """A replica whose e-mail is a pigeon."""
    return replica(channels=[InboxChannel(), Pigeon(name="email")])


def digests_of(world: World) -> Digests:
    """What a replica starts beside its clockwork."""
    return Digests(world.database, world.channels, world.metrics, public_url="https://e.vn", lease=60.0)


async def reach(world: World, *moments: str) -> Digests:
    """The clock passes these moments, with a look at each."""
    digests = digests_of(world)
    for moment in moments:
        world.clock.move_to(local(moment))
        await digests.sweep()
    return digests


async def test_the_board_gets_one_letter_a_week_with_figures_and_no_names(
    email: World, cast: Cast, as_person: As
) -> None:
    """F61: from the first working morning on, however many replicas look; what is restricted is in no figure."""
    chief = uuid7()
    await email.hear(person(Role.PERMANENT_BOARD, person_id=chief, email="chief@example.vn"))
    late = [Duty(owner=cast.owner, last_day=FRIDAY - timedelta(days=each)) for each in range(3)]
    hidden, done = Duty(owner=cast.owner, last_day=FRIDAY), Duty(owner=cast.owner, last_day=FRIDAY)
    await reach(email, "2026-11-18 08:00")
    await email.hear(
        *(each.overdue() for each in (*late, done)),
        hidden.overdue().model_copy(update={"duty": hidden.snapshot(1, access_class=AccessClass.IDEOLOGY)}),
        Duty(owner=cast.owner, last_day=FRIDAY + timedelta(days=4)).due_soon(),
        done.closed(),
    )

    await reach(email, "2026-11-23 07:00")
    assert email.flown("email").delivered == []
    first = await reach(email, "2026-11-23 08:00")
    await first.sweep()
    await reach(email, "2026-11-23 08:01", "2026-11-25 08:00")

    letters = email.flown("email").delivered
    assert {each.address: each.subject for each in letters} == {
        "clerk@example.vn": "Tình hình tuần: 3 việc quá hạn",
        "chief@example.vn": "Tình hình tuần: 3 việc quá hạn",
    }
    assert len(letters) == 2
    assert "hết ngày thứ Tư, 18/11/2026" in letters[0].body
    assert "Nguyễn" not in letters[0].body
    for who, told in ((cast.board, [(3, 1)]), (cast.owner, [])):
        shown = (await (await as_person(who)).get("/notify/api/digests")).json()["digests"]
        assert [(each["late"], each["soon"]) for each in shown] == told
    await reach(email, "2026-11-30 08:00")
    assert len(letters) == 4


async def test_a_member_hears_once_a_month_what_is_open(email: World, cast: Cast) -> None:
    """Practice 35: their own duties alone; whoever has nothing open gets no letter."""
    await reach(email, "2026-11-16 08:00")
    await email.hear(person(Role.COMMITTEE_MEMBER, person_id=uuid7(), email="idle@example.vn"))
    await email.hear(
        Duty(owner=cast.owner, last_day=FRIDAY).overdue(),
        Duty(owner=cast.owner, last_day=date(2026, 12, 3)).due_soon(),
    )

    await reach(email, "2026-11-30 08:00", "2026-12-01 08:00", "2026-12-02 08:00")

    own = [each for each in email.flown("email").delivered if "trong tháng" in each.subject]
    assert [(each.address, each.subject) for each in own] == [
        ("owner@example.vn", "Việc của đồng chí trong tháng: 1 quá hạn, 1 sắp đến hạn")
    ]


async def test_a_letter_that_was_not_taken_is_tried_again_under_its_id(email: World, cast: Cast) -> None:
    """A busy server costs a minute; a week that went by in an outage is not made up for."""
    await reach(email, "2026-11-16 08:00")
    await email.hear(Duty(owner=cast.owner, last_day=FRIDAY).overdue())
    email.flown("email").failures += [ChannelError("smtp_450", permanent=False)] * 2  # the month's, too

    await reach(email, "2026-12-07 08:00")
    assert email.flown("email").delivered == []
    await reach(email, "2026-12-07 08:02")

    weekly = [each for each in email.flown("email").delivered if "tuần" in each.subject]
    assert [(each.address, "07/12/2026" in each.body) for each in weekly] == [("clerk@example.vn", True)]


@given(day=st.dates(date(2026, 1, 1), date(2028, 1, 1)), off=st.sets(st.integers(0, 6), max_size=6))
def test_a_digest_comes_on_a_working_morning_of_its_period(day: date, off: set[int]) -> None:
    """Never before half past seven, never on a day that the calendar of open duties has off."""
    period = Scope.COMMITTEE.period(day)
    days = frozenset(period + timedelta(days=each) for each in range(-7, 14) if each not in off)

    at = opens(period, [days, frozenset()])

    assert at.date() in days
    assert at.date() == min(each for each in days if each >= period)
    assert (at.hour, at.minute) == (7, 30)
