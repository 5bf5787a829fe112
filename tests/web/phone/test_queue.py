"""The queue of a phone in a real browser, on a road that breaks: what peers got wrong (engines.md, section 1)."""

import asyncio
import hashlib
import json
from datetime import timedelta

import httpx2
import pytest
from playwright.async_api import expect

from tests.support.road import Passing, Road, problem
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone.conftest import Handsets
from tests.web.phone.handset import CELL, Handset, body_of, report_act, version_act, visit_act

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

DAY = 86_400_000


async def unit_of(installed: Installed, name: str = CELL) -> str:
    async with await installed.client("member") as client:
        units = (await client.get("/visits/api/units?limit=500")).json()["units"]
    return next(str(unit["unit_id"]) for unit in units if unit["name"] == name)


async def recorded(installed: Installed, visit_id: str) -> dict[str, object]:
    """The visit as the server holds it, as soon as it does: what was sent may still be on its way."""
    async with await installed.client("member") as client:
        path = f"/visits/api/visits/{visit_id}"
        answer = await eventually(lambda: _found(client, path))
    return dict(answer.json())


async def _found(client: httpx2.AsyncClient, path: str) -> httpx2.Response | None:
    answer = await client.get(path)
    return answer if answer.status_code == 200 else None


def id_of(act: dict[str, str]) -> str:
    return act["path"].rpartition("/")[2]


