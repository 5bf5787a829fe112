"""Servers for one experiment: PostgreSQL and NATS of its own, every commit and every message synced."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from benchmarks.load import Connection, request
from benchmarks.peers.obvious_build import STREAM as PEER_STREAM
from benchmarks.peers.obvious_build import SUBJECT as PEER_SUBJECT
from shared import topology
from shared.bus import connect
from shared.engines import EmbeddedEngines, start_engines
from shared.engines.postgres import free_port
from shared.walls import SERVICE


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the servers of this experiment are. Peers get databases and a stream of their own."""

    engines: EmbeddedEngines
    js: JetStreamContext

    @property
    def nats_url(self) -> str:
        return self.engines.nats.admin_url

    def dsn(self, service: str) -> str:
        """One of our own databases, by its service's role."""
        return self.engines.postgres.dsn(service)

    def owner_dsn(self, service: str) -> str:
        """The same by the role that migrates it."""
        return self.engines.postgres.owner_dsn(service)

    async def peer_database(self, name: str, schema: str = "") -> str:
        """A new database for a peer, with `schema` run in it."""
        admin = await asyncpg.connect(self.engines.postgres.admin_dsn)
        try:
            await admin.execute(f'CREATE DATABASE "{name}"')
        finally:
            await admin.close()
        dsn = self.engines.postgres.dsn("admin", name)
        if schema:
            async with connected(dsn) as connection:
                await connection.execute(schema)
        return dsn

    async def messages(self, stream: str) -> int:
        return (await self.js.stream_info(stream)).state.messages


@asynccontextmanager
async def bench_engines(*, commit_timestamps: bool = False) -> AsyncIterator[Bench]:
    """Durable servers in a folder that goes away, with our streams and the peers' one.

    `commit_timestamps` lets the database itself say when each row was committed.
    """
    with TemporaryDirectory(prefix="bench-") as folder:
        engines = await start_engines(Path(folder) / "data")
        try:
            if commit_timestamps:
                async with connected(engines.postgres.admin_dsn) as admin:
                    await admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
                await engines.postgres.restart()
            client = await connect(engines.nats.admin_url, allow_reconnect=False)
            js = client.jetstream()
            await topology.apply(js)
            await js.add_stream(StreamConfig(name=PEER_STREAM, subjects=[PEER_SUBJECT]))
            try:
                yield Bench(engines, js)
            finally:
                await client.close()
        finally:
            await engines.stop()


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees every row, as the service's own work does; a database without walls takes no notice."""
    connection = await asyncpg.connect(dsn, server_settings={SERVICE: "on"})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def process(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None, quiet: bool = False
) -> AsyncIterator[int]:
    """`python -m module …` for the length of the block; its process id."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", module, *arguments),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL if quiet else None,
    )
    try:
        yield child.pid
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


async def answers(port: int, path: str, *, within: float = 30.0) -> None:
    """Wait until `GET path` gives an answer below 500."""
    async with asyncio.timeout(within):
        while True:
            try:
                connection = await Connection.open(port)
                answer = await connection.send(request("GET", path))
                connection.close()
            except OSError:
                await asyncio.sleep(0.05)
            else:
                if answer.status < 500:
                    return
                await asyncio.sleep(0.05)


def sqlalchemy(dsn: str, driver: str = "asyncpg") -> str:
    return dsn.replace("postgresql://", f"postgresql+{driver}://", 1)


__all__ = [
    "PEER_STREAM",
    "PEER_SUBJECT",
    "Bench",
    "answers",
    "bench_engines",
    "connected",
    "free_port",
    "process",
    "sqlalchemy",
]
