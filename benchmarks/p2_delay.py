"""P2: the same path at 100 visits a second: how long after its receipt a visit's duty is there.

Measured in the databases, from the commit of the visit to the commit of its duty. Beside the unsafe dual
write, the limit of what a message can do, and beside the obvious build.
"""

from collections.abc import Awaitable, Callable

from benchmarks.engines import bench_engines
from benchmarks.halves import Half, obvious_half, our_half, unsafe_half
from benchmarks.harness import Result, at_most, compare, interleave, limit, percentile, rounds

RATE = 100.0
SECONDS, QUICK_SECONDS = 5.0, 4.0


async def run(*, quick: bool) -> Result:
    async with (
        bench_engines(commit_timestamps=True) as bench,
        our_half(bench) as ours,
        obvious_half(bench) as obvious,
    ):
        measured = await interleave(
            rounds(quick=quick),
            {half.name: steadily(half, QUICK_SECONDS if quick else SECONDS) for half in (ours, obvious)},
        )
    async with (
        bench_engines(commit_timestamps=True) as bench,
        our_half(bench) as ours,
        unsafe_half(bench) as unsafe,
    ):
        beside_unsafe = await interleave(
            rounds(quick=quick),
            {half.name: steadily(half, QUICK_SECONDS if quick else SECONDS) for half in (ours, unsafe)},
        )
    p99 = {name: [percentile(delays, 99) for delays in each] for name, each in measured.items()}
    p50 = {name: [percentile(delays, 50) for delays in each] for name, each in beside_unsafe.items()}
    return Result(
        id="P2",
        title="receipt to duty at 100/s",
        lines=(
            compare(
                "receipt to duty, p50",
                "ms",
                ours=p50[ours.name],
                peer="unsafe dual write",
                theirs=p50[unsafe.name],
                goal=at_most(3),
            ),
            compare(
                "receipt to duty, p99",
                "ms",
                ours=p99[ours.name],
                peer="FastAPI, ORM, faststream-outbox",
                theirs=p99[obvious.name],
                goal=at_most(0.5),
            ),
            limit("receipt to duty, p99", ours=p99[ours.name], goal=at_most(25, "ms")),
        ),
    )


def steadily(half: Half, seconds: float) -> Callable[[], Awaitable[list[float]]]:
    return lambda: half.delays(rate=RATE, seconds=seconds)
