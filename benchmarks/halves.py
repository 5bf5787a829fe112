"""The two halves of the whole path, running: our visits and feedback, and the same two services as peers.

Each half is two processes on the same durable servers. What happened is read from its databases, where
PostgreSQL itself noted when each row was committed.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from benchmarks.engines import Bench, answers, connected, free_port, process, sqlalchemy
from benchmarks.load import Connection, closed_loop, open_loop, request
from benchmarks.peers import obvious_build, unsafe_dual_write
from benchmarks.traffic import visits
from services.demo import demo_register
from services.demo.opening import demo_links, open_demo
from services.feedback.app import MIGRATIONS as FEEDBACK_MIGRATIONS
from services.visits.app import MIGRATIONS as VISITS_MIGRATIONS
from shared.clock import SystemClock
from shared.db import create_engine, migrate
from shared.uow import Database

UNIT = "C001"
RECORDED = "SELECT visit_id, pg_xact_commit_timestamp(xmin) FROM visit"
OWED = "SELECT visit_id, issue_id, pg_xact_commit_timestamp(xmin) FROM duty WHERE kind = 'forward'"
DRAINED_WITHIN = 120.0


class Broken(AssertionError):
    """A half lost, doubled or refused something: its speed means nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A saturated run: so many visits became duties in so many seconds."""

    visits: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.visits / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A running half, and how to read what it committed."""

    name: str
    port: int
    requests: Iterator[bytes]
    visits_dsn: str
    feedback_dsn: str
    recorded: str
    """SQL: the id of each visit and when it was committed."""
    owed: str
    """SQL: visit, issue and commit time of each duty to forward."""
    processes: tuple[int, ...] = ()
    desk_port: int = 0
    """Where feedback answers."""

    async def saturated(self, *, connections: int, seconds: float) -> float:
        """Visits per second from the first request to the last committed duty; none lost, none twice."""
        return (await self.saturate(connections=connections, seconds=seconds)).rate

    async def saturate(self, *, connections: int, seconds: float) -> Run:
        known = len(await self._owed())
        started = time.time()
        sent = await closed_loop(self.port, self.requests, connections=connections, seconds=seconds)
        self._all_accepted(sent.refused)
        last = await self._drained(known + sent.accepted)
        return Run(sent.accepted, last.timestamp() - started)

    async def delays(self, *, rate: float, seconds: float) -> list[float]:
        """Milliseconds from the commit of each visit to that of its duty, at a steady rate."""
        known = len(await self._owed())
        sent = await open_loop(self.port, self.requests, rate=rate, seconds=seconds)
        self._all_accepted(sent.refused)
        await self._drained(known + sent.accepted)
        async with connected(self.visits_dsn) as connection:
            recorded: dict[UUID, datetime] = dict(await connection.fetch(self.recorded))
        owed = (await self._owed())[known:]
        return [1000 * (at - recorded[visit_id]).total_seconds() for visit_id, _, at in owed]

    def _all_accepted(self, refused: Sequence[object]) -> None:
        if refused:
            raise Broken(f"{self.name} refused {len(refused)} visits, the first with {refused[0]}")

    async def _drained(self, goal: int) -> datetime:
        """When the last duty was committed, once there are as many as visits."""
        until = time.perf_counter() + DRAINED_WITHIN
        while len(owed := await self._owed()) < goal:
            if time.perf_counter() > until:
                raise Broken(f"{self.name} lost {goal - len(owed)} of {goal} duties")
            await asyncio.sleep(0.2)
        if len(owed) > goal or len({issue_id for _, issue_id, _ in owed}) < goal:
            raise Broken(f"{self.name} made {len(owed)} duties of {goal} visits")
        return owed[-1][2]

    async def _owed(self) -> list[tuple[UUID, UUID, datetime]]:
        async with connected(self.feedback_dsn) as connection:
            return [tuple(row) for row in await connection.fetch(f"{self.owed} ORDER BY 3 NULLS FIRST")]


