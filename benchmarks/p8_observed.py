"""P8: what being observed costs: metrics kept and scraped every second and traces sampled, against neither.

Judged by the visits that a second of the two services' own processor time carries. On a saturated machine
that is the throughput, without the share of engines and load generator, which are not observed and would
flatter the figure, and without the neighbours of a shared machine; the scrapes keep the same time. The rate
by the clock stands beside it.
Both halves carry a caller's trace context with request and event; only the instruments are switched off.
"""

import asyncio
import re
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, cast

import psutil  # type: ignore[import-untyped]  # ships no types

from benchmarks.engines import bench_engines
from benchmarks.halves import Half, our_half
from benchmarks.harness import Result, at_least, compare, interleave
from benchmarks.load import Connection, request
from shared.tracing import DEFAULT_RATIO, ENDPOINT

CONNECTIONS = 16
ROUNDS, QUICK_ROUNDS = 10, 6
"""Many and short: what is looked for is smaller than the noise of a single round."""
SECONDS = 1.5


class Cost(NamedTuple):
    """Visits per second by the clock, and per second of the services' processor time."""

    by_clock: float
    by_processor: float


async def run(*, quick: bool) -> Result:
    async with (
        collector() as endpoint,
        bench_engines(commit_timestamps=True) as observed_bench,
        bench_engines(commit_timestamps=True) as bare_bench,
        our_half(observed_bench, variables={ENDPOINT: endpoint}) as observed,
        our_half(bare_bench, unmeasured=True) as bare,
    ):
        sides = {"observed": scraped(observed), "bare": saturating(bare)}
        await interleave(1, sides)  # connections, plans and caches of both
        measured = await interleave(QUICK_ROUNDS if quick else ROUNDS, sides)
    clocks = [cost.by_clock for cost in measured["observed"]], [cost.by_clock for cost in measured["bare"]]
    by_clock = statistics.median(one / other for one, other in zip(*clocks, strict=True))
    return Result(
        id="P8",
        title="metrics and sampled tracing on against off",
        lines=(
            compare(
                "visit to duty, observed",
                "visits/CPU s",
                ours=[cost.by_processor for cost in measured["observed"]],
                peer="the same without instruments",
                theirs=[cost.by_processor for cost in measured["bare"]],
                goal=at_least(0.9),
            ),
        ),
        notes=(
            f"by the clock {by_clock:.2f}× ({statistics.median(clocks[0]):,.0f} visits/s observed)",
            f"{DEFAULT_RATIO:.0%} of the requests traced into a collector that keeps nothing",
        ),
    )


def saturating(half: Half) -> Callable[[], Awaitable[Cost]]:
    async def measure() -> Cost:
        before = processor(half)
        done = await half.saturate(connections=CONNECTIONS, seconds=SECONDS)
        return Cost(done.rate, done.visits / (processor(half) - before))

    return measure


def scraped(half: Half) -> Callable[[], Awaitable[Cost]]:
    saturated = saturating(half)

    async def measure() -> Cost:
        async with scraping(half):
            return await saturated()

    return measure


def processor(half: Half) -> float:
    """Seconds of processor time the services have used."""
    times = [psutil.Process(pid).cpu_times() for pid in half.processes]
    return float(sum(each.user + each.system for each in times))


@asynccontextmanager
async def scraping(half: Half) -> AsyncIterator[None]:
    """Prometheus, asking once a second of the services' processor time: fifteen times as often as it would."""

    async def scrape() -> None:
        connection, due = await Connection.open(half.port), 0.0
        while True:
            answer = await connection.send(request("GET", "/visits/metrics"))
            if answer.status != 200:
                raise AssertionError(f"/visits/metrics answers {answer.status}")
            due = max(due, processor(half)) + 1
            while processor(half) < due:  # noqa: ASYNC110  # no event tells of processor time
                await asyncio.sleep(0.05)

    work = asyncio.create_task(scrape())
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


class Sink(asyncio.Protocol):
    """A connection to an OTLP collector that takes everything and keeps nothing."""

    received = 0

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if end and length and len(body) >= int(length[1]) and self._transport:
            Sink.received += 1
            self._buffer = b""
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@asynccontextmanager
async def collector() -> AsyncIterator[str]:
    """The address of a collector; when the block ends, spans must have come."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
    if not Sink.received:
        raise AssertionError("no span was ever sent: nothing was traced")
