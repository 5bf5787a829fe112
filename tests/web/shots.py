"""`make shots`: a rehearsal with the demo is started, every view is opened, and its picture put into docs/images.

The clock stands still at nine on a Monday, nothing moves, and the pictures have few colours, so that they are small
and change only when a view does. docs/screens.md shows them all; a test sees to it that none is missing there.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

from PIL import Image
from playwright.async_api import Browser, Page, Route

from tests.support.browser import DESK, PHONE, Scheme, Size, chromium, device
from tests.support.installed import up
from tests.support.servers import temporary_folder
from tests.support.supervisor import REPOSITORY
from tests.web.conftest import MONDAY, Installed
from tests.web.views import VIEWS

IMAGES: Final = REPOSITORY / "docs" / "images"
COLOURS: Final = 64
LONGEST: Final = 2_000
"""A list that never ends is cut here, in pixels of the page."""


class Shot(NamedTuple):
    """One picture of a view."""

    name: str
    view: str
    size: Size = PHONE
    scheme: Scheme = "light"
    whole: bool = False
    """The view to its end, not only what the screen shows at first."""


SHOTS: Final = [
    Shot("sign-in", "sign-in"),
    Shot("today", "today"),
    Shot("today-dark", "today", scheme="dark"),
    Shot("today-desk", "today", DESK),
    Shot("log", "log", whole=True),
    Shot("log-missing", "log-missing"),
    Shot("report", "report"),
    Shot("account", "account"),
    Shot("visits", "visits"),
    Shot("invitations-desk", "invitations", DESK),
    Shot("audit-desk", "audit", DESK),
    Shot("desk", "desk", DESK),
    Shot("desk-dark", "desk", DESK, "dark"),
    Shot("desk-phone", "desk"),
    Shot("duty-desk", "duty", DESK),
    Shot("duty-phone", "duty"),
    Shot("own-duties", "own-duties"),
    Shot("messages", "messages"),
    Shot("messages-desk", "messages", DESK),
]


async def main() -> None:
    """All pictures, in their order, as one person after another would see them."""
    IMAGES.mkdir(exist_ok=True)
    async with _rehearsal() as installed, chromium() as browser:
        for shot in SHOTS:
            (IMAGES / f"{shot.name}.png").write_bytes(await _picture(browser, installed, shot))
    for stale in set(IMAGES.glob("*.png")) - {IMAGES / f"{shot.name}.png" for shot in SHOTS}:
        stale.unlink()


@asynccontextmanager
async def _rehearsal() -> AsyncIterator[Installed]:
    with temporary_folder() as folder:
        async with up(folder / "data", "--now", MONDAY) as running:
            await running.ready()
            yield Installed(running)


async def _picture(browser: Browser, installed: Installed, shot: Shot) -> bytes:
    view = VIEWS[shot.view]
    cookie = await installed.cookie(view.role) if view.role else None
    context = await device(
        browser, installed.url, size=shot.size, scheme=shot.scheme, cookie=cookie, sharp=shot.size == PHONE
    )
    page = await context.new_page()
    await page.clock.set_fixed_time(datetime.fromisoformat(MONDAY))
    await page.route("**/api/viewer", _at_nine)
    await view.open(page)
    await page.evaluate("document.fonts.ready")
    if shot.whole:
        await _make_room(page, shot.size)
    taken = await page.screenshot(caret="hide", animations="disabled")
    await context.close()
    return _small(taken)


async def _at_nine(route: Route) -> None:
    """The clock of a rehearsal walks on from where it was set; in a picture it stands."""
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "now": MONDAY})


async def _make_room(page: Page, size: Size) -> None:
    """As tall as the view, so that what is fixed to the foot of the screen is at its foot."""
    height: int = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": size[0], "height": min(max(height, size[1]), LONGEST)})


def _small(picture: bytes) -> bytes:
    shrunk = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        ).save(shrunk, "PNG", optimize=True)
    return shrunk.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
