"""What is kept about a person, shown to that person and taken along."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.support.browser import overflow
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


async def test_everything_kept_is_shown_and_taken_along(
    visitor: Visit, installed: Installed, tmp_path: Path
) -> None:
    """The page has every section that has rows, in words; the file has all that the three services answered."""
    page = await visitor("member")
    await page.goto("/visits/#account")
    await page.get_by_role("link", name="Dữ liệu hệ thống giữ về đồng chí").click()
    await expect(page.get_by_role("heading", level=1, name="Dữ liệu về đồng chí")).to_be_visible()

    async with await installed.client("member") as member:
        answers = [
            (await member.get(f"/{service}/api/me/data")).json()
            for service in ("visits", "feedback", "notify")
        ]
    shown = await page.locator("summary").all_inner_texts()
    assert len(shown) == sum(bool(section["rows"]) for answer in answers for section in answer["sections"])

    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Tải về máy").click()
    await (await downloading.value).save_as(tmp_path / "mine.json")
    kept = json.loads((tmp_path / "mine.json").read_text("utf-8"))
    assert [_sizes(answer) for answer in kept] == [_sizes(answer) for answer in answers]

    for each in await page.locator("summary").all():
        await each.click()
    content = await page.locator("main").inner_text()
    assert "Đi cơ sở" in content
    assert "field_trip" not in content
    assert await overflow(page) == 0
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def test_a_person_asks_the_office_to_correct_something(visitor: Visit, installed: Installed) -> None:
    """The request reaches the office with the day by which it must answer; a tap on the button sends it once."""
    page = await visitor("board")
    await page.goto("/visits/#own-data")
    await page.get_by_label("Nội dung nào, vì sao").fill("Ngày nhận chức ghi sai một tháng.")
    await page.get_by_role("button", name="Gửi đề nghị").click()
    await expect(page.get_by_role("status")).to_contain_text("Văn phòng đã nhận đề nghị")

    async with await installed.client("office") as office:
        waiting = (await office.get("/feedback/api/requests")).json()["requests"]
    assert [each["about"] for each in waiting] == ["Ngày nhận chức ghi sai một tháng."]


def _sizes(answer: dict[str, object]) -> dict[str, int]:
    sections = answer["sections"]
    assert isinstance(sections, list)
    return {section["name"]: len(section["rows"]) for section in sections}
