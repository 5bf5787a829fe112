"""Fixtures every test may use: real servers for the session, a fresh database for the test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from shared.engines import EmbeddedEngines, RunningNats
from tests.support.servers import Databases, Migrate, private_nats_server, session_engines

Fresh = Callable[[str, Migrate], Awaitable[str]]
"""`await database("visits", migrate)` → the address of a fresh, migrated database."""


@pytest.fixture(scope="session")
def engines() -> Iterator[EmbeddedEngines]:
    """PostgreSQL and NATS, shared by all tests of a worker: never kill them, never take a common stream name."""
    with session_engines() as running:
        yield running


@pytest.fixture(scope="session")
def databases(engines: EmbeddedEngines) -> Databases:
    return Databases(engines)


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Fresh]:
    """Makes fresh databases; they are dropped after the test."""
    made: list[str] = []

    async def fresh(service: str, migrate: Migrate) -> str:
        made.append(await databases.fresh(service, migrate))
        return made[-1]

    yield fresh
    for dsn in made:
        await databases.drop(dsn)


@pytest.fixture
def nats_url(engines: EmbeddedEngines) -> str:
    """The administrator's address of the shared bus."""
    return engines.nats.admin_url


@pytest.fixture
async def private_nats() -> AsyncIterator[RunningNats]:
    """A bus for this test only, synced like the real one; kill it, restart it, delete its streams."""
    async with private_nats_server() as server:
        yield server
