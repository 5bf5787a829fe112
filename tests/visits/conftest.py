"""Fixtures of visits: a small ward on a fresh database."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.conftest import Fresh
from tests.visits.world import World, migrate_visits, open_world


@pytest.fixture
async def world(database: Fresh) -> AsyncIterator[World]:
    """Every route there is, the optional ones too."""
    opened = await open_world(await database("visits", migrate_visits), photos=True)
    yield opened
    await opened.close()


@pytest.fixture
async def member(world: World) -> httpx2.AsyncClient:
    """Signed in as a committee member."""
    return await world.client("M1")


@pytest.fixture
async def clerk(world: World) -> httpx2.AsyncClient:
    """Signed in as the office clerk."""
    return await world.client("K1")
