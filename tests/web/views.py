"""Every view there is, and how it is brought to where there is most to see. A new view adds its line here.

From this one table come the checks of looks, keyboard and names (`test_looks`) and the pictures (`make shots`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import FilePayload, Page, expect

from shared.sheets import XLSX
from tests.support.workbooks import Rows, filled

ASKED = "01a218ec-0000-7000-8000-000000000045"
PRACTICE, COMMENDED = "01a218ec-0000-7000-8000-000000000046", "01a218ec-0000-7000-8000-000000000047"
Scene = Callable[[Page], Awaitable[None]]


async def _as_it_opens(page: Page) -> None:
    """Nothing to do."""


@dataclass(frozen=True, kw_only=True)
class View:
    """An address and who looks. `scene` opens what opens; `refused`: the answers the view itself is about."""

    path: str
    role: str | None = None
    scene: Scene = field(default=_as_it_opens)
    refused: frozenset[int] = frozenset()

    async def open(self, page: Page) -> None:
        """Go there and wait until it has something to say."""
        await page.goto(self.path)
        await expect(page.locator("h1").first).to_be_visible()
        await self.scene(page)


async def _paper(page: Page) -> None:
    await expect(page.locator(".paper table").first).to_be_visible()


async def _register_refused(page: Page) -> None:
    """A workbook in which three cells cannot stay."""
    await _preview(
        page,
        {
            "Đơn vị": [("C901", "Chi bộ khu phố Phù Lưu", "Chi bộ", "TS", "Khu phố")],
            "Chuyến đi": [
                (
                    "2026-071",
                    "Dự sinh hoạt chi bộ",
                    "M03",
                    "C901",
                    "03/11/2026 19:00",
                    "03/11/2026 20:40",
                    None,
                    "Có",
                ),
                ("2026-072", "Đi cơ sở", "M99", "C901", "31/11/2026 08:00", "30/11/2026 10:00", None, "Có"),
            ],
        },
    )
    await expect(page.get_by_text("Chỗ cần sửa")).to_be_visible()


async def _register_seen(page: Page) -> None:
    """A workbook that may come in: a new cell, and two visits with what was raised there."""
    await _preview(
        page,
        {
            "Đơn vị": [("C901", "Chi bộ khu phố Phù Lưu", "Chi bộ", "TS", "Khu phố", "Có khó khăn")],
            "Chuyến đi": [
                (
                    "2026-071",
                    "Dự sinh hoạt chi bộ",
                    "M03",
                    "C901",
                    "03/11/2026 19:00",
                    "03/11/2026 20:40",
                    "Thường kỳ",
                ),
                (
                    "2026-072",
                    "Đi cơ sở",
                    "M04",
                    "C002",
                    "05/11/2026 08:00",
                    "05/11/2026 10:00",
                    None,
                    "Có",
                    "06/11/2026",
                ),
            ],
            "Ý kiến": [
                ("2026-071-1", "2026-071", "Kiến nghị", "Giao thông", "Đường vào khu phố ngập khi mưa")
            ],
        },
    )
    await page.locator("summary", has_text="dòng mới hoặc đổi").click()


async def _preview(page: Page, rows: Rows) -> None:
    file = FilePayload(name="Sổ tháng 11.xlsx", mimeType=XLSX, buffer=filled(rows))
    await page.get_by_label("Tệp cần nhập").set_input_files(file)
    await page.get_by_role("button", name="Xem trước").click()
    await expect(page.get_by_role("heading", name="Xem trước")).to_be_visible()


async def _members(page: Page) -> None:
    await expect(page.locator(".duties tbody tr").first).to_be_visible()


async def _sheet(page: Page) -> None:
    """Of the first member by name."""
    await page.locator(".duties tbody a").first.click()
    await _paper(page)


async def _praised(page: Page) -> None:
    """A cell commended, a practice in its second version; sent again, both are what they are."""
    names = (await (await page.request.get("/feedback/api/praise/names")).json())["units"]
    place = names[2]
    practice = {
        "unit_id": place["id"],
        "title": "Tổ nghe dân tối thứ Sáu",
        "body": "Hai đảng viên trực ở nhà văn hóa, ghi việc vào sổ chung.",
    }
    better = practice | {
        "body": "Hai đảng viên trực ở nhà văn hóa, ghi việc vào sổ chung, tối thứ Sáu tuần sau trả lời."
    }
    commended = {
        "unit_id": place["id"],
        "reason": "Giữ nếp sinh hoạt đều, báo lại đủ các ý kiến của dân trong quý III.",
        "deciding_body": "Ban Thường vụ Đảng ủy",
        "document_number": "45-QĐ/ĐU",
        "decided_on": "2026-10-02",
    }
    for path, body in (
        (f"good-practices/{PRACTICE}/versions/1", practice),
        (f"good-practices/{PRACTICE}/versions/2", better),
        (f"commendations/{COMMENDED}", commended),
    ):
        answer = await page.request.put(f"/feedback/api/{path}", data=body)
        assert answer.ok, await answer.text()
    await page.reload()
    await page.get_by_text("Các bản trước").or_(page.get_by_text("Earlier versions")).first.click()
    await expect(page.locator(".ruled li").first).to_be_visible()


async def _unit_searched(page: Page) -> None:
    await page.get_by_label("Đơn vị", exact=True).fill("dong")
    await expect(page.get_by_role("option").first).to_be_visible()


async def _said(page: Page) -> None:
    """The second step, with an issue open and everything that an issue may tell."""
    await page.get_by_label("Dự sinh hoạt chi bộ").check()
    await page.get_by_label("Đơn vị", exact=True).fill("dong ngan 3")
    await page.get_by_role("option", name="Chi bộ khu phố Đông Ngàn 3").first.click()
    await _onward(page)
    await page.get_by_role("button", name="Thêm ý kiến").click()
    await page.get_by_label("Nội dung chính").fill("Đèn đường ngõ 12 hỏng từ đầu tháng")
    await page.get_by_label("Lĩnh vực", exact=True).select_option("electricity_water")
    await page.locator(".issue summary").click()


async def _said_with_what_is_missing(page: Page) -> None:
    await _said(page)
    await page.get_by_label("Nội dung chính").fill("")
    await _onward(page)
    await expect(page.get_by_role("alert")).to_be_visible()


async def _checked(page: Page) -> None:
    """The last step: a telephone number stands where none should."""
    await _said(page)
    await page.get_by_label("Triệu tập").fill("42")
    await page.get_by_label("Có mặt").fill("39")
    await page.get_by_label("Ghi chú chung").fill("Liên hệ 0912 345 678 để xem chỗ hỏng.")
    await _onward(page)
    await page.get_by_label("Gửi báo cáo luôn").check()
    await page.get_by_label("Tóm tắt báo cáo").fill("Chi bộ ổn định, một kiến nghị về đèn đường.")


async def _waiting(page: Page) -> None:
    """Frozen, and no signal, neither for the page nor for its worker."""
    await _checked(page)
    await page.evaluate("import('/visits/web/outbox-view.js')")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Khóa lại và gửi").click()
    await expect(page.get_by_role("heading", name="Đang chờ gửi")).to_be_visible()
    await expect(page.get_by_text("1 mục chưa gửi")).to_be_visible()


async def _outbox(page: Page) -> None:
    await _waiting(page)
    await page.get_by_role("link", name="Hàng gửi").click()
    await expect(page.locator(".item")).to_be_visible()


async def _onward(page: Page) -> None:
    await page.get_by_role("button", name="Tiếp tục").click()


async def _report(page: Page) -> None:
    await page.get_by_role("link", name="Gửi báo cáo").first.click()
    await expect(page.get_by_label("Tóm tắt báo cáo")).to_be_visible()


async def _day_shown(page: Page) -> None:
    await expect(page.locator("main .meter, main .visits").first).to_be_visible()


async def _why(page: Page) -> None:
    """The days of a due date, opened in place."""
    await _day_shown(page)
    await page.locator(".duty .why summary").first.click()
    await expect(page.locator(".duty .days li").first).to_be_visible()
    await page.locator(".duty").first.scroll_into_view_if_needed()


async def _place(page: Page) -> None:
    """What to know before going there."""
    await page.get_by_role("combobox").fill("dong ngan 3")
    await page.get_by_role("option", name="Chi bộ khu phố Đông Ngàn 3").first.click()
    await expect(page.get_by_role("heading", name="Chi bộ khu phố Đông Ngàn 3")).to_be_visible()


async def _visit(page: Page) -> None:
    await _day_shown(page)
    await page.locator('h3 a[href^="#visit="]').first.click()
    await expect(page.locator("main .log h1")).to_be_visible()


async def _issue(page: Page) -> None:
    await _day_shown(page)
    await page.locator('a[href^="#issue="]').first.click()
    await expect(page.locator("main .log h1")).to_be_visible()


async def _record(page: Page) -> None:
    await expect(page.locator("progress, .meter, table, dl").first).to_be_visible()


async def _whose(page: Page) -> None:
    """An assistant says first for whom; nothing else is to be seen before."""
    await expect(page.get_by_role("button", name="Hoàng Thế Ân")).to_be_visible()


async def _on_behalf(page: Page) -> None:
    await page.get_by_role("button", name="Hoàng Thế Ân").click()
    await expect(page.locator(".behalf")).to_contain_text("Đang ghi thay")


async def _cell(page: Page) -> None:
    await expect(page.locator("main article, main li.sheet").first).to_be_visible()


async def _card(page: Page) -> None:
    await page.get_by_role("link", name="Phiếu trả lời").first.click()
    await expect(page.locator("#card-title")).to_be_visible()


async def _edit(page: Page) -> None:
    await _visit(page)
    await page.get_by_role("link", name="Sửa chuyến đi").click()
    await expect(page.get_by_label("Ghi chú chung")).to_be_visible()


async def _one_duty(page: Page) -> None:
    await page.locator(".duties a").first.click()
    await expect(page.get_by_role("dialog").locator(".step").first).to_be_visible()


async def _chosen(page: Page) -> None:
    """Everything that narrows the register, and two late duties chosen to be asked for."""
    await page.get_by_text("Lọc thêm").click()
    await expect(page.get_by_label("Người phụ trách")).to_be_visible()
    for box in (page.locator(".duties .tick input").nth(n) for n in range(2)):
        await box.check()


async def _duties_shown(page: Page) -> None:
    await expect(page.locator(".duties, main .notice").first).to_be_visible()


async def _calendar(page: Page) -> None:
    """The calendar and a form to propose a notice."""
    await expect(page.locator(".month")).to_have_count(12)
    for summary in await page.locator("main section details > summary").all():
        await summary.click()
    await page.locator("[aria-label='Lịch ngày nghỉ']").evaluate("each => each.scrollIntoView()")


async def _policy(page: Page) -> None:
    """A decision in the making, and what it will change."""
    await page.get_by_text("Thêm quy định mới").click()
    await page.get_by_label("Có hiệu lực từ").fill("05/07/2027")
    await page.get_by_label("Có hiệu lực từ").blur()
    await expect(page.get_by_text("Chỉ áp dụng cho chuyến đi từ 05/07/2027")).to_be_visible()
    await page.get_by_text("Chỉ áp dụng").evaluate("each => each.scrollIntoView({block: 'center'})")


async def _counted(page: Page) -> None:
    await expect(page.locator(".step").first).to_be_visible()


async def _asked(page: Page) -> None:
    """Somebody asked for three more days; asked again it is the same request."""
    duties = await (await page.request.get("/feedback/api/duties?status=open&kind=answer&limit=1")).json()
    path = f"/feedback/api/duties/{duties['duties'][0]['duty_id']}/extensions/{ASKED}"
    asked = {"days": 3, "reason": "Đang chờ kết quả khảo sát của phường."}
    await page.request.put(path, data=asked)
    await page.reload()
    await expect(page.get_by_text(asked["reason"])).to_be_visible()


async def _told(page: Page) -> None:
    await expect(page.locator("[role=status]").last).not_to_be_empty()


async def _periods(page: Page) -> None:
    await expect(page.locator(".period").first).to_be_visible()


async def _evidence(page: Page) -> None:
    """The visits behind a number, with what the office may note."""
    await page.locator(".period.done").first.click()
    await expect(page.get_by_role("dialog").locator("ol li").first).to_be_visible()


async def _suggested(page: Page) -> None:
    await expect(page.locator(".lorenz")).to_be_visible()


async def _evening(page: Page) -> None:
    await page.get_by_text("chưa ai đăng ký dự").or_(page.get_by_text("nobody plans to attend")).first.click()


async def _office_issue(page: Page) -> None:
    """A matter that waits, with the sheet that sends it on open."""
    await page.locator(".duties a").first.click()
    await expect(page.locator(".moments li").first).to_be_visible()
    await page.get_by_text("Chuyển cơ quan", exact=True).click()


VIEWS: dict[str, View] = {
    "sign-in": View(path="/visits/"),
    "used-link": View(path="/visits/sign-in/khong-con-dung-duoc", refused=frozenset({401})),
    "today": View(path="/visits/", role="member", scene=_day_shown),
    "why": View(path="/visits/", role="member", scene=_why),
    "place": View(path="/visits/#place", role="member", scene=_place),
    "visit": View(path="/visits/", role="member", scene=_visit),
    "edit": View(path="/visits/", role="member", scene=_edit),
    "issue": View(path="/visits/", role="member", scene=_issue),
    "places": View(path="/visits/#place", role="member"),
    "plan": View(path="/visits/#plan", role="member"),
    "record": View(path="/visits/#record", role="member", scene=_record),
    "reminders": View(path="/visits/#reminders", role="member"),
    "log": View(path="/visits/#log", role="member"),
    "log-unit": View(path="/visits/#log", role="member", scene=_unit_searched),
    "log-said": View(path="/visits/#log", role="member", scene=_said),
    "log-missing": View(path="/visits/#log", role="member", scene=_said_with_what_is_missing),
    "log-check": View(path="/visits/#log", role="member", scene=_checked),
    "waiting": View(path="/visits/#log", role="member", scene=_waiting),
    "outbox": View(path="/visits/#log", role="member", scene=_outbox),
    "report": View(path="/visits/", role="member", scene=_report),
    "account": View(path="/visits/#account", role="member"),
    "whose": View(path="/visits/", role="assistant", scene=_whose),
    "on-behalf": View(path="/visits/", role="assistant", scene=_on_behalf),
    "cell": View(path="/visits/", role="cell_secretary", scene=_cell),
    "card": View(path="/visits/", role="cell_secretary", scene=_card),
    "visits": View(path="/visits/", role="office", scene=_day_shown),
    "own-data": View(path="/visits/#own-data", role="member"),
    "invitations": View(path="/visits/#invitations", role="office"),
    "registers": View(path="/visits/#registers", role="office", scene=_register_refused),
    "registers-seen": View(path="/visits/#registers", role="office", scene=_register_seen),
    "import": View(path="/visits/#import", role="office"),
    "audit": View(path="/visits/#audit", role="inspector"),
    "desk": View(path="/feedback/", role="office", scene=_duties_shown),
    "register": View(path="/feedback/#register", role="office", scene=_chosen),
    "unvisited": View(path="/feedback/#unvisited", role="board", scene=_duties_shown),
    "inbox": View(path="/feedback/#inbox", role="office", scene=_duties_shown),
    "answers": View(path="/feedback/#answers", role="agency"),
    "office-issue": View(path="/feedback/#inbox", role="office", scene=_office_issue),
    "duty": View(path="/feedback/", role="office", scene=_one_duty),
    "own-duties": View(path="/feedback/", role="member", scene=_duties_shown),
    "rules": View(path="/feedback/#rules", role="office", scene=_calendar),
    "policy": View(path="/feedback/#rules", role="board", scene=_policy),
    "what-if": View(path="/feedback/#what-if", role="office", scene=_counted),
    "extensions": View(path="/feedback/#extensions", role="board", scene=_asked),
    "past": View(path="/feedback/?as_of=2026-10-20T14:05", role="office", scene=_duties_shown),
    "changes": View(path="/feedback/?as_of=2026-11-20T14:05#changes", role="office", scene=_told),
    "grid": View(path="/feedback/#grid", role="office", scene=_periods),
    "evidence": View(path="/feedback/#grid", role="office", scene=_evidence),
    "coverage": View(path="/feedback/#coverage", role="board", scene=_suggested),
    "planning": View(path="/feedback/#planning", role="office", scene=_evening),
    "reports": View(path="/feedback/#reports", role="board", scene=_paper),
    "follow-up": View(path="/feedback/#reports=follow-up", role="office", scene=_paper),
    "sheets": View(path="/feedback/#sheets=2026-Q3", role="office", scene=_members),
    "sheet": View(path="/feedback/#sheets=2026-Q3", role="office", scene=_sheet),
    "praise": View(path="/feedback/#praise", role="office", scene=_praised),
    "messages": View(path="/notify/", role="office"),
}
