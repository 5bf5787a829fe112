"""What holds on every view: readable by everybody, on any screen, with or without a mouse, from nowhere but our origin.

`Watch` sees to the last: no error, no report of the content policy, no request that leaves, no answer that says no.
"""

from typing import Any, get_args

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.support.browser import DESK, PHONE, Scheme, Size, overflow
from tests.web.conftest import Visit
from tests.web.views import VIEWS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

SMALL: Size = (320, 640)
"""A desk of 1280 pixels at 400 %, and the smallest phone."""
TABLET: Size = (1024, 768)
"""Also the old screen of an office."""
TWICE: Size = (720, 450)
"""A desk of 1440 pixels at 200 %."""
WALKS = 5
"""A page that is drawn again while one walks through it is walked again; none is drawn again that often."""
CONTRAST: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
ROUND_TRIP = 120
"""More than any view has to stop at; past its end the focus begins again."""

KEY = """const keyOf = (each) => { // what stays the same when a part of the page is drawn again
    const said = (one) => one.outerHTML.replace(/[0-9]+/g, "");
    const alike = [...document.querySelectorAll(each.tagName)].filter((other) => said(other) === said(each));
    return said(each) + alike.indexOf(each);
};"""
FOCUS = f"""async () => {{
    {KEY}
    const within = (place, most) => Math.min(Math.max(place, 1), most - 1);
    const seen = (at, x, y) => {{
        const top = document.elementFromPoint(within(x, innerWidth), within(y, innerHeight));
        return top && (at.contains(top) || top.closest("label")?.contains(at));
    }};
    const isShown = (at) => [...at.getClientRects()].some( // a link may go on in the next line
        ({{ left, right, top, bottom }}) =>
            [top + 6, (top + bottom) / 2, bottom - 6].some((y) => seen(at, (left + right) / 2, y)));
    const at = () => document.activeElement;
    if (!at() || at() === document.body) return null;
    if (at().tabIndex < 0) return null; // a heading that was shown to who listens; Tab never comes to it
    for (let turn = 0; turn < 30 && !isShown(at()); turn += 1) await new Promise(requestAnimationFrame);
    const style = getComputedStyle(at());
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    window.passed ??= new Set();
    const again = window.passed.has(keyOf(at()));
    window.passed.add(keyOf(at()));
    return {{ what: at().outerHTML.slice(0, 100), again, ring, shown: isShown(at()) }};
}}"""
WATCHED = """() => {
    const CONTROLS = "a[href], button, input, select, textarea, summary";
    window.passed = new Set();
    window.drawnAgain = false;
    window.drawing?.disconnect();
    window.drawing = new MutationObserver((changes) => {
        const gone = changes.flatMap((each) => [...each.removedNodes]);
        window.drawnAgain ||= gone.some((each) => each.matches?.(CONTROLS) || each.querySelector?.(CONTROLS));
    });
    window.drawing.observe(document.querySelector("main"), { childList: true, subtree: true });
}"""
STOPS = f"""() => {{
    {KEY}
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0)
    .filter((each) => !(each.type === "radio" && !each.checked))
    .filter((each) => !document.querySelector("dialog[open]") || each.closest("dialog[open]"))
    .filter((each) => !window.passed.has(keyOf(each))).map((each) => each.outerHTML.slice(0, 100));
}}"""


@pytest.mark.parametrize("name", VIEWS)
async def test_a_view_is_for_everybody(visitor: Visit, name: str) -> None:
    """Large enough for a thumb, no violation of any rule of axe, and nothing to be scrolled sideways.

    On a phone and on a desk, in either colour scheme, at 200 %, with letters twice as large, in both languages;
    and Tab comes by every control once, each wears a ring while it has the focus, and nothing lies over it.
    Opened once, because opening is what takes the time.
    """
    page = await _opened(visitor, name)
    assert await _too_low_for_a_thumb(page) == {}
    assert await _hidden_from_the_keyboard(page) == []
    await _finds_nothing(page, "light", PHONE)
    await _finds_nothing(page, "dark", DESK, options=CONTRAST)  # nothing else depends on the colours
    assert await _wider_than_the_screen(page) == {}
    await page.context.set_offline(False)  # a scene without a network is over
    await page.evaluate("localStorage.setItem('fv.language', 'en')")
    await page.reload()
    await expect(page.locator("h1").first).to_be_visible()
    assert await _wider_than_the_screen(page) == {}
    await _letters_twice_as_large(page)
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "36px"
    assert await overflow(page) == 0


@pytest.mark.soak
@pytest.mark.parametrize("name", VIEWS)
async def test_axe_finds_nothing_at_any_size_in_either_scheme(visitor: Visit, name: str) -> None:
    """Every rule, on a phone, on a tablet, on a desk, on a desk at 200 %, light and dark."""
    page = await _opened(visitor, name)
    for scheme in get_args(Scheme):
        for size in (PHONE, TABLET, DESK, TWICE):
            await _finds_nothing(page, scheme, size)


