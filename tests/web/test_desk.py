"""The desk: figures that agree with the interface, a register that hides nothing late, a duty explained."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.browser import DESK, PHONE
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_the_four_figures_are_those_of_the_interface(installed: Installed, visitor: Visit) -> None:
    """Given, due, done and late, each counted from facts, with the moment it speaks of."""
    page = await visitor("board", size=DESK)
    await page.goto("/feedback/")
    await expect(page.locator(".figure")).to_have_count(8)

    async with await installed.client("board") as client:
        counts = (await client.get("/feedback/api/figures")).json()
    both = {
        name: counts[f"report_{name}"] + counts[f"forward_{name}"]
        for name in ("on_time", "late", "missing_overdue", "missing_not_due", "due_by_as_of")
    }
    done = both["on_time"] + both["late"]
    given = done + both["missing_overdue"] + both["missing_not_due"]
    shown = [text.strip() for text in await page.locator(".figure .value").all_inner_texts()]
    assert shown[:4] == [
        _number(value) for value in (given, both["due_by_as_of"], done, both["missing_overdue"])
    ]
    await expect(
        page.get_by_text(re.compile(r"Tính đến 23/11/2026 \d\d:\d\d, các chuyến đi"))
    ).to_be_visible()


async def test_the_register_shows_every_late_duty_oldest_first(installed: Installed, visitor: Visit) -> None:
    """As many as the interface has, in its order, each with owner, unit, date and days late in words."""
    page = await visitor("office", size=DESK)
    await page.goto("/feedback/")
    late = await _all_late(installed)

    await expect(page.locator(".register [role=status]")).to_contain_text(f"{len(late)} việc")
    first = page.locator(".duties tbody tr").first
    await expect(first).to_contain_text(late[0]["owner_name"])
    await expect(first).to_contain_text(late[0]["unit_name"])
    await expect(first).to_contain_text(re.compile(r"hết ngày thứ \S+, \d\d/01/2026"))
    await expect(first).to_contain_text(f"quá hạn {late[0]['days_late']} ngày")


async def test_typing_without_marks_finds_people_and_units(installed: Installed, visitor: Visit) -> None:
    """`dong ngan` finds every cell of Đông Ngàn, and the count says how many there are."""
    page = await visitor("office", size=PHONE)
    await page.goto("/feedback/")
    wanted = [duty for duty in await _all_late(installed) if "Đông Ngàn" in duty["unit_name"]]

    await page.get_by_label("Tìm người, đơn vị, nội dung").fill("ngan dong")

    await expect(page.locator(".register [role=status]")).to_contain_text(f"{len(wanted)} việc")
    await expect(page.locator(".duties tbody tr").first).to_contain_text("Đông Ngàn")
    await page.get_by_label("Tìm người, đơn vị, nội dung").fill("khong co ai ten nhu vay")
    await expect(page.get_by_text("Không có việc nào như vậy.")).to_be_visible()


async def test_a_duty_tells_its_whole_story(visitor: Visit) -> None:
    """Opened from the register, closed by Escape, reached again by Back."""
    page = await visitor("office", size=DESK)
    await page.goto("/feedback/")
    link = page.locator(".duties tbody tr a").first
    await link.click()

    panel = page.get_by_role("dialog")
    await expect(panel.locator(".step").first).to_contain_text("ngày bắt đầu")
    await expect(panel.locator(".step").last).to_contain_text("hết hạn")
    await expect(panel).to_contain_text("Căn cứ:")
    await expect(panel).to_contain_text("Mở việc")
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(page).to_have_url(re.compile("^[^#]+$"))
    await link.click()
    await expect(panel).to_be_visible()
    await page.go_back()
    await expect(panel).to_be_hidden()


async def test_an_agency_sees_its_own_list_only(installed: Installed, visitor: Visit) -> None:
    """Answers it owes, and no figures of the committee."""
    page = await visitor("agency")
    await page.goto("/feedback/#register")
    async with await installed.client("agency") as client:
        own = (await client.get("/feedback/api/duties?status=overdue&limit=200")).json()["duties"]

    await expect(page.locator(".register [role=status]")).to_have_text(f"{len(own)} việc")
    await expect(page.locator(".figure")).to_have_count(0)


async def _all_late(installed: Installed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with await installed.client("office") as client:
        while True:
            after = f"&after={found[-1]['duty_id']}" if found else ""
            page = (await client.get(f"/feedback/api/duties?status=overdue&limit=200{after}")).json()[
                "duties"
            ]
            found += page
            if len(page) < 200:
                return found


def _number(value: int) -> str:
    """2.480"""
    return f"{value:,}".replace(",", ".")
