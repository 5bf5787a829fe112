"""P8: what being observed costs: the saturated path with metrics kept and scraped every second, against none.

The trace context travels with every request and event in both halves; only instruments are switched off.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from benchmarks.engines import bench_engines
from benchmarks.halves import Half, our_half
from benchmarks.harness import Result, at_least, compare, interleave, rounds
from benchmarks.load import Connection, request

CONNECTIONS = 16
SECONDS, QUICK_SECONDS = 3.0, 2.0


async def run(*, quick: bool) -> Result:
    seconds = QUICK_SECONDS if quick else SECONDS
    async with (
        bench_engines(commit_timestamps=True) as observed_bench,
        bench_engines(commit_timestamps=True) as bare_bench,
        our_half(observed_bench) as observed,
        our_half(bare_bench, unmeasured=True) as bare,
    ):
        measured = await interleave(
            rounds(quick=quick), {"observed": scraped(observed, seconds), "bare": saturating(bare, seconds)}
        )
    return Result(
        id="P8",
        title="metrics on against off",
        lines=(
            compare(
                "visit to duty, observed",
                "visits/s",
                ours=measured["observed"],
                peer="the same without instruments",
                theirs=measured["bare"],
                goal=at_least(0.9),
            ),
        ),
    )


def saturating(half: Half, seconds: float) -> Callable[[], Awaitable[float]]:
    return lambda: half.saturated(connections=CONNECTIONS, seconds=seconds)


def scraped(half: Half, seconds: float) -> Callable[[], Awaitable[float]]:
    async def measure() -> float:
        async with scraping(half.port):
            return await half.saturated(connections=CONNECTIONS, seconds=seconds)

    return measure


@asynccontextmanager
async def scraping(port: int) -> AsyncIterator[None]:
    """Prometheus, asking every second: fifteen times as often as it would."""

    async def scrape() -> None:
        connection = await Connection.open(port)
        while True:
            answer = await connection.send(request("GET", "/visits/metrics"))
            if answer.status != 200:
                raise AssertionError(f"/visits/metrics answers {answer.status}")
            await asyncio.sleep(1)

    work = asyncio.create_task(scrape())
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
