"""Receipts: the arithmetic of "how far", and the events that are sent again for want of one."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.clock import SystemClock
from shared.contracts.envelope import Event, Receipt
from shared.db import create_engine
from shared.ids import uuid7
from shared.receipts import keep, progress
from shared.relay import _merged, _missing
from shared.uow import Database, UnitOfWork
from tests.shared.messaging.conftest import World
from tests.support.messaging import Producer, record, recording_schema, session, settled
from tests.support.servers import Databases
from tests.support.wait import eventually

numbers = st.integers(min_value=1, max_value=40)


def naive(seen: set[int]) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """The same by counting one by one."""
    through = 0
    while through + 1 in seen:
        through += 1
    highest = max([through, *seen])
    missing: list[tuple[int, int]] = []
    for number in range(through + 1, highest + 1):
        if number in seen:
            continue
        if missing and missing[-1][1] == number - 1:
            missing[-1] = (missing[-1][0], number)
        else:
            missing.append((number, number))
    return through, highest, tuple(missing)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(st.sets(numbers, max_size=15), max_size=5))
def test_progress_agrees_with_counting_one_by_one(databases: Databases, batches: list[set[int]]) -> None:
    """Whatever arrives in whatever order and however often: contiguous part, gaps and tail are right."""

    async def check() -> None:
        async with emptied(databases) as database:
            seen: set[int] = set()
            for batch in batches:
                seen |= batch
                async with database.begin() as tx:
                    await take_in(tx, batch)
                async with database.begin() as tx:
                    assert naive(seen) == await progress(tx, "visits")

    asyncio.run(check())


@given(seen=st.sets(numbers), through=st.integers(min_value=0, max_value=45))
def test_what_is_sent_again_is_exactly_what_is_missing(seen: set[int], through: int) -> None:
    """Everything up to the settled number that the receipt does not cover, each once, in order."""
    recorded, highest, gaps = naive(seen)
    receipt = Receipt(
        consumer="feedback",
        producer="visits",
        through=recorded,
        highest=highest,
        missing=gaps,
        drained=True,
        at=SystemClock().now(),
    )

    ranges = _missing(receipt, through)

    again = [number for first, last in _merged(ranges * 2) for number in range(first, last + 1)]
    assert again == [number for number in range(1, through + 1) if number not in seen]


@asynccontextmanager
async def emptied(databases: Databases) -> AsyncIterator[Database]:
    """One database for all examples; what one wrote is gone for the next."""
    global _dsn  # noqa: PLW0603  # Hypothesis shares fixtures between examples, not what they make
    _dsn = _dsn or await databases.fresh("feedback", recording_schema)
    engine: AsyncEngine = create_engine(_dsn, pool=1)
    try:
        database = Database(engine, SystemClock())
        async with database.begin() as tx:
            await tx.execute("TRUNCATE inbox, inbox_progress")
        yield database
    finally:
        await engine.dispose()


_dsn = ""


async def take_in(tx: UnitOfWork, seqs: set[int]) -> None:
    for seq in seqs:
        await tx.execute(
            "INSERT INTO inbox (event_id, producer, seq, body_hash) VALUES (:id, 'visits', :seq, '')",
            id=uuid7(),
            seq=seq,
        )


async def test_a_deleted_stream_loses_nothing(world: World) -> None:
    """VISITS is deleted in the middle of the flow: everything arrives again, once applied, within seconds."""
    producer, consumer = await world.producer(), await world.consumer()

    for part in range(6):
        await producer.publish(*(session() for _ in range(50)))
        if part in (1, 4):
            await world.wire.delete_stream()

    await settled(producer, consumer, 300)


async def test_a_purged_stream_loses_nothing(world: World) -> None:
    """What was purged before it was read is sent again, although JetStream still remembers the ids."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)
    await world.crash(consumer)
    await producer.publish(*(session() for _ in range(200)))
    await eventually(lambda: _is_at(producer, 201))

    await world.wire.js.purge_stream("VISITS")

    await settled(producer, await world.consumer(), 201)


async def _is_at(producer: Producer, number: int) -> bool:
    return await producer.watermark() == number


async def test_a_wiped_store_loses_nothing(world: World) -> None:
    """The whole data folder of NATS is gone, streams and consumers with it: made again, sent again."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(*(session() for _ in range(100)))
    await settled(producer, consumer, 100)
    await world.crash(consumer)
    await producer.publish(*(session() for _ in range(100)))
    await eventually(lambda: _is_at(producer, 200))

    world.nats.kill()
    await asyncio.to_thread(shutil.rmtree, world.nats._data.nats / "jetstream")
    await world.nats.start()

    await settled(producer, await world.consumer(), 200)


async def test_a_single_lost_event_is_sent_again_alone(world: World) -> None:
    """A gap in the sequence proves a loss; only the gap is filled."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)
    await world.crash(consumer)
    await producer.publish(*(session() for _ in range(9)))
    await eventually(lambda: _is_at(producer, 10))

    await world.wire.js.delete_msg("VISITS", 5)
    await settled(producer, await world.consumer(), 10)

    await eventually(lambda: producer.resent == 1)


