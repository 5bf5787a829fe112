"""P10: what it costs to be asked who one is: the same read behind the guard and without it, by one connection.

The guard is all that stands between a request and its read: the session's token, the posts as of now, the rule,
and the wall between committees in the database. A session is remembered for two seconds; what a request costs
whose session was never seen before stands in a note. The sides take turns request by request,
there and back, because what is looked for is smaller than what a second of a shared machine differs from the next.
"""

import os
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import repeat

from benchmarks.engines import Bench, answers, bench_engines, connected, free_port, process
from benchmarks.guarded import BARE, GUARDED
from benchmarks.halves import Broken, sign_in_token, signed_in
from benchmarks.harness import Result, at_most, limit
from benchmarks.load import Connection, request
from services.visits.app import MIGRATIONS
from shared.db import migrate
from shared.ids import uuid7
from shared.sessions import new_token, token_sha256

ROUNDS, QUICK_ROUNDS = 10, 5
TURNS = 150
"""Requests of each side in a round."""


async def run(*, quick: bool) -> Result:
    rounds = QUICK_ROUNDS if quick else ROUNDS
    async with bench_engines() as bench, serving(bench) as (port, cookie):
        tokens = await sessions(bench, (rounds + 1) * TURNS)
        sides = {
            "bare": repeat(request("GET", BARE)),
            "guarded": repeat(asking(GUARDED, cookie)),
            "unknown": (asking(GUARDED, f"fv_session={token}") for token in tokens),
            "who": repeat(asking("/visits/api/session", cookie)),
        }
        await medians(port, sides)  # connections, plans and caches of all
        measured = [await medians(port, sides) for _ in range(rounds)]
    each = {name: statistics.median(turn[name] for turn in measured) for name in sides}
    return Result(
        id="P10",
        title="the guard on top of a bare route",
        lines=(
            limit(
                "guard on a read, p50",
                ours=[turn["guarded"] - turn["bare"] for turn in measured],
                goal=at_most(1, "ms"),
            ),
            limit(
                "sign-in by a session: who am I, p50",
                ours=[turn["who"] for turn in measured],
                goal=at_most(10, "ms"),
            ),
        ),
        notes=(
            (
                f"p50 of the read: bare {each['bare']:.2f} ms, guarded {each['guarded']:.2f} ms, "
                f"by a session seen the first time {each['unknown']:.2f} ms"
            ),
        ),
    )


@asynccontextmanager
async def serving(bench: Bench) -> AsyncIterator[tuple[int, str]]:
    """The service with both routes, the demo's directory in it; its port and the cookie of a member."""
    await migrate(bench.owner_dsn("visits"), MIGRATIONS)
    port = free_port()
    settings = {
        "VISITS_DATABASE_URL": bench.dsn("visits"),
        "VISITS_NATS_URL": bench.engines.nats.url("visits"),
        "VISITS_PORT": str(port),
        "VISITS_LOG_LEVEL": "ERROR",
        "VISITS_DIRECT_LINKS": "true",
    }
    async with process("benchmarks.guarded", "serve", environment=os.environ | settings):
        await answers(port, "/visits/readyz")
        yield port, await signed_in(port, await sign_in_token(bench.dsn("visits")))


async def sessions(bench: Bench, count: int) -> list[str]:
    """Tokens of sessions that are open and that no process has heard of yet."""
    tokens = [new_token() for _ in range(count)]
    now = datetime.now(UTC)
    async with connected(bench.dsn("visits")) as connection:
        await connection.execute("SELECT set_config('fv.service', 'on', false)")
        (person_id,) = await connection.fetchrow(
            "SELECT person_id FROM directory_session ORDER BY opened_at LIMIT 1"
        )
        await connection.executemany(
            """
            INSERT INTO directory_session (session_id, version, token_sha256, person_id, opened_at, expires_at)
            VALUES ($1, 1, $2, $3, $4, $5)
            """,
            [(uuid7(), token_sha256(token), person_id, now, now + timedelta(days=1)) for token in tokens],
        )
        await connection.execute("ANALYZE directory_session")
    return tokens


def asking(path: str, cookie: str) -> bytes:
    return request("GET", path, headers=f"Cookie: {cookie}\r\n")


async def medians(port: int, sides: Mapping[str, Iterator[bytes]]) -> dict[str, float]:
    """One round: the median of each side in milliseconds."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    there = list(sides.items())
    connection = await Connection.open(port)
    try:
        for turn in range(TURNS):
            for name, requests in reversed(there) if turn % 2 else there:
                since = time.perf_counter()
                answer = await connection.send(next(requests))
                took[name].append(time.perf_counter() - since)
                if answer.status != 200:
                    raise Broken(f"{name} answers {answer.status}: {answer.body!r}")
    finally:
        connection.close()
    return {name: 1000 * statistics.median(seconds) for name, seconds in took.items()}
