"""Today on the phone: what is owed, what may be lacking, what waits for a word; with a network and without."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.support.road import Road
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone import story
from tests.web.phone.conftest import Handsets
from tests.web.phone.handset import CELL, Handset, visit_act

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

PLACE = "Chi bộ khu phố Trang Hạ 2"


async def shown(phone: Handset) -> Page:
    page = await phone.open()
    await expect(page.locator(".today .meter").first).to_be_visible()
    return page


async def kept(phone: Handset) -> Page:
    """Today, from a phone that has the whole app and what it showed last."""
    page = await phone.installed()
    await expect(page.locator(".today .meter").first).to_be_visible()
    return page


async def cut(phone: Handset, road: Road) -> None:
    road.close()
    await phone.context.set_offline(True)


async def test_late_duties_lead_and_none_of_them_ever_leaves(installed: Installed, handset: Handsets) -> None:
    """F17, F18: the oldest lateness first, every late one on the page however old, however many."""
    page = await shown(await handset())
    owed = await story.own_work(installed)
    late = [duty for duty in owed["duties"] if duty["due_at"] <= "2026-11-23T02"]

    states = await page.locator(".duties > ul > .duty .why .state").all_inner_texts()
    found = [re.fullmatch(r"quá hạn (\d+) ngày", text.strip()) for text in states]
    days = [int(each.group(1)) for each in found if each]

    assert late
    assert len(days) == len(late)
    assert days == sorted(days, reverse=True)


async def test_a_due_date_explains_itself_without_a_network(road: Road, handset: Handsets) -> None:
    """F17: `vì sao?` opens the sentence and the days in place, from what the phone kept."""
    phone = await handset()
    page = await shown(phone)

    async def shelved() -> bool:
        return any("/feedback/api/phone" in each["id"] for each in await phone.records("shelf"))

    await eventually(shelved, every=0.2)
    await cut(phone, road)
    first = page.locator(".duty .why").first
    await first.locator("summary").click()

    await expect(first.locator(".notice")).to_contain_text(re.compile(r"5 ngày .*đến hết thứ \S+"))
    assert await first.locator(".days li").count() >= 6
    assert "/feedback/" not in page.url


async def test_meters_say_what_they_may_lack(installed: Installed, road: Road, handset: Handsets) -> None:
    """F16. Peers: totals look wrong while offline (CHT 2064): '1 chưa gửi' stands beside each total that may lack it."""
    phone = await handset()
    page = await shown(phone)
    meter = page.locator(".meter", has_text="Đi cơ sở, tháng 11")
    await expect(meter).to_contain_text(re.compile(r"\d+ / 1"))
    await expect(page.locator(".unsent-mark")).to_have_count(0)
    act = visit_act(await story.unit_id(installed))
    act["about"]["kind"] = "field_trip"

    await cut(phone, road)
    await phone.freeze_many(act)

    await expect(meter.locator(".unsent-mark")).to_have_text("1 chưa gửi")
    await expect(
        page.locator(".meter", has_text="Dự sinh hoạt chi bộ").locator(".unsent-mark")
    ).to_have_count(0)
    await expect(page.locator(".unsent-mark")).to_have_count(2)

    before = await meter.locator("strong").inner_text()
    road.open()
    await phone.context.set_offline(False)
    await expect(page.locator(".unsent-mark")).to_have_count(0)
    await expect(meter.locator("strong")).not_to_have_text(before)


async def test_figures_say_when_they_are_from(road: Road, handset: Handsets) -> None:
    """What cannot be read now is shown as it was, and says so."""
    phone = await handset()
    page = await kept(phone)
    await expect(page.locator(".as-of")).to_have_count(0)
    await cut(phone, road)

    await page.reload()

    await expect(page.locator(".as-of")).to_have_text(re.compile(r"Số liệu lúc \d\d:\d\d, 23/11\."))
    await expect(page.locator(".duty").first).to_be_visible()


async def test_a_planned_visit_is_to_be_logged_or_told_why_not(
    installed: Installed, handset: Handsets
) -> None:
    """F14: its day has come, so it stands among what is owed; the form knows it already; recorded, it is gone."""
    await story.planned(installed, "2026-11-23", PLACE)
    phone = await handset()
    page = await shown(phone)
    card = page.locator(".duty", has_text="Chuyến đi đã lên kế hoạch").filter(has_text=PLACE)
    await expect(card).to_contain_text("dự kiến ngày 23/11/2026")

    await card.get_by_role("button", name="Ghi chuyến đi này").click()
    await expect(page.get_by_label("Đơn vị", exact=True)).to_have_value(PLACE)
    await expect(page.get_by_label("Đi cơ sở")).to_be_checked()

    times = {"started_at": "2026-11-23T07:00:00+07:00", "ended_at": "2026-11-23T08:30:00+07:00"}
    await story.visited(installed, unit_id=await story.unit_id(installed, PLACE), **times)
    await page.get_by_role("link", name="Quay lại").click()
    await expect(page.locator(".today .meter").first).to_be_visible()
    await page.reload()
    await expect(page.locator(".today .meter").first).to_be_visible()
    await expect(
        page.locator(".duty", has_text="Chuyến đi đã lên kế hoạch").filter(has_text=PLACE)
    ).to_have_count(0)


async def test_a_returned_report_is_corrected_and_sent_again(installed: Installed, handset: Handsets) -> None:
    """F26: the comment stands first on Today; what is sent again answers it, and the first filing time stays."""
    visit_id, _ = await story.visited(installed)
    comment = "Đồng chí ghi rõ thêm việc đã thống nhất."
    await story.report_returned(installed, visit_id, comment)
    first = (await story.whole(installed, visit_id))["report_filed_at"]
    phone = await handset()
    page = await shown(phone)
    card = page.locator(".returned", has_text=comment)
    await expect(card).to_be_visible()

    await card.get_by_role("link", name="Bổ sung và gửi lại").click()
    await page.get_by_label("Tóm tắt báo cáo").fill("Khu phố ổn định; thống nhất nạo vét rãnh trước 15/12.")
    await page.get_by_role("button", name="Gửi báo cáo").click()
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()

    await page.goto("/visits/#")
    await expect(page.locator(".today .meter").first).to_be_visible()
    await expect(page.locator(".returned", has_text=comment)).to_have_count(0)
    after = await story.whole(installed, visit_id)
    assert (after["report_filed_at"], len(after["reports"])) == (first, 2)
    assert [each["answered"] for each in after["returns"]] == [True]


async def test_an_answer_is_brought_back_to_the_cell(installed: Installed, handset: Handsets) -> None:
    """M5: it waits on Today; what the cell was told is frozen like a visit, and ends the waiting."""
    asked = story.issue("Ngõ 12 ngập khi mưa to")
    await story.visited(installed, issues=[asked])
    await story.answered(installed, asked["id"], "Đã bố trí nạo vét trong tháng 12.")
    phone = await handset()
    page = await shown(phone)
    waiting = page.get_by_role("region", name="Câu trả lời cần báo lại chi bộ")
    await expect(waiting).to_contain_text("Đã bố trí nạo vét trong tháng 12.")

    await waiting.get_by_role("link", name="Ngõ 12 ngập khi mưa to").first.click()
    await expect(page.locator(".way > .done")).to_have_count(3)
    await expect(page.locator(".way > .ahead")).to_contain_text("Chờ báo lại chi bộ")
    await page.get_by_role("button", name="Đã báo chi bộ").click()
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()

    await story.known(installed, lambda own: asked["id"] not in own["answers"])
    await page.goto(f"/visits/#issue={asked['id']}")
    await expect(page.locator(".way > .done")).to_have_count(4)
    await expect(page.locator(".way")).to_contain_text("Đã báo lại chi bộ")


async def test_a_neighbouring_cell_is_named_as_it_is(installed: Installed, handset: Handsets) -> None:
    """A plan that is ahead leads to the place it is for."""
    await story.planned(installed, "2026-12-08", CELL)
    page = await shown(await handset())

    await page.get_by_role("region", name="Sắp đi").get_by_role("link", name=CELL).first.click()

    await expect(page.get_by_role("heading", name=CELL, level=1)).to_be_visible()
    await expect(page.locator(".place")).to_contain_text("thứ Ba, 08/12/2026")
