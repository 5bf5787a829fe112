"""A place before a visit, a visit with its versions, an issue's way, one's own record."""

import re

import pytest
from playwright.async_api import expect

from shared.ids import uuid7
from tests.support.road import Road
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone import story
from tests.web.phone.conftest import Handsets
from tests.web.phone.test_today import cut, kept, shown

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

PLACE = "Chi bộ khu phố Trang Hạ 3"


async def test_a_place_in_ones_charge_is_known_without_a_network(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F19: who was there last, and what is still open, in a hall without signal."""
    place = await story.assigned(installed, PLACE)
    await story.visited(installed, unit_id=place, issues=[story.issue("Nhà văn hóa dột mái")])
    phone = await handset()
    page = await kept(phone)
    await cut(phone, road)

    await page.get_by_role("link", name=PLACE).first.click()

    await expect(page.get_by_role("heading", name=PLACE)).to_be_visible()
    await expect(page.locator(".place")).to_contain_text("Nhà văn hóa dột mái")
    await expect(page.locator(".place")).to_contain_text("21/11/2026 08:00")
    await expect(page.locator(".as-of")).to_contain_text("Số liệu lúc")


async def test_two_edits_of_one_field_are_shown_and_a_person_decides(
    installed: Installed, handset: Handsets
) -> None:
    """F9. Peers: one form lost, no conflict shown (Tangerine 2722); 'took my version' not recorded (ODK-X 109)."""
    visit_id, body = await story.visited(installed)
    await story.edited_twice(installed, visit_id, body, "Một: đồng thuận cao.", "Hai: còn ý kiến.")
    phone = await handset()
    page = await shown(phone)
    await (
        page.get_by_role("region", name="Cần đồng chí xem lại")
        .get_by_role("link", name="Xem hai bản và chọn")
        .first.click()
    )
    conflict = page.locator("form.conflict")
    await expect(conflict).to_contain_text("Ghi chú chung")
    await expect(conflict).to_contain_text("Một: đồng thuận cao.")
    await expect(conflict).to_contain_text("Hai: còn ý kiến.")
    keep = conflict.get_by_role("button", name="Dùng các bản đã chọn")
    await expect(keep).to_be_disabled()

    await conflict.get_by_text("Một: đồng thuận cao.").click()
    await keep.click()

    async def decided() -> bool:
        shown = await story.whole(installed, visit_id)
        return shown["merges"][0]["settled_at"] is not None

    await eventually(decided, every=0.2)
    after = await story.whole(installed, visit_id)
    assert after["notes"] == "Một: đồng thuận cao."
    assert after["merges"][0]["choices"] == {"/notes": "recorded"}
    assert [each["content"]["notes"] for each in after["versions"]][1:] == [
        "Một: đồng thuận cao.",
        "Hai: còn ý kiến.",
        "Một: đồng thuận cao.",
    ]
    async with await installed.client("inspector") as inspector:
        acts = (await inspector.get(f"/visits/api/audit?record_id={visit_id}")).json()["acts"]
    assert "visit.conflict_settled" in [act["act"] for act in acts]
    await expect(page.locator(".versions")).to_contain_text("theo lựa chọn của đồng chí")


async def test_a_correction_is_a_version_and_every_version_stays(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F25: corrected without a network, sent later, with the version it was made from; both can be read."""
    visit_id, body = await story.visited(installed)
    phone = await handset()
    page = await kept(phone)
    await page.goto(f"/visits/#visit={visit_id}")
    await page.get_by_role("link", name="Sửa chuyến đi").click()
    await expect(page.get_by_label("Ghi chú chung")).to_have_value(body["notes"])
    await cut(phone, road)
    await page.get_by_label("Ghi chú chung").fill("Bà con đồng thuận; hẹn họp lại ngày 28.")
    await page.get_by_role("button", name="Gửi bản sửa").click()
    await expect(page.get_by_role("heading", name="Đang chờ gửi")).to_be_visible()

    road.open()
    await phone.context.set_offline(False)

    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()
    (sent,) = road.sent(f"{visit_id}/versions/2")
    assert b'"base_version":1' in sent.body
    await page.goto(f"/visits/#visit={visit_id}")
    await expect(page.locator(".versions")).to_contain_text("Sửa: ghi chú.")
    after = await story.whole(installed, visit_id)
    assert [each["content"]["notes"] for each in after["versions"]] == [
        body["notes"],
        "Bà con đồng thuận; hẹn họp lại ngày 28.",
    ]


async def test_each_issue_of_a_visit_goes_its_own_way(installed: Installed, handset: Handsets) -> None:
    """F20: one visit, three issues: answered, not passed on yet, each with its own steps and its own due date."""
    issues = [story.issue("Đèn ngõ 5 hỏng"), story.issue("Rãnh tắc"), story.issue("Thiếu ghế đá")]
    visit_id, _ = await story.visited(installed, issues=issues)
    await story.answered(installed, issues[0]["id"], "Đã thay bóng.")
    phone = await handset()
    page = await phone.open(f"#visit={visit_id}")
    await expect(page.get_by_role("link", name="Thiếu ghế đá")).to_be_visible()

    await page.get_by_role("link", name="Đèn ngõ 5 hỏng").click()
    await expect(page.locator(".way")).to_contain_text("Đã thay bóng.")
    await expect(page.locator("h1")).to_have_text("Đèn ngõ 5 hỏng")
    await page.goto(f"/visits/#issue={issues[1]['id']}")
    await expect(page.locator("h1")).to_have_text("Rãnh tắc")
    await expect(page.locator(".way > .done")).to_have_count(1)
    await expect(page.locator(".way > .ahead")).to_contain_text(re.compile(r"hết ngày thứ \S+, \d\d/11/2026"))


async def test_more_days_are_asked_for_from_the_phone(installed: Installed, handset: Handsets) -> None:
    """M5: the request goes through the queue to the desk, and Today says that it waits."""
    visit_id, _ = await story.visited(installed)
    mine = str(visit_id)
    await story.known(
        installed, lambda own: any(d["visit"] and d["visit"]["visit_id"] == mine for d in own["duties"])
    )
    phone = await handset()
    page = await phone.open(f"#visit={visit_id}")
    await page.get_by_text("Xin thêm ngày").click()
    await page.get_by_label("Thêm mấy ngày").fill("3")
    await page.get_by_label("Lý do").fill("Đi công tác theo phân công.")
    await page.get_by_role("button", name="Gửi đề nghị").click()
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()

    def waits(own: dict[str, list[dict[str, dict[str, object] | None]]]) -> bool:
        asked = [d["extension"] for d in own["duties"] if d["visit"] and d["visit"]["visit_id"] == mine]
        return any(each is not None and each["granted"] is None for each in asked)

    await story.known(installed, waits)
    await page.goto("/visits/#")
    await expect(page.locator(".today")).to_contain_text("Đã xin thêm 3 ngày, đang chờ Thường trực.")


async def test_ones_own_record_asks_questions_and_takes_an_objection(
    installed: Installed, handset: Handsets
) -> None:
    """F16, F74: what is held by month, quarter and year; questions with their thresholds; words that are kept."""
    same = (
        "Chi bộ sinh hoạt đúng kỳ, đảng viên dự đông đủ, thảo luận sôi nổi, nghị quyết sát thực tế khu phố."
    )
    for _ in range(2):
        await story.visited(installed, notes=same)
    phone = await handset()
    page = await phone.open("#record")
    await expect(page.locator(".periods li").first).to_contain_text("tháng 1")
    await expect(page.get_by_text("có chữ gần như giống nhau")).to_be_visible()
    await expect(page.get_by_text("không ai khác xem")).to_be_visible()

    words = f"Chuyến ngày 21/11 chưa tính đủ ({str(uuid7())[:8]})."
    await page.get_by_text("Có điều chưa đúng? Ghi ý kiến").click()
    await page.get_by_label("Ý kiến", exact=True).fill(words)
    await page.get_by_role("button", name="Gửi ý kiến").click()
    await expect(page.get_by_role("heading", name="Đã nhận")).to_be_visible()

    async with await installed.client("office") as office:
        read = (await office.get("/visits/api/objections")).json()["objections"]
    assert [(each["period"], each["text"]) for each in read if each["text"] == words] == [("2026-Q4", words)]


async def test_a_plan_warns_of_a_second_evening_and_is_kept(installed: Installed, handset: Handsets) -> None:
    """F73: one evening is one cell; said before it is kept, never refused; moved and dropped with a reason."""
    async with await installed.client("member") as client:
        evening = {"kind": "meeting_attendance", "day": "2027-01-03"}
        there = evening | {"unit_id": await story.unit_id(installed, PLACE)}
        await story.done(await client.put(f"{story.API}/plans/{uuid7()}", json=there))
    place = await story.unit_id(installed, "Chi bộ khu phố Trang Hạ 4")
    phone = await handset()
    page = await phone.open(f"#plan=new.{place}.2027-01-03")
    await expect(page.locator(".notice.warn")).to_contain_text(PLACE)

    await page.get_by_role("button", name="Giữ kế hoạch").click()

    def keeps(own: dict[str, list[dict[str, dict[str, object]]]]) -> bool:
        return any(plan["unit"]["unit_id"] == place for plan in own["plans"])

    await story.known(installed, keeps)
    plan = next(
        each for each in (await story.own_work(installed))["plans"] if each["unit"]["unit_id"] == place
    )
    await page.goto(f"/visits/#plan={plan['plan_id']}")
    await page.reload()
    await page.get_by_text("Bỏ kế hoạch này").first.click()
    await page.get_by_label("Vì sao không đi").select_option("called_away")
    await page.get_by_role("button", name="Bỏ kế hoạch này").click()
    await story.known(
        installed,
        lambda own: any(
            p["plan_id"] == plan["plan_id"] and p["cancelled"] == "called_away" for p in own["plans"]
        ),
    )
