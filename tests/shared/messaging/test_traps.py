"""The measured traps of NATS and FastStream, each with its number: they hold for our wrapper."""

import asyncio
import json
import os
import signal
import time
import urllib.request
from collections.abc import Sequence

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import NoStreamResponseError

from shared import topology
from shared.contracts.envelope import Event
from shared.topology import MAX_ACK_PENDING
from shared.uow import UnitOfWork
from tests.shared.messaging.conftest import World
from tests.support.messaging import (
    DURABLE,
    STREAM,
    SUBJECT,
    VISITS_TO_FEEDBACK,
    Consumer,
    record,
    session,
    settled,
)
from tests.support.wait import eventually

QUIET = 0.2
"""Of a core: what a producer, a consumer and this test together may use while they can do nothing."""


async def busy_during(seconds: float) -> float:
    """The share of a core this process used for the next `seconds`."""
    before = time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - before) / seconds


async def test_t1_every_acknowledged_message_is_synced(world: World) -> None:
    """T1 `sync_interval: always` is on in the running server, and kill -9 of it loses nothing acknowledged."""
    told = await asyncio.to_thread(_read, f"{world.nats.monitor_url}/varz")
    assert told["jetstream"]["config"]["sync_always"] is True

    for number in range(50):
        await world.wire.good(session(number))
    world.nats.kill()
    await world.nats.start()

    consumer = await world.consumer()
    await consumer.has(50)


def _read(url: str) -> dict[str, dict[str, dict[str, object]]]:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own server
        return dict(json.load(answer))


async def test_t3_a_broker_that_was_long_away_is_used_again_at_once(world: World) -> None:
    """T3 More failed tries than nats-py's sixty: nobody gives up, nobody spins, all goes on when it is back."""
    producer, consumer = await world.producer(), await world.consumer()
    for node in (producer, consumer):
        assert node.bus.client.options["max_reconnect_attempts"] == -1
        node.bus.client.options["reconnect_time_wait"] = 0.03  # many tries in a short outage
    await producer.publish(session())
    await settled(producer, consumer, 1)

    world.nats.kill()
    await producer.publish(*(session() for _ in range(300)))
    busy = await busy_during(4)
    tries = min(node.bus.client._server_pool[0].reconnects for node in (producer, consumer))
    await world.nats.start()

    await settled(producer, consumer, 301, 8.0)
    assert tries > 60
    assert busy < 2 * QUIET  # thirty tries a second are the test's, not ours
    assert producer.resent == 0


async def test_t3_a_service_stops_although_the_broker_is_dead(world: World) -> None:
    """T3 SIGTERM is obeyed in every state; what was in the outbox stays there."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)
    world.nats.kill()
    await producer.publish(session())

    began = time.monotonic()
    await world.stop(producer)
    await world.stop(consumer)

    assert time.monotonic() - began < 15
    assert not producer.bus.closed.is_set()
    await world.nats.start()
    await settled(await world.producer(), await world.consumer(), 2)


async def test_t3_a_service_that_never_reached_a_broker_stops_too(world: World) -> None:
    """T3 It tries for ever, and ends at once when it is told to."""
    await world.nats.stop()
    consumer = Consumer(world.target, world.nats.url("feedback"))
    starting = asyncio.create_task(consumer.bus.start(consumer.halt))
    await asyncio.sleep(0.3)
    assert not starting.done()

    consumer.halt.set()

    assert await asyncio.wait_for(starting, 2) is False
    await asyncio.wait_for(consumer.bus.stop(), 2)
    await consumer.database.engine.dispose()


async def test_t4_a_deleted_consumer_is_noticed_made_again_and_goes_on(world: World) -> None:
    """T4 Deleted durable: not ready and not busy while it is gone, all again when it is back."""
    producer, consumer = await world.producer(), await world.consumer()
    (subscriber,) = consumer.bus.subscribers
    await producer.publish(session())
    await settled(producer, consumer, 1)
    consumer.tasks.pop().cancel()  # its reconciler, so that the trap stays open for a while

    await world.wire.js.delete_consumer(STREAM, DURABLE)
    await producer.publish(session())
    await eventually(lambda: subscriber.refused)
    busy = await busy_during(2)
    assert busy < QUIET
    assert subscriber.refused

    await consumer.reconciler.check(consumer.bus.js)
    assert (consumer.reconciler.recreated, consumer.reconciler.in_the_way) == (1, [])
    await settled(producer, consumer, 2, 3.0)
    assert not subscriber.refused


@pytest.mark.parametrize("lost", ["consumer", "stream"])
async def test_t4_the_reconciler_is_woken_by_a_refusal(world: World, lost: str) -> None:
    """T4 Nobody waits for its next round: consumption resumes within a second or two, without a restart."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)
    for node in (producer, consumer):
        node.reconciler.interval = 3600
    await asyncio.sleep(0.5)  # the round that was already on its way

    if lost == "consumer":
        await world.wire.js.delete_consumer(STREAM, DURABLE)
    else:
        await world.wire.delete_stream()
    await producer.publish(session())

    await settled(producer, consumer, 2, 5.0)


