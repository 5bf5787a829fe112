"""Who writes for whom, and what a cell hears: the assistant, the member and the secretary on their phones."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from services.demo.opening import COMMITTEE
from services.visits.domain.register import register_id
from shared.ids import uuid7
from tests.support.browser import DESK, overflow
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

MEMBER = "Hoàng Thế Ân"
OTHER = "Đỗ Văn Ánh"
CELL = register_id(COMMITTEE, "unit", "C001")
SMALL = (320, 640)


async def log_for_the_member(page: Page) -> None:
    """A meeting with one issue, and a draft of its report, written by the assistant."""
    await page.get_by_role("link", name="Ghi chuyến đi thay").click()
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    box = page.get_by_role("combobox", name="Đơn vị")
    await box.fill("dong ngan 1")
    await page.get_by_role("option", name="Chi bộ khu phố Đông Ngàn 1", exact=False).first.click()
    await page.get_by_label("Từ", exact=True).fill("7h")
    await page.get_by_label("Đến", exact=True).fill("8h")
    await page.get_by_role("button", name="Tiếp tục").click()
    await page.get_by_role("button", name="Thêm ý kiến").click()
    await page.get_by_label("Nội dung chính").fill("Nắp cống đầu ngõ bị vỡ")
    await page.get_by_label("Lĩnh vực", exact=True).select_option("environment")
    await page.get_by_role("button", name="Tiếp tục").click()
    await page.get_by_label("Kèm bản nháp báo cáo").check()
    await page.locator("textarea:visible").fill("Chi bộ nhất trí, nêu một việc.")


async def test_f24_logged_on_behalf_attributed_and_decided_by_the_member(
    installed: Installed, visitor: Visit
) -> None:
    """For whom one writes is always in sight; the member sees who wrote, confirms, and signs what they read."""
    page = await visitor("assistant")
    await page.goto("/visits/")
    await expect(page.get_by_role("heading", name="Đồng chí ghi thay ai?")).to_be_visible()
    await page.get_by_role("button", name=MEMBER).click()
    bar = page.locator(".behalf")
    await expect(bar).to_contain_text(f"Đang ghi thay đồng chí {MEMBER}")
    await log_for_the_member(page)
    await expect(bar).to_contain_text(MEMBER)
    await expect(bar.get_by_role("combobox")).to_have_count(0)
    await expect(page.locator(".facts")).to_contain_text(f"Ghi thay đồng chí{MEMBER}")
    assert await overflow(page) == 0
    await page.get_by_role("button", name="Khóa lại và gửi").click()
    await expect(page.locator(".receipt-number")).to_be_visible()
    visit_id = page.url.rpartition("=")[2]
    await page.goto(f"/visits/#visit={visit_id}")
    await expect(page.get_by_text("chờ xác nhận")).to_be_visible()

    member = await visitor("member")
    await member.goto("/visits/")
    await member.get_by_role("link", name="bản ghi thay chờ đồng chí xác nhận").click()
    written = member.locator("article", has_text="Nắp cống đầu ngõ bị vỡ")
    await expect(written).to_contain_text("Lưu Thị Thu Hà ghi thay")
    await expect(written.locator(".drafted")).to_contain_text("Chi bộ nhất trí, nêu một việc.")
    await written.get_by_role("button", name="Đúng, tôi xác nhận").click()
    signing = member.locator("article", has_text="Chi bộ nhất trí")
    await signing.get_by_role("button", name="Ký và nộp báo cáo").click()
    await expect(member.get_by_text("Không còn bản ghi nào chờ đồng chí.")).to_be_visible()

    async with await installed.client("member") as client:
        whole = (await client.get(f"/visits/api/visits/{visit_id}")).json()
    assert (whole["approval"], whole["written_by"]["code"], whole["visitor"]["code"]) == (
        "approved",
        "GV1",
        "M12",
    )
    assert [report["summary"] for report in whole["reports"]] == ["Chi bộ nhất trí, nêu một việc."]


async def test_f24_a_draft_keeps_its_member_whoever_is_chosen_next(visitor: Visit) -> None:
    """Three members, one at a time: switching begins nothing anew and moves nothing."""
    page = await visitor("assistant")
    await page.goto("/visits/")
    await page.get_by_role("button", name=MEMBER).click()
    await page.get_by_role("link", name="Ghi chuyến đi thay").click()
    await page.get_by_label("Từ", exact=True).fill("6h")
    await page.get_by_text("Đã lưu trên máy lúc").wait_for()
    draft = page.url.partition("#")[2]
    await page.goto("/visits/#")
    await page.locator(".behalf").get_by_role("combobox").select_option(label=OTHER)
    await expect(page.get_by_role("heading", name=f"Việc của đồng chí {OTHER}")).to_be_visible()
    await expect(page.get_by_role("link", name="Viết tiếp bản nháp")).to_have_count(0)

    await page.goto(f"/visits/#{draft}")

    await expect(page.locator(".behalf")).to_contain_text(f"Đang ghi thay đồng chí {MEMBER}")
    await expect(page.locator(".behalf").get_by_role("combobox")).to_have_count(0)


async def test_f24_what_the_member_rejects_is_corrected_on_the_assistants_phone(
    installed: Installed, visitor: Visit
) -> None:
    """The reason stands beside the visit; the correction names its member, keeps the old version and waits anew."""
    visit_id, member_id = uuid7(), register_id(COMMITTEE, "person", "M12")
    body = {
        "kind": "field_trip",
        "unit_code": "C002",
        "started_at": "2026-11-20T08:00:00+07:00",
        "ended_at": "2026-11-20T09:00:00+07:00",
        "device": {"id": "desk", "seq": 1, "recorded_at": "2026-11-20T10:00:00+07:00"},
        "on_behalf_of": str(member_id),
    }
    path = f"/visits/api/visits/{visit_id}"
    async with await installed.client("assistant") as client:
        assert (await client.put(path, json=body)).status_code == 201
    async with await installed.client("member") as client:
        said = {"version": 1, "approved": False, "reason": "Thiếu phần trao đổi với bí thư."}
        assert (await client.put(f"{path}/approval", json=said)).status_code == 201
    page = await visitor("assistant")
    await page.goto("/visits/")
    await page.get_by_role("button", name=MEMBER).click()
    await expect(page.get_by_text("Chưa được xác nhận: Thiếu phần trao đổi với bí thư.")).to_be_visible()

    await page.locator("section", has_text="Cần sửa lại").locator(f'[href="#visit={visit_id}"]').click()
    await page.get_by_role("link", name="Sửa chuyến đi").click()
    await expect(page.locator(".behalf")).to_contain_text(MEMBER)
    await page.get_by_label("Ghi chú chung").fill("Đã trao đổi với bí thư về đường nội đồng.")
    await page.get_by_role("button", name="Gửi bản sửa").click()
    await expect(page.locator(".receipt-number")).to_be_visible()

    async with await installed.client("assistant") as client:
        whole = (await client.get(path)).json()
    assert (whole["version"], whole["approval"], len(whole["versions"])) == (2, "waiting", 2)
    assert whole["notes"] == "Đã trao đổi với bí thư về đường nội đồng."


async def test_f65_the_cell_says_whether_it_is_settled(visitor: Visit) -> None:
    """Not settled needs a word, and the matter is owed anew; the record of a meeting is confirmed or disputed."""
    page = await visitor("cell_secretary")
    await page.goto("/visits/")
    answered = page.locator("li.sheet", has=page.get_by_role("button", name="Chưa giải quyết xong")).first
    title = await answered.locator("h4").inner_text()
    await answered.get_by_role("button", name="Chưa giải quyết xong").click()
    await answered.get_by_label("Còn chỗ nào chưa xong").fill("Mưa to là lại ngập.")
    await answered.get_by_role("button", name="Gửi", exact=True).click()
    again = page.locator("li.sheet", has_text=title).filter(has_text="Mưa to là lại ngập.")
    await expect(again).to_contain_text("chi bộ yêu cầu trả lời lại")

    record = page.locator("article", has=page.get_by_role("button", name="Bản ghi đúng")).first
    await record.get_by_role("button", name="Chưa đúng").click()
    await record.get_by_label("Chỗ nào chưa đúng").fill("Số người có mặt ghi thiếu.")
    await record.get_by_role("button", name="Gửi", exact=True).click()
    await expect(page.get_by_text("Số người có mặt ghi thiếu.")).to_be_visible()

    office = await visitor("office", size=DESK)
    await office.goto("/visits/")
    await office.get_by_role("link", name="bản ghi chi bộ chưa đồng ý").click()
    sheet = office.locator("article", has_text="Số người có mặt ghi thiếu.")
    await sheet.get_by_label("Trả lời chi bộ").fill("Đã đối chiếu biên bản, số ghi là đúng.")
    await sheet.get_by_role("button", name="Gửi trả lời").click()
    await expect(office.get_by_text("Không có bản ghi nào chi bộ chưa đồng ý.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Đã đối chiếu biên bản, số ghi là đúng.")).to_be_visible()


async def test_the_answer_card_is_one_page_to_read_aloud(installed: Installed, visitor: Visit) -> None:
    """On A5: the cell, who answered, in how many days, what is open; no way through the site, and no person's name."""
    page = await visitor("cell_secretary")
    await page.goto(f"/visits/#card={CELL}")
    card = page.locator(".answer-card")
    await expect(card.get_by_role("heading", level=1)).to_have_text("Chi bộ khu phố Đông Ngàn 1")
    await expect(card).to_contain_text("Chi bộ nêu")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="In phiếu")).to_be_hidden()
    await expect(page.locator(".head")).to_be_hidden()
    printed = await page.pdf(format="A5")

    assert printed.startswith(b"%PDF")
    assert pages_of(printed) == 1
    async with await installed.client("office") as client:
        people = (await client.get("/visits/api/people?limit=500")).json()["people"]
    text = await card.inner_text()
    assert [person["full_name"] for person in people if person["full_name"] in text] == []


