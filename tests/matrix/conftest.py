"""One world for the whole matrix: its cells change nothing that another cell is asked about."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.matrix.story import Story, tell
from tests.matrix.world import open_world
from tests.support.servers import Databases


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def story(databases: Databases) -> AsyncIterator[Story]:
    """The three services with two committees and everything on record."""
    made: list[str] = []

    async def fresh(service: str, migrate: object) -> str:
        made.append(await databases.fresh(service, migrate))  # type: ignore[arg-type]  # passed through
        return made[-1]

    world = await open_world(fresh)
    yield await tell(world)
    await world.close()
    for dsn in made:
        await databases.drop(dsn)