async def test_a_visit_is_logged_by_keyboard_alone(visitor: Visit) -> None:
    """From the first page to the receipt without a mouse: each control is reached by Tab and worked by its own keys."""
    page = await visitor("member")
    await page.goto("/visits/")
    await _tab_to(page, page.get_by_role("link", name="Ghi chuyến đi"))
    await page.keyboard.press("Enter")
    await _tab_to(page, page.get_by_label("Đi cơ sở"))
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_label("Dự sinh hoạt chi bộ")).to_be_checked()
    await _tab_to(page, page.get_by_label("Đơn vị", exact=True))
    await page.keyboard.type("dong ngan 3")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Đơn vị", exact=True)).to_have_value("Chi bộ khu phố Đông Ngàn 3")
    await _press(page, "Tiếp tục")
    await _press(page, "Thêm ý kiến")
    await expect(page.get_by_label("Nội dung chính")).to_be_focused()
    await page.keyboard.type("Đèn đường ngõ 12 hỏng")
    await _tab_to(page, page.get_by_label("Lĩnh vực", exact=True))
    await page.keyboard.press("ArrowDown")
    await _press(page, "Tiếp tục")
    await _press(page, "Khóa lại và gửi")
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()


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
    await expect(page.locator(".register .duties")).to_be_visible()
    assert (
        await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        == "rgb(255, 255, 255)"
    )


async def test_the_ways_lie_under_the_thumb_and_tell_where_one_is(visitor: Visit) -> None:
    """A member's phone has five, the present one is marked, and lying down the bar gives its room to the page."""
    page = await _opened(visitor, "today")
    ways = page.get_by_role("navigation", name="Các trang").get_by_role("link")
    assert await ways.all_inner_texts() == ["Hôm nay", "Ghi", "Hàng gửi", "Tin nhắn", "Của tôi"]
    bar = await page.locator(".tabs").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] == PHONE[1]

    await ways.filter(has_text="Ghi").click()
    await expect(page.get_by_label("Đơn vị", exact=True)).to_be_visible()
    await expect(page.locator(".tabs [aria-current=page]")).to_have_text("Ghi")
    await _resize(page, (640, 320))
    assert await page.evaluate("getComputedStyle(document.querySelector('.tabs')).position") == "static"


async def _opened(visitor: Visit, name: str, *, size: Size = PHONE, scheme: Scheme = "light") -> Page:
    view = VIEWS[name]
    page = await visitor(view.role, size=size, scheme=scheme, allowed=view.refused)
    await view.open(page)
    return page


async def _finds_nothing(
    page: Page, scheme: Scheme, size: Size, *, options: dict[str, Any] | None = None
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await _resize(page, size)
    found = await Axe().run(page, options=options)
    assert found.violations_count == 0, (scheme, size, found.generate_report())


async def _hidden_from_the_keyboard(page: Page) -> list[Any]:
    """Where the focus is and is not seen, and what it never comes to, on a page that stayed as it was meanwhile."""
    wrong: list[Any] = []
    for _ in range(WALKS):
        await page.evaluate(WATCHED)
        wrong = await _walked(page)
        if not (wrong and await page.evaluate("window.drawnAgain")):
            break
    return wrong


async def _walked(page: Page) -> list[Any]:
    await page.evaluate("document.activeElement?.blur()")
    wrong: list[Any] = []
    for _ in range(ROUND_TRIP):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUS)
        if stop is None:
            continue
        if stop["again"]:
            break
        if not (stop["ring"] and stop["shown"]):
            wrong.append(stop)
    return [*wrong, *await page.evaluate(STOPS)]


async def _press(page: Page, name: str) -> None:
    await _tab_to(page, page.get_by_role("button", name=name))
    await page.keyboard.press("Enter")


async def _tab_to(page: Page, what: Locator) -> None:
    """By Tab alone, from wherever the focus is."""
    await expect(what).to_be_visible()
    for _ in range(ROUND_TRIP):
        if await what.evaluate("(control) => control === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {what}")


async def _too_low_for_a_thumb(page: Page) -> dict[str, float]:
    """What is to be tapped and is less than 48 pixels high."""
    heights: dict[str, float] = await page.evaluate(
        """() => Object.fromEntries(
            [...document.querySelectorAll("button, .button, .box, .tick, .tabs a, .choice label, summary")]
            .filter((each) => each.checkVisibility())
            .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect().height]))"""
    )
    assert heights
    return {what: height for what, height in heights.items() if height < 48}


async def _wider_than_the_screen(page: Page) -> dict[Size, int]:
    """By how much, at each size at which the page is; it is a phone again afterwards."""
    wider = {}
    for size in (DESK, TABLET, TWICE, SMALL, PHONE):
        await _resize(page, size)
        wider[size] = await overflow(page)
    return {size: by for size, by in wider.items() if by > 0}


async def _resize(page: Page, size: Size) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def _letters_twice_as_large(page: Page) -> None:
    """What the browser's own setting does, which enlarges nothing but text."""
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
