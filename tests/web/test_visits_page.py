"""A member's phone: what is due, a visit written down, its receipt, and the duties it opens."""

import json
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.support.browser import Watch
from tests.support.wait import eventually
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

TITLE = "Đèn đường ngõ 12 hỏng từ đầu tháng"


async def test_a_visit_is_logged_and_its_duties_appear(installed: Installed, visitor: Visit) -> None:
    """Found without marks, sent, received with a number; a moment later its duties stand with their dates."""
    page = await visitor("member")
    await page.goto("/visits/")
    await page.get_by_role("link", name="Ghi chuyến đi").click()
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await _choose_unit(page, "dong ngan 3", "Chi bộ khu phố Đông Ngàn 3")
    await page.get_by_label("Từ", exact=True).fill("7h")
    await page.get_by_label("Đến", exact=True).fill("0830")
    await page.get_by_label("Triệu tập").fill("42")
    await page.get_by_label("Có mặt").fill("39")
    await page.get_by_role("button", name="Thêm ý kiến").click()
    await page.get_by_label("Nội dung chính").fill(TITLE)
    await page.get_by_label("Lĩnh vực", exact=True).select_option("electricity_water")
    await page.get_by_role("button", name="Gửi chuyến đi").click()

    await expect(page.get_by_role("heading", name="Đã nhận chuyến đi")).to_be_visible()
    number = (await page.locator(".receipt-number").inner_text()).strip()
    assert number
    await expect(page.get_by_text("còn 7 ngày").first).to_be_visible(timeout=15_000)
    await expect(page.get_by_text("Chuyển ý kiến đến cơ quan có thẩm quyền")).to_be_visible()
    await expect(page.get_by_text("hết ngày thứ Hai, 30/11/2026").first).to_be_visible()

    await page.get_by_role("link", name="Về trang hôm nay").click()
    await expect(page.locator(".duty", has_text=TITLE)).to_contain_text("còn 7 ngày")
    async with await installed.client("member") as client:
        newest = (await client.get("/visits/api/visits?limit=1")).json()["visits"][0]
        whole = (await client.get(f"/visits/api/visits/{newest['visit_id']}")).json()
    assert whole["versions"][0]["receipt_number"] == number
    assert whole["meeting"]["summoned"] == 42
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

    await expect(page.get_by_text("Đã nhận báo cáo lúc 23/11/2026")).to_be_visible()

    async def gone() -> bool:
        await page.goto("/visits/")
        await expect(page.locator(".today")).to_be_visible()
        return await page.locator(".duty", has_text=about, has=_filing(page)).count() == before - 1

    await eventually(gone)


async def test_a_draft_survives_the_phone_being_closed(visitor: Visit) -> None:
    """What was typed is there again, in the same place, until it is sent or thrown away."""
    page = await visitor("member")
    await page.goto("/visits/#log")
    await _choose_unit(page, "trang ha", re.compile("Trang Hạ"))
    await page.get_by_label("Ghi chú chung").fill("Đang viết dở thì hết pin")
    await eventually(lambda: _kept(page, "hết pin"))

    await page.goto("about:blank")
    await page.goto("/visits/")
    await page.get_by_role("link", name="Viết tiếp bản nháp").click()

    await expect(page.get_by_label("Ghi chú chung")).to_have_value("Đang viết dở thì hết pin")
    await expect(page.get_by_label("Đơn vị", exact=True)).to_have_value(re.compile("Trang Hạ"))
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Xóa bản nháp").click()
    await expect(page.get_by_role("link", name="Ghi chuyến đi")).to_be_visible()


async def test_what_is_missing_is_said_at_its_field(visitor: Visit) -> None:
    """Nothing is sent, nothing is lost, and the first field that needs a look has the focus."""
    page = await visitor("member")
    await page.goto("/visits/#log")
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await page.get_by_role("button", name="Gửi chuyến đi").click()

    await expect(page.get_by_text("Chọn một đơn vị trong danh sách.")).to_be_visible()
    await expect(page.get_by_text("Ghi ý kiến, hoặc xác nhận không có ý kiến nào.")).to_be_visible()
    await expect(page.get_by_label("Đơn vị", exact=True)).to_be_focused()


async def test_what_the_server_refuses_is_said_at_its_field(visitor: Visit, watch: Watch) -> None:
    """A visit of tomorrow: the server's sentence stands beside the date, and the words are still there."""
    watch.allowed = {422}
    page = await visitor("member")
    await page.goto("/visits/#log")
    await _choose_unit(page, "dong ngan 1", "Chi bộ khu phố Đông Ngàn 1")
    await page.get_by_label("Ngày", exact=True).select_option("other")
    await page.get_by_label("Ngày khác…").fill("24/11/2026")
    await page.get_by_label("Ghi chú chung").fill("Giữ lại những chữ này")
    await page.get_by_role("button", name="Gửi chuyến đi").click()

    day = page.locator('[data-pointer="/started_at"]')
    await expect(day).to_contain_text("Thời điểm này ở tương lai so với giờ máy chủ.")
    await expect(page.get_by_label("Ghi chú chung")).to_have_value("Giữ lại những chữ này")


async def test_a_visit_sent_into_silence_is_kept_and_received_once(
    installed: Installed, visitor: Visit
) -> None:
    """No answer means perhaps: the phone keeps the very same bytes, sends them again, and gets one receipt."""
    page = await visitor("member")
    await page.goto("/visits/#log")
    await _choose_unit(page, "tan hong 2", "Chi bộ khu phố Tân Hồng 2")
    note = "Ghi chú của chuyến đi mất sóng"
    await page.get_by_label("Ghi chú chung").fill(note)
    bodies: list[str] = []

    async def silence(route: Route) -> None:
        bodies.append(route.request.post_data or "")
        await route.fetch()  # the server has it; its answer is lost
        await route.abort()

    await page.route("**/visits/api/visits/*", silence)
    await page.get_by_role("button", name="Gửi chuyến đi").click()
    await expect(page.get_by_role("heading", name="Đang chờ gửi")).to_be_visible()
    await page.unroute("**/visits/api/visits/*")

    await page.reload()
    async with page.expect_request("**/visits/api/visits/*") as again:
        await page.get_by_role("button", name="Gửi lại ngay").click()
    await expect(page.get_by_role("heading", name="Đã nhận chuyến đi")).to_be_visible()
    assert json.loads((await again.value).post_data or "") == json.loads(bodies[0])
    async with await installed.client("member") as client:
        visits = (await client.get("/visits/api/visits?limit=20")).json()["visits"]
        notes = [
            (await client.get(f"/visits/api/visits/{each['visit_id']}")).json()["notes"] for each in visits
        ]
    assert notes.count(note) == 1


async def _kept(page: Page, words: str) -> bool:
    return words in str(await page.evaluate("JSON.stringify(localStorage)"))


async def _choose_unit(page: Page, typed: str, name: str | re.Pattern[str]) -> None:
    await page.get_by_label("Đơn vị", exact=True).fill(typed)
    await page.get_by_role("option", name=name).first.click()


def _filing(page: Page) -> Locator:
    return page.get_by_role("link", name="Gửi báo cáo")


async def _texts(page: Page, selector: str) -> list[str]:
    await expect(page.locator(selector).first).to_be_visible()
    return [text.strip() for text in await page.locator(selector).all_inner_texts()]
