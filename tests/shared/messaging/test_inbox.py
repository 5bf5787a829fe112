"""The inbox: any number of copies in any order is once; failures wait, grow patient, and end in quarantine."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from shared import inbox
from shared.bus import BATCH, BEAT, CREDIT
from shared.clock import SystemClock
from shared.contracts.envelope import Envelope, Event
from shared.contracts.visits import SessionChanged
from shared.db import create_engine
from shared.errors import Unavailable
from shared.ids import uuid7
from shared.inbox import Inbox
from shared.receipts import progress
from shared.uow import Database, UnitOfWork
from tests.shared.messaging.conftest import World
from tests.support.messaging import (
    DURABLE,
    STREAM,
    SUBJECT,
    VISITS_TO_FEEDBACK,
    record,
    recording_schema,
    session,
    settled,
)
from tests.support.servers import Databases
from tests.support.wait import eventually

EVENTS = 12
copies = st.lists(st.integers(0, EVENTS - 1), max_size=60)


@dataclass
class Delivered:
    """A message as the bus would deliver it, remembering what was answered."""

    subject: str
    data: bytes
    headers: dict[str, str] | None
    answers: list[str]

    async def ack(self) -> None:
        self.answers.append("ack")

    async def nak(self, delay: float | None = None) -> None:
        self.answers.append(f"nak {delay}")


class Sent:
    """Twelve events, to be delivered as often as a test likes."""

    def __init__(self) -> None:
        self.events = [session(number) for number in range(EVENTS)]
        self.headers = [
            Envelope(
                event_id=uuid7(),
                producer="visits",
                subject=SUBJECT,
                key="",
                seq=number + 1,
                occurred_at=SystemClock().now(),
            ).headers()
            for number in range(EVENTS)
        ]

    def deliver(self, number: int) -> Delivered:
        data = self.events[number].model_dump_json().encode()
        return Delivered(SUBJECT, data, self.headers[number], [])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrivals=copies, sizes=st.lists(st.integers(1, 20), min_size=1), crashes=st.sets(st.integers(0, 9)))
def test_any_copies_in_any_order_with_any_crashes_are_applied_once(
    databases: Databases, arrivals: list[int], sizes: list[int], crashes: set[int]
) -> None:
    """I2 Duplicates, reordering and transactions that die at their end: the same as each event once."""

    async def check() -> None:
        sent = Sent()
        calls = 0

        async def handle(events: Sequence[Event], tx: UnitOfWork) -> None:
            nonlocal calls
            calls += 1
            await record(events, tx)
            if calls in crashes:
                raise Unavailable("Thử lại", "try again")

        async with emptied(databases) as database:
            taken = Inbox(
                database=database,
                consumes=VISITS_TO_FEEDBACK,
                known={SUBJECT: SessionChanged},
                handler=handle,
                metrics=inbox.Metrics.on(CollectorRegistry()),
            )
            waiting = [sent.deliver(number) for number in arrivals]
            while waiting:
                size = sizes[len(waiting) % len(sizes)]
                batch, waiting = waiting[:size], waiting[size:]
                await taken.receive(batch)
                assert all(len(message.answers) == 1 for message in batch)
                again = [message for message in batch if message.answers[0] != "ack"]
                waiting += [Delivered(each.subject, each.data, each.headers, []) for each in again]

            async with database.begin() as tx:
                applied = [row.version for row in await tx.all("SELECT version FROM applied")]
                through, highest, missing = await progress(tx, "visits")
            assert sorted(applied) == sorted(set(arrivals))
            known = {number + 1 for number in arrivals}
            gaps = {number for first, last in missing for number in range(first, last + 1)}
            assert known | gaps == set(range(1, highest + 1))
            assert set(range(1, through + 1)) <= known

    asyncio.run(check())


_dsn = ""


@asynccontextmanager
async def emptied(databases: Databases) -> AsyncIterator[Database]:
    """One database for all examples; what one wrote is gone for the next."""
    global _dsn  # noqa: PLW0603  # Hypothesis shares fixtures between examples, not what they make
    _dsn = _dsn or await databases.fresh("feedback", recording_schema)
    engine = create_engine(_dsn, pool=1)
    try:
        database = Database(engine, SystemClock())
        async with database.begin() as tx:
            await tx.execute("TRUNCATE inbox, inbox_progress, applied, quarantine")
        yield database
    finally:
        await engine.dispose()


async def test_the_whole_stream_again_changes_nothing(world: World) -> None:
    """A consumer made anew reads from the beginning, months later: every message is a duplicate."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(*(session() for _ in range(200)))
    await settled(producer, consumer, 200)

    for again in range(1, 4):
        await world.wire.js.delete_consumer(STREAM, DURABLE)
        await eventually(lambda again=again: consumer.messages("duplicate") >= 200 * again)  # type: ignore[misc]  # a default

    await settled(producer, consumer, 200)


