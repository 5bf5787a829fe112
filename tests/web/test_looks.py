"""What holds on every page: readable by everybody, on any screen, from nowhere but our origin."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.support.browser import DESK, PHONE, Scheme, Size, overflow
from tests.web.conftest import Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

PAGES = {
    "sign-in": (None, "/visits/"),
    "used link": (None, "/visits/sign-in/khong-con-dung-duoc"),
    "today": ("member", "/visits/"),
    "log": ("member", "/visits/#log"),
    "desk": ("office", "/feedback/"),
    "own duties": ("member", "/feedback/"),
    "messages": ("office", "/notify/"),
    "reminders": ("member", "/visits/#reminders"),
    "audit": ("inspector", "/visits/#audit"),
}
REFUSALS = {"used link": {401}}
"""What a page answers with, because it is what the page is about."""

SMALL: Size = (320, 640)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(visitor: Visit, name: str, scheme: Scheme) -> None:
    """No violation of any rule of axe, on a phone and on a desk, in either colour scheme."""
    page = await _opened(visitor, name, scheme=scheme)
    if name == "log":
        await _everything_open(page)
        await page.get_by_role("button", name="Gửi chuyến đi").click()
        await page.get_by_label("Đơn vị", exact=True).fill("dong")

    await _no_violations(page)
    await _resize(page, DESK)
    await _no_violations(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_a_duty(visitor: Visit, scheme: Scheme) -> None:
    """The drawer is a page of its own to who cannot see what is under it."""
    page = await _opened(visitor, "desk", scheme=scheme, size=PHONE)
    await page.locator(".duties a").first.click()
    await expect(page.get_by_role("dialog").locator(".step").first).to_be_visible()
    assert await overflow(page) == 0
    await _no_violations(page)


@pytest.mark.parametrize("name", PAGES)
async def test_nothing_has_to_be_scrolled_sideways(visitor: Visit, name: str) -> None:
    """From 320 pixels to a desk the page is never wider than the screen, with everything open that opens."""
    page = await _opened(visitor, name, size=DESK)
    if name == "log":
        await _everything_open(page)
    wider = {}
    for size in (DESK, PHONE, SMALL):
        await _resize(page, size)
        wider[size] = await overflow(page)
    assert wider == {DESK: 0, PHONE: 0, SMALL: 0}


@pytest.mark.parametrize("name", PAGES)
async def test_a_thumb_hits_every_button(visitor: Visit, name: str) -> None:
    """Buttons, fields and lists are at least 48 pixels high."""
    page = await _opened(visitor, name)
    heights: dict[str, float] = await page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".button, .box, .tick, .tabs a, .choice label")]
            .filter((each) => each.checkVisibility())
            .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect().height]))"""
    )
    assert heights
    assert {what: height for what, height in heights.items() if height < 48} == {}


async def test_the_text_is_large_and_in_our_own_typeface(visitor: Visit) -> None:
    """18 px, and Be Vietnam Pro with its Vietnamese letters has arrived from our own origin."""
    page = await _opened(visitor, "today")
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
    assert await page.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('600 18px \"Be Vietnam Pro\"', 'Ẩ ế ữ đ'))"
    )


async def test_a_printed_page_keeps_the_matter_and_drops_the_buttons(visitor: Visit) -> None:
    """Paper has no use for navigation, nor for a dark background."""
    page = await _opened(visitor, "desk", scheme="dark", size=DESK)
    await page.emulate_media(media="print")
    await expect(page.locator(".head")).to_be_hidden()
    await expect(page.locator(".duties")).to_be_visible()
    assert (
        await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        == "rgb(255, 255, 255)"
    )


async def _opened(visitor: Visit, name: str, *, size: Size = PHONE, scheme: Scheme = "light") -> Page:
    role, path = PAGES[name]
    page = await visitor(role, size=size, scheme=scheme, allowed=REFUSALS.get(name, set()))
    await page.goto(path)
    await expect(page.locator("h1")).to_be_visible()
    return page


async def _everything_open(page: Page) -> None:
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await page.get_by_role("button", name="Thêm ý kiến").click()


async def _resize(page: Page, size: Size) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def _no_violations(page: Page) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