async def test_what_is_finished_offline_is_frozen_and_sends_itself_later(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F2, F6. Peers: a failed form re-opened (ODK 4589), a banner to press (FixMyStreet Pro): the very bytes go, untouched."""
    phone = await handset()
    await phone.installed()
    road.close()
    await phone.context.set_offline(True)
    await phone.write(issue="Rãnh thoát nước trước nhà văn hóa bị tắc")
    visit_id = await phone.freeze()
    await expect(phone.page.get_by_role("heading", name="Đang chờ gửi")).to_be_visible()
    await expect(phone.page.locator(".phone-bar").first).to_contain_text("1 mục chưa gửi")
    (kept,) = await phone.records("queue")

    road.open()
    await phone.context.set_offline(False)

    await expect(phone.page.get_by_role("heading", name="Đã nhận")).to_be_visible()
    (sent,) = road.sent(visit_id)
    assert hashlib.sha256(sent.body).hexdigest() == kept["hash"]
    assert body_of(sent)["device"]["seq"] == 1
    assert await phone.records("queue") == []
    shown = (await phone.page.locator(".receipt-number").inner_text()).strip()
    assert shown == (await recorded(installed, visit_id))["versions"][0]["receipt_number"]  # type: ignore[index]  # JSON


async def test_many_sendings_are_one_visit_and_nothing_goes_before_its_receipt(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F5. Peers: ten copies from a slow server (collect 3517), deleted although sending failed (getodk 1017)."""
    phone = await handset()
    await phone.open()
    act = visit_act(await unit_of(installed), title="Đường vào chùa ngập khi mưa to")
    road.loses = lambda passing: passing.method == "PUT" and "/visits/api/visits/" in passing.path
    await phone.freeze_many(act)
    for _ in range(4):
        await phone.send_now()
        assert len(await phone.records("queue")) == 1
    lost = road.sent(id_of(act))
    road.open()
    await phone.send_now()
    await phone.emptied()

    assert len(lost) >= 3
    assert len({passing.body for passing in road.sent(id_of(act))}) == 1
    assert len((await recorded(installed, id_of(act)))["versions"]) == 1  # type: ignore[arg-type]  # JSON
    (receipt,) = await phone.records("receipts")
    assert (receipt["state"], receipt["id"] != "") in {("accepted", True), ("seen", True)}


async def test_one_broken_record_blocks_no_other_and_is_kept(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F7. Peers: one broken record blocks all (commcare 1807), a broken one is deleted (commcare 2289)."""
    phone = await handset()
    await phone.open()
    unit = await unit_of(installed)
    road.close()
    broken = visit_act(unit, note="hỏng", ended_at="2026-11-21T07:00:00+07:00")
    rotten, good = visit_act(unit, note="bị hỏng trên máy"), visit_act(unit, note="tốt")
    await phone.freeze_many(broken, rotten, good)
    damaged = next(each for each in await phone.records("queue") if each["path"] == rotten["path"])
    await phone.change("queue", {"id": damaged["id"], "hash": "0" * 64})
    road.open()
    await phone.send_now()

    async def told() -> bool:
        async with await installed.client("office") as client:
            phones = (await client.get("/visits/api/phones")).json()["phones"]
        return any(each["refused"] == 2 and each["unsent"] == 0 for each in phones)

    await phone.comes_to(("refused", "refused"), ("refused", "damaged"))
    assert (await recorded(installed, id_of(good)))["notes"] == "tốt"
    assert road.sent(id_of(rotten)) == []
    await eventually(told)
    await phone.page.goto(f"{road.url}/visits/#outbox")
    await expect(phone.page.get_by_role("heading", name="Cần đồng chí xem lại")).to_be_visible()


async def test_a_server_in_trouble_is_left_alone_for_a_while(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """503 with Retry-After: nobody asks before its time; a 500 is one record's matter and the next goes on."""
    phone = await handset()
    await phone.open()
    unit = await unit_of(installed)
    first, second = visit_act(unit), visit_act(unit)
    asked: list[str] = []

    def busy(passing: Passing) -> tuple[int, dict[str, str], bytes] | None:
        if passing.method != "PUT" or "/visits/api/visits/" not in passing.path:
            return None
        asked.append(passing.path)
        return problem(503, retry_after=60)

    road.answers = busy
    await phone.freeze_many(first, second)
    await phone.send_now()
    await phone.send_now()
    assert asked == [first["path"]]
    (device,) = await phone.records("device")
    assert device["trouble"]["asked"]

    await phone.change("device", {"person_id": device["person_id"], "trouble": None})
    road.answers = lambda passing: problem(500) if passing.path == first["path"] else None
    await phone.send_now()
    await phone.comes_to(("failed", "server-error"))
    assert await recorded(installed, id_of(second))
    road.open()
    await phone.send_now()
    await phone.emptied()


async def test_a_child_never_overtakes_its_visit_and_is_held_in_sight(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F8. Peers: held for ever and out of sight (central 705): the order of each visit, and a wait that has an end."""
    phone = await handset()
    await phone.open()
    unit = await unit_of(installed)
    visit = visit_act(unit, title="Cột điện nghiêng ở ngõ 5")
    road.answers = lambda passing: problem(500) if passing.path == visit["path"] else None
    await phone.freeze_many(visit, version_act(visit, 2, notes="bản hai"), report_act(visit, "Đã nghe."))
    await phone.send_now()
    assert road.sent(id_of(visit)) == []
    await phone.page.goto(f"{road.url}/visits/#outbox")
    await expect(phone.page.get_by_text("Chờ chuyến đi gửi xong trước.").first).to_be_visible()

    road.open()
    await phone.send_now()
    await phone.emptied()
    tails = [passing.path.partition(id_of(visit))[2] for passing in road.sent(id_of(visit))]
    assert tails == ["", "/versions/2", "/report"]

    stray = report_act(visit_act(unit), "Chuyến đi này ở máy khác.")
    await phone.freeze_many(stray)
    await phone.send_now()
    await phone.comes_to(("failed", "visit-unknown"))
    (held,) = await phone.records("queue")
    await phone.change("queue", {"id": held["id"], "frozen_at": held["frozen_at"] - DAY - 1})
    await phone.send_now()
    await phone.comes_to(("refused", "refused"))


async def test_two_tablets_and_one_visit_show_both_contents(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F9. Peers: one of two forms lost in silence (Tangerine 2722); "took my version" recorded nowhere (odk-x 109)."""
    phone = await handset()
    await phone.open()
    act = visit_act(await unit_of(installed), note="Bản trên máy này")
    there = act["body"] | {
        "notes": "Bản từ máy kia",
        "device": {"id": "other", "seq": 1, "recorded_at": "2026-11-21T09:00:00+07:00"},
    }
    async with await installed.client("member") as client:
        await client.put(act["path"], json=there)
    await phone.freeze_many(act)
    await phone.send_now()
    (item,) = await phone.records("queue")
    assert item["state"] == "conflict"

    await phone.page.goto(f"{road.url}/visits/#outbox={item['id']}")
    await expect(phone.page.get_by_text("Bản từ máy kia")).to_be_visible()
    await expect(phone.page.get_by_text("Bản trên máy này", exact=True).last).to_be_visible()
    phone.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await phone.page.get_by_role("button", name="Bỏ bản trên máy").click()
    await phone.emptied()

    (device,) = await phone.records("device")
    assert device["let_go"] == [item["seq"]]
    (kept,) = [each for each in await phone.records("receipts") if each["state"] == "dropped"]
    assert kept["hash"] == item["hash"]


async def test_a_session_that_ended_keeps_the_queue_and_asks(installed: Installed, handset: Handsets) -> None:
    """401: nothing is lost or counted as a failure; after signing in it goes by itself."""
    phone = await handset()
    await phone.open()
    cookie = await installed.cookie("member")
    await phone.context.clear_cookies()
    await phone.freeze_many(visit_act(await unit_of(installed)))
    await phone.send_now()

    await expect(phone.page.locator(".phone-bar").first).to_contain_text("Phiên đăng nhập đã hết")
    (item,) = await phone.records("queue")
    assert (item["state"], item["reason"], item["tries"]) == ("ready", "sign-in", 0)
    await phone.sign_in(cookie)
    await phone.page.reload()
    await phone.emptied()


async def test_an_older_server_makes_a_newer_phone_wait(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F32: a field it does not know yet is no fault of the record; it goes when the server has been renewed."""
    phone = await handset()
    await phone.open()
    act = visit_act(await unit_of(installed))
    unknown = {"pointer": "/did", "rule": "unknown-field", "message": "Không có mục này."}
    road.answers = lambda passing: problem(422, errors=[unknown]) if passing.path == act["path"] else None
    await phone.freeze_many(act)
    await phone.send_now()
    await phone.comes_to(("failed", "old-server"))
    road.open()
    await phone.send_now()
    await phone.emptied()


async def test_a_page_of_a_hotel_is_no_receipt(installed: Installed, road: Road, handset: Handsets) -> None:
    """A network that wants a sign-in answers 200 to everything; only our server's own words end the wait."""
    phone = await handset()
    await phone.open()
    act = visit_act(await unit_of(installed))
    portal = (200, {"content-type": "text/html"}, b"<h1>Wi-Fi</h1>")
    json_of_others = (200, {"content-type": "application/json"}, b'{"ok":true}')
    for answer in (portal, json_of_others):
        road.answers = lambda passing, answer=answer: answer if passing.path == act["path"] else None
        await phone.freeze_many() if await phone.records("queue") else await phone.freeze_many(act)
        await phone.send_now()
        await phone.comes_to(("failed", "not-our-server"))
    road.open()
    await phone.send_now()
    await phone.emptied()


async def test_the_clock_is_blamed_on_a_fresh_answer_only(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F13. Peers: false clock warnings (CHT 4149): an answer from a hotel or of yesterday blames nobody."""
    phone = await handset()
    await phone.open()
    bar = phone.page.locator(".phone-bar").first
    road.answers = lambda passing: (
        (200, {"content-type": "text/html", "date": "Mon, 01 Jan 2024 00:00:00 GMT"}, b"x")
        if passing.method == "PUT"
        else None
    )
    await phone.freeze_many(visit_act(await unit_of(installed)))
    await phone.send_now()
    await expect(bar).to_contain_text("1 mục chưa gửi")
    assert "Đồng hồ" not in await bar.inner_text()

    road.open()
    road.clock_shift = timedelta(days=365)
    await phone.send_now()
    await expect(bar).to_contain_text("Đồng hồ của máy lệch khoảng 365 ngày")
    road.clock_shift = timedelta(minutes=3)
    await phone.send_now()
    await expect(bar).not_to_contain_text("Đồng hồ của máy")


async def test_two_windows_send_once_and_number_without_gaps(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Peers: all drafts in one array (FixMyStreet): two windows freeze at once; each number is used once, each record sent once."""
    phone = await handset()
    first = await phone.open()
    second = await phone.open()
    unit = await unit_of(installed)
    acts = [visit_act(unit, note=f"cửa sổ {n}") for n in range(8)]

    async def freeze(page: object, mine: list[dict[str, object]]) -> None:
        phone_of_page = Handset(phone.context, road)
        phone_of_page.page = page  # type: ignore[assignment]  # the same phone, seen through another window
        await phone_of_page.freeze_many(*mine)
        await phone_of_page.send_now()

    await asyncio.gather(freeze(first, acts[:4]), freeze(second, acts[4:]))
    await phone.emptied()

    for act in acts:
        assert len(road.sent(id_of(act))) == 1
    numbers = [body_of(road.sent(id_of(act))[0])["device"]["seq"] for act in acts]
    assert sorted(numbers) == list(range(1, 9))


async def test_a_record_the_server_has_lost_is_sent_again(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """I1: a receipt was given and the record is gone, as after a restored backup: its number is missed, it goes again."""
    phone = await handset()
    await phone.open()
    act = visit_act(await unit_of(installed))

    def promise(passing: Passing) -> tuple[int, dict[str, str], bytes] | None:
        if passing.path != act["path"]:
            return None
        receipt = {
            "receipt_number": "2026-1",
            "visit_id": id_of(act),
            "content_hash": "x" * 64,
            "warnings": [],
        }
        return 201, {"content-type": "application/json"}, json.dumps(receipt).encode()

    road.answers = promise
    await phone.freeze_many(act)
    await phone.send_now()
    road.open()

    async def here() -> bool:
        await phone.send_now()
        return bool(road.sent(id_of(act)))

    await eventually(here, every=0.5)
    await phone.emptied()
    assert (await recorded(installed, id_of(act)))["visit_id"] == id_of(act)


async def test_the_committee_having_it_is_shown(installed: Installed, road: Road, handset: Handsets) -> None:
    """The last state of a record: feedback has passed its event, which the phone learns with a heartbeat."""
    phone = await handset()
    await phone.open()
    await phone.freeze_many(visit_act(await unit_of(installed)))

    async def seen() -> bool:
        await phone.send_now()
        return [each["state"] for each in await phone.records("receipts")] == ["seen"]

    await eventually(seen, every=0.5)
    await phone.page.goto(f"{road.url}/visits/#outbox")
    await expect(phone.page.get_by_text("cấp ủy đã có")).to_be_visible()


async def test_what_waits_for_a_day_is_said_aloud(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Peers: a cleared cache is data gone (kobo 45): asked to persist, offered a file, and nagged after 24 hours."""
    phone = await handset()
    await phone.context.add_init_script(
        "const ask = navigator.storage.persist.bind(navigator.storage);"
        "navigator.storage.persist = () => { globalThis.asked = true; return ask(); };"
    )
    await phone.open()
    assert await phone.page.evaluate("globalThis.asked")
    road.blocked = lambda passing: "/visits/api/visits/" in passing.path and passing.method == "PUT"
    await phone.freeze_many(visit_act(await unit_of(installed)))
    await phone.comes_to(("failed", "no-answer"))
    (item,) = await phone.records("queue")
    await phone.change("queue", {"id": item["id"], "frozen_at": item["frozen_at"] - DAY - 60_000})
    await phone.page.reload()

    await expect(phone.page.locator(".phone-bar").first).to_contain_text("đã hơn một ngày")
    await expect(phone.page.locator(".phone-bar").first).to_contain_text("lâu nhất từ 24 giờ trước")
    await phone.page.goto(f"{road.url}/visits/#outbox")
    await expect(phone.page.get_by_role("button", name="Lấy tệp các mục chưa gửi")).to_be_visible()


async def test_the_queue_leaves_as_a_file_and_the_office_takes_it_in(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F29: the frozen bytes with their hashes; recorded for the member; sent later after all, it is the same visit."""
    phone = await handset()
    await phone.open()
    act = visit_act(await unit_of(installed), title="Giếng làng bị ô nhiễm")
    road.blocked = lambda passing: passing.method == "PUT" and passing.path == act["path"]
    await phone.freeze_many(act)
    await phone.page.goto(f"{road.url}/visits/#outbox")
    async with phone.page.expect_download() as coming:
        await phone.page.get_by_role("button", name="Lấy tệp các mục chưa gửi").click()
    file = await (await coming.value).path()

    office = await handset("office")
    page = await office.open("#import")
    await page.get_by_label("Tệp").set_input_files(file)
    await page.get_by_role("button", name="Nhập", exact=True).click()
    await expect(page.get_by_text("đã nhận")).to_be_visible()
    whole = await recorded(installed, id_of(act))
    road.open()
    await phone.send_now()
    await phone.emptied()
    assert len((await recorded(installed, id_of(act)))["versions"]) == 1  # type: ignore[arg-type]  # JSON
    assert whole["visitor"] == (await recorded(installed, id_of(act)))["visitor"]


async def test_the_worker_sends_when_no_window_is_open(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Background Sync: the phone gets a signal in a pocket; the queue goes though nobody looks."""
    phone = await handset()
    page = await phone.installed()
    road.blocked = lambda passing: passing.method == "PUT"
    act = visit_act(await unit_of(installed))
    await phone.freeze_many(act)
    session = await phone.context.new_cdp_session(page)
    found: dict[str, str] = {}
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.update({"id": told["registrations"][0]["registrationId"]}),
    )
    await session.send("ServiceWorker.enable")
    await eventually(lambda: bool(found))
    await page.evaluate("() => { for (const each of document.querySelectorAll('main')) each.remove(); }")
    (device,) = await phone.records("device")
    await phone.change("device", {"person_id": device["person_id"], "trouble": None})
    blank = await phone.context.new_page()
    await blank.goto(f"{road.url}/visits/web/shared/mark.svg")
    sender = await phone.context.new_cdp_session(blank)
    await sender.send("ServiceWorker.enable")
    await page.close()
    road.open()

    signal = {"origin": road.url, "registrationId": found["id"], "tag": "send-queue", "lastChance": False}

    async def went() -> bool:
        """As the browser does it: again, a little later, while the worker still pauses."""
        await sender.send("ServiceWorker.dispatchSyncEvent", signal)
        return bool(road.sent(id_of(act)))

    await eventually(went, every=1.0)
    assert await recorded(installed, id_of(act))
