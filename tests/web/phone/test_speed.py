"""A slow phone on a slow line: what comes over it, what runs while one types, how often one taps. Seconds are P11's."""

import json
import random

import pytest
from playwright.async_api import expect

from shared.ids import uuid7
from tests.support.hand import Thumb, Traffic
from tests.support.road import Answer, Passing
from tests.web.conftest import Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

MOST_BYTES = 150_000
MOST_REQUESTS = 36
"""At 400 ms each and six at a time, more would cost more than their bytes."""
MOST_TAPS = 12

SENTENCE = "Đèn đường ngõ mười hai hỏng từ đầu tháng, bà con đi lại khó khăn. "


async def test_the_first_load_is_light(visitor: Visit) -> None:
    """With nothing kept: the page, its letters and the day's work in under 150 kB and few questions."""
    page = await visitor(
        "board"
    )  # the other tests write no visits for them, so the day's work is an ordinary one
    traffic = await Traffic.of(page)
    await page.goto("/visits/")
    await expect(page.locator('a.button.first[href="#log"]')).to_be_visible()
    await expect(page.locator("html.opening")).to_have_count(0)
    await page.evaluate("document.fonts.ready")
    await page.wait_for_load_state("networkidle")

    assert traffic.bytes < MOST_BYTES, traffic.answers
    assert traffic.requests <= MOST_REQUESTS, sorted(traffic.answers)


async def test_views_that_are_not_shown_are_not_fetched(visitor: Visit) -> None:
    """Nor are English words; a view comes when somebody goes there, and only once."""
    page = await visitor("member")
    traffic = await Traffic.of(page)
    await page.goto("/visits/")
    await expect(page.locator('a.button.first[href="#log"]')).to_be_visible()
    fetched = {url.rpartition("/")[2] for url in traffic.answers}
    assert not fetched & {"log.js", "outbox-view.js", "audit.js", "sign-in.js", "en.js", "phone-en.js"}


async def test_an_ordinary_meeting_with_one_issue_takes_twelve_taps(visitor: Visit) -> None:
    """From the first page to the receipt, with nothing filled in beforehand that fits; letters are not counted."""
    page = await visitor("member")
    await page.goto("/visits/")
    thumb = Thumb(page)
    await log_a_meeting(thumb)
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()
    assert thumb.taps <= MOST_TAPS


async def log_a_meeting(thumb: Thumb) -> None:
    """An ordinary meeting with one issue, as a member would write it."""
    page = thumb.page
    await thumb.tap(page.get_by_role("link", name="Ghi chuyến đi"))
    await thumb.tap(page.get_by_text("Dự sinh hoạt chi bộ"))
    await thumb.write(page.get_by_label("Đơn vị", exact=True), "dong ngan 3")
    await thumb.tap(page.get_by_role("option", name="Chi bộ khu phố Đông Ngàn 3").first)
    await thumb.tap(page.get_by_role("button", name="Tiếp tục"))
    await thumb.tap(page.get_by_role("button", name="Thêm ý kiến"))
    await thumb.write(page.get_by_label("Nội dung chính"), "Đèn đường ngõ 12 hỏng")
    await thumb.choose(page.get_by_label("Lĩnh vực", exact=True), "electricity_water")
    await thumb.write(page.get_by_label("Triệu tập"), "42")
    await thumb.write(page.get_by_label("Có mặt"), "39")
    await thumb.tap(page.get_by_role("button", name="Tiếp tục"))
    await thumb.tap(page.get_by_role("button", name="Khóa lại và gửi"))


def many_cells(passing: Passing) -> Answer | None:
    """A committee with 250 cells more than ours has, in the server's place."""
    if passing.method != "GET" or not passing.path.startswith("/visits/api/units"):
        return None
    numbers = list(range(1, 251))
    random.Random(1).shuffle(numbers)  # noqa: S311  # an order, not a secret
    units = [_cell(f"Chi bộ khu phố Phù Lưu {n}") for n in numbers] + [_cell("Chi bộ khu phố Đông Ngàn 3")]
    body = json.dumps({"units": units, "next_cursor": None}).encode()
    return 200, {"content-type": "application/json"}, body


def _cell(name: str) -> dict[str, object]:
    code = f"CB{abs(hash(name)) % 100_000}"
    return {
        "unit_id": str(uuid7()),
        "name": name,
        "code": code,
        "kind": "cell",
        "valid_from": None,
        "valid_to": None,
    }
