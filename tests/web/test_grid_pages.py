"""The grid, coverage and plans on the desk: every number leads to its visits, and nobody is put above anybody."""

from datetime import date

import pytest
from playwright.async_api import expect

from shared.ids import uuid7
from tests.support.browser import DESK, PHONE
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_a_number_of_the_grid_leads_to_its_visits(installed: Installed, visitor: Visit) -> None:
    """F56: by name, by arrow keys, to the visits behind a box; a member is excused and the box follows."""
    page = await visitor("office", size=DESK)
    await page.goto("/feedback/#grid")
    async with await installed.client("office") as client:
        grid = (await client.get("/feedback/api/grid")).json()
        place, line = next(
            (n, each)
            for n, each in enumerate(grid["lines"])
            if any(cell["standing"] == "late" for cell in each["field_trip"])
        )
        column = next(n for n, cell in enumerate(line["field_trip"]) if cell["standing"] == "late")
        done = next(n for n, cell in enumerate(line["field_trip"]) if cell["standing"] == "done")
        span = grid["field_trip"][done]
        days = {"from": span["first"], "to": span["last"]}
        behind = (await client.get(f"/feedback/api/grid/{line['person_id']}", params=days)).json()["visits"]

    names = page.locator(".periods tbody th")
    await expect(names).to_have_text([each["full_name"] for each in grid["lines"]])
    row = page.locator(".periods tbody tr").nth(place)
    panel = page.get_by_role("dialog")
    await row.locator(".period").nth(done).click()
    wanted = [visit["unit_name"] for visit in behind if visit["kind"] == "field_trip"]
    await expect(panel.locator("ol a")).to_have_text(wanted)
    await page.keyboard.press("Escape")

    await row.locator(".period").nth(done).focus()
    for _ in range(abs(column - done)):
        await page.keyboard.press("ArrowRight" if column > done else "ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(panel).to_contain_text("Không có lượt đi nào trong kỳ này.")
    await panel.locator("summary").click()
    await panel.get_by_label("Lý do").select_option("training")
    await panel.get_by_role("button", name="Ghi vắng có lý do").click()
    await expect(row.locator(".period").nth(column)).to_have_class("period number excused")

    await row.locator(".period").nth(column).click()
    await panel.get_by_role("button", name="Rút ghi vắng").click()
    await expect(row.locator(".period").nth(column)).to_have_class("period number late")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_coverage_says_what_the_interface_counts(
    installed: Installed, visitor: Visit, size: tuple[int, int]
) -> None:
    """F57, F58: never visited cells first, the curve in words and as a table, the next visit with its reason."""
    page = await visitor("board", size=size)
    await page.goto("/feedback/#coverage")
    await page.get_by_role("button", name="Dự sinh hoạt").click()
    async with await installed.client("board") as client:
        query = {"kind": "meeting_attendance"}
        told = (await client.get("/feedback/api/coverage", params=query)).json()

    await expect(page.locator(".figure .value").first).to_have_text(str(told["shares"]["never"]))
    await expect(page.get_by_text("Chỉ số tập trung là")).to_contain_text(
        f"{round(told['concentration'], 2)}".replace(".", ",")
    )
    await expect(page.locator(".duties tbody tr").filter(has_text="chưa ai đến").first).to_contain_text(
        told["cells"][0]["name"]
    )
    await page.get_by_text("Xem bằng bảng số").click()
    await expect(page.locator("details .duties tbody tr")).to_have_count(10)
    await expect(page.locator("details .duties tbody tr").last).to_contain_text("100")


async def test_two_plans_at_one_cell_are_seen(installed: Installed, visitor: Visit) -> None:
    """F73: a day on which two members mean to be at one cell, and the evening on which all cells meet."""
    async with await installed.client("office") as client:
        units = (await client.get("/visits/api/units", params={"kind": "party_cell", "limit": 500})).json()
        lines = (await client.get("/feedback/api/grid")).json()["lines"]
        for line in lines[-2:]:
            body = {
                "person_id": line["person_id"],
                "unit_id": units["units"][-1]["unit_id"],
                "kind": "meeting_attendance",
                "day": date(2027, 8, 3).isoformat(),
            }
            answer = await client.put(f"/visits/api/plans/{uuid7()}", json=body)
            assert answer.status_code == 201, answer.text
    page = await visitor("office", size=PHONE)

    await page.goto("/feedback/#planning=2027")

    await expect(page.get_by_role("heading", name="03/12/2026")).to_be_visible()
    crowded = page.locator("li").filter(has_text="03/08/2027").filter(has_text=lines[-1]["full_name"]).first
    await expect(crowded).to_contain_text(units["units"][-1]["name"])


async def test_the_evening_of_a_month_is_moved_and_moved_back(visitor: Visit) -> None:
    """Practice 58: the office names another day for one month, sees it at once, and takes it back."""
    page = await visitor("office", size=PHONE, allowed={422})
    await page.goto("/feedback/#planning")
    await page.get_by_text("Tháng họp ngày khác").click()
    await page.get_by_label("Sinh hoạt tháng").select_option("2027-09-01")
    await page.get_by_label("Họp ngày", exact=True).fill("1/12/2027")
    await page.get_by_role("button", name="Ghi ngày họp").click()
    await expect(page.get_by_text("lệch không quá 15 ngày").first).to_be_visible()

    await page.get_by_label("Họp ngày", exact=True).fill("10/9/2027")
    await page.get_by_role("button", name="Ghi ngày họp").click()

    moved = page.locator("li").filter(has_text="Tháng 09/2027: họp ngày 10/09/2027")
    await expect(moved).to_be_visible()
    await moved.get_by_role("button", name="Rút").click()
    await expect(moved).to_have_count(0)
