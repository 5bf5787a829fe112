"""P11: a slow phone on a slow line: from nothing to the first page, again without a network, typing, and a visit.

400 kbit/s both ways, 400 ms to the first byte, and a processor four times as slow, emulated by Chromium itself.
Cold: nothing kept, from the address to the button that begins a visit. Without a network: the same page from what
the phone keeps, first with an empty queue, then with 500 items in it and 250 cells to choose from. Typing: the
longest task of the page's own thread while a sentence is written. Then a hand that counts its taps writes an
ordinary meeting with one issue; its seconds are those of a machine, which types faster than a person.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from playwright.async_api import Browser, BrowserContext, Page, expect

from benchmarks.harness import Result, at_most, limit
from tests.support.browser import chromium, device
from tests.support.hand import Thumb, Traffic, longest_task, on_a_slow_phone, on_slow_3g
from tests.support.installed import up
from tests.support.road import Road, road_to
from tests.support.servers import temporary_folder
from tests.web.conftest import MONDAY, Installed
from tests.web.phone.handset import Handset, visit_act
from tests.web.phone.test_speed import SENTENCE, log_a_meeting, many_cells

ROUNDS, QUICK_ROUNDS = 5, 2
ITEMS = 500
BUTTON = 'a.button.first[href="#log"]'


class Cold(NamedTuple):
    """One load with nothing kept."""

    seconds: float
    kilobytes: float


class Kept(NamedTuple):
    """The app of a phone that has been used."""

    empty: list[float]
    full: list[float]
    typing: list[float]


async def run(*, quick: bool) -> Result:
    rounds = QUICK_ROUNDS if quick else ROUNDS
    async with _installation() as installed, chromium() as browser:
        cold = [await _cold(browser, installed) for _ in range(rounds)]
        thumbs = [await _meeting(browser, installed) for _ in range(rounds)]
        async with road_to(installed.url) as road:
            kept = await _kept(browser, installed, road, rounds)
    seconds = sorted(thumb.seconds for thumb in thumbs)[len(thumbs) // 2]
    return Result(
        id="P11",
        title="a slow phone on a slow line",
        lines=(
            limit("first page, nothing kept", ours=[each.seconds for each in cold], goal=at_most(5, "s")),
            limit("what came for it", ours=[each.kilobytes for each in cold], goal=at_most(150, "kB")),
            limit("first page without a network", ours=kept.empty, goal=at_most(1, "s")),
            limit(f"the same with {ITEMS} items and 250 cells", ours=kept.full, goal=at_most(1, "s")),
            limit("longest task while typing", ours=kept.typing, goal=at_most(50, "ms")),
            limit(
                "a meeting with one issue", ours=[thumb.taps for thumb in thumbs], goal=at_most(12, "taps")
            ),
        ),
        notes=(f"the meeting with one issue took {seconds:.1f} s from the first page to the receipt",),
    )


@asynccontextmanager
async def _installation() -> AsyncIterator[Installed]:
    with temporary_folder() as folder:
        async with up(folder / "data", "--now", MONDAY) as running:
            await running.ready()
            yield Installed(running)


async def _cold(browser: Browser, installed: Installed) -> Cold:
    context = await device(browser, installed.url, cookie=await installed.cookie("member"))
    page = await context.new_page()
    traffic = await Traffic.of(page)
    await on_slow_3g(page)
    await on_a_slow_phone(page)
    seconds = await _until_usable(page, installed.url)
    await expect(page.locator("html.opening")).to_have_count(0, timeout=60_000)
    await page.evaluate("document.fonts.ready")
    await page.wait_for_load_state("networkidle")
    await context.close()
    return Cold(seconds, traffic.bytes / 1000)


async def _kept(browser: Browser, installed: Installed, road: Road, rounds: int) -> Kept:
    context = await browser.new_context(base_url=road.url, viewport={"width": 390, "height": 844})
    phone = Handset(context, road)
    await phone.sign_in(await installed.cookie("member"))
    road.answers = many_cells
    page = await phone.installed()
    await page.goto(f"{road.url}/visits/#log")  # what it reads is kept too
    await expect(page.get_by_label("Đơn vị", exact=True)).to_be_visible()

    road.close()
    await context.set_offline(True)
    empty = [await _offline(context, road.url) for _ in range(rounds)]
    await phone.freeze_many(
        *(visit_act(str(n).zfill(8) + "-0000-7000-8000-000000000000") for n in range(ITEMS))
    )
    full = [await _offline(context, road.url) for _ in range(rounds)]
    typing = [await _typing(page, road.url) for _ in range(rounds)]
    await context.close()
    return Kept(empty, full, typing)


async def _offline(context: BrowserContext, url: str) -> float:
    page = await context.new_page()
    await on_a_slow_phone(page)
    seconds = await _until_usable(page, url)
    await page.close()
    return seconds


async def _until_usable(page: Page, url: str) -> float:
    began = time.perf_counter()
    await page.goto(f"{url}/visits/", wait_until="commit")
    await page.locator(BUTTON).wait_for(timeout=60_000)
    return time.perf_counter() - began


async def _typing(page: Page, url: str) -> float:
    await page.goto("about:blank")
    await page.goto(f"{url}/visits/#log")
    await page.get_by_label("Đơn vị", exact=True).fill("dong ngan 3")
    await page.get_by_role("option").first.click()
    await page.get_by_role("button", name="Tiếp tục").click()
    await page.get_by_label("Ghi chú chung").click()
    async with longest_task(page) as longest:
        await page.keyboard.type(SENTENCE, delay=20)
    return longest[0]


async def _meeting(browser: Browser, installed: Installed) -> Thumb:
    context = await device(browser, installed.url, cookie=await installed.cookie("member"))
    page = await context.new_page()
    await page.goto("/visits/")
    await expect(page.locator(BUTTON)).to_be_visible()
    thumb = Thumb(page)
    await log_a_meeting(thumb)
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible(timeout=15_000)
    thumb.stop()
    await context.close()
    return thumb
