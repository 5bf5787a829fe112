"""The relay when it dies, when there are two, when JetStream says no: no gap, order kept, duplicates absorbed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.relay import LEADER_LOCK, Deposed
from tests.shared.messaging.conftest import World
from tests.support.messaging import Producer, session, settled
from tests.support.wait import eventually

HOLDERS = """
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :key
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@asynccontextmanager
async def unmarked(producer: Producer) -> AsyncIterator[None]:
    """The watermark cannot be moved: every pass of the relay dies between publishing and marking."""
    async with producer.database.begin() as tx:
        await tx.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''killed''; END'"
        )
        await tx.execute("CREATE TRIGGER die BEFORE UPDATE ON outbox_relay EXECUTE FUNCTION die()")
    try:
        yield
    finally:
        async with producer.database.begin() as tx:
            await tx.execute("DROP FUNCTION die CASCADE")


async def leaders(producer: Producer) -> list[int]:
    async with producer.database.read() as tx:
        return [row.pid for row in await tx.all(HOLDERS, key=LEADER_LOCK)]


@asynccontextmanager
async def relay_connection(producer: Producer) -> AsyncIterator[AsyncConnection]:
    async with producer.database.engine.connect() as pooled:
        yield await pooled.execution_options(isolation_level="AUTOCOMMIT")


@pytest.mark.parametrize("count", [5, 60])
async def test_a_relay_killed_between_publish_and_mark_costs_only_duplicates(
    world: World, count: int
) -> None:
    """Published and not marked is published again, as singles or as a batch, and applied once."""
    producer, consumer = await world.producer(), await world.consumer()
    async with unmarked(producer):
        await producer.publish(*(session() for _ in range(count)))
        await consumer.has(count)
        await eventually(lambda: producer.metrics.failures._value.get() >= 2)
        assert await producer.watermark() == 0

    await world.crash(producer)
    successor = await world.producer()

    await settled(successor, consumer, count)
    assert await world.wire.messages() == count  # JetStream knew the ids; what it forgets, the inbox knows


async def test_a_batch_with_an_id_already_seen_goes_singly(world: World) -> None:
    """JetStream refuses such a batch whole (ADR-50); the rest of it must not wait for ever."""
    producer, consumer = await world.producer(), await world.consumer()
    async with unmarked(producer):
        await producer.publish(session())
        await consumer.has(1)
        await producer.publish(*(session() for _ in range(99)))
        await eventually(lambda: producer.metrics.failures._value.get() >= 3)

    await settled(producer, consumer, 100)
    assert await world.wire.messages() == 100


async def test_two_relays_at_once_leave_no_gap(world: World) -> None:
    """Should the lock ever fail: one is deposed by compare-and-set, no number is passed over."""
    consumer = await world.consumer()
    first = Producer(world.source, world.nats.url("visits"))
    second = Producer(world.source, world.nats.url("visits"))
    for node in (first, second):
        await node.bus.start(node.halt)
        world.running.append(node)
    await first.publish(*(session() for _ in range(700)))

    async with relay_connection(first) as a, relay_connection(second) as b:
        outcomes = await asyncio.gather(
            first.relay.publish_after(a, 0), second.relay.publish_after(b, 0), return_exceptions=True
        )
        assert sorted(map(type, outcomes), key=str) == sorted([Deposed, int], key=str)
        reached = await first.watermark()
        assert await first.relay.publish_after(a, reached) == 700

    await consumer.has(700)


async def test_the_lock_passes_on_when_the_leaders_connection_dies(world: World) -> None:
    """pg_terminate_backend of the leader: one leads again, events go on, nothing is lost."""
    one, other, consumer = await world.producer(), await world.producer(), await world.consumer()
    sent = 0
    for _ in range(3):
        await one.publish(session(), session())
        sent += 2
        await consumer.has(sent)
        (pid,) = await leaders(one)

        async with one.database.begin() as tx:
            await tx.execute("SELECT pg_terminate_backend(:pid)", pid=pid)
        await other.publish(session())
        sent += 1

        await consumer.has(sent)
        assert len(await leaders(one)) == 1
        assert pid not in await leaders(one)

    await settled(one, consumer, sent)


async def test_a_stopped_leader_leaves_the_lock_to_the_next(world: World) -> None:
    """A rolling restart of replicas: the lock is never left in a pool."""
    one, consumer = await world.producer(), await world.consumer()
    await one.publish(session())
    await consumer.has(1)
    other = await world.producer()

    await world.stop(one)
    await other.publish(session())

    await settled(other, consumer, 2)


async def test_when_the_stream_is_full_the_outbox_waits(world: World) -> None:
    """`discard: new`: what is not taken stays in the outbox, and leaves in order when there is room."""
    producer, consumer = await world.producer(), await world.consumer()
    info = await world.wire.js.stream_info("VISITS")
    await world.wire.js.update_stream(info.config, max_msgs=10)
    events = [session() for _ in range(40)]

    await producer.publish(*events)
    await consumer.has(10)
    assert await producer.watermark() == 10
    await world.wire.js.update_stream(info.config, max_msgs=-1)

    await settled(producer, consumer, 40)
    assert [event.session_id for event in events] == await consumer.applied()
