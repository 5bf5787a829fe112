"""The system as it runs in earnest: real servers that sync, three supervised processes, settings in variables."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from nats.js.errors import NotFoundError
from pydantic import SecretStr

from services.installation import NAMES, Installation, embedded_installation
from shared.bus import connect
from shared.clock import SystemClock
from shared.contracts.envelope import Producer
from shared.engines import EmbeddedEngines, RunningNats, RunningPostgres, embedded_engines
from shared.engines.postgres import free_port
from shared.relay import LEADER_LOCK
from shared.settings import ServiceSettings
from tests.support.supervisor import Supervised
from tests.support.wait import eventually


@dataclass(frozen=True)
class Cluster:
    """What a test may look at, and break."""

    installation: Installation
    engines: EmbeddedEngines
    processes: Mapping[Producer, Supervised]
    urls: Mapping[Producer, str]

    async def restart(self, server: RunningPostgres | RunningNats) -> None:
        """Start a server that was killed, on the same port and data."""
        await server.start()
        self.engines.announce()

    async def depose_relay(self, name: Producer) -> None:
        """End the database connection of the relay that leads in a service."""

        async def deposed() -> bool:
            async with self.installation.database(name) as database, database.begin() as tx:
                return bool(await tx.scalar(_DEPOSE, key=LEADER_LOCK))

        await eventually(deposed, every=0.1)

    async def delete_stream(self, name: str) -> None:
        """Everything in it is gone, and every consumer of it."""
        client = await connect(self.engines.nats.admin_url, max_reconnect_attempts=30)
        try:
            await client.jetstream().delete_stream(name)
        except NotFoundError:
            raise AssertionError(f"there is no stream {name} to delete") from None
        finally:
            await client.close()

    async def rows(self, name: Producer, statement: str, **values: Any) -> list[Any]:
        """What stands in a service's database."""
        async with self.installation.database(name) as database, database.read() as tx:
            return list(await tx.all(statement, **values))


@asynccontextmanager
async def cluster(folder: Path, **notify: Any) -> AsyncIterator[Cluster]:
    """Servers and schema; `services_of` starts the processes, once the directory is filled."""
    ports = {name: free_port() for name in NAMES}
    async with embedded_engines(folder) as engines:
        public_url = f"http://127.0.0.1:{ports['visits']}"
        found = embedded_installation(engines, SystemClock(), public_url=public_url, limited=False, **notify)
        await found.migrate()
        yield Cluster(
            installation=found,
            engines=engines,
            processes={
                name: Supervised(
                    ["-m", f"services.{name}", "serve"],
                    _variables(name, found.settings[name], ports[name]),
                    folder / "logs" / f"{name}.log",
                )
                for name in NAMES
            },
            urls={name: f"http://127.0.0.1:{port}" for name, port in ports.items()},
        )


@asynccontextmanager
async def services_of(running: Cluster) -> AsyncIterator[None]:
    """The three processes, ready, for the length of the block."""
    async with AsyncExitStack() as stack:
        for process in running.processes.values():
            await stack.enter_async_context(process)
        async with httpx2.AsyncClient(timeout=5) as client:
            await asyncio.gather(*(_ready(client, name, url) for name, url in running.urls.items()))
        yield


async def _ready(client: httpx2.AsyncClient, name: str, url: str) -> None:
    async def answers() -> bool:
        try:
            answer = await client.get(f"{url}/{name}/readyz")
        except httpx2.TransportError:
            return False
        assert answer.status_code == 200, answer.text
        return True

    await eventually(answers, 60.0, every=0.1)


def _variables(name: Producer, settings: ServiceSettings, port: int) -> dict[str, str]:
    """The settings as the environment would hold them."""
    written: dict[str, Any] = settings.model_dump(exclude_defaults=True, exclude={"owner_database_url"})
    values = written | {"port": port, "log_level": "WARNING"}
    return {f"{name}_{field}".upper(): _told(value) for field, value in values.items()}


def _told(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


_DEPOSE = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (CAST(classid AS bigint) << 32) | CAST(objid AS bigint) = :key
"""
