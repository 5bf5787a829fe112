"""Housekeeping: once a local day, and when the clock is moved by hand, each service erases what has had its time.

The jobs are idempotent and lock rows, so that any number of replicas may run them; one that fails is logged,
counted with its loop and done again an hour later, and never keeps the next one from its turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

import structlog

from shared.clock import local_date, sleep_or_wake
from shared.erasure import empty_decided_quarantine
from shared.uow import Database

log = structlog.get_logger()

Job = Callable[[Database, date], Awaitable[int]]
"""Erases what a local day finds expired; how many things that were."""

LOOK = 3600.0
"""Seconds between two looks at the date."""


async def empty_old_quarantine(database: Database, _today: date) -> int:
    """The job that every service has."""
    return await database.run(empty_decided_quarantine)


class Housekeeping:
    """The loop around a service's jobs; `tidy` once, or `run` until told to stop."""

    def __init__(self, service: str, database: Database, jobs: Sequence[Job] = ()) -> None:
        self._service = service
        self._database = database
        self._jobs = (*jobs, empty_old_quarantine)
        self._done: date | None = None
        self._wake = asyncio.Event()
        database.clock.on_jump(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Tidy up on each new local day. Stopping waits for nothing: what is not done is done after the start."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        try:
            while not stop.is_set():
                today = local_date(self._database.clock.now())
                if today != self._done and await self.tidy(today):
                    self._done = today
                await sleep_or_wake(self._wake, LOOK)
        finally:
            stopping.cancel()

    async def tidy(self, today: date) -> bool:
        """Every job once; False when one of them failed."""
        well = True
        for job in self._jobs:
            try:
                erased = await job(self._database, today)
            except Exception as error:  # noqa: BLE001  # the other jobs have their turn, this one another time
                well = False
                log.warning("housekeeping failed", job=job.__name__, error=type(error).__name__)
            else:
                if erased:
                    log.info("erased", service=self._service, job=job.__name__, count=erased)
        return well
