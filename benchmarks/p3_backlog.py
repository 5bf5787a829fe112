"""P3: a backlog of 50,000 recorded visits, taken in and turned into duties.

Beside the obvious consumer (FastStream and the ORM, one message a transaction) and the fastest loop one
would write by hand. All three read the same stream and the same bytes, keep an inbox and open the same two
duties; those in the database are counted. Ours also keeps the visit and its issue, sets alarms, reckons
with holidays and tells the other services through its outbox.
"""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
from prometheus_client import CollectorRegistry

import services.feedback
import services.visits
from benchmarks.engines import Bench, bench_engines, connected, sqlalchemy
from benchmarks.harness import Result, at_least, compare, interleave, rate, rounds
from benchmarks.ours import relaying
from benchmarks.peers import batch_loop, obvious_build
from benchmarks.traffic import recorded_event
from services.feedback.consumers import FROM_VISITS, Consumer
from shared import collector
from shared.bus import Bus
from shared.clock import SystemClock
from shared.contracts.visits import VisitRecorded
from shared.db import create_engine, migrate
from shared.ids import uuid7
from shared.inbox import Inbox, Metrics
from shared.topology import CONSUMERS, consumer_config
from shared.uow import Database

EVENTS, QUICK_EVENTS = 50_000, 10_000
PATIENCE = 4.0
"""Seconds given to the obvious consumer, which would need minutes for all of it."""
CONSUMES = next(each for each in CONSUMERS if (each.consumer, each.producer) == ("feedback", "visits"))


async def run(*, quick: bool) -> Result:
    events = QUICK_EVENTS if quick else EVENTS
    async with bench_engines() as bench:
        for service in (services.visits, services.feedback):
            folder = Path(str(service.__file__)).parent
            await migrate(bench.owner_dsn(folder.name), folder / "migrations" / "versions")
        orm_dsn = await bench.peer_database("peer_orm")
        await obvious_build.create_tables(sqlalchemy(orm_dsn), obvious_build.FeedbackBase)
        loop_dsn = await bench.peer_database("peer_loop", batch_loop.SCHEMA)
        await fill(bench, events)

        measured = await interleave(
            rounds(quick=quick),
            {
                "ours": lambda: ours(bench, events),
                "orm": lambda: faststream_orm(bench, orm_dsn, events),
                "loop": lambda: by_hand(bench, loop_dsn, events),
            },
        )
    return Result(
        id="P3",
        title=f"{events:,} events of backlog into duties",
        lines=(
            compare(
                "backlog into duties",
                "events/s",
                ours=measured["ours"],
                peer="FastStream and ORM, one by one",
                theirs=measured["orm"],
                goal=at_least(30),
            ),
            compare(
                "backlog into duties",
                "events/s",
                ours=measured["ours"],
                peer="nats-py fetch(200) and asyncpg",
                theirs=measured["loop"],
                goal=at_least(0.7),
            ),
        ),
    )


async def fill(bench: Bench, events: int) -> None:
    """The backlog, through our own relay: the stream then holds what it would in life."""
    async with connected(bench.dsn("visits")) as connection:
        recorded = ((uuid7(), recorded_event()) for _ in range(events))
        await connection.copy_records_to_table(
            "outbox",
            columns=("seq", "event_id", "subject", "key", "occurred_at", "payload"),
            records=(
                (
                    seq,
                    event_id,
                    event.subject,
                    str(event.visit_id),
                    event.accepted_at,
                    event.model_dump_json(),
                )
                for seq, (event_id, event) in enumerate(recorded, start=1)
            ),
        )
        await connection.execute("UPDATE outbox_head SET last_seq = $1", events)
    async with relaying(bench):
        await rate(lambda: bench.messages(CONSUMES.stream), goal=events, seconds=120)


async def ours(bench: Bench, events: int) -> float:
    async with connected(bench.dsn("feedback")) as connection:
        await connection.execute("TRUNCATE inbox, visit, issue, duty, alarm, outbox")
        await bench.js.delete_consumer(CONSUMES.stream, CONSUMES.durable)
        await bench.js.add_consumer(CONSUMES.stream, consumer_config(CONSUMES))
        async with consuming(bench):
            return await rate(
                lambda: count(connection, "duty WHERE kind = 'forward'"), goal=events, seconds=120
            )


@asynccontextmanager
async def consuming(bench: Bench) -> AsyncIterator[None]:
    """Feedback's inbox on the stream of visits, as its service wires it, in a process set as its own is."""
    database = Database(create_engine(bench.dsn("feedback")), SystemClock())
    bus = Bus(bench.engines.nats.url("feedback"), "feedback")
    inbox = Inbox(
        database=database,
        consumes=CONSUMES,
        known={event.subject: event for event in FROM_VISITS},
        handler=Consumer().handle,
        metrics=Metrics.on(CollectorRegistry()),
    )

    @bus.broker.events(CONSUMES)
    async def take(messages: list[Any]) -> None:
        await inbox.receive(messages)

    await bus.start(asyncio.Event())
    as_before = gc.get_threshold()
    collector.look_seldom()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*as_before)
        await bus.stop()
        await database.engine.dispose()


async def faststream_orm(bench: Bench, dsn: str, events: int) -> float:
    durable = f"orm-{uuid7()}"
    async with connected(dsn) as connection:
        await connection.execute("TRUNCATE duties, processed_messages")
        broker = obvious_build.feedback_broker(
            sqlalchemy(dsn),
            bench.nats_url,
            subject=VisitRecorded.subject,
            stream=CONSUMES.stream,
            durable=durable,
        )
        async with broker:
            await broker.start()
            reached = await rate(
                lambda: count(connection, "duties WHERE kind = 'forward'"), goal=events, seconds=PATIENCE
            )
        await bench.js.delete_consumer(CONSUMES.stream, durable)
        return reached


async def by_hand(bench: Bench, dsn: str, events: int) -> float:
    durable = f"loop-{uuid7()}"
    async with connected(dsn) as connection:
        await connection.execute("TRUNCATE inbox, duties")
        work = asyncio.create_task(
            batch_loop.run(
                dsn, bench.nats_url, subject=VisitRecorded.subject, stream=CONSUMES.stream, durable=durable
            )
        )
        try:
            return await rate(
                lambda: count(connection, "duties WHERE kind = 'forward'"), goal=events, seconds=120
            )
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            await bench.js.delete_consumer(CONSUMES.stream, durable)


async def count(connection: asyncpg.Connection, rows: str) -> int:
    return int(await connection.fetchval(f"SELECT count(*) FROM {rows}"))
