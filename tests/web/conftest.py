"""One installation with the demo register, on a Monday morning, and people who look at its pages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.browser import PHONE, Scheme, Size, Watch, chromium, device
from tests.support.installed import Up, up
from tests.support.servers import temporary_folder

MONDAY = "2026-11-23T09:00:00+07:00"
"""A working morning, so that what fell due over the weekend has been told."""

SETTINGS = {"NOTIFY_PUSH_LOOPBACK": "true", "VISITS_PHOTOS": "true"}
"""A push service on this machine may be rung, which no real installation does; and visits may have photographs."""

ROLES = (
    "member",
    "office",
    "board",
    "standing_committee",
    "agency",
    "cell_secretary",
    "inspector",
    "ops",
    "assistant",
)
"""The order in which the links are printed."""


@dataclass
class Installed:
    """The running installation, and a session for each role that asked for one."""

    running: Up
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.running.url

    def link(self, role: str) -> str:
        """The printed link; it works once."""
        return self.running.links[ROLES.index(role)]

    async def cookie(self, role: str) -> str:
        """A session of this role, opened by its link the first time."""
        if role not in self.cookies:
            async with httpx2.AsyncClient() as client:
                answer = await client.get(self.link(role))
            self.cookies[role] = answer.cookies["fv_session"]
        return self.cookies[role]

    async def client(self, role: str) -> httpx2.AsyncClient:
        """The same person, asking the interface."""
        cookies = {"fv_session": await self.cookie(role)}
        return httpx2.AsyncClient(base_url=self.url, cookies=cookies, timeout=45)


Visit = Callable[..., Awaitable[Page]]
"""`await visitor("member", size=PHONE, scheme="dark")` → a watched page of that person's own device."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def installed() -> AsyncIterator[Installed]:
    """`field-visits up` with the demo, as a newcomer has it, and what is off unless somebody wants it."""
    with temporary_folder() as folder:
        async with up(folder / "data", "--now", MONDAY, settings=SETTINGS) as running:
            await running.ready()
            yield Installed(running)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
def watch(installed: Installed) -> Watch:
    """What the pages of this test did wrong; nothing, or the test fails."""
    return Watch(installed.url)


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, installed: Installed, watch: Watch) -> AsyncIterator[Visit]:
    devices: list[BrowserContext] = []

    async def visit(
        role: str | None,
        *,
        size: Size = PHONE,
        scheme: Scheme = "light",
        allowed: AbstractSet[int] = frozenset(),
    ) -> Page:
        watch.allowed |= allowed
        cookie = await installed.cookie(role) if role else None
        devices.append(await device(browser, installed.url, size=size, scheme=scheme, cookie=cookie))
        page = await devices[-1].new_page()
        watch.follow(page)
        return page

    yield visit
    for each in devices:
        await each.close()
    assert watch.wrong == []
