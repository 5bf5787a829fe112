"""From outbox to inbox: everything arrives, once, in order, and the producer knows it."""

import asyncio
import json
import random
import re
from collections.abc import Sequence

import pytest

from shared import outbox
from shared.asyncapi import document
from shared.bus import ABREAST
from shared.contracts import EVENTS
from shared.contracts.envelope import Event
from shared.errors import TooLarge
from shared.topology import PRODUCERS
from shared.uow import MAX_EVENT, UnitOfWork
from tests.shared.messaging.conftest import World
from tests.support.messaging import record, session, settled
from tests.support.wait import eventually

WRITERS = 50


class Refused(Exception):
    """A transaction that ends badly, on purpose."""


async def test_everything_published_leaves_in_order_and_is_applied_once(world: World) -> None:
    """A thousand events, in batches and singly, leave in the order of their commits and reach the other database.

    Two batches are worked on at a time, so they may be applied in another order: every handler commutes.
    """
    producer, consumer = await world.producer(), await world.consumer()
    events = [session(number) for number in range(1000)]

    for size in (1, 300, 19, 21, 1, 658):
        part, events_left = events[:size], events[size:]
        await producer.publish(*part)
        events = events_left + part

    await settled(producer, consumer, 1000)
    assert sorted(await consumer.applied()) == sorted(event.session_id for event in events)
    assert [event.session_id for event in events] == await world.wire.sessions()
    assert producer.resent == 0


async def test_a_backlog_is_taken_in_two_batches_abreast(world: World) -> None:
    """One batch is read while the database commits the other; there are never three."""
    in_hand, most = 0, 0

    async def handle(events: Sequence[Event], tx: UnitOfWork) -> None:
        nonlocal in_hand, most
        in_hand += 1
        most = max(most, in_hand)
        await asyncio.sleep(0.05)
        await record(events, tx)
        in_hand -= 1

    async def left() -> bool:
        return await producer.watermark() == 3000

    producer = await world.producer()
    await producer.publish(*(session() for _ in range(3000)))
    await eventually(left)
    consumer = await world.consumer(handler=handle)

    await consumer.has(3000, 20)
    assert most == ABREAST


async def test_fifty_writers_leave_no_gap_and_events_leave_with_their_state(world: World) -> None:
    """Numbers follow commits: what was rolled back has neither state nor event nor number."""
    producer, consumer = await world.producer(), await world.consumer()
    rnd = random.Random(7)  # noqa: S311  # not a secret
    kept = []

    async def write(fails: bool) -> None:
        event = session()
        try:
            async with producer.database.begin() as tx:
                tx.publish(event, key=event.session_id)
                await tx.execute(
                    "INSERT INTO applied (session_id, version) VALUES (:id, 1)", id=event.session_id
                )
                if fails:
                    raise Refused
        except Refused:
            return
        kept.append(event.session_id)

    async def writer() -> None:
        for _ in range(6):
            await write(rnd.random() < 0.3)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))

    await settled(producer, consumer, len(kept))
    async with producer.database.read() as tx:
        rows = await outbox.after(tx, 0, 1000, 1 << 30)
        stated = {row.session_id for row in await tx.all("SELECT session_id FROM applied")}
    assert [row.seq for row in rows] == list(range(1, len(kept) + 1))
    assert set(kept) == stated == set(await consumer.applied())


async def test_an_event_too_large_for_the_bus_is_refused_before_the_commit(world: World) -> None:
    """What no relay could send never enters the outbox; the largest that may, arrives."""
    producer, consumer = await world.producer(), await world.consumer()
    frame = len(session().model_dump_json())
    largest = session(token="x" * (MAX_EVENT - frame))

    with pytest.raises(TooLarge, match="above the limit of 900000 bytes"):
        await producer.publish(session(), session(token="x" * MAX_EVENT))
    await producer.publish(session(), largest, *(session() for _ in range(30)))

    await settled(producer, consumer, 32)


async def test_large_events_leave_in_batches_that_fit_in_memory(world: World) -> None:
    """A batch ends by its size too, and the rows behind it follow at once."""
    producer, consumer = await world.producer(), await world.consumer()

    for _ in range(4):
        await producer.publish(*(session(token="x" * 850_000) for _ in range(6)))

    await settled(producer, consumer, 24)


async def test_a_replica_that_does_not_lead_wakes_the_one_that_does(world: World) -> None:
    """Whoever commits, the event leaves at once, not at the leader's next look."""
    leader = await world.producer()
    await eventually(lambda: leader.metrics.leading._value.get() == 1)
    other, consumer = await world.producer(), await world.consumer()
    await other.publish(session())
    await settled(leader, consumer, 1)

    for number in range(2, 6):
        began = asyncio.get_running_loop().time()
        await other.publish(session())
        await consumer.has(number)
        assert asyncio.get_running_loop().time() - began < 1


@pytest.mark.parametrize("name", PRODUCERS)
def test_the_asyncapi_document_tells_every_event(name: str) -> None:
    """Valid JSON of AsyncAPI 3 in which each event is a channel, with the schema of its contract."""
    publishes = [event for event in EVENTS.values() if event.subject.startswith(f"{name}.")]
    reads = [event for event in EVENTS.values() if event not in publishes]

    made = document(name, title=name, version="1.0", publishes=publishes, reads=reads)

    told = json.loads(json.dumps(made))
    assert told["asyncapi"].startswith("3.")
    assert set(EVENTS) == {channel["address"] for channel in told["channels"].values()}
    assert {event.__name__ for event in EVENTS.values()} <= set(told["components"]["schemas"])
    assert len(publishes) == sum(operation["action"] == "send" for operation in told["operations"].values())


@pytest.mark.parametrize("subject", EVENTS)
def test_a_subject_is_plain_tokens_with_a_version(subject: str) -> None:
    """Nothing of a subject comes from data: no wildcard, no empty token, no space can get in."""
    assert re.fullmatch(r"(visits|feedback|notify)(\.[a-z_]+)+\.v[1-9][0-9]*", subject)
