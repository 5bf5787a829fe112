"""Three days in villages without a signal, on a phone with everything wrong with it: each record arrives, once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.prerequisites import CHROMIUM
from tests.support.browser import ARGUMENTS
from tests.support.road import Answer, Passing, Road, problem
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone.handset import CELL, Handset, Record, Size, body_of, report_act, version_act, visit_act
from tests.web.phone.test_queue import id_of, recorded, unit_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

VISITS = 20
"""Of which five get a correction and five a report: thirty items."""
YEAR = 365 * 86_400_000
WRONG_CLOCK = f"""
(() => {{
  const Real = Date;
  globalThis.Date = class extends Real {{
    constructor(...given) {{ given.length === 0 ? super(Real.now() - {YEAR}) : super(...given); }}
    static now() {{ return Real.now() - {YEAR}; }}
  }};
}})();
"""
"""A phone whose battery was empty: it believes in last year. (The worker keeps the real one, as nothing sets it.)"""


@pytest.mark.parametrize(
    "size",
    [pytest.param((360, 740), id="360x740"), pytest.param((390, 844), id="390x844", marks=pytest.mark.soak)],
)
async def test_thirty_items_three_days_without_a_signal(
    installed: Installed, road: Road, tmp_path: Path, size: Size
) -> None:
    """A wrong clock, a tab killed in mid-save, two windows, 503, answers lost after the commit, an ended session.

    Each item is on the server exactly once, in the order that its visit needs, and its receipt is on the phone.
    """
    unit = await unit_of(installed)
    cookie = await installed.cookie("member")
    acts = _acts(unit)
    async with async_playwright() as playwright:

        async def picked_up() -> Handset:
            context = await playwright.chromium.launch_persistent_context(
                tmp_path / "profile",
                executable_path=CHROMIUM,
                args=list(ARGUMENTS),
                viewport={"width": size[0], "height": size[1]},
                locale="vi-VN",
                timezone_id="Asia/Ho_Chi_Minh",
            )
            await context.add_init_script(WRONG_CLOCK)
            phone = Handset(context, road)
            await phone.sign_in(cookie)
            return phone

        # The evening before, at home, the app is opened once.
        phone = await picked_up()
        await phone.installed()

        # Three days without a signal. Each evening a third of the items, and the phone is switched off.
        road.close()
        for day in range(3):
            await phone.freeze_many(*acts[day * 10 : day * 10 + 10])
            if day == 0:
                await _die_while_writing(phone)
            await phone.context.close()
            phone = await picked_up()
            await phone.open()
        assert len(await phone.records("queue")) == len(acts)
        (draft,) = await phone.records("drafts")
        await expect(phone.page.locator(".phone-bar").first).to_contain_text("30 mục chưa gửi")

        # Back in the town: the session has ended, then the server is busy, then answers are lost after the commit.
        road.open()
        await phone.context.clear_cookies()
        await phone.send_now()
        assert len(await phone.states()) == len(acts)
        await expect(phone.page.locator(".phone-bar").first).to_contain_text("Phiên đăng nhập đã hết")
        await phone.sign_in(cookie)
        road.answers = _busy_for(3)
        road.loses = _loses_every(4)
        other = await phone.context.new_page()
        await other.goto(f"{road.url}/visits/")
        await phone.page.reload()
        for _ in range(60):
            if not await phone.records("queue"):
                break
            await phone.send_now()
            await asyncio.sleep(0.2)
        road.open()
        await phone.send_now()
        await phone.emptied(within=60)

        receipts = await phone.records("receipts")
        kept_draft = await phone.records("drafts")
        await phone.context.close()

    assert len(receipts) == len(acts)
    assert [each["id"] for each in kept_draft] == [draft["id"]]
    await _each_arrived_once(installed, road, acts)


def _acts(unit: str) -> list[Record]:
    """Twenty visits, each followed at once by what belongs to it."""
    acts: list[Record] = []
    for number in range(VISITS):
        visit = visit_act(unit, title=f"Việc số {number} của ba ngày không sóng", note=f"Ghi chú {number}")
        acts.append(visit)
        if number % 4 == 1:
            acts.append(version_act(visit, 2, notes=f"Ghi chú {number}, sửa"))
        if number % 4 == 3:
            acts.append(report_act(visit, f"Báo cáo {number}"))
    return acts


async def _die_while_writing(phone: Handset) -> None:
    """The window dies between a stroke and its second."""
    await phone.page.goto(f"{phone.road.url}/visits/#log")
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.page.get_by_label("Từ", exact=True).fill("07:15")
    await eventually(lambda: _has_draft(phone))
    await phone.page.get_by_label("Từ", exact=True).fill("07:45")
    await phone.kill()
    await phone.open()


async def _has_draft(phone: Handset) -> bool:
    return len(await phone.records("drafts")) == 1


def _is_item(passing: Passing) -> bool:
    return passing.method == "PUT" and "/visits/api/visits/" in passing.path


def _busy_for(times: int) -> Callable[[Passing], Answer | None]:
    left = [times]

    def answer(passing: Passing) -> Answer | None:
        if not _is_item(passing) or left[0] == 0:
            return None
        left[0] -= 1
        return problem(503)

    return answer


def _loses_every(nth: int) -> Callable[[Passing], bool]:
    seen = [0]

    def loses(passing: Passing) -> bool:
        if not _is_item(passing):
            return False
        seen[0] += 1
        return seen[0] % nth == 0

    return loses


async def _each_arrived_once(installed: Installed, road: Road, acts: list[Record]) -> None:
    order = [passing.path for passing in road.sent()]
    first_seen = {path: order.index(path) for path in dict.fromkeys(order)}
    assert set(first_seen) == {act["path"] for act in acts}
    assert len({(passing.path, passing.body) for passing in road.sent()}) == len(acts), (
        "a path had two contents"
    )
    assert Counter(order).most_common(1)[0][1] >= 2, "no answer was lost, so nothing was tried"
    numbers = []
    for act in acts:
        if act["kind"] == "visit":
            whole = await recorded(installed, id_of(act))
            children = [each for each in acts if each["path"].startswith(f"{act['path']}/")]
            versions = 1 + sum(each["kind"] == "version" for each in children)
            reports = sum(each["kind"] == "report" for each in children)
            assert (len(whole["versions"]), len(whole["reports"])) == (versions, reports)  # type: ignore[arg-type]  # JSON
            assert len(whole["issues"]) == 1  # type: ignore[arg-type]  # JSON
            for child in children:
                assert first_seen[act["path"]] < first_seen[child["path"]]
        if act["kind"] != "report":
            sent = next(passing for passing in road.sent() if passing.path == act["path"])
            device = body_of(sent)["device"]
            numbers.append(device["seq"])
            assert device["recorded_at"].startswith("2025-"), "the clock was wrong by a year"
            assert abs(device["server_offset_ms"]) > 0
    assert numbers == list(range(1, len(numbers) + 1))
