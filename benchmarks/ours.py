"""Our own parts, wired as a service wires them, for experiments that need one part and not the whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from benchmarks.engines import Bench
from shared.bus import Bus
from shared.clock import SystemClock
from shared.db import create_engine
from shared.relay import Metrics, Relay
from shared.uow import Database


@asynccontextmanager
async def relaying(bench: Bench) -> AsyncIterator[None]:
    """The relay of visits, from its start to its clean end."""
    database = Database(create_engine(bench.dsn("visits")), SystemClock())
    bus = Bus(bench.engines.nats.url("visits"), "visits")
    stop = asyncio.Event()
    await bus.start(stop)
    relay = Relay(
        database=database,
        bus=bus,
        producer="visits",
        metrics=Metrics.on(CollectorRegistry()),
        resend_after=3600.0,
    )
    work = asyncio.create_task(relay.run(stop))
    try:
        yield
    finally:
        stop.set()
        database.committed.set()
        await work
        await bus.stop()
        await database.engine.dispose()
