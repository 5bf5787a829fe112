"""A member's phone: what is due, a visit written down, its receipt, and the duties it opens."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.browser import Watch
from tests.support.wait import eventually
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

TITLE = "Đèn ngõ 12 cạnh nhà văn hóa không sáng"


async def test_a_visit_is_logged_and_its_duties_appear(installed: Installed, visitor: Visit) -> None:
    """Found without marks, frozen, received with a number; a moment later its duties stand with their dates."""
    page = await visitor("member")
    await page.goto("/visits/")
    await page.get_by_role("link", name="Ghi chuyến đi").click()
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await _choose_unit(page, "dong ngan 3", "Chi bộ khu phố Đông Ngàn 3")
    await page.get_by_label("Từ", exact=True).fill("7h")
    await page.get_by_label("Đến", exact=True).fill("0830")
    await _next(page)
    await page.get_by_role("button", name="Thêm ý kiến").click()
    await page.get_by_label("Nội dung chính").fill(TITLE)
    await page.get_by_label("Lĩnh vực", exact=True).select_option("electricity_water")
    await page.get_by_label("Triệu tập").fill("42")
    await page.get_by_label("Có mặt").fill("39")
    await page.get_by_label("Thông tin thời sự").check()
    await _next(page)
    await page.get_by_role("button", name="Khóa lại và gửi").click()

    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()
    number = (await page.locator(".receipt-number").inner_text()).strip()
    visit_id = page.url.rpartition("=")[2]
    assert number
    await expect(page.get_by_text("còn 7 ngày").first).to_be_visible()
    await expect(page.get_by_text("Chuyển ý kiến đến cơ quan có thẩm quyền")).to_be_visible()
    await expect(page.get_by_text("hết ngày thứ Hai, 30/11/2026").first).to_be_visible()

    await page.get_by_role("link", name="Về trang hôm nay").click()
    await expect(page.locator(".duty", has_text=TITLE)).to_contain_text("còn 7 ngày")
    async with await installed.client("member") as client:
        whole = (await client.get(f"/visits/api/visits/{visit_id}")).json()
    assert whole["versions"][0]["receipt_number"] == number
    assert whole["meeting"]["summoned"] == 42
    assert whole["did"] == ["briefed"]
    assert whole["issues"][0]["title"] == TITLE
    assert whole["started_at"] == "2026-11-23T00:00:00Z"


async def test_a_report_filed_on_the_phone_takes_its_duty_away(visitor: Visit) -> None:
    """From the duty to the report to a list without it."""
    page = await visitor("member")
    await page.goto("/visits/")
    duty = page.locator(".duty", has=page.get_by_role("link", name="Gửi báo cáo")).first
    about = await duty.locator(".quiet").inner_text()
    before = await page.locator(".duty", has_text=about, has=_filing(page)).count()

    await duty.get_by_role("link", name="Gửi báo cáo").click()
    await page.get_by_label("Tóm tắt báo cáo").fill("Chi bộ ổn định, nghị quyết được thực hiện.")
    await page.get_by_role("button", name="Gửi báo cáo").click()

    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()
    await expect(page.get_by_text("23/11/2026 09").first).to_be_visible()

    async def gone() -> bool:
        await page.goto("/visits/")
        await expect(page.locator(".today")).to_be_visible()
        return await page.locator(".duty", has_text=about, has=_filing(page)).count() == before - 1

    await eventually(gone, 60.0)


async def test_what_is_missing_is_said_at_its_field(visitor: Visit) -> None:
    """Nothing goes on, nothing is lost, and the first field that needs a look has the focus."""
    page = await visitor("member")
    await page.goto("/visits/#log")
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await page.get_by_label("Đơn vị", exact=True).fill("")
    await page.keyboard.press("Escape")
    await _next(page)

    await expect(page.get_by_text("Chọn một đơn vị trong danh sách.")).to_be_visible()
    await expect(page.get_by_label("Đơn vị", exact=True)).to_be_focused()


async def test_what_the_server_refuses_is_set_aside_with_its_sentence(visitor: Visit, watch: Watch) -> None:
    """A visit of tomorrow: warned of, then refused; the sentence stands there, and a copy is written anew."""
    watch.allowed = {422}
    page = await visitor("member")
    await page.goto("/visits/#log")
    await page.get_by_label("Đi cơ sở").check()
    await _choose_unit(page, "dong ngan 1", "Chi bộ khu phố Đông Ngàn 1")
    await page.get_by_label("Ngày", exact=True).select_option("other")
    await page.get_by_label("Ngày khác…").fill("24/11/2026")
    await _next(page)
    await page.get_by_label("Ghi chú chung").fill("Giữ lại những chữ này")
    await _next(page)
    await expect(page.get_by_text("Giờ bắt đầu muộn hơn giờ của máy này.")).to_be_visible()
    await page.get_by_role("button", name="Khóa lại và gửi").click()

    await expect(page.get_by_role("heading", name="Máy chủ chưa nhận mục này")).to_be_visible()
    await expect(page.get_by_text("Thời điểm này ở tương lai so với giờ máy chủ.").first).to_be_visible()
    await page.get_by_role("button", name="Chép sang bản nháp mới để sửa").click()
    await expect(page.get_by_text("Giữ lại những chữ này")).to_be_visible()
    await expect(page.get_by_role("button", name="Khóa lại và gửi")).to_be_visible()


async def _next(page: Page) -> None:
    await page.get_by_role("button", name="Tiếp tục").click()


async def _choose_unit(page: Page, typed: str, name: str | re.Pattern[str]) -> None:
    await page.get_by_label("Đơn vị", exact=True).fill(typed)
    await page.get_by_role("option", name=name).first.click()


def _filing(page: Page) -> Locator:
    return page.get_by_role("link", name="Gửi báo cáo")


async def _texts(page: Page, selector: str) -> list[str]:
    await expect(page.locator(selector).first).to_be_visible()
    return [text.strip() for text in await page.locator(selector).all_inner_texts()]