async def test_fifty_copies_of_an_event_have_one_effect(world: World) -> None:
    """Fetched together or apart, before and after a restart of the consumer."""
    await world.wire.ack_wait(1)
    consumer = await world.consumer()
    event = session()
    sent = await world.wire.send(event.model_dump_json().encode())
    for number in range(49):
        await world.wire.send(event.model_dump_json().encode(), ce_id=sent["ce-id"], seq=1)
        if number == 20:
            await world.crash(consumer)
            consumer = await world.consumer()

    await eventually(world.wire.idle)

    assert await consumer.applied() == [event.session_id]


async def test_what_a_dead_consumer_had_in_hand_comes_back_in_seconds(world: World) -> None:
    """Killed in the middle of a batch: rolled back, and another replica has it when the ack wait is over."""
    await world.wire.ack_wait(1)
    begun = asyncio.Event()

    async def hang(events: Sequence[Event], tx: UnitOfWork) -> None:
        await record(events, tx)
        begun.set()
        await asyncio.Event().wait()

    producer, dying = await world.producer(), await world.consumer(handler=hang)
    await producer.publish(*(session() for _ in range(600)))
    await begun.wait()
    await world.crash(dying)

    consumer = await world.consumer()

    await settled(producer, consumer, 600, 10.0)


async def test_a_stopping_consumer_gives_back_what_it_has_not_begun(world: World) -> None:
    """A rolling restart delays nothing: the batch in hand is finished, the rest is another's at once."""
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slow(events: Sequence[Event], tx: UnitOfWork) -> None:
        begun.set()
        await gate.wait()
        await record(events, tx)

    producer = await world.producer()
    await producer.publish(*(session() for _ in range(900)))
    await eventually(lambda: _is(producer.watermark(), 900))
    stopping = await world.consumer(handler=slow)
    await begun.wait()
    successor = await world.consumer()

    leaving = asyncio.create_task(world.stop(stopping))
    await eventually(lambda: not stopping.bus.subscribers[0].running)
    gate.set()
    await leaving

    await settled(producer, successor, 900, 2.0)


async def _is(number: object, expected: int) -> bool:
    return bool(await number == expected)  # type: ignore[misc]  # an awaitable number


async def test_a_consumer_asks_only_for_what_it_can_hold(world: World) -> None:
    """However long the stream and however slow the handler: what waits in memory is bounded."""
    most = 0

    async def handle(events: Sequence[Event], tx: UnitOfWork) -> None:
        nonlocal most
        await asyncio.sleep(0.05)
        most = max(most, len(subscriber._waiting))
        await record(events, tx)

    producer = await world.producer()
    for _ in range(4):
        await producer.publish(*(session() for _ in range(1500)))
    await eventually(lambda: _is(producer.watermark(), 6000))
    consumer = await world.consumer(handler=handle)
    (subscriber,) = consumer.bus.subscribers

    await consumer.has(6000, 20)

    assert BATCH <= most <= CREDIT


async def test_a_slow_handler_keeps_its_messages(world: World) -> None:
    """F29 Slower than the ack wait: the server hears "still at it", and nobody else is given the message."""
    await world.wire.ack_wait(BEAT + 0.5)
    calls = 0

    async def slow(events: Sequence[Event], tx: UnitOfWork) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(BEAT + 1.5)
        await record(events, tx)

    await world.consumer(handler=slow)
    other = await world.consumer(handler=slow)
    await world.wire.good()

    await other.has(1)
    assert calls == 1


