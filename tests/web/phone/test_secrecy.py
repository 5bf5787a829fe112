"""What a phone gives away: to who signs out, to who picks it up next, to who reads its disk."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.support.road import Answer, Passing, Road
from tests.web.conftest import Installed
from tests.web.phone.conftest import Handsets
from tests.web.phone.handset import visit_act
from tests.web.phone.test_queue import id_of, recorded, unit_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

SECRET = "Hồ cá sau đình bị xả thải ban đêm"


async def test_nothing_readable_stays_after_signing_out_and_the_queue_goes_on_later(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """F30: a dump of the storage shows no word of an issue, a draft or a name; unsent records are there, sealed."""
    phone = await handset()
    page = await phone.open()
    name = (await page.locator("footer.foot strong").inner_text()).strip()
    act = visit_act(await unit_of(installed), title=SECRET, note=SECRET)
    road.blocked = lambda passing: "/visits/api/visits/" in passing.path and passing.method == "PUT"
    await phone.freeze_many(act)
    await page.goto(f"{road.url}/visits/#log")
    await phone.choose_unit("dong ngan 3", "Chi bộ khu phố Đông Ngàn 3")
    await phone.next()
    await phone.add_issue(SECRET)
    await asyncio.sleep(1.2)  # so that the draft is written down
    road.answers = ended
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()

    dump = await phone.readable()
    for word in (SECRET, "Hồ cá", "Đông Ngàn", name):
        assert word not in dump
    assert await phone.records("keys") == []
    assert await phone.records("shelf") == []
    assert (len(await phone.records("queue")), len(await phone.records("drafts"))) == (1, 1)

    road.open()
    await phone.sign_in(await installed.cookie("member"))
    await page.goto(f"{road.url}/visits/")
    await phone.emptied()
    assert (await recorded(installed, id_of(act)))["notes"] == SECRET


async def test_while_signed_in_the_disk_is_noise_and_the_key_cannot_be_read(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Whoever copies the profile has no text, and no script can take the key out of the browser."""
    phone = await handset()
    page = await phone.open()
    road.blocked = lambda passing: passing.method == "PUT"
    await phone.freeze_many(visit_act(await unit_of(installed), title=SECRET))

    assert SECRET not in await phone.readable()
    exported = await page.evaluate(
        """async () => {
          const opening = indexedDB.open("field-visits");
          await new Promise((resolve) => { opening.onsuccess = resolve; });
          const asked = opening.result.transaction("keys").objectStore("keys").getAll();
          await new Promise((resolve) => { asked.onsuccess = resolve; });
          const [{ key }] = asked.result;
          return crypto.subtle.exportKey("raw", key).then(() => "exported", (error) => error.name);
        }"""
    )
    assert exported == "InvalidAccessError"


async def test_another_person_on_the_same_phone_sees_and_sends_nothing(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Sees only that somebody has something unsent; it goes, as its writer's, when the writer is back."""
    phone = await handset()
    page = await phone.open()
    act = visit_act(await unit_of(installed), title=SECRET)
    road.blocked = lambda passing: "/visits/api/visits/" in passing.path and passing.method == "PUT"
    await phone.freeze_many(act)
    await page.close()

    await phone.sign_in(await installed.cookie("board"))
    road.open()
    page = await phone.open()
    await expect(page.locator(".phone-bar").first).to_contain_text("1 mục của người khác chưa gửi")
    await page.goto(f"{road.url}/visits/#outbox")
    await expect(page.get_by_text("Không có mục nào chờ gửi.")).to_be_visible()
    assert SECRET not in await page.content()
    assert road.sent(id_of(act)) == []

    await phone.sign_in(await installed.cookie("member"))
    await page.goto(f"{road.url}/visits/")
    await page.reload()
    await phone.emptied()
    writer = (await recorded(installed, id_of(act)))["visitor"]
    async with await installed.client("member") as client:
        me = (await client.get("/visits/api/me")).json()
    assert writer["person_id"] == me["person_id"]  # type: ignore[index]  # JSON


async def test_a_window_left_open_cannot_send_under_a_new_session(
    installed: Installed, handset: Handsets
) -> None:
    """Somebody else signs in next door; the window of the first keeps its queue instead of giving it away."""
    phone = await handset()
    await phone.open()
    await phone.sign_in(await installed.cookie("board"))
    act = visit_act(await unit_of(installed))
    await phone.freeze_many(act)
    await phone.send_now()

    (item,) = await phone.records("queue")
    assert (item["state"], item["reason"]) == ("ready", "sign-in")
    async with await installed.client("board") as client:
        assert (await client.get(f"/visits/api/visits/{id_of(act)}")).status_code == 404


def ended(passing: Passing) -> Answer | None:
    """Signing out, without ending the session that the other tests use."""
    if passing.method != "DELETE":
        return None
    return 204, {"set-cookie": "fv_session=; Max-Age=0; Path=/; HttpOnly"}, b""
