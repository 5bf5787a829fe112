"""A phone on a road that a test can break."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from playwright.async_api import Browser

from tests.support.road import Road, road_to
from tests.web.conftest import Installed
from tests.web.phone.handset import Handset, Size

Handsets = Callable[..., Awaitable[Handset]]
"""`await handset("member")` → an unlocked phone whose person is signed in."""


@pytest_asyncio.fixture(loop_scope="session")
async def road(installed: Installed) -> AsyncIterator[Road]:
    async with road_to(installed.url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def handset(browser: Browser, installed: Installed, road: Road) -> AsyncIterator[Handsets]:
    made: list[Handset] = []

    async def unlocked(role: str = "member", *, size: Size = (390, 844)) -> Handset:
        context = await browser.new_context(
            base_url=road.url,
            viewport={"width": size[0], "height": size[1]},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        made.append(Handset(context, road))
        await made[-1].sign_in(await installed.cookie(role))
        return made[-1]

    yield unlocked
    for each in made:
        await each.context.close()
    wrong = [line for each in made for line in each.wrong]
    assert wrong == []
