"""Papers at the desk: a sheet is frozen with a word of warning, and a report is of the days that were asked for."""

import httpx2
import pytest
from playwright.async_api import expect

from tests.support.browser import DESK
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_f66_the_office_freezes_a_sheet_and_its_member_reads_it(
    visitor: Visit, installed: Installed
) -> None:
    """F66: found by name, frozen after a question, and on the member's phone the same edition with its files."""
    async with await installed.client("member") as client:
        (member,) = (await client.get("/feedback/api/sheets?period=2026-Q2")).json()["sheets"]
    desk = await visitor("office", size=DESK)
    await desk.goto("/feedback/#sheets=2026-Q2")
    await desk.get_by_role("link", name=member["full_name"]).click()
    await expect(desk.get_by_text("Bản nháp, theo số liệu lúc này.")).to_be_visible()

    await desk.get_by_role("button", name="Chốt phiếu").click()
    await expect(desk.get_by_role("dialog")).to_contain_text("lần cũ vẫn còn")
    await desk.get_by_role("dialog").get_by_role("button", name="Chốt phiếu").click()
    await expect(desk.get_by_text("Đã chốt phiếu.")).to_be_visible()

    phone = await visitor("member")
    await phone.goto("/feedback/#sheets=2026-Q2")
    await expect(phone.get_by_text("đã chốt lần 1")).to_be_visible()
    await expect(phone.locator(".duties tbody tr")).to_have_count(1)
    await phone.get_by_role("link", name=member["full_name"]).click()
    await expect(phone.get_by_role("heading", name="1. Thực hiện định mức")).to_be_visible()
    await expect(phone.get_by_role("button", name="Chốt")).to_have_count(0)
    link = await phone.get_by_role("link", name="Tải PDF").get_attribute("href")
    async with await installed.client("member") as client:
        file: httpx2.Response = await client.get(str(link))
    assert file.content.startswith(b"%PDF")


async def test_f68_a_report_is_of_the_days_that_were_asked_for(visitor: Visit) -> None:
    """F68: a period by its name or by its days; what is no day is said beside the boxes; the address can be shared."""
    page = await visitor("board", size=DESK)
    await page.goto("/feedback/#reports")
    await expect(page.locator(".paper")).to_contain_text("Từ ngày 01/10/2026")
    await page.get_by_label("Kỳ báo cáo").select_option(label="Quý trước")
    await expect(page.locator(".paper")).to_contain_text("Từ ngày 01/07/2026 đến ngày 30/09/2026")

    await page.get_by_label("Kỳ báo cáo").select_option(label="Chọn ngày")
    await page.get_by_label("Từ ngày").fill("31/02/2026")
    await page.get_by_role("button", name="Xem báo cáo").click()
    await expect(page.get_by_text("Hãy ghi hai ngày như 01/07/2026")).to_be_visible()
    await page.get_by_label("Từ ngày").fill("01/03/2026")
    await page.get_by_role("button", name="Xem báo cáo").click()
    await expect(page.locator(".paper")).to_contain_text("Từ ngày 01/03/2026 đến ngày 30/09/2026")
    await page.reload()
    await expect(page.locator(".paper")).to_contain_text("Từ ngày 01/03/2026 đến ngày 30/09/2026")