async def test_a_failing_handler_is_tried_with_growing_delay_and_then_held(world: World) -> None:
    """T5 Nothing is terminated: the gaps double, the neighbours pass, the message is kept with its reason."""
    times: list[float] = []
    bad = session(666)

    async def buggy(events: Sequence[Event], tx: UnitOfWork) -> None:
        if any(isinstance(event, SessionChanged) and event.version == 666 for event in events):
            if len(events) == 1:
                times.append(time.monotonic())
            raise KeyError("a bug")
        await record(events, tx)

    consumer = await world.consumer(handler=buggy, tries=5)
    await world.wire.good(session(), bad, session())
    await consumer.has(2, 1.0)

    await eventually(lambda: consumer.messages("quarantined") == 1)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 4
    assert (
        gaps[0] < gaps[2] < gaps[3]
    )  # two neighbours may come close on a busy machine, further ones may not
    (held,) = await consumer.held()
    assert (held.reason, held.deliveries) == ("failed", 5)
    assert held.detail.startswith("KeyError at test_inbox.py")
    assert await world.wire.idle()


@pytest.mark.parametrize("error", [OSError("of its own"), TimeoutError("of its own")], ids=["OS", "timeout"])
async def test_a_handlers_own_trouble_does_not_pass_for_a_missing_database(
    world: World, error: Exception
) -> None:
    """It is a bug like any other: tried again, then held; it does not make everything wait for ever."""

    async def fails(events: Sequence[Event], tx: UnitOfWork) -> None:
        if any(isinstance(event, SessionChanged) and event.version == 666 for event in events):
            raise error
        await record(events, tx)

    consumer = await world.consumer(handler=fails, tries=2)
    await world.wire.good(session(), session(666), session())

    await consumer.has(2, 2.0)
    await eventually(lambda: consumer.messages("quarantined") == 1)


async def test_a_statement_that_is_always_too_slow_stops_nobody_else(world: World) -> None:
    """A cancelled statement is the message's own trouble, not the database's."""

    async def fails(events: Sequence[Event], tx: UnitOfWork) -> None:
        if any(isinstance(event, SessionChanged) and event.version == 666 for event in events):
            await tx.execute("SET LOCAL statement_timeout = '20ms'")
            await tx.execute("SELECT pg_sleep(5)")
        await record(events, tx)

    consumer = await world.consumer(handler=fails, tries=2)
    await world.wire.good(session(), session(666), session())

    await consumer.has(2, 2.0)
    await eventually(lambda: consumer.messages("quarantined") == 1)


async def test_two_replicas_share_the_work_and_apply_once(world: World) -> None:
    """Both pull from the same consumer; batches that meet in the database wait for each other."""
    producer, one, other = await world.producer(), await world.consumer(), await world.consumer()

    for _ in range(20):
        await producer.publish(*(session() for _ in range(60)))

    await settled(producer, one, 1200)
    await world.wire.js.delete_consumer(STREAM, DURABLE)
    await eventually(lambda: one.messages("duplicate") + other.messages("duplicate") >= 1200)
    await settled(producer, one, 1200)


async def test_while_the_database_is_away_messages_wait(world: World, databases: Databases) -> None:
    """F27 Nothing is lost, terminated or counted as a failed try; little is done; then it goes on at once."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)

    async with databases.closed(world.target):
        await producer.publish(*(session() for _ in range(700)))
        before = time.process_time()
        await asyncio.sleep(2.5)  # the outage itself
        busy = (time.process_time() - before) / 2.5

    await settled(producer, consumer, 701, 8.0)
    assert busy < 0.2
    assert consumer.messages("retried") == 0
    assert await consumer.held() == []
    assert producer.resent == 0


async def test_a_consumer_stops_soon_although_the_database_is_away(
    world: World, databases: Databases
) -> None:
    """It hands back what waits, and the next one has it as soon as there is a database again."""
    producer, consumer = await world.producer(), await world.consumer()
    async with databases.closed(world.target):
        await producer.publish(session())
        await eventually(lambda: consumer.inbox._waits > 0)

        began = time.monotonic()
        await world.stop(consumer)
        assert time.monotonic() - began < 5

    await settled(producer, await world.consumer(), 1, 4.0)