async def test_t5_nothing_is_terminated_when_a_handler_raises(world: World) -> None:
    """T5 The server still has the message as pending, however often the handler raised."""
    calls = 0

    async def broken(events: Sequence[Event], tx: UnitOfWork) -> None:
        nonlocal calls
        calls += 1
        if calls < 5:
            raise RuntimeError
        await record(events, tx)

    consumer = await world.consumer(handler=broken)
    await world.wire.good()

    await consumer.has(1)
    assert consumer.messages("retried") == 4
    await eventually(world.wire.idle)


async def test_t6_a_publish_without_a_stream_is_an_error(world: World) -> None:
    """T6 Nothing "succeeds" into nowhere: the outbox keeps what no stream has taken."""
    producer = await world.producer()
    await eventually(lambda: producer.metrics.leading._value.get() == 1)
    producer.tasks.pop().cancel()  # its reconciler
    await world.wire.delete_stream()

    with pytest.raises(NoStreamResponseError):
        await producer.bus.js.publish(SUBJECT, b"")
    await producer.publish(*(session() for _ in range(30)))
    await eventually(lambda: producer.metrics.failures._value.get() >= 2)

    assert await producer.watermark() == 0
    await topology.apply(world.wire.js)
    await (await world.consumer()).has(30)


async def test_t7_starting_a_service_never_changes_a_stream(world: World) -> None:
    """T7 What operators tuned survives, is told as a difference, and does not keep anybody from being ready."""
    info = await world.wire.js.stream_info(STREAM)
    await world.wire.js.update_stream(
        info.config, max_age=400 * topology.DAY, max_bytes=1 << 31, description="tuned"
    )

    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)

    tuned = (await world.wire.js.stream_info(STREAM)).config
    assert (tuned.max_age, tuned.max_bytes) == (400 * topology.DAY, 1 << 31)
    for node in (producer, consumer):
        (difference,) = node.reconciler.differences
        assert "max_age is 34560000.0, should be 604800.0" in difference.detail
        assert node.reconciler.in_the_way == []

    await topology.apply(world.wire.js)
    applied = (await world.wire.js.stream_info(STREAM)).config
    assert (applied.max_age, applied.description) == (7 * topology.DAY, "tuned")


async def test_t8_a_changed_consumer_is_told_and_apply_mends_it(world: World) -> None:
    """T8 The server keeps an existing durable's old settings; we see it, and one command changes it."""
    config = topology.consumer_config(VISITS_TO_FEEDBACK)
    config.max_deliver, config.max_ack_pending = 9, 100
    await world.wire.js.add_consumer(STREAM, config)

    consumer = await world.consumer()
    await eventually(lambda: any(each.what.startswith("consumer") for each in consumer.reconciler.in_the_way))
    (difference,) = consumer.reconciler.in_the_way
    assert "max_deliver is 9, should be -1" in difference.detail
    assert f"max_ack_pending is 100, should be {MAX_ACK_PENDING}" in difference.detail

    done = await topology.apply(world.wire.js)

    assert done == [f"consumer {DURABLE} on {STREAM}: {difference.detail}"]
    assert await topology.apply(world.wire.js) == []
    await eventually(lambda: not consumer.reconciler.differences)


async def test_t11_a_server_that_no_longer_acknowledges_is_left(world: World) -> None:
    """T11 The link looks healthy, nothing is acknowledged: after three time-outs we look for another server."""
    producer, consumer = await world.producer(), await world.consumer()
    producer.relay.publish_timeout = 0.2
    await producer.publish(session())
    await settled(producer, consumer, 1)

    os.kill(world.nats.pid, signal.SIGSTOP)
    try:
        await producer.publish(session())
        await eventually(lambda: not producer.bus.connected)
    finally:
        os.kill(world.nats.pid, signal.SIGCONT)

    await settled(producer, consumer, 2)
    assert producer.bus.client.stats["reconnects"] >= 1


def test_time_outs_of_the_bus_are_time_outs() -> None:
    """T11 The relay tells them from refusals by their type, which nats-py could change."""
    assert issubclass(NatsTimeoutError, TimeoutError)
    assert not issubclass(NoStreamResponseError, TimeoutError)


async def test_a_long_outage_does_not_make_the_delays_overflow(world: World) -> None:
    """A day of failures: the pauses stay what they are, and counting on does no harm."""
    producer = await world.producer()
    await world.nats.stop()
    await producer.publish(session())
    await eventually(lambda: producer.relay._failures > 0)

    producer.relay._failures = 100_000
    await eventually(lambda: producer.relay._failures > 100_000)
    await world.nats.start()

    await (await world.consumer()).has(1)
