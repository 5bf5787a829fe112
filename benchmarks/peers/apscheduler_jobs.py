"""APScheduler with its job store in PostgreSQL: the timer most Python developers would reach for.

One job per duty, due at its instant. The job itself does nothing: only the scheduler's own work (load,
submit, remove the row) is timed, which speaks for the peer, since a real job would still have to move
the duty and write its event.
"""

from datetime import UTC, datetime, timedelta

from apscheduler.executors.asyncio import AsyncIOExecutor  # type: ignore[import-untyped]  # ships no types
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-untyped]  # ships no types
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # ships no types

TABLE = "apscheduler_jobs"


async def overdue(_duty: str) -> None:
    """What would chase the duty."""


def scheduler(dsn: str) -> AsyncIOScheduler:
    """A scheduler that never skips a late job (the default grace of one second would)."""
    return AsyncIOScheduler(
        jobstores={"default": SQLAlchemyJobStore(dsn)},
        executors={"default": AsyncIOExecutor()},
        job_defaults={"misfire_grace_time": None, "coalesce": True},
        timezone=UTC,
    )


def add(timer: AsyncIOScheduler, count: int, *, due_in: timedelta) -> None:
    """Add `count` jobs, each due at one instant. The scheduler must be started, so that they are stored."""
    due_at = datetime.now(UTC) + due_in
    for n in range(count):
        timer.add_job(overdue, "date", run_date=due_at, args=[str(n)])
