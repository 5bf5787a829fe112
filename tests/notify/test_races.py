"""Several replicas, killed at the worst moment: one message each, and at most one duplicate outside."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest

from services.notify.channels.base import ChannelError, Letter
from services.notify.channels.inbox import InboxChannel
from services.notify.handlers.people import set_email
from services.notify.store.letters import Waits, take_turn
from services.notify.store.people import set_channel
from shared.contracts.notify import MessageState
from shared.contracts.visits import Role
from tests.notify.conftest import Cast, Replica
from tests.notify.world import Duty, Pigeon, World, local, person
from tests.support.wait import eventually

DUTIES = 60


@pytest.fixture
async def pigeon_people(world: World, cast: Cast) -> Cast:
    """The owner also has a pigeon, and every ladder uses it."""
    async with world.database.begin() as tx:
        await set_channel(tx, cast.owner, "pigeon", enabled=True, address="roof")
        await tx.execute(
            """
            INSERT INTO ladder_policy (committee_id, version, valid_from, basis, ladder)
            SELECT committee_id, 1, '2026-01-01', 'test', :ladder FROM directory_person LIMIT 1
            """,
            ladder=PIGEON_LADDER,
        )
    return cast


PIGEON_LADDER = """
{"version": 1, "alarm": null, "rungs": [
  {"name": "reminder-2", "offset": -2, "channels": ["pigeon", "owl"], "targets": [{"role": "owner", "fallback": []}]},
  {"name": "chase-1", "offset": 1, "channels": ["pigeon"], "targets": [{"role": "owner", "fallback": []}]}
]}
"""


@pytest.fixture
async def crowd(world: World, pigeon_people: Cast) -> list[UUID]:
    """As many members as there are duties, a pigeon each."""
    people = [person(Role.COMMITTEE_MEMBER) for _ in range(DUTIES - 1)]
    await world.hear(*people)
    async with world.database.begin() as tx:
        for each in people:
            await set_channel(tx, each.person_id, "pigeon", enabled=True, address="roof")
    return [pigeon_people.owner, *(each.person_id for each in people)]


async def due(
    world: World, cast: Cast, count: int = DUTIES, owners: Sequence[UUID] | None = None
) -> list[Duty]:
    """So many duties of one member, or one of each of these."""
    duties = [Duty(owner=owner) for owner in owners or [cast.owner] * count]
    await world.hear(*(duty.due_soon() for duty in duties))
    world.clock.move_to(local("2026-11-19 08:00"))
    return duties


async def test_two_sweepers_and_four_senders_tell_each_once(
    world: World, replica: Replica, pigeon_people: Cast, crowd: list[UUID]
) -> None:
    """Whoever claims a row, the others pass it over; nothing is sent side by side."""
    await due(world, pigeon_people, owners=crowd)
    other = replica()

    await asyncio.gather(*(each.clockwork.sweep() for each in (world, other, world, other)))
    await asyncio.gather(*(each.sender.deliver_pending() for each in (world, other, world, other)))

    assert len(await world.messages(channel="inbox", state="delivered")) == DUTIES
    sent = Counter(letter.message_id for each in (world, other) for letter in each.pigeon.delivered)
    assert len(sent) == DUTIES
    assert set(sent.values()) == {1}


async def test_two_replicas_make_one_bundle_of_one_morning(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """Sixty duties of one member, four senders at once: one letter, and every row says that it told of it."""
    await due(world, pigeon_people)
    other = replica()
    await asyncio.gather(*(each.clockwork.sweep() for each in (world, other)))

    await asyncio.gather(*(each.sender.deliver_pending() for each in (world, other, world, other)))

    [letter] = world.pigeon.delivered + other.pigeon.delivered
    assert letter.subject == f"Có {DUTIES} việc đến hạn"
    rows = await world.messages(channel="pigeon")
    assert Counter(row.state for row in rows) == {"sent": 1, "bundled": DUTIES - 1}
    assert {row.letter_id for row in rows} == {letter.message_id}


async def test_one_decides_about_a_persons_letters_at_a_time(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """Whoever has the turn keeps it to the end of the transaction; the other passes on to the next person."""
    other = replica()
    waits = Waits(person_id=pigeon_people.owner, channel="pigeon")
    elsewhere = Waits(person_id=pigeon_people.owner, channel="owl")
    async with world.database.begin() as first, other.database.begin() as second:
        turns = [await take_turn(first, waits), await take_turn(second, waits)]
        turns.append(await take_turn(second, elsewhere))
    async with other.database.begin() as later:
        turns.append(await take_turn(later, waits))

    assert turns == [True, False, True, True]


async def test_what_turns_up_while_a_letter_is_under_way_is_no_second_bundle(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """Another replica waits for the first letter to be settled, and then knows that the day's bundle has left."""
    await due(world, pigeon_people, count=2)
    await world.clockwork.sweep()
    other = replica()
    world.pigeon.hold = asyncio.Event()
    sending = asyncio.create_task(world.sender.deliver_pending())
    await world.pigeon.entered.wait()
    newcomer = Duty(owner=pigeon_people.owner)
    await other.hear(newcomer.due_soon())
    await other.clockwork.sweep()

    await other.sender.deliver_pending()
    before = len(other.pigeon.delivered)
    world.pigeon.hold.set()
    await sending
    await other.sender.deliver_pending()

    assert (before, len(other.pigeon.delivered), len(world.pigeon.delivered)) == (0, 0, 1)
    [row] = await world.messages(newcomer, channel="pigeon")
    assert (row.state, row.reason) == ("pending", "next_bundle")


