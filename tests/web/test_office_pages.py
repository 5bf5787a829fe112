"""The office sends a matter on until the cell is told; an agency asks, promises and answers."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from shared.ids import uuid7
from tests.support.browser import DESK, PHONE
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def _inbox(installed: Installed) -> list[dict[str, Any]]:
    async with await installed.client("office") as client:
        found: list[dict[str, Any]] = (await client.get("/feedback/api/inbox?step=forward&limit=200")).json()[
            "waiting"
        ]
    return found


async def test_the_office_sends_a_matter_on_until_the_cell_is_told(
    installed: Installed, visitor: Visit
) -> None:
    """F62, F63: two agencies at once, one is not competent, the other answers on paper, the cell is told."""
    issue = (await _inbox(installed))[-1]["issue"]["issue_id"]
    page = await visitor("office", size=DESK)
    await page.goto("/feedback/#inbox")
    await expect(page.locator(".duties tbody tr").first).to_be_visible()
    await page.goto(f"/feedback/#issue={issue}")
    await page.get_by_text("Chuyển cơ quan", exact=True).click()
    boxes = page.get_by_role("group", name="Cơ quan nhận").get_by_role("checkbox")
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await page.get_by_label("Số công văn").last.fill("77-CV/VP")
    await _save(page)
    agencies = page.locator("main section[aria-label]:has(> h2)")
    await expect(agencies).to_have_count(2)

    await _open(page, agencies.first, "Không thuộc thẩm quyền", "Lý do", "Kênh do đơn vị khác quản lý")
    await expect(page.locator(".moments")).to_contain_text("báo không thuộc thẩm quyền")
    await expect(agencies).to_have_count(1)

    await agencies.first.get_by_text("Ghi trả lời").click()
    await agencies.first.get_by_label("Số công văn").fill("45/UBND")
    await agencies.first.get_by_label("Nội dung trả lời").fill("Đã sửa xong.")
    await _save(page)
    await page.get_by_text("Báo chi bộ đã có trả lời", exact=True).click()
    await page.get_by_label("Đã nói gì với chi bộ").fill("Đã báo chi bộ.")
    await _save(page)
    await expect(page.locator(".moments li").last).to_contain_text("Đã trả lời chi bộ")


async def test_the_same_trouble_is_merged_by_hand_and_answered_once(
    installed: Installed, visitor: Visit
) -> None:
    """F62, F63: found by its words, merged, one paper answer for both, taken apart again with the answer kept."""
    one, other = [each["issue"] for each in await _inbox(installed)][-3:-1]
    async with await installed.client("office") as client:
        agencies = (await client.get("/visits/api/units?kind=agency")).json()["units"]
        for each in (one, other):
            path = f"/feedback/api/issues/{each['issue_id']}/forwardings/{uuid7()}"
            body = {"agency_unit_id": agencies[0]["unit_id"], "number": "78-CV/VP"}
            assert (await client.put(path, json=body)).status_code == 201
    page = await visitor("office", size=DESK)
    await page.goto(f"/feedback/#issue={one['issue_id']}")
    await page.get_by_text("Gộp với việc khác").click()
    await page.get_by_label("Tìm người, đơn vị, nội dung").fill(
        f"{other['title']} {other['unit_name']}"[:100]
    )
    await page.get_by_role("button", name="Tìm", exact=True).click()
    row = page.locator("li").filter(has=page.locator(f"a[href='#issue={other['issue_id']}']"))
    await row.get_by_role("button", name="Gộp").click()
    await expect(row.get_by_role("button", name="Tách ra")).to_be_visible()

    await page.get_by_text("Ghi trả lời").click()
    await expect(page.get_by_role("group", name="cũng trả lời cho").get_by_role("checkbox")).to_be_checked()
    await page.get_by_label("Số công văn").first.fill("47/UBND")
    await page.get_by_label("Nội dung trả lời").fill("Đã sửa xong.")
    await _save(page)
    await expect(page.locator(".moments").last).to_contain_text("số 47/UBND")
    await row.get_by_role("button", name="Tách ra").click()
    await expect(row).to_have_count(0)
    await page.goto(f"/feedback/#issue={other['issue_id']}")
    await expect(page.locator(".moments").last).to_contain_text("số 47/UBND")


async def _open(page: Page, place: Any, act: str, label: str, words: str) -> None:
    await place.get_by_text(act, exact=True).click()
    await place.get_by_label(label).fill(words)
    await _save(page)


async def _save(page: Page) -> None:
    await page.locator("details[open] button[type=submit]").click()


async def test_an_agency_asks_once_and_answers_on_its_phone(installed: Installed, visitor: Visit) -> None:
    """F63, F64: acknowledge, ask, promise a day because it is late, answer; its own list comes first."""
    async with await installed.client("agency") as client:
        owed = (await client.get("/feedback/api/answers")).json()["answers"]
    mine = next(each for each in owed if each["late"] and not each["promised_on"])
    page = await visitor("agency", size=PHONE)
    await page.goto("/feedback/")
    await expect(page.get_by_role("heading", name="Trả lời của các cơ quan")).to_be_visible()
    await page.goto(f"/feedback/#issue={mine['issue_id']}")
    place = page.locator("main section[aria-label]:has(> h2)").first
    if not mine["acknowledged_at"]:
        await place.get_by_role("button", name="Báo đã nhận").click()
        await expect(page.locator(".moments")).to_contain_text("đã nhận")
    await _open(page, place, "Hỏi lại một câu", "Câu hỏi", "Đoạn nào?")
    await expect(page.locator(".moments")).to_contain_text("hỏi lại")

    await place.get_by_text("Cam kết ngày trả lời").click()
    await place.get_by_label("Ngày cam kết").fill("2026-12-01")
    await place.get_by_label("Đã làm đến đâu").fill("Đang khảo sát.")
    await _save(page)
    await expect(page.locator(".moments")).to_contain_text("cam kết trả lời ngày 01/12/2026")
    await page.goto(f"/feedback/#duty={mine['duty_id']}")
    await expect(page.locator("dialog[open] .facts")).to_contain_text("đến 01/12/2026")
    await page.goto(f"/feedback/#issue={mine['issue_id']}")

    await place.get_by_text("Ghi trả lời").click()
    await place.get_by_label("Số công văn").fill("46/UBND")
    await place.get_by_label("Nội dung trả lời").fill("Đã nạo vét.")
    await _save(page)
    await expect(page.locator(".moments:visible")).to_contain_text("trả lời, số 46/UBND")
