"""P5: 10,000 duties due at once among 1 M open ones, announced: alarm taken, next one set, event in the outbox.

Beside APScheduler with its jobs in PostgreSQL, firing jobs that do nothing. And an empty look, the thing
the clockwork does most: with 10 M alarms waiting it must cost what it costs with 100,000.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import services.feedback
from benchmarks.engines import Bench, bench_engines, connected, sqlalchemy
from benchmarks.harness import Result, at_least, at_most, compare, interleave, rate, rounds
from benchmarks.peers import apscheduler_jobs
from services.feedback.clockwork import Clockwork
from services.feedback.metrics import FeedbackMetrics
from services.feedback.store import duties as duty_store
from services.feedback.store.calendars import CalendarBook
from shared.clock import SystemClock
from shared.db import create_engine, migrate
from shared.metrics import Metrics
from shared.uow import Database

DUE = 10_000
OPEN, QUICK_OPEN = 1_000_000, 100_000
FEW = 100_000
MANY, QUICK_MANY = 10_000_000, 1_000_000
JOBS = 3_000
"""Fewer for APScheduler, which needs seconds for these and as long again to add them."""
MIGRATIONS = Path(services.feedback.__file__).parent / "migrations" / "versions"

SEED_DUTIES = """
INSERT INTO duty (duty_id, version, due_version, kind, committee_id, unit_id, visit_id, access_class, urgency,
                  policy_id, rule, days, anchor, calendar_revision, last_day, due_at, first_due_at, provisional,
                  opened_at)
SELECT uuidv7(), 1, 1, 'report', committee, uuidv7(), uuidv7(), 'normal', 'normal', committee, 'calendar_roll',
       5, last_day - 5, 1, last_day, last_day + interval '17 hours', last_day + interval '17 hours', false, now()
FROM (SELECT gen_random_uuid() AS committee) AS one,
     (SELECT current_date + 30 + n % 300 AS last_day FROM generate_series(1, $1) AS n) AS days
"""
SEED_ALARMS = """
INSERT INTO alarm (next_at, duty_id, due_version)
SELECT now() + interval '1 day' + n * interval '1 second', gen_random_uuid(), 1
FROM generate_series(1, $1) AS n
"""
NOT_WAITING = """
DELETE FROM alarm WHERE duty_id IN (SELECT duty_id FROM duty ORDER BY duty_id LIMIT $1)
"""
DUE_NOW = """
WITH due AS (SELECT duty_id FROM duty ORDER BY duty_id LIMIT $1)
INSERT INTO alarm (next_at, duty_id, due_version) SELECT now() - interval '1 second', duty_id, 1 FROM due
"""


async def run(*, quick: bool) -> Result:
    many = QUICK_MANY if quick else MANY
    async with bench_engines() as bench:
        open_dsn = await seeded(bench, "peer_open", duties=QUICK_OPEN if quick else OPEN, alarms=0)
        few_dsn = await seeded(bench, "peer_few", duties=0, alarms=FEW)
        many_dsn = await seeded(bench, "peer_many", duties=0, alarms=many)
        jobs_dsn = await bench.peer_database("peer_jobs")
        measured = await interleave(
            rounds(quick=quick), {"ours": lambda: ours(open_dsn), "apscheduler": lambda: theirs(jobs_dsn)}
        )
        looks = await interleave(
            rounds(quick=quick), {"many": lambda: empty_look(many_dsn), "few": lambda: empty_look(few_dsn)}
        )
    return Result(
        id="P5",
        title="10,000 duties due at once",
        lines=(
            compare(
                "due duties announced",
                "/s",
                ours=measured["ours"],
                peer="APScheduler on PostgreSQL",
                theirs=measured["apscheduler"],
                goal=at_least(40),
            ),
            compare(
                f"empty look among {many:,}",
                "ms",
                ours=looks["many"],
                peer=f"among {FEW:,}",
                theirs=looks["few"],
                goal=at_most(1.5),
            ),
        ),
        notes=("the jobs of APScheduler do nothing, and only its own rows are counted",),
    )


async def seeded(bench: Bench, name: str, *, duties: int, alarms: int) -> str:
    """A database of feedback with so many open duties, each with its alarm, and so many alarms more."""
    dsn = await bench.peer_database(name)
    await migrate(dsn, MIGRATIONS)
    async with connected(dsn) as connection:
        await connection.execute(SEED_DUTIES, duties)
        await connection.execute(
            "INSERT INTO alarm (next_at, duty_id, due_version) SELECT due_at, duty_id, due_version FROM duty"
        )
        await connection.execute(SEED_ALARMS, alarms)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    return dsn


async def with_clockwork(dsn: str, measure: Callable[[Database, Clockwork], Awaitable[float]]) -> float:
    """`measure` with feedback's clockwork on the database `dsn`, as the service wires it."""
    database = Database(create_engine(dsn), SystemClock())
    book = CalendarBook()
    try:
        return await measure(
            database, Clockwork(database, book, FeedbackMetrics(Metrics("feedback"), database, book))
        )
    finally:
        await database.engine.dispose()


async def ours(dsn: str) -> float:
    async with connected(dsn) as connection:
        await connection.execute("TRUNCATE outbox")
        await connection.execute(NOT_WAITING, DUE)
        await connection.execute(DUE_NOW, DUE)

        async def measure(database: Database, clockwork: Clockwork) -> float:
            async with database.read() as tx:
                await duty_store.next_alarm(tx)  # the pool has its connection before the clock runs
            started = time.perf_counter()
            await clockwork.sweep()
            elapsed = time.perf_counter() - started
            return int(await connection.fetchval("SELECT count(*) FROM outbox")) / elapsed

        return await with_clockwork(dsn, measure)


async def theirs(dsn: str) -> float:
    async with connected(dsn) as connection:
        timer = apscheduler_jobs.scheduler(sqlalchemy(dsn, "psycopg"))
        timer.start(paused=True)
        try:
            apscheduler_jobs.add(timer, JOBS, due_in=timedelta(seconds=-1))

            async def fired() -> int:
                return JOBS - int(await connection.fetchval(f"SELECT count(*) FROM {apscheduler_jobs.TABLE}"))

            timer.resume()
            return await rate(fired, goal=JOBS, seconds=60)
        finally:
            timer.shutdown()


async def empty_look(dsn: str) -> float:
    """Milliseconds of one sweep that finds nothing due, with the question when to look again; the median of many."""

    async def measure(database: Database, clockwork: Clockwork) -> float:
        times = []
        for _ in range(200):
            started = time.perf_counter()
            await clockwork.sweep()
            async with database.read() as tx:
                await duty_store.next_alarm(tx)
            times.append(1000 * (time.perf_counter() - started))
        return statistics.median(times)

    return await with_clockwork(dsn, measure)
