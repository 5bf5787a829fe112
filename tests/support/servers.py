"""Real servers for tests: one pair a session, a fresh database a test, a bus of one's own where a test breaks it."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from shared.engines import DataDir, EmbeddedEngines, Engines, RunningNats, start_engines, start_nats
from shared.engines.datadir import owner_of
from shared.engines.postgres import give_tables
from shared.serve import bound

Migrate = Callable[[str], Awaitable[None]]
"""Brings the empty database at this address to the wanted schema; a module-level function, so that it is known again."""

_numbers = count(1)


_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
_ROOM = 4 * 2**30


def _in_memory() -> Path | None:
    """Where a throw-away cluster is quickest: copying a database of three hundred files takes a tenth of the time.

    Containers often have a few megabytes there, which is not enough.
    """
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


@contextmanager
def temporary_folder(*, within: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards; clusters are too big to be kept for the last three runs."""
    folder = Path(tempfile.mkdtemp(prefix="field-visits-", dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def session_engines() -> Iterator[EmbeddedEngines]:
    """Both servers for a whole session, without syncing; usable from the event loop of any test."""
    with temporary_folder(within=_in_memory()) as folder:
        engines = asyncio.run(start_engines(folder / "data", durable=False))
        try:
            yield engines
        finally:
            asyncio.run(engines.stop())


@contextmanager
def free_socket() -> Iterator[socket.socket]:
    """A socket bound to a free port of this machine, to hand to a server."""
    with bound("127.0.0.1", 0) as listening:
        yield listening


@asynccontextmanager
async def private_nats_server(*, durable: bool = True) -> AsyncIterator[RunningNats]:
    """A bus of one's own, to kill, restart or strip of its streams."""
    with temporary_folder() as folder, DataDir.claim(folder / "data") as data:
        server = await start_nats(data, durable=durable)
        try:
            yield server
        finally:
            await server.stop()


class Databases:
    """Fresh databases by copying a migrated one, made once for each service and migration of a session."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._templates: dict[tuple[str, Migrate], str] = {}

    @property
    def admin_dsn(self) -> str:
        return self._engines.postgres.admin_dsn

    def owner_dsn(self, dsn: str) -> str:
        """The owner's address of a database that `fresh` made."""
        name = dsn.rpartition("/")[2]
        return self._engines.postgres.owner_dsn(name.rpartition("_")[0], name)

    async def fresh(self, service: str, migrate: Migrate) -> str:
        """A new database with the schema that `migrate` makes, as its owner; returns the service's address."""
        template = self._templates.get((service, migrate))
        if template is None:
            template = f"template_{service}_{next(_numbers)}"
            await self._create(template, service, copy_of="template1")
            await self._hand_over(template, service)
            await migrate(self._engines.postgres.owner_dsn(service, template))
            self._templates[service, migrate] = template
        name = f"{service}_{next(_numbers)}"
        await self._create(name, service, copy_of=template)
        return self._engines.postgres.dsn(service, name)

    async def drop(self, dsn: str) -> None:
        """Drop a database that `fresh` made, whoever is still connected."""
        await self._as_admin(f'DROP DATABASE IF EXISTS "{dsn.rpartition("/")[2]}" WITH (FORCE)')

    @asynccontextmanager
    async def closed(self, dsn: str) -> AsyncIterator[None]:
        """While the block runs nobody is connected to this database and nobody can connect."""
        name = dsn.rpartition("/")[2]
        await self._as_admin(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await self._as_admin(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # our own
        )
        try:
            yield
        finally:
            await self._as_admin(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    async def _create(self, name: str, service: str, *, copy_of: str) -> None:
        await self._as_admin(
            f'CREATE DATABASE "{name}" OWNER "{owner_of(service)}" TEMPLATE "{copy_of}" STRATEGY file_copy'
        )

    async def _hand_over(self, name: str, service: str) -> None:
        connection = await asyncpg.connect(self._engines.postgres.admin_dsn_of(name))
        try:
            await give_tables(connection, service)
        finally:
            await connection.close()

    async def _as_admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