def pages_of(document: bytes) -> int:
    """How many pages a PDF by Chromium has."""
    return document.count(b"/Type /Page\n")


async def test_what_waits_for_a_word_is_for_everybody_too(visitor: Visit) -> None:
    """The views that are empty but for these tests, at 320 px: nothing wider, and axe finds nothing."""
    for role, path in (("member", "/visits/#waiting"), ("office", "/visits/#disputes")):
        page = await visitor(role, size=SMALL)
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        assert await overflow(page) == 0, (role, path)
        found = await Axe().run(page)
        assert found.violations_count == 0, (role, path, found.generate_report())


async def test_the_secretarys_page_opens_without_a_network(visitor: Visit) -> None:
    """What was read of the cell and its card is kept on the phone."""
    page = await visitor("cell_secretary")
    await page.goto("/visits/")
    await expect(page.get_by_role("link", name="Phiếu trả lời chi bộ")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await page.goto(f"/visits/#card={CELL}")
    await expect(page.locator(".answer-card")).to_be_visible()
    await page.context.set_offline(True)

    await page.goto("/visits/#")

    await expect(page.get_by_role("link", name="Phiếu trả lời chi bộ")).to_be_visible()
    await page.goto(f"/visits/#card={CELL}")
    await expect(page.locator(".answer-card")).to_be_visible()
    await page.context.set_offline(False)
