"""P7: what it takes to stand ready: the second start, memory, the processor when nothing happens, the wake-up.

Embedded mode as `make run` starts it, on a data folder that was run once before: our process, PostgreSQL
and NATS together. Memory is the proportional set, in which shared pages count once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]  # ships no types

from benchmarks.engines import answers, connected, free_port, process
from benchmarks.halves import OWED, RECORDED, UNIT, Half, signed_in
from benchmarks.harness import Result, at_most, limit, percentile
from benchmarks.load import Connection
from benchmarks.traffic import visits
from services.demo.opening import demo_links
from shared.clock import SystemClock
from shared.db import create_engine
from shared.engines import Engines, engines_of_running
from shared.uow import Database

IDLE, QUICK_IDLE = 60.0, 15.0
SETTLES = 5.0
"""Seconds for what a start leaves behind: the first reconcile, receipts, autovacuum."""
WAKES_PER_SECOND = 4.0
WAKE_SECONDS, QUICK_WAKE_SECONDS = 25.0, 10.0


async def run(*, quick: bool) -> Result:
    with TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder) / "data"
        async with up(data) as (port, _):
            await answers(port, "/visits/readyz", within=120)
            engines = running(data)
            cookie = await signed_in(port, await sign_in_token(engines))
            async with connected(engines.postgres.admin_dsn) as admin:
                await admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        started = time.perf_counter()
        async with up(data) as (port, pid):
            half = embedded_half(port, cookie)
            await accepted(half)
            start = time.perf_counter() - started
            await asyncio.sleep(SETTLES)
            processor = await idle_processor(pid, QUICK_IDLE if quick else IDLE)
            memory = sum(each.memory_full_info().pss for each in family(pid)) / 2**20
            half = embedded_half(port, cookie, running(data))
            wakes = await half.delays(
                rate=WAKES_PER_SECOND, seconds=QUICK_WAKE_SECONDS if quick else WAKE_SECONDS
            )
    return Result(
        id="P7",
        title="standing ready",
        lines=(
            limit("second start to the first accepted visit", ours=[start], goal=at_most(5, "s")),
            limit("memory of all processes", ours=[memory], goal=at_most(350, "MB")),
            limit("processor when idle", ours=[100 * processor], goal=at_most(1, "% of a core")),
            limit("receipt to duty after idling, p99", ours=[percentile(wakes, 99)], goal=at_most(20, "ms")),
        ),
    )


@asynccontextmanager
async def up(data: Path) -> AsyncIterator[tuple[int, int]]:
    """Embedded mode on a data folder; its port and process id."""
    port = free_port()
    async with process("services", "up", "--data-dir", str(data), "--port", str(port), quiet=True) as pid:
        yield port, pid


def running(data: Path) -> Engines:
    engines = engines_of_running(data)
    if engines is None:
        raise AssertionError("nothing runs on the data folder")
    return engines


async def sign_in_token(engines: Engines) -> str:
    database = Database(create_engine(engines.postgres.dsn("visits")), SystemClock())
    try:
        return (await demo_links(database))[0].token
    finally:
        await database.engine.dispose()


def embedded_half(port: int, cookie: str, engines: Engines | None = None) -> Half:
    return Half(
        name="embedded",
        port=port,
        requests=visits("/visits/api/visits", unit_code=UNIT, headers=f"Cookie: {cookie}\r\n"),
        visits_dsn=engines.postgres.dsn("visits") if engines else "",
        feedback_dsn=engines.postgres.dsn("feedback") if engines else "",
        recorded=RECORDED,
        owed=OWED,
    )


async def accepted(half: Half) -> None:
    """Send visits until one is accepted."""
    async with asyncio.timeout(60):
        while True:
            try:
                connection = await Connection.open(half.port)
                answer = await connection.send(next(half.requests))
            except OSError:
                await asyncio.sleep(0.02)
                continue
            connection.close()
            if answer.status == 201:
                return
            await asyncio.sleep(0.02)


def family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


async def idle_processor(pid: int, seconds: float) -> float:
    """The share of one core that all processes together used."""

    def used() -> float:
        return float(sum(times.user + times.system for times in (each.cpu_times() for each in family(pid))))

    before, started = used(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (used() - before) / (time.perf_counter() - started)
