"""The real engines, embedded: PostgreSQL and NATS from wheels, in one data folder, for as long as we run.

    async with embedded_engines(Path(".data")) as engines:   # the owner of the folder
        engines.postgres.dsn("visits"), engines.nats.url("visits")

    async with reach_engines(Path(".data")) as engines: …    # beside a running owner, or as the owner

Promises: nothing outside the folder is made or changed, nothing runs on when we are gone (not even after
`kill -9`), and whatever stands in the way is an EngineError with one sentence for the person at the keyboard.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.clock import SystemClock
from shared.engines.datadir import ADMIN, FREE_SPACE_TO_BEGIN, SERVICES, DataDir, RunRecord, run_record
from shared.engines.errors import EngineError, Reason
from shared.engines.nats import NatsAddress, RunningNats, start_nats
from shared.engines.postgres import PostgresAddress, RunningPostgres, start_postgres
from shared.engines.process import Identity

_OWNER_STARTS_WITHIN = 30.0
"""Seconds a command waits for an owner that is just starting its servers."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Servers that somebody runs for us."""

    postgres: PostgresAddress
    nats: NatsAddress


@dataclass(frozen=True, slots=True)
class EmbeddedEngines(Engines):
    """Servers that we run ourselves."""

    postgres: RunningPostgres
    nats: RunningNats
    data: DataDir
    lock: int

    def announce(self) -> None:
        """(Again) tell commands beside us where the servers are; needed after a restart of one of them."""
        self.data.announce(
            run_record(
                SystemClock().now(),
                postgres=(self.postgres.pid, self.postgres.port),
                nats=(self.nats.pid, self.nats.port, self.nats.monitor_port),
            )
        )

    async def stop(self) -> None:
        """The bus first, so that nothing arrives any more; then the databases; then the folder is free."""
        try:
            self.data.withdraw()
            await self.nats.stop()
            await self.postgres.stop()
        finally:
            os.close(self.lock)


async def start_engines(
    root: Path, *, durable: bool = True, shared_buffers: str = "32MB", free_space: int = FREE_SPACE_TO_BEGIN
) -> EmbeddedEngines:
    """Claim the data folder and start both servers side by side. Raises EngineError, with nothing left running."""
    data = DataDir(root)
    lock = data.take(free_space=free_space)
    try:
        postgres, nats = await _start_side_by_side(
            start_postgres(data, durable=durable, shared_buffers=shared_buffers),
            start_nats(data, durable=durable),
        )
        engines = EmbeddedEngines(postgres=postgres, nats=nats, data=data, lock=lock)
        engines.announce()
    except BaseException:
        os.close(lock)
        raise
    return engines


async def _start_side_by_side(
    starting_postgres: Coroutine[Any, Any, RunningPostgres], starting_nats: Coroutine[Any, Any, RunningNats]
) -> tuple[RunningPostgres, RunningNats]:
    """Both or none: when one fails, or we are interrupted, the other is stopped."""
    tasks = asyncio.create_task(starting_postgres), asyncio.create_task(starting_nats)
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        for server in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(server, RunningPostgres | RunningNats):
                await server.stop()
        raise


@asynccontextmanager
async def embedded_engines(root: Path, *, durable: bool = True) -> AsyncIterator[EmbeddedEngines]:
    """Both servers for the length of the block."""
    engines = await start_engines(root, durable=durable)
    try:
        yield engines
    finally:
        await engines.stop()


@asynccontextmanager
async def reach_engines(root: Path) -> AsyncIterator[Engines]:
    """The servers of the instance that runs on this folder, or our own for the length of the block."""
    found = engines_of_running(root)
    if found is not None:
        yield found
        return
    try:
        engines = await start_engines(root)
    except EngineError as error:
        if error.reason is not Reason.IN_USE:
            raise
        yield await _engines_of_starting(root, error)
        return
    try:
        yield engines
    finally:
        await engines.stop()


def engines_of_running(root: Path) -> Engines | None:
    """The servers of the instance that runs on this folder now, if one does."""
    data = DataDir(root)
    record = data.running()
    if record is None:
        return None
    return Engines(
        postgres=PostgresAddress(record.postgres_port, data.postgres_passwords()),
        nats=NatsAddress(record.nats_port, record.nats_monitor_port, data.seeds()),
    )


async def _engines_of_starting(root: Path, in_use: EngineError) -> Engines:
    try:
        async with asyncio.timeout(_OWNER_STARTS_WITHIN):
            while (found := engines_of_running(root)) is None:  # noqa: ASYNC110  # another process's doing
                await asyncio.sleep(0.1)
            return found
    except TimeoutError:
        raise in_use from None


__all__ = [
    "ADMIN",
    "SERVICES",
    "DataDir",
    "EmbeddedEngines",
    "EngineError",
    "Engines",
    "Identity",
    "NatsAddress",
    "PostgresAddress",
    "Reason",
    "RunRecord",
    "RunningNats",
    "RunningPostgres",
    "embedded_engines",
    "engines_of_running",
    "reach_engines",
    "start_engines",
    "start_nats",
    "start_postgres",
]
