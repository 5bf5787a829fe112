"""Rules and calendar, more days, a what-if and looking back, as people at the desk use them."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import DESK, PHONE
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_a_late_notice_is_proposed_previewed_and_approved(visitor: Visit) -> None:
    """F39, F41: the office writes the days, the preview names the duties that would move, the board approves.

    What is approved here is a day off of next year, so that nothing of the shared register moves.
    """
    office = await visitor("office", size=DESK)
    await _propose(office, "10001/TB-BNV", "23/11/2026")
    await office.get_by_text("Xem trước: việc nào đổi hạn").first.click()
    await expect(office.get_by_text(re.compile(r"^\d+ việc lùi hạn"))).to_be_visible()
    await office.locator(".group > summary").first.click()
    await expect(office.locator(".group .told a").first).to_be_visible()
    await expect(office.get_by_role("button", name="Phê duyệt lịch này")).to_have_count(0)

    await _propose(office, "10002/TB-BNV", "27/12/2027")
    board = await visitor("board", size=DESK)
    await board.goto("/feedback/#rules")
    await board.get_by_text("Xem trước: việc nào đổi hạn").first.click()
    await expect(board.get_by_text("Không việc nào đổi hạn.")).to_be_visible()
    await board.get_by_role("button", name="Phê duyệt lịch này").click()

    newest = board.get_by_label("Các lần sửa lịch").locator("li").first
    await expect(newest).to_contain_text("10002/TB-BNV")
    await expect(newest).to_contain_text("đang dùng")
    await expect(newest).to_contain_text(re.compile("phê duyệt lúc 23/11/2026"))
    await board.get_by_role("combobox", name="Năm", exact=True).select_option("2027")
    day = board.locator(".month").last.get_by_role("listitem").filter(has_text="27/12/2027")
    await expect(day).to_contain_text("10002/TB-BNV")


async def test_a_new_rule_says_what_it_will_change_and_from_when(visitor: Visit) -> None:
    """F33, F50: with its document and its first day; what is owed keeps its own."""
    page = await visitor("board", size=PHONE)
    await page.goto("/feedback/#rules")
    await page.get_by_text("Thêm quy định mới").click()
    await page.get_by_label("Số ngày").fill("3")
    await page.get_by_label("Cách tính").select_option("working_days")
    await page.get_by_label("Căn cứ").fill("Quy chế 09-QC/ĐU")
    await page.get_by_label("Có hiệu lực từ").fill("05/07/2027")
    await page.get_by_label("Có hiệu lực từ").blur()
    await expect(page.get_by_text("Chỉ áp dụng cho chuyến đi từ 05/07/2027")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"quy định mới, hạn thứ Năm, 08/07/2027"))).to_be_visible()
    await page.get_by_role("button", name="Ghi quy định").click()

    new = page.locator(".policies > li").filter(has_text="09-QC/ĐU")
    await expect(new).to_contain_text("3 ngày làm việc")
    await expect(new).to_contain_text("sắp có hiệu lực")
    await expect(new).to_contain_text("từ 05/07/2027")


async def test_a_what_if_counts_day_by_day(visitor: Visit) -> None:
    """F42, F43: the sentence and the days, by the calendar in use, and nothing is kept."""
    page = await visitor("office", size=PHONE)
    await page.goto("/feedback/#what-if")
    await page.get_by_label("Ngày bắt đầu").fill("09/02/2026")
    await page.get_by_role("button", name="Tính").click()

    await expect(page.get_by_text("đến hết thứ Hai, 23/02/2026")).to_be_visible()
    await expect(page.locator(".step.rolled").first).to_contain_text("14/02/2026")
    await expect(page.locator(".step.ends")).to_contain_text("23/02/2026")


async def test_more_days_are_asked_and_granted_on_the_desk(installed: Installed, visitor: Visit) -> None:
    """F45: the office records what was asked, the board grants it with one tap; the first due date stays."""
    async with await installed.client("office") as client:
        duties = (await client.get("/feedback/api/duties?status=open&kind=report&limit=1")).json()["duties"]
    duty = duties[0]
    office = await visitor("office", size=DESK)
    await office.goto(f"/feedback/#duty={duty['duty_id']}")
    drawer = office.get_by_role("dialog")
    await drawer.get_by_text("Xin gia hạn", exact=True).click()
    await drawer.get_by_label("Lý do").fill("Chờ số liệu của khu phố")
    await drawer.get_by_role("button", name="Gửi đề nghị").click()
    await expect(drawer.get_by_text("Đã gửi đề nghị đến Thường trực")).to_be_visible()

    board = await visitor("board", size=PHONE)
    await board.goto("/feedback/#extensions")
    asked = board.locator("main li.sheet").filter(has=board.locator(f"a[href='#duty={duty['duty_id']}']"))
    await expect(asked).to_contain_text("Chờ số liệu của khu phố")
    await asked.get_by_role("button", name="Chấp thuận", exact=True).click()
    await expect(asked.get_by_text("Đã chấp thuận. Hạn đã dời.")).to_be_visible()

    async with await installed.client("office") as client:
        now = (await client.get(f"/feedback/api/duties/{duty['duty_id']}")).json()["duty"]
    assert now["first_due_at"] == duty["first_due_at"]
    assert now["due_at"] > duty["due_at"]


async def test_the_desk_is_seen_as_it_stood(installed: Installed, visitor: Visit) -> None:
    """F86: a past minute is chosen, said, and shown; what changed since is a list; back to now is one tap."""
    page = await visitor("office", size=PHONE)
    await page.goto("/feedback/#register")
    await page.get_by_text("Xem lại lúc…").click()
    await page.get_by_label("Ngày", exact=True).fill("20/10/2026")
    await page.get_by_label("Giờ", exact=True).fill("14:05")
    await page.get_by_role("button", name="Xem lại", exact=True).click()

    await expect(page.get_by_text("Đang xem lúc 14:05 ngày 20/10/2026")).to_be_visible()
    async with await installed.client("office") as client:
        then = {"as_of": "2026-10-20T14:05:00+07:00"}
        late = (await client.get("/feedback/api/duties", params={"status": "overdue", **then})).json()
        figures = (await client.get("/feedback/api/figures", params=then)).json()
        changes = (await client.get("/feedback/api/changes", params={"since": then["as_of"]})).json()
    counted: dict[str, Any] = late["counted"]
    assert [counted["report"], counted["forward"]] == [
        figures["report_missing_overdue"],
        figures["forward_missing_overdue"],
    ]
    await expect(page.locator(".register [role=status]")).to_contain_text(f"{sum(counted.values())} việc")
    first = page.locator(".duties tbody tr").first
    await expect(first).to_contain_text(f"quá hạn {late['duties'][0]['days_late']} ngày")

    await page.get_by_role("link", name="Những gì đã đổi từ đó").click()
    await expect(page.locator("main [role=status]").last).to_contain_text(f"{changes['total']} thay đổi")
    await page.evaluate("location.hash = '#rules'")
    await expect(page.get_by_text("chỉ cho xem hiện tại")).to_be_visible()
    await page.get_by_role("link", name="Về hiện tại").click()
    await expect(page.locator(".live")).to_be_visible()
    assert "as_of" not in page.url


async def _propose(page: Page, number: str, day: str) -> None:
    await page.goto("/feedback/#rules")
    await page.reload()
    await page.get_by_text("Có thông báo mới về ngày nghỉ").click()
    await page.get_by_label("Số thông báo").fill(number)
    await page.get_by_label("Ngày ban hành").fill("20/11/2026")
    await page.locator(".day-row").get_by_label("Ngày", exact=True).fill(day)
    await page.get_by_label("Tên gọi").fill("nghỉ hoán đổi")
    await page.get_by_role("button", name="Gửi đề xuất").click()
    await expect(page.get_by_label("Các lần sửa lịch").locator("li").first).to_contain_text(number)