@asynccontextmanager
async def our_half(
    bench: Bench, *, unmeasured: bool = False, variables: dict[str, str] | None = None
) -> AsyncIterator[Half]:
    """Visits and feedback as they are deployed, with the demo's directory and a member signed in.

    `unmeasured` switches their metrics off; `variables` are further ones of their environment.
    """
    await migrate(bench.owner_dsn("visits"), VISITS_MIGRATIONS)
    await migrate(bench.owner_dsn("feedback"), FEEDBACK_MIGRATIONS)
    port, desk_port, processes = free_port(), free_port(), list[int]()
    async with AsyncExitStack() as stack:
        for service, its_port in (("visits", port), ("feedback", desk_port)):
            prefix = service.upper()
            settings = {
                f"{prefix}_DATABASE_URL": bench.dsn(service),
                f"{prefix}_NATS_URL": bench.engines.nats.url(service),
                f"{prefix}_PORT": str(its_port),
                f"{prefix}_LOG_LEVEL": "ERROR",
                "VISITS_DIRECT_LINKS": "true",
                # One member writes here what a country's members write.
                f"{prefix}_WRITES_PER_MINUTE": "0",
                f"{prefix}_ADDRESS_WRITES_PER_MINUTE": "0",
            }
            wrapper = ["benchmarks.unmeasured"] if unmeasured else []
            command = [*wrapper, f"services.{service}", "serve"]
            environment = os.environ | settings | (variables or {})
            processes.append(await stack.enter_async_context(process(*command, environment=environment)))
            await answers(its_port, f"/{service}/readyz")
        cookie = await signed_in(port, await sign_in_token(bench.dsn("visits")))
        await settled(bench)
        yield Half(
            name="ours",
            port=port,
            requests=visits("/visits/api/visits", unit_code=UNIT, headers=f"Cookie: {cookie}\r\n"),
            visits_dsn=bench.dsn("visits"),
            feedback_dsn=bench.dsn("feedback"),
            recorded=RECORDED,
            owed=OWED,
            processes=tuple(processes),
            desk_port=desk_port,
        )


async def sign_in_token(dsn: str) -> str:
    """Of a committee member of the demo."""
    return (await sign_in_tokens(dsn))[0]


async def sign_in_tokens(dsn: str) -> list[str]:
    """Open the demo in this database, unless it is there; one token for each of its guides, in their order."""
    database = Database(create_engine(dsn), SystemClock())
    try:
        await open_demo(database, demo_register(), lambda _: None)
        return [link.token for link in await demo_links(database)]
    finally:
        await database.engine.dispose()


async def signed_in(port: int, token: str) -> str:
    """The session cookie that a one-time link gives."""
    connection = await Connection.open(port)
    try:
        answer = await connection.send(request("GET", f"/visits/sign-in/{token}"))
    finally:
        connection.close()
    if answer.status != 303:
        raise Broken(f"the link answers {answer.status}")
    return answer.header("set-cookie").partition(";")[0]


async def settled(bench: Bench) -> None:
    """Wait until feedback has taken in all that visits has told so far."""
    async with (
        asyncio.timeout(DRAINED_WITHIN),
        connected(bench.dsn("visits")) as visits,
        connected(bench.dsn("feedback")) as feedback,
    ):
        told = await visits.fetchval("SELECT last_seq FROM outbox_head")
        taken_in = "SELECT count(*) FROM inbox WHERE producer = 'visits'"
        while await feedback.fetchval(taken_in) < told:  # noqa: ASYNC110  # another process's doing
            await asyncio.sleep(0.1)


@asynccontextmanager
async def obvious_half(bench: Bench) -> AsyncIterator[Half]:
    visits_dsn = await bench.peer_database("obvious_visits")
    feedback_dsn = await bench.peer_database("obvious_feedback")
    await obvious_build.create_tables(sqlalchemy(visits_dsn), obvious_build.VisitsBase)
    await obvious_build.create_tables(sqlalchemy(feedback_dsn), obvious_build.FeedbackBase)
    async with peer_half(
        bench, obvious_build.__name__, visits_dsn, feedback_dsn, driver="postgresql+asyncpg"
    ) as half:
        yield half


@asynccontextmanager
async def unsafe_half(bench: Bench) -> AsyncIterator[Half]:
    visits_dsn = await bench.peer_database("unsafe_visits", unsafe_dual_write.VISITS_SCHEMA)
    feedback_dsn = await bench.peer_database("unsafe_feedback", unsafe_dual_write.FEEDBACK_SCHEMA)
    async with peer_half(bench, unsafe_dual_write.__name__, visits_dsn, feedback_dsn) as half:
        yield half


@asynccontextmanager
async def peer_half(
    bench: Bench, module: str, visits_dsn: str, feedback_dsn: str, *, driver: str = "postgresql"
) -> AsyncIterator[Half]:
    port = free_port()
    of_visits, of_feedback = (dsn.replace("postgresql", driver, 1) for dsn in (visits_dsn, feedback_dsn))
    async with (
        process(module, "feedback", of_feedback, bench.nats_url),
        process(module, "visits", of_visits, bench.nats_url, str(port)),
    ):
        await answers(port, "/openapi.json")
        yield Half(
            name=module.rpartition(".")[2],
            port=port,
            requests=visits("/visits", unit_code=UNIT),
            visits_dsn=visits_dsn,
            feedback_dsn=feedback_dsn,
            recorded="SELECT id, pg_xact_commit_timestamp(xmin) FROM visits",
            owed="SELECT visit_id, issue_id, pg_xact_commit_timestamp(xmin) FROM duties WHERE kind = 'forward'",
        )
