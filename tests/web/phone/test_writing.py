"""Writing a visit on the phone: every stroke kept, several at a time, and back in the same place after the worst."""

import asyncio
import json
import re

import httpx2
import pytest
from playwright.async_api import expect

from tests.shared.test_text import PERSONAL_HINTS
from tests.support.road import Answer, Passing, Road
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone.conftest import Handsets
from tests.web.phone.handset import CELL, Handset, body_of, visit_act
from tests.web.phone.test_queue import recorded, unit_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]


async def test_the_app_opens_and_finds_without_a_network(road: Road, handset: Handsets) -> None:
    """F1: no signal, a cold start from the home screen: the first page, the units found without their marks."""
    phone = await handset()
    page = await phone.installed()
    await page.goto(f"{road.url}/visits/#log")
    await expect(page.get_by_label("Đơn vị", exact=True)).to_be_visible()
    await page.close()
    road.close()
    await phone.context.set_offline(True)

    page = await phone.open()
    await expect(page.get_by_role("link", name="Ghi chuyến đi")).to_be_visible()
    await page.get_by_role("link", name="Ghi chuyến đi").click()
    await phone.choose_unit("dong ngan 3", CELL)
    assert (
        await page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 3_000
    )


async def test_every_stroke_is_kept_and_the_place_too(handset: Handsets) -> None:
    """F4. The window dies in the middle of a word: step, field, scroll and all that stood for a second are there."""
    phone = await handset()
    page = await phone.open("#log")
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await phone.add_issue("Loa truyền thanh thôn hỏng")
    notes = page.get_by_label("Ghi chú chung")
    await notes.focus()
    await page.keyboard.type("Đang viết dở thì hết pin", delay=20)
    await page.evaluate("window.scrollTo(0, 400)")
    await asyncio.sleep(1.3)  # the promise is a second; what was typed before it must stand
    place = await page.evaluate("scrollY")

    await phone.kill()
    page = await phone.open()

    await expect(page.get_by_role("heading", name="Nghe được gì")).to_be_visible()
    await expect(page.get_by_label("Ghi chú chung")).to_have_value("Đang viết dở thì hết pin")
    await expect(page.get_by_label("Ghi chú chung")).to_be_focused()
    await expect(page.get_by_label("Nội dung chính")).to_have_value("Loa truyền thanh thôn hỏng")
    assert abs(await page.evaluate("scrollY") - place) < 60


