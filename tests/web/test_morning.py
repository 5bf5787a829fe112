"""The morning page and the late register: figures that open what they count, choices that can be passed on, chases."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from shared.ids import uuid7
from tests.support.browser import DESK, PHONE
from tests.support.registers import expected_figures
from tests.support.wait import eventually
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

COUNT = ".register [role=status]"


@pytest.mark.parametrize("register", ["tu_son_2026", "tu_son_2015_2020"])
async def test_the_screen_says_what_the_file_says(visitor: Visit, register: str) -> None:
    """F33-F36: of both registers; that the interface counts them so is shown where it counts (`test_figures`)."""
    told = expected_figures(register)
    page = await visitor("board", size=DESK)
    await page.route("**/feedback/api/figures", lambda route: _with(route, told))
    await page.route(
        "**/feedback/api/morning", lambda route: _with(route, {"unvisited": told["cells_never_attended"]})
    )
    await page.goto("/feedback/")
    given = page.locator(".figure").filter(has_text="Đã giao")

    await expect(given).to_contain_text(
        f"từ {_number(told['field_trips'] + told['meetings_attended'])} chuyến đi"
    )
    await expect(_value(page, "Chi bộ chưa được dự sinh hoạt")).to_have_text(
        _number(told["cells_never_attended"])
    )
    if "issues" in told:
        both = {
            name: told[f"report_{name}"] + told[f"forward_{name}"]
            for name in ("on_time", "late", "missing_overdue")
        }
        done = both["on_time"] + both["late"]
        open_ = told["report_missing_not_due"] + told["forward_missing_not_due"]
        await expect(given).to_contain_text(f"và {_number(told['issues'])} ý kiến")
        await expect(_value(page, "Đã giao")).to_have_text(_number(done + both["missing_overdue"] + open_))
        await expect(_value(page, "Đã xong")).to_have_text(_number(done))
        await expect(_value(page, "Đang quá hạn")).to_have_text(_number(both["missing_overdue"]))
        await expect(
            page.get_by_text(f"{_number(both['on_time'])} đúng hạn, {both['late']} trễ hạn")
        ).to_be_visible()


async def test_every_figure_opens_the_list_that_it_counts(visitor: Visit) -> None:
    """F54, F57: with one touch, and back with one more; restricted matters are in neither."""
    page = await visitor("board", size=DESK)
    await page.goto("/feedback/")
    for name in (
        "Đã giao",
        "Đã đến hạn",
        "Đã xong",
        "Đang quá hạn",
        "Mới quá hạn hôm nay",
        "Việc khẩn chưa xong",
    ):
        value = _value(page, name)
        shown = await value.inner_text()
        await value.click()
        await expect(page.locator("h1")).to_have_text("Sổ theo dõi")
        await expect(page.locator(COUNT)).to_contain_text(re.compile(rf"^{re.escape(shown)} việc"))
        await page.go_back()
    value = _value(page, "Chi bộ chưa được dự sinh hoạt")
    shown = await value.inner_text()
    await value.click()
    await expect(page.locator(".duties tbody tr")).to_have_count(int(shown))


async def test_a_choice_stands_in_the_address_and_is_kept_under_a_name(
    installed: Installed, visitor: Visit
) -> None:
    """F71: a link shows another person the same, Back the choice before, and a name brings it back for its person."""
    page = await visitor("office", size=DESK)
    await page.goto("/feedback/#register")
    await page.get_by_label("Loại việc").select_option("report")
    await page.get_by_label("Tình trạng").select_option("late")
    await expect(page).to_have_url(re.compile("#register=status:late,kind:report$"))
    await page.get_by_label("Tìm người, đơn vị, nội dung").fill("Đông Ngàn")
    await expect(page).to_have_url(re.compile(r"q:%C4%90%C3%B4ng%20Ng%C3%A0n$"))
    async with await installed.client("office") as office:
        found = (await office.get("/feedback/api/duties?status=late&kind=report&q=Đông Ngàn")).json()
    chosen = f"{_number(found['counted']['report'])} việc"
    await expect(page.locator(COUNT)).to_have_text(chosen)

    other = await visitor("board", size=PHONE)
    await other.goto(page.url)
    await expect(other.locator(COUNT)).to_have_text(chosen)
    await expect(other.get_by_label("Tìm người, đơn vị, nội dung")).to_have_value("Đông Ngàn")

    await page.get_by_text("Lưu bộ lọc đang chọn").click()
    await page.get_by_label("Tên bộ lọc").fill("Báo cáo trễ Đông Ngàn")
    await page.get_by_role("button", name="Lưu bộ lọc", exact=True).click()
    name = page.get_by_role("link", name="Báo cáo trễ Đông Ngàn")
    await expect(name).to_be_visible()
    await page.go_back()
    await expect(page).to_have_url(re.compile("#register=status:overdue,kind:report$"))
    await expect(page.get_by_label("Tình trạng")).to_have_value("overdue")
    await name.click()
    await expect(page.locator(COUNT)).to_have_text(chosen)

    await page.get_by_role("button", name="Bỏ bộ lọc “Báo cáo trễ Đông Ngàn”").click()
    await page.get_by_role("dialog").get_by_role("button", name="Bỏ", exact=True).click()
    await expect(name).to_have_count(0)


async def test_what_a_phone_holds_appears_by_itself(installed: Installed, visitor: Visit) -> None:
    """F60: whose it is, how many and since when; the share on time becomes a range and says why."""
    page = await visitor("board", size=DESK)
    await page.goto("/feedback/")
    await expect(page.locator(".live")).to_contain_text("Đang cập nhật trực tiếp")
    beat = {
        "device_id": str(uuid7()),
        "drafts": 0,
        "ready": 17,
        "failed": 0,
        "refused": 0,
        "highest_seq": 0,
        "oldest_unsent_at": "2026-11-21T10:05:00+07:00",
        "app_version": "test",
        "device_time": "2026-11-23T09:00:00+07:00",
    }
    async with await installed.client("member") as member:
        try:
            await member.put("/visits/api/devices/heartbeat", json=beat)
            await page.locator("summary").filter(has_text="Dữ liệu trên điện thoại: ").click()
            line = page.get_by_role("listitem").filter(has_text="Hoàng Thế Ân")
            await expect(line).to_contain_text(re.compile(r"\d+ bản chưa gửi.*chờ lâu nhất từ \d\d/11/2026"))
            await expect(_value(page, "Tỷ lệ đúng hạn")).to_have_text(re.compile(r"^\d+–\d+%$"))
            await expect(page.get_by_text("nên tỷ lệ thật nằm trong khoảng này")).to_be_visible()
        finally:
            await member.put(
                "/visits/api/devices/heartbeat", json=beat | {"ready": 0, "oldest_unsent_at": None}
            )


async def test_late_duties_are_asked_for_by_hand(installed: Installed, visitor: Visit) -> None:
    """Several at once with a sentence; it joins their timelines, notify tells the owners, a second time is passed over."""
    async with await installed.client("office") as office:
        late = (await office.get("/feedback/api/duties?status=overdue&kind=report&limit=200")).json()[
            "duties"
        ]
        first, second = late[-2:]
        page = await visitor("office", size=DESK)
        address = f"status:overdue,kind:report,owner:{first['owner_person_id']}"
        await page.goto(f"/feedback/#register={address}")
        box = page.locator(f"[data-key='{first['duty_id']}']")
        await box.check()
        await page.get_by_label("Lời nhắn").fill("Xin gửi báo cáo trong tuần này.")
        await page.get_by_role("button", name="Đôn đốc", exact=True).click()
        await expect(page.get_by_text("Đã đôn đốc 1 việc")).to_be_visible()
        await expect(box).not_to_be_checked()

        await box.check()
        await page.get_by_role("button", name="Đôn đốc", exact=True).click()
        await expect(page.get_by_text("1 việc đã được đôn đốc trong 24 giờ qua")).to_be_visible()

        row = page.locator(".duties tbody tr").filter(has=box)
        await expect(row).to_contain_text("đôn đốc lúc 23/11/2026")
        await row.get_by_role("link").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Xin gửi báo cáo trong tuần này.")

        async def told() -> bool:
            answer = await office.get(f"/notify/api/messages?duty_id={first['duty_id']}&limit=200")
            return any(each["rung"].startswith("chased-") for each in answer.json()["messages"])

        await eventually(told)
        assert (await office.get(f"/feedback/api/duties/{second['duty_id']}")).json()["duty"][
            "chased_at"
        ] is None


async def _with(route: Route, changes: dict[str, Any]) -> None:
    """The answer of the interface with these figures in it."""
    answer = await route.fetch()
    await route.fulfill(response=answer, body=json.dumps(await answer.json() | changes))


def _value(page: Page, name: str) -> Any:
    return page.locator(".figure").filter(has=page.get_by_text(name, exact=True)).locator(".value a")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
