"""One's own inbox: unread first, read with one tap, and a way to the duty."""

import pytest
from playwright.async_api import expect

from tests.support.wait import eventually
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_a_message_is_read_and_leads_to_its_duty(installed: Installed, visitor: Visit) -> None:
    """What waits is marked in words; reading it moves it down and counts it; the link explains the duty."""
    await eventually(lambda: _has_messages(installed), every=0.2)
    page = await visitor("office")
    await page.goto("/notify/")
    unread = page.locator(".message.unread")
    await expect(unread.first).to_contain_text("mới")
    await expect(unread.first).to_contain_text("Hạn: hết ngày thứ")
    before = await _unread(installed)

    await unread.first.get_by_role("button", name="Đã đọc").click()

    await expect(page.get_by_role("heading", name="Đã đọc")).to_be_visible()
    await expect(page.locator(".message.read")).to_have_count(1)
    assert await _unread(installed) == before - 1

    await page.locator(".message.read").get_by_role("link", name="Xem việc").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Vì sao hạn là ngày này?")


async def test_without_a_mail_server_the_page_says_so(visitor: Visit) -> None:
    """No switch that would switch nothing."""
    page = await visitor("member")
    await page.goto("/notify/")
    await expect(page.get_by_text("Hệ thống này chưa nối máy chủ thư.")).to_be_visible()
    await expect(page.get_by_role("checkbox")).to_have_count(0)


async def _has_messages(installed: Installed) -> bool:
    return await _unread(installed) > 0


async def _unread(installed: Installed) -> int:
    async with await installed.client("office") as client:
        return int((await client.get("/notify/api/inbox")).json()["unread"])