async def test_a_bundle_whose_sender_died_is_sent_once_more_as_one(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """All of it was under one lease, and all of it comes back together."""
    await due(world, pigeon_people, count=5)
    await world.clockwork.sweep()
    dying = replica(lease=0.2, channels=[InboxChannel(), _KilledAfter()])
    with pytest.raises(BaseExceptionGroup):
        await dying.sender.deliver_pending()

    async def sent() -> bool:
        await world.sender.deliver_pending()
        return bool(world.pigeon.delivered)

    await eventually(sent, every=0.05)
    [letter] = world.pigeon.delivered
    assert letter.subject == "Có 5 việc đến hạn"
    assert world.counted("notify_duplicates_risked_total") == 1


async def test_a_bundle_that_is_tried_again_keeps_its_id_whatever_joins_it(
    replica: Replica, pigeon_people: Cast
) -> None:
    """Nobody knows whether the first one arrived; the second one says that it is the same."""
    pigeon = _UnsureAtFirst()
    unsure = replica(channels=[InboxChannel(), pigeon])
    await due(unsure, pigeon_people, count=2)
    await unsure.clockwork.sweep()
    await unsure.sender.deliver_pending()
    await unsure.hear(Duty(owner=pigeon_people.owner).due_soon())
    await unsure.clockwork.sweep()

    await unsure.pass_to(local("2026-11-19 08:01"))

    first, again = pigeon.delivered
    assert [first.subject, again.subject] == ["Có 2 việc đến hạn", "Có 3 việc đến hạn"]
    assert again.message_id == first.message_id


class _UnsureAtFirst(Pigeon):
    async def deliver(self, letter: Letter) -> MessageState:
        state = await super().deliver(letter)
        if len(self.delivered) == 1:
            raise ChannelError("timeout", permanent=False, uncertain=True)
        return state


async def test_sweepers_and_senders_killed_at_random_points_miss_nobody(
    world: World, replica: Replica, pigeon_people: Cast, crowd: list[UUID]
) -> None:
    """Tasks die in the middle of claims, sends and commits; the rest finishes the work, once in the ledger."""
    await due(world, pigeon_people, owners=crowd)
    replicas = [replica(lease=0.2) for _ in range(3)]
    for round_ in range(24):
        each = replicas[round_ % 3]
        work = asyncio.create_task(each.clockwork.sweep() if round_ % 2 else each.sender.deliver_pending())
        await asyncio.sleep(0.002 * round_)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    async def all_sent() -> bool:
        await replicas[0].clockwork.sweep()
        await replicas[0].sender.deliver_pending()
        return len(await world.messages(channel="pigeon", state="sent")) == DUTIES

    await eventually(all_sent, every=0.1)
    rows = await world.messages()
    assert len(rows) == 2 * DUTIES
    sent = Counter(letter.message_id for each in replicas for letter in each.pigeon.delivered)
    risked = sum(each.counted("notify_duplicates_risked_total") for each in replicas)
    assert len(sent) == DUTIES
    assert sent.total() - DUTIES <= risked


async def test_a_sender_killed_after_handing_over_costs_one_duplicate_that_is_counted(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """Between the channel's yes and our commit: sent again, same id, counted."""
    await due(world, pigeon_people, count=1)
    await world.clockwork.sweep()
    dying = replica(lease=0.2, channels=[InboxChannel(), _KilledAfter()])
    with pytest.raises(BaseExceptionGroup):
        await dying.sender.deliver_pending()

    async def sent() -> bool:
        await world.sender.deliver_pending()
        return bool(world.pigeon.delivered)

    await eventually(sent, every=0.05)
    [row] = await world.messages(channel="pigeon")
    assert row.state == "sent"
    assert [letter.message_id for letter in world.pigeon.delivered] == [row.message_id]
    assert world.counted("notify_duplicates_risked_total") == 1


class _Killed(BaseException):
    """What a process that dies looks like from inside."""


class _KilledAfter(Pigeon):
    async def deliver(self, _letter: object) -> None:  # type: ignore[override]  # it never returns
        raise _Killed


async def test_a_sender_that_overslept_its_lease_leaves_the_record_alone(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """The one who took over records the result; the late one only counts."""
    await due(world, pigeon_people, count=1)
    await world.clockwork.sweep()
    slow = replica(lease=0.5)
    slow.pigeon.hold = asyncio.Event()
    sleeping = asyncio.create_task(slow.sender.deliver_pending())
    await slow.pigeon.entered.wait()

    async def taken_over() -> bool:
        await world.sender.deliver_pending()
        return bool(world.pigeon.delivered)

    await eventually(taken_over, every=0.05)
    slow.pigeon.hold.set()
    await sleeping

    [row] = await world.messages(channel="pigeon")
    assert (row.state, row.version) == ("sent", 2)
    assert slow.counted("notify_deliveries_total", channel="pigeon", outcome="lost_lease") == 1
    assert slow.counted("notify_duplicates_risked_total") == 1


async def test_only_the_holder_of_the_lease_says_what_became_of_a_message(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """A late failure of the first sender does not fail what the second one is just delivering."""
    await due(world, pigeon_people, count=1)
    await world.clockwork.sweep()
    slow = replica(lease=0.5)
    slow.pigeon.failures = [ChannelError("smtp_550_envelope", permanent=True)]
    slow.pigeon.hold = asyncio.Event()
    first = asyncio.create_task(slow.sender.deliver_pending())
    await slow.pigeon.entered.wait()
    world.pigeon.hold = asyncio.Event()
    second = asyncio.create_task(_until_entered(world))
    await world.pigeon.entered.wait()

    slow.pigeon.hold.set()
    await first
    [row] = await world.messages(channel="pigeon")
    assert row.state == "pending"
    world.pigeon.hold.set()
    await second

    [row] = await world.messages(channel="pigeon")
    assert (row.state, row.reason, row.version) == ("sent", "accepted", 2)


async def _until_entered(world: World) -> None:
    while not world.pigeon.entered.is_set():
        await world.sender.deliver_pending()


async def test_moving_the_clock_does_not_end_a_lease(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """A rehearsal may jump a week while a message is on its way."""
    await due(world, pigeon_people, count=1)
    await world.clockwork.sweep()
    slow = replica()
    slow.pigeon.hold = asyncio.Event()
    sending = asyncio.create_task(slow.sender.deliver_pending())
    await slow.pigeon.entered.wait()

    world.clock.move_to(local("2026-11-20 09:00"))
    await world.sender.deliver_pending()
    slow.pigeon.hold.set()
    await sending

    assert len(slow.pigeon.delivered) + len(world.pigeon.delivered) == 1


async def test_a_closing_while_a_message_is_under_way_leaves_the_truth(
    world: World, pigeon_people: Cast
) -> None:
    """What is already leaving is recorded as sent; what waits is taken back; nothing follows."""
    [duty] = await due(world, pigeon_people, count=1)
    await world.clockwork.sweep()
    world.pigeon.hold = asyncio.Event()
    sending = asyncio.create_task(world.sender.deliver_pending())
    await world.pigeon.entered.wait()

    await world.hear(duty.closed())
    world.pigeon.hold.set()
    await sending
    await world.pass_to(local("2026-12-15 08:00"))

    assert {row.channel: row.state for row in await world.messages()} == {
        "inbox": "delivered",
        "pigeon": "sent",
    }


@pytest.mark.parametrize("step", range(6))
async def test_closing_at_any_moment_means_nothing_later(
    world: World, pigeon_people: Cast, step: int
) -> None:
    """Whatever has happened when the closing commits, no message begins to leave after it."""
    [duty] = await due(world, pigeon_people, count=1)
    moves = [
        world.clockwork.sweep,
        world.sender.deliver_pending,
        lambda: world.pass_to(local("2026-11-24 08:00")),
        world.clockwork.sweep,
        lambda: world.pass_to(local("2026-12-30 08:00")),
    ]
    for move in moves[:step]:
        await move()
    before = len(world.pigeon.delivered)

    await world.hear(duty.closed())
    for move in moves[step:]:
        await move()

    assert len(world.pigeon.delivered) == before
    assert await world.messages(state="pending") == []


async def test_a_permanent_failure_goes_to_the_next_channel(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """Refused for good: failed at once, and the owl flies."""
    owl = Pigeon(name="owl")
    pigeon = Pigeon(failures=[ChannelError("smtp_550_envelope", permanent=True)])
    both = replica(channels=[InboxChannel(), pigeon, owl])
    async with world.database.begin() as tx:
        await set_channel(tx, pigeon_people.owner, "owl", enabled=True, address="tower")
    await due(world, pigeon_people, count=1)

    await both.pass_to(local("2026-11-19 08:00"))

    rows = {row.channel: (row.state, row.reason) for row in await world.messages()}
    assert rows["pigeon"] == ("failed", "smtp_550_envelope")
    assert rows["owl"] == ("sent", "accepted")
    assert len(owl.delivered) == 1


async def test_a_passing_failure_is_tried_again_later_and_for_a_day(
    world: World, pigeon_people: Cast
) -> None:
    """One minute, two minutes …; after a day it has failed, shown and counted."""
    await due(world, pigeon_people, count=1)
    world.pigeon.failures = [ChannelError("smtp_451_envelope", permanent=False)] * 100

    await world.pass_to(local("2026-11-19 08:00"))
    await world.pass_to(local("2026-11-19 08:00"))
    [row] = await world.messages(channel="pigeon")
    assert (row.state, row.reason, row.attempts) == ("pending", "smtp_451_envelope", 1)
    assert row.send_at == local("2026-11-19 08:01")
    for _ in range(40):
        [row] = await world.messages(channel="pigeon", rung="reminder-2")
        if row.state != "pending":
            break
        await world.pass_to(row.send_at)

    assert (row.state, row.reason) == ("failed", "smtp_451_envelope")
    assert row.attempts == 30


async def test_a_broken_channel_does_not_stop_other_messages(
    world: World, replica: Replica, pigeon_people: Cast
) -> None:
    """A bug in a channel is a failed attempt, not a dead sender."""
    await due(world, pigeon_people, count=3)
    broken = replica(channels=[InboxChannel(), _Broken()])

    await broken.pass_to(local("2026-11-19 08:00"))

    assert {"ZeroDivisionError"} == {row.reason for row in await world.messages(channel="pigeon")}
    assert len(await world.messages(channel="inbox", state="delivered")) == 3


class _Broken(Pigeon):
    async def deliver(self, _letter: object) -> None:  # type: ignore[override]  # it never returns
        raise ZeroDivisionError


async def test_a_channel_turned_off_is_not_used(world: World, pigeon_people: Cast) -> None:
    """Even for a message that was already written."""
    await due(world, pigeon_people, count=1)
    await world.clockwork.sweep()

    async with world.database.begin() as tx:
        await set_channel(tx, pigeon_people.owner, "pigeon", enabled=False, address="roof")
        await set_email(tx, pigeon_people.owner, enabled=False, address=None)
    await world.sender.deliver_pending()

    [row] = await world.messages(channel="pigeon")
    assert (row.state, row.reason) == ("failed", "no_address")
    assert world.pigeon.delivered == []


async def test_the_loops_wake_by_themselves(world: World, pigeon_people: Cast) -> None:
    """A moved clock and a committed event are enough; no poll is waited for."""
    stop = asyncio.Event()
    loops = [world.clockwork.run, *(run for _, run in world.sender.loops())]
    running = [asyncio.create_task(run(stop)) for run in loops]
    await asyncio.sleep(0)
    duty = Duty(owner=pigeon_people.owner)

    await world.hear(duty.due_soon())
    world.clock.move_to(local("2026-11-19 07:30"))

    await eventually(lambda: len(world.pigeon.delivered) == 1)
    stop.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*running)
