"""Late duties that the committee asks for by hand: one letter to each owner, once, and none when it is true no more."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from services.notify.channels.inbox import InboxChannel
from services.notify.handlers.people import acknowledge
from shared.contracts.feedback import ChasedDuty, DutiesChased
from shared.contracts.notify import DutyAcknowledged
from shared.contracts.visits import Role
from shared.ids import uuid7
from tests.notify.conftest import Cast, Replica
from tests.notify.world import COMMITTEE, LAST_DAY, Duty, Pigeon, World, local, person

MORNING = local("2026-11-26 09:00")
RUNG = "chased-2026-11-26"


@pytest.fixture
async def email(replica: Replica) -> World:
    """A replica whose e-mail is a pigeon."""
    return replica(channels=[InboxChannel(), Pigeon(name="email")])


def chased(*duties: Duty) -> DutiesChased:
    return DutiesChased(
        chase_id=uuid7(),
        committee_id=COMMITTEE,
        chased_by=uuid7(),
        chased_at=MORNING,
        chased=tuple(ChasedDuty(duty=duty.snapshot(1), moments=duty.moments) for duty in duties),
    )


async def test_each_owner_hears_of_all_of_theirs_in_one_letter(email: World, cast: Cast) -> None:
    """However often the event comes; and beside the letter of the day, not with that of the next one."""
    other = uuid7()
    await email.hear(person(Role.COMMITTEE_MEMBER, person_id=other, email="other@example.vn"))
    mine, theirs = [Duty(owner=cast.owner) for _ in range(3)], Duty(owner=other)
    await email.hear(*(duty.overdue() for duty in (*mine, theirs)))
    await email.pass_to(local("2026-11-26 08:00"))
    told = len(email.flown("email").delivered)

    event = chased(*mine, theirs)
    email.clock.move_to(MORNING)
    await email.hear(event)
    await email.hear(event, event)
    await email.pass_to(MORNING + timedelta(minutes=1))

    letters = email.flown("email").delivered[told:]
    assert {letter.address: letter.subject for letter in letters} == {
        "owner@example.vn": "Có 3 việc quá hạn được đôn đốc",
        "other@example.vn": "Cấp ủy đôn đốc 1 việc quá hạn",
    }
    assert len(letters) == 2
    assert len(await email.messages(rung=RUNG, channel="inbox", state="delivered")) == 4


async def test_in_whatever_order_events_come_nobody_is_asked_for_what_is_done(
    email: World, cast: Cast
) -> None:
    """A chase, the news that the duty is late, and that it is done: no order lets a letter leave."""
    email.clock.move_to(local("2026-11-26 03:00"))
    duties = []
    for order in permutations(range(3)):
        duty = Duty(owner=cast.owner)
        duties.append(duty)
        events = (chased(duty), duty.overdue(), duty.closed())
        for each in order:
            await email.hear(events[each])
    moved = Duty(owner=cast.owner)
    await email.hear(moved.overdue(), chased(moved), moved.moved(date(2026, 12, 31)))

    await email.pass_to(MORNING)

    assert email.flown("email").delivered == []
    rows = [row for duty in (*duties, moved) for row in await email.messages(duty, rung=RUNG)]
    assert {row.state for row in rows} == {"suppressed"}


async def test_who_is_on_it_finds_it_in_the_inbox_and_is_not_rung(email: World, cast: Cast) -> None:
    """What they said is told to feedback; the rest waits for that day to end."""
    duty = Duty(owner=cast.owner, last_day=LAST_DAY)
    await email.hear(duty.overdue())
    email.clock.move_to(MORNING)
    async with email.database.begin() as tx:
        await acknowledge(tx, duty.duty_id, cast.owner, date(2026, 11, 27))

    await email.hear(chased(duty))

    (ringing,) = await email.messages(rung=RUNG, channel="email")
    assert ringing.send_at == local("2026-11-30 07:30")
    (said,) = [
        DutyAcknowledged.model_validate_json(each) for each in await email.published() if '"until"' in each
    ]
    assert (said.duty_id, said.person_id, said.until) == (duty.duty_id, cast.owner, date(2026, 11, 27))
