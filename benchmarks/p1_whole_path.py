"""P1: a visit with one issue, from HTTP to its committed duty, saturated, an fsync at every hop.

Beside the obvious build. Both halves take the same bytes; a visit counts when its duty is committed, and a
half that loses or doubles one does not count at all.
"""

from collections.abc import Awaitable, Callable

from benchmarks.engines import bench_engines
from benchmarks.halves import Half, obvious_half, our_half
from benchmarks.harness import Line, Result, at_least, compare, interleave, rounds

CONNECTIONS = (16, 64)
SECONDS, QUICK_SECONDS = 2.0, 1.5


async def run(*, quick: bool) -> Result:
    lines: list[Line] = []
    async with (
        bench_engines(commit_timestamps=True) as bench,
        our_half(bench) as ours,
        obvious_half(bench) as peer,
    ):
        for connections in CONNECTIONS:
            measured = await interleave(
                rounds(quick=quick),
                {
                    half.name: saturating(half, connections, QUICK_SECONDS if quick else SECONDS)
                    for half in (ours, peer)
                },
            )
            lines.append(
                compare(
                    f"visit to duty, {connections} connections",
                    "visits/s",
                    ours=measured[ours.name],
                    peer="FastAPI, ORM, faststream-outbox",
                    theirs=measured[peer.name],
                    goal=at_least(8),
                )
            )
    return Result(
        id="P1",
        title="HTTP to duty, saturated",
        lines=tuple(lines),
        notes=("nothing lost and nothing doubled in either half; ours checks a session, the peer does not",),
    )


def saturating(half: Half, connections: int, seconds: float) -> Callable[[], Awaitable[float]]:
    return lambda: half.saturated(connections=connections, seconds=seconds)
