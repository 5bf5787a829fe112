"""A browser that looks at our pages, and sees whatever a page must never do.

Chromium without a network beyond our own origin. Every page it opens is watched: errors on the console,
reports of the content policy, requests that leave the origin, answers that say no.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    async_playwright,
    expect,
)

from tests.prerequisites import CHROMIUM
from tests.support.wait import PATIENCE

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Scheme = Literal["light", "dark"]
Size = tuple[int, int]
PHONE: Size = (390, 844)
DESK: Size = (1440, 900)


@dataclass
class Watch:
    """What went wrong on a page. `allowed`: the statuses that this test provokes."""

    origin: str
    allowed: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource")  # told by the answer itself
        offline = message.text.endswith(
            "occurred when fetching the script."
        )  # the worker, looked for without a network
        if message.type in ("error", "warning") and not (refused or offline):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "blob:", "data:", "about:")):
            self.wrong.append(f"left the origin: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.wrong.append(f"{response.status}: {response.url}")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, for the length of the block."""
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


async def device(
    browser: Browser,
    origin: str,
    *,
    size: Size = PHONE,
    scheme: Scheme = "light",
    cookie: str | None = None,
    sharp: bool = False,
) -> BrowserContext:
    """A phone or a desk in Viet Nam; with a cookie, of somebody who is signed in. `sharp`: two dots to a pixel."""
    context = await browser.new_context(
        base_url=origin,
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if sharp else 1,
        color_scheme=scheme,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE * 1000)
    if cookie is not None:
        await context.add_cookies([{"name": "fv_session", "value": cookie, "url": origin}])
    return context


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(wide, 0)