async def test_a_window_killed_while_saving_leaves_the_old_or_the_new(handset: Handsets) -> None:
    """A tab dies in mid-save: each time the draft opens whole, never half of it, and none is doubled."""
    phone = await handset()
    page = await phone.open("#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await eventually(lambda: _holds(phone, 1))
    for turn in range(4):
        if turn:
            page = await phone.open()
        notes = page.get_by_label("Đến", exact=True)
        await notes.fill(f"1{turn}:30")
        await asyncio.sleep(0.2 * turn)  # somewhere between the stroke and the end of its second
        await phone.kill()
    page = await phone.open()

    assert len(await phone.records("drafts")) == 1
    await expect(page.get_by_label("Đến", exact=True)).to_have_value(re.compile(r"1\d:30"))


async def test_several_drafts_stand_beside_each_other(handset: Handsets) -> None:
    """F3. Peers: all drafts in one array (FixMyStreet): two windows, a draft in each; throwing one away touches no other.

    And a name is never a key (enketo 1010): both are about the same cell on the same day.
    """
    phone = await handset()
    drafts = []
    for _ in range(2):
        page = await phone.open("#log")
        await phone.choose_unit("dong ngan 3", CELL)
        await page.get_by_label("Từ", exact=True).fill("07:10")
        await eventually(lambda page=page: "=" in page.url)
        drafts.append(page)

    async def kept(count: int) -> bool:
        return len(await phone.records("drafts")) == count

    await eventually(lambda: kept(2))
    drafts[0].on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await drafts[0].get_by_role("button", name="Xóa bản nháp").click()
    await eventually(lambda: kept(1))
    (left,) = await phone.records("drafts")
    assert drafts[1].url.endswith(left["id"])
    await phone.next()
    await phone.next()
    await phone.freeze()
    await phone.emptied()


async def test_one_draft_is_written_in_one_window(handset: Handsets) -> None:
    """A second window shows it and may take it over; the first stops, with what it had written kept."""
    phone = await handset()
    first = await phone.open("#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await first.get_by_label("Ghi chú chung").fill("Viết ở cửa sổ thứ nhất")
    await eventually(lambda: "=" in first.url)
    second = await phone.open(f"#{first.url.partition('#')[2]}")
    await expect(second.get_by_text("đang mở ở một cửa sổ khác")).to_be_visible()
    await second.get_by_role("button", name="Viết tiếp ở đây").click()
    await expect(second.get_by_label("Ghi chú chung")).to_have_value("Viết ở cửa sổ thứ nhất")
    await expect(second.get_by_label("Ghi chú chung")).to_be_enabled()
    await expect(first.get_by_text("đang mở ở một cửa sổ khác")).to_be_visible()


async def test_nothing_unsaved_is_found_after_it_was_frozen(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Peers: "unsaved record found" after a save (enketo 1072): draft and queue change hands in one transaction."""
    phone = await handset()
    await phone.open()
    await phone.write(note="Chỉ có một lần")
    watched = phone.page
    visit_id = await phone.freeze()
    await phone.emptied()

    assert await phone.records("drafts") == []
    await watched.goto(f"{road.url}/visits/#log={visit_id}")
    await expect(watched.get_by_text("Bản nháp này không còn")).to_be_visible()
    await watched.goto(f"{road.url}/visits/#")
    await expect(watched.get_by_role("link", name="Viết tiếp bản nháp")).to_have_count(0)
    assert (await recorded(installed, visit_id))["notes"] == "Chỉ có một lần"


async def test_nothing_raised_is_said_and_not_left_out(road: Road, handset: Handsets) -> None:
    """F21: a meeting without an issue asks for the statement, at its place, before anything is frozen."""
    phone = await handset()
    page = await phone.open("#log")
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await phone.next()
    await expect(page.get_by_text("Ghi ý kiến, hoặc xác nhận không có ý kiến nào.")).to_be_visible()
    await page.get_by_label("Không có ý kiến").check()
    await phone.next()
    await phone.freeze()
    await phone.emptied()
    (sent,) = road.sent()
    assert body_of(sent)["nothing_raised"] is True


async def test_an_agency_is_suggested_by_the_field(installed: Installed, handset: Handsets) -> None:
    """F22: the electricity company for a dark street; the member may choose another, the office decides."""
    phone = await handset()
    page = await phone.open("#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await phone.add_issue("Bóng đèn đầu ngõ cháy")
    agency = page.get_by_label("Cơ quan có thể giải quyết")
    await expect(agency.locator("option:checked")).to_have_text("Điện lực Từ Sơn")
    await page.get_by_label("Lĩnh vực", exact=True).select_option("security")
    await expect(agency.locator("option:checked")).to_have_text("Công an phường Từ Sơn")
    await phone.next()
    visit_id = await phone.freeze()
    await phone.emptied()
    (issue,) = (await recorded(installed, visit_id))["issues"]  # type: ignore[misc]  # JSON
    assert issue["suggested_agency_id"]


async def test_what_was_perhaps_said_before_is_shown(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F23: the same cell on the same day, and much the same matter, unsent ones too; shown, never forbidden."""
    phone = await handset()
    page = await phone.open()
    road.blocked = lambda passing: passing.method == "PUT" and "/visits/api/visits/" in passing.path
    title = "Nắp cống trước cổng trường mầm non bị vỡ"
    today = {"started_at": "2026-11-23T07:00:00+07:00", "ended_at": "2026-11-23T08:00:00+07:00"}
    await phone.freeze_many(visit_act(await unit_of(installed), title=title, **today))
    await page.goto(f"{road.url}/visits/#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await expect(
        page.get_by_text("Đồng chí đã ghi một chuyến đi ở đơn vị này ngày 23/11/2026")
    ).to_be_visible()
    await phone.next()
    await phone.add_issue("Nắp cống trước cổng trường bị vỡ", "transport")
    await expect(page.get_by_text(f"“{title}”")).to_be_visible()
    await phone.next()
    await expect(page.get_by_role("button", name="Khóa lại và gửi")).to_be_enabled()


async def test_a_visit_that_fell_through_is_recorded_with_its_reason(
    installed: Installed, handset: Handsets
) -> None:
    """F15: nobody met, or called off: two taps, a code and no duty."""
    phone = await handset()
    page = await phone.open("#log")
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await phone.choose_unit("dong ngan 3", CELL)
    await page.get_by_label("Chuyến đi không thực hiện được").check()
    await phone.next()
    await expect(page.get_by_text("Chọn lý do.")).to_be_visible()
    await page.get_by_label("Đến nơi mà không gặp").check()
    await page.get_by_label("Lý do").select_option("nobody_came")
    await phone.next()
    await page.get_by_role("button", name="Ghi nhận và gửi").click()
    await expect(page.locator(".receipt-number")).to_have_text(re.compile(r"K2026-\d{6}"))

    async with await installed.client("member") as client:
        (unheld, *_) = (await client.get("/visits/api/unheld")).json()["unheld"]
    assert (unheld["outcome"], unheld["reason"], unheld["unit"]["name"]) == (
        "nobody_met",
        "nobody_came",
        CELL,
    )


async def test_a_person_in_a_text_is_a_warning_before_freezing(handset: Handsets) -> None:
    """A name, a phone number: said while it can still be changed, with the way to the field."""
    phone = await handset()
    page = await phone.open()
    await phone.write(issue="Đồng chí Nguyễn nói đường hỏng, gọi 0912345678")
    await expect(page.get_by_text("Hãy ghi sự việc, không ghi tên người nói.")).to_be_visible()
    await page.get_by_text("Có số giống số điện thoại").get_by_role("button").click()
    await expect(page.get_by_label("Nội dung chính")).to_be_focused()


async def test_a_new_version_waits_for_its_person(road: Road, handset: Handsets) -> None:
    """F32: the server has newer pages; they are offered, and nothing that is being typed is reloaded away."""
    phone = await handset()
    page = await phone.installed()
    await page.goto(f"{road.url}/visits/#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await page.get_by_label("Ghi chú chung").fill("Đang viết thì có bản mới")
    async with httpx2.AsyncClient() as client:
        script = (await client.get(f"{road.upstream}/visits/sw.js")).text
    told = {"now": "2026-11-23T09:00:00+07:00", "shell": "newer", "missing": [], "seen": []}

    def renewed(passing: Passing) -> Answer | None:
        if passing.path == "/visits/sw.js":
            return 200, {"content-type": "text/javascript"}, f"{script}// newer".encode()
        if passing.path == "/visits/api/devices/heartbeat":
            return 200, {"content-type": "application/json"}, json.dumps(told).encode()
        return None

    road.answers = renewed
    await phone.send_now()
    offer = page.get_by_role("button", name="Dùng bản mới")
    await expect(offer).to_be_visible()
    await expect(page.get_by_label("Ghi chú chung")).to_have_value("Đang viết thì có bản mới")

    async with page.expect_navigation():
        await offer.click()
    await expect(page.get_by_label("Ghi chú chung")).to_have_value("Đang viết thì có bản mới")


async def test_page_and_server_find_the_same_persons_in_a_text(handset: Handsets) -> None:
    """One table of examples for both: what the phone lets pass in silence, the server does not warn of either."""
    page = await (await handset()).open()
    cases = json.loads(PERSONAL_HINTS.read_text("utf-8"))
    found = await page.evaluate(
        """async (texts) => {
          const { personalHints } = await import("/visits/web/cautions.js");
          return texts.map(personalHints);
        }""",
        [text for text, _ in cases],
    )
    assert found == [expected for _, expected in cases]


async def test_the_letters_of_a_half_typed_word_search_for_nothing(handset: Handsets) -> None:
    """Telex: while a syllable is being composed the list stays as it is; the exact marks come before the folded."""
    phone = await handset()
    page = await phone.open("#log")
    box = page.get_by_label("Đơn vị", exact=True)
    await box.focus()
    session = await phone.context.new_cdp_session(page)
    await session.send("Input.imeSetComposition", {"text": "đôgn", "selectionStart": 4, "selectionEnd": 4})
    assert await page.locator(".options [role=option]").count() == 0
    await session.send("Input.insertText", {"text": "Đông Ngàn 3"})
    await expect(page.locator(".options [role=option]").first).to_contain_text("Đông Ngàn 3")


async def test_how_it_was_filled_in_is_told_without_watching(installed: Installed, handset: Handsets) -> None:
    """F12: when it was begun, frozen and sent; no keystroke, no place, no count of corrections."""
    phone = await handset()
    page = await phone.open()
    await phone.write(note="Bốn thời điểm")
    visit_id = await phone.freeze()
    await phone.emptied()
    await expect(page.get_by_text("Bắt đầu viết")).to_be_visible()
    (version,) = (await recorded(installed, visit_id))["versions"]  # type: ignore[misc]  # JSON
    device = version["content"]["device"]
    assert set(device) == {"id", "seq", "recorded_at", "server_offset_ms", "app_version", "opened_at"}
    assert device["opened_at"] <= device["recorded_at"]


async def test_a_full_phone_says_so_and_loses_nothing(handset: Handsets) -> None:
    """Storage full: told in plain words, what was saved stays, and it goes on when there is room again."""
    phone = await handset()
    page = await phone.open("#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await page.get_by_label("Ghi chú chung").fill("Đã lưu từ trước")
    await eventually(lambda: _holds(phone, 1))
    await phone.fill_up()
    await page.get_by_label("Ghi chú chung").fill("Đã lưu từ trước, viết thêm khi máy đầy " * 200)

    await expect(page.locator(".phone-bar").first).to_contain_text("Bộ nhớ máy đã đầy")
    assert len(await phone.records("drafts")) == 1
    await phone.make_room()
    await expect(page.locator(".phone-bar").first).not_to_contain_text("Bộ nhớ máy đã đầy")
    await phone.kill()
    page = await phone.open()
    await expect(page.get_by_label("Ghi chú chung")).to_have_value(re.compile("viết thêm khi máy đầy"))


async def test_the_evening_of_the_month_is_foreseen(handset: Handsets) -> None:
    """Cells meet on the 3rd at 19:00, or when the committee says: on that evening the form says so by itself."""
    phone = await handset()
    await phone.open()
    filled = await phone.page.evaluate(
        """async () => {
          const { setServerOffset } = await import("/visits/web/shared/kit.js");
          const { newForm } = await import("/visits/web/visit-form.js");
          setServerOffset(Date.parse("2026-12-03T20:40:00+07:00") - Date.now());
          const kinds = ["2026-12-05", "2026-12-03", "2026-11-05"].map((evening) => newForm(null, null, evening).kind);
          return { ...newForm({ unit_id: "x", name: "y" }), kinds };
        }"""
    )
    assert (filled["kind"], filled["day"], filled["from"]) == ("meeting_attendance", "2026-12-03", "19:00")
    assert filled["unit"]["name"] == "y"
    assert filled["kinds"] == [
        "field_trip",
        "meeting_attendance",
        "meeting_attendance",
    ]  # the last is long past


async def _holds(phone: Handset, count: int) -> bool:
    return len(await phone.records("drafts")) == count