async def test_nothing_is_sent_again_when_all_is_confirmed(world: World) -> None:
    """Also not what was quarantined or is of no use to the consumer: it was taken in, and counts."""
    producer, consumer = await world.producer(), await world.consumer(known=())
    await producer.publish(*(session() for _ in range(40)))

    await eventually(lambda: producer.confirmed(40))
    await asyncio.sleep(3 * producer.relay.resend_after)  # a negative: time must pass for it to be false

    assert producer.resent == 0
    assert consumer.messages("ignored") == 40


async def test_a_slow_consumer_is_not_flooded(world: World) -> None:
    """As long as something waits for the consumer, what it misses may still come by itself."""
    gate = asyncio.Event()

    async def slow(events: Sequence[Event], tx: UnitOfWork) -> None:
        await gate.wait()
        await record(events, tx)

    producer, consumer = await world.producer(resend_after=0.1), await world.consumer(handler=slow)
    await producer.publish(*(session() for _ in range(30)))
    await eventually(lambda: _told(producer))
    for _ in range(3):
        await producer.publish(session())
        consumer.inbox.moved.set()
        await asyncio.sleep(0.2)  # a negative: several patiences must pass
    assert producer.resent == 0

    gate.set()
    await settled(producer, consumer, 33)
    assert producer.resent == 0


async def _told(producer: Producer) -> bool:
    receipt = await producer.receipt()
    return receipt is not None and not receipt.drained


async def test_a_dead_consumer_is_not_sent_the_same_again_and_again(world: World) -> None:
    """Each sending again needs a receipt that is newer than the last one."""
    producer, consumer = await world.producer(resend_after=0.1), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)
    await world.crash(consumer)
    await producer.publish(session())
    await eventually(lambda: _is_at(producer, 2))
    await asyncio.sleep(0.3)

    stale = Receipt(
        consumer="feedback",
        producer="visits",
        through=1,
        highest=1,
        drained=True,
        at=SystemClock().now(),
    )
    async with producer.database.begin() as tx:
        await keep(tx, stale)
    await eventually(lambda: producer.resent == 1)
    await asyncio.sleep(1)  # a negative: ten patiences

    assert producer.resent == 1
    await settled(producer, await world.consumer(), 2)


async def test_a_rehearsal_in_the_future_does_not_block_later_receipts(world: World) -> None:
    """Receipts are dated by who hears them: yesterday's rehearsal of next year is over."""
    producer, consumer = await world.producer(), await world.consumer()
    async with producer.database.begin() as tx:
        tx.now = tx.now.replace(year=tx.now.year + 1)
        await keep(
            tx,
            Receipt(consumer="feedback", producer="visits", through=0, highest=0, drained=True, at=tx.now),
        )

    await producer.publish(session())

    await settled(producer, consumer, 1)


async def test_a_consumer_restored_from_a_backup_gets_what_it_misses(world: World) -> None:
    """Its progress went back in time: the producer believes the receipt and sends the difference."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(*(session() for _ in range(60)))
    await settled(producer, consumer, 60)

    async with consumer.database.begin() as tx:
        await tx.execute("DELETE FROM inbox WHERE seq > 20")
        await tx.execute("DELETE FROM applied WHERE place > 20")
        await tx.execute("UPDATE inbox_progress SET through = 20")
    consumer.inbox.moved.set()

    await eventually(lambda: producer.resent == 40)
    await settled(producer, consumer, 60)


async def test_a_receipt_that_cannot_be_read_changes_nothing(world: World) -> None:
    """Neither garbage nor a receipt in another's name moves what the producer knows."""
    producer, consumer = await world.producer(), await world.consumer()
    await producer.publish(session())
    await settled(producer, consumer, 1)

    await world.wire.client.publish("receipts.visits.feedback", b"\xff not a receipt")
    forged = await producer.receipt()
    assert forged is not None
    lie = forged.model_copy(update={"consumer": "notify", "through": 99})
    await world.wire.client.publish("receipts.visits.feedback", lie.model_dump_json().encode())
    await producer.publish(session())

    await settled(producer, consumer, 2)
    receipt = await producer.receipt()
    assert receipt is not None
    assert receipt.consumer == "feedback"
