"""One ward full of hostile texts, its people, and a browser that looks at it."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.attacks.hostile_ward import HostileWard
from tests.support.browser import chromium
from tests.support.logs import captured_logs
from tests.support.rehearsal import rehearsal


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ward() -> AsyncIterator[HostileWard]:
    """Filled on the evening of a meeting; then a fortnight goes by, so that all of it is late and told of."""
    with captured_logs("INFO") as log:
        async with rehearsal() as system:
            await system.move_clock("2026-10-05 21:45")
            ward = HostileWard(system, log)
            await ward.fill()
            await system.move_clock("2026-10-20 08:00")
            await system.installation.settled(within=60)
            yield ward


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running
