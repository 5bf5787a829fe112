"""The desk without a reload: what happens elsewhere appears on it, and it says when it hears nothing."""

import httpx2
import pytest
from playwright.async_api import expect

from shared.ids import uuid7
from tests.support.browser import DESK
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_a_visit_accepted_elsewhere_appears_by_itself(installed: Installed, visitor: Visit) -> None:
    """The figure counts up and what is being written stays: nobody presses anything."""
    page = await visitor("board", size=DESK)
    await page.goto("/feedback/")
    await expect(page.locator(".live")).to_contain_text("Đang cập nhật trực tiếp")
    search = page.get_by_label("Tìm người, đơn vị, nội dung")
    await search.fill("dong ngan")
    before = await _given(installed)

    async with await installed.client("member") as member:
        await _record(member)

    await expect(page.locator(".figure .value").first).to_have_text(f"{before + 1:,}".replace(",", "."))
    await expect(search).to_have_value("dong ngan")
    await expect(search).to_be_focused()


async def test_a_page_that_hears_nothing_says_so(visitor: Visit) -> None:
    """Without a connection the figures are told to be old, and they are right again by themselves."""
    page = await visitor("office", size=DESK)
    await page.route("**/feedback/api/live", lambda route: route.abort())
    await page.goto("/feedback/")
    await expect(page.locator(".live")).to_contain_text("Mất kết nối")

    await page.unroute("**/feedback/api/live")
    await expect(page.locator(".live")).to_contain_text("Đang cập nhật trực tiếp")


async def _given(installed: Installed) -> int:
    async with await installed.client("board") as board:
        counts = (await board.get("/feedback/api/figures")).json()
    states = ("on_time", "late", "missing_overdue", "missing_not_due")
    return sum(counts[f"{kind}_{state}"] for kind in ("report", "forward") for state in states)


async def _record(member: httpx2.AsyncClient) -> None:
    (unit, *_) = (await member.get("/visits/api/units?q=dong ngan&limit=1")).json()["units"]
    answer = await member.put(
        f"/visits/api/visits/{uuid7()}",
        json={
            "kind": "field_trip",
            "unit_id": unit["unit_id"],
            "started_at": "2026-11-22T08:00:00+07:00",
            "ended_at": "2026-11-22T10:00:00+07:00",
            "device": {"id": "test", "seq": 1, "recorded_at": "2026-11-22T10:05:00+07:00"},
            "nothing_raised": True,
            "issues": [],
        },
    )
    assert answer.status_code == 201, answer.text
