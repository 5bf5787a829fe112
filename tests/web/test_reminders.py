"""F27 and F28 in a browser: reminders are switched on by a tap, come without a page, and are answered where they stand.

Headless Chromium has no push service of its own, so `pushManager.subscribe` is put in its place before the page
begins; all else is real: the permission, the worker, the notification, the service, and what it sends. What the
push service gets is given to the worker by the browser's own debugging protocol.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, Page, expect

from tests.notify.push_service import Browser as Phone
from tests.notify.push_service import PushService, push_service
from tests.support.browser import overflow
from tests.support.wait import eventually
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


@pytest_asyncio.fixture(loop_scope="session")
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


SUBSCRIBE = """
(() => {
  const given = %s;
  const made = () => ({
    ...given, options: { userVisibleOnly: true },
    toJSON: () => ({ endpoint: given.endpoint, keys: given.keys }),
    unsubscribe: async () => { sessionStorage.removeItem("subscribed"); return true; },
  });
  PushManager.prototype.getSubscription = async () => sessionStorage.getItem("subscribed") ? made() : null;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new TypeError("not what a browser takes");
    sessionStorage.setItem("subscribed", "yes");
    return made();
  };
})();
"""


async def ringing(page: Page, phone: Phone) -> None:
    """Put a subscription in the place of a push service that headless Chromium does not have."""
    given = {name: phone.subscription[name] for name in ("endpoint", "keys")}
    await page.add_init_script(SUBSCRIBE % json.dumps(given))


async def opened(page: Page) -> Page:
    await page.goto("/visits/#reminders")
    await expect(page.get_by_role("heading", name="Nhắc việc", exact=True)).to_be_visible()
    return page


async def test_reminders_are_switched_on_by_a_tap_and_tried(
    visitor: Visit, installed: Installed, service: PushService
) -> None:
    """Nothing is asked before; after it the phone is in the list, and the trial message says what it should."""
    page, phone = await visitor("member"), service.browser()
    await page.context.grant_permissions(["notifications"])
    await ringing(page, phone)
    await page.add_init_script(
        "window.asked = 0; Notification.requestPermission = async () => { window.asked += 1; return 'granted'; };"
    )
    await opened(page)
    assert await page.evaluate("window.asked") == 0
    assert await overflow(page) == 0

    await page.get_by_role("button", name="Bật tin nhắc trên máy này").click()
    await expect(page.get_by_text("Đã bật.")).to_be_visible()  # the worker is put in place first
    await expect(page.locator(".rows li")).to_contain_text("máy này")
    await page.get_by_role("button", name="Gửi thử").click()
    await expect(page.get_by_text("Đã gửi một tin thử")).to_be_visible()

    [taken] = service.to(phone)
    assert phone.told(taken.body)["title"] == "Gửi thử: máy này nhận được tin nhắc"
    await page.get_by_role("button", name="Tắt trên máy này").click()
    await expect(page.get_by_text("Đã tắt trên máy này.")).to_be_visible()
    async with await installed.client("member") as client:
        assert (await client.get("/notify/api/phones")).json()["phones"] == []


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (
            "Object.defineProperty(Notification, 'permission', {get: () => 'denied'});",
            "Trình duyệt đang chặn",
        ),
        ("delete window.PushManager;", "Trình duyệt này không nhận được tin nhắc"),
        (
            """delete window.PushManager;
            Object.defineProperty(navigator, "userAgent", {get: () => "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)"});""",
            "Thêm vào MH chính",
        ),
    ],
    ids=["blocked", "cannot", "iphone"],
)
async def test_whoever_cannot_be_reached_is_told_what_to_do(visitor: Visit, before: str, says: str) -> None:
    """No button that would do nothing; a sentence one can act on."""
    page = await visitor("member")
    await page.add_init_script(before)
    await opened(page)

    await expect(page.get_by_text(says)).to_be_visible()
    await expect(page.get_by_role("button", name="Bật tin nhắc trên máy này")).to_have_count(0)


async def test_f27_a_push_becomes_a_notification_that_counts_and_names_nobody(visitor: Visit) -> None:
    """What the worker shows is what was sent, in Vietnamese; a newer one takes the place of the older."""
    rung = await worker_of(await visitor("member"))

    async def told(title: str, *duties: str) -> None:
        """A browser that has much to do lets a push of the developer tools go; a push service sends again."""

        async def shown() -> bool:
            await rung.deliver({"title": title, "tag": "day", "letter": None, "duties": duties, "until": "x"})
            await rung.deliver("không phải JSON")
            by_tag = {each["tag"]: each["title"] for each in await rung.shown()}
            return by_tag.keys() == {"day", "unreadable"} and by_tag["day"] == title

        await eventually(shown, every=0.5)

    await told("Có 1 việc đến hạn", "a")
    await told("Có 2 việc đến hạn", "a", "b")
    by_tag = {each["tag"]: each for each in await rung.shown()}
    assert by_tag["day"]["title"] == "Có 2 việc đến hạn"
    assert by_tag["day"]["actions"] == ["Mở", "Tôi đang làm"]
    assert by_tag["day"]["lang"] == "vi"
    assert by_tag["unreadable"]["title"] == "Có việc cần xem"


async def test_f28_i_am_on_it_is_said_from_the_notification(visitor: Visit, installed: Installed) -> None:
    """One touch, no page: notify keeps the acknowledgement, and the phone says until when it holds."""
    async with await installed.client("member") as client:
        duty = (await client.get("/visits/api/duties")).json()["duties"][0]["duty_id"]
        today = (await client.get("/notify/api/viewer")).json()["now"][:10]
    rung = await worker_of(await visitor("member"))
    await rung.deliver(
        {"title": "Có 1 việc đến hạn", "tag": "one", "letter": None, "duties": [duty], "until": today}
    )
    await eventually(rung.shown)

    await rung.touch("one", "on-it")

    async def thanked() -> bool:
        return [each["title"] for each in await rung.shown()] == ["Đã ghi: đồng chí đang làm"]

    await eventually(thanked)
    async with await installed.client("member") as client:
        kept = (await client.get("/notify/api/me/data")).json()["sections"]
    acknowledged = next(each["rows"] for each in kept if each["name"] == "acknowledgements")
    assert [(each["duty_id"], each["until"]) for each in acknowledged] == [(duty, today)]


async def test_quiet_hours_are_kept_and_checked(visitor: Visit) -> None:
    """Saved and there again after a reload; what would silence everything is refused at its field."""
    page = await opened(await visitor("member", allowed={422}))
    await page.get_by_label("Từ", exact=True).select_option("18:00")
    await page.get_by_label("Đến", exact=True).select_option("08:30")
    await page.get_by_role("button", name="Lưu").click()
    await expect(page.get_by_text("Đã lưu giờ yên lặng.")).to_be_visible()

    await page.reload()
    await expect(page.get_by_label("Đến", exact=True)).to_have_value("08:30")
    await page.get_by_label("Từ", exact=True).select_option("06:00")
    await page.get_by_label("Đến", exact=True).select_option("18:00")
    await page.get_by_role("button", name="Lưu").click()
    await expect(page.get_by_text("không được phủ hết")).to_be_visible()


async def test_the_calendar_has_an_address_that_can_be_changed(visitor: Visit, installed: Installed) -> None:
    """Made, opened by the phone's calendar, copied; and removed."""
    page = await opened(await visitor("member"))
    await page.get_by_role("button", name="Lập địa chỉ lịch").click()
    address = await page.get_by_label("Địa chỉ lịch").input_value()
    link = await page.get_by_role("link", name="Thêm vào lịch của điện thoại").get_attribute("href")
    assert link == address.replace("http://", "webcal://")
    async with await installed.client("office") as anybody:
        feed = await anybody.get(address)
    assert feed.text.startswith("BEGIN:VCALENDAR")
    assert "SUMMARY:Hạn" in feed.text

    await page.get_by_role("button", name="Đổi địa chỉ").click()
    await expect(page.get_by_label("Địa chỉ lịch")).not_to_have_value(address)
    await page.get_by_role("button", name="Bỏ địa chỉ").click()
    await expect(page.get_by_text("Đã bỏ địa chỉ")).to_be_visible()


class Rung:
    """The worker of a page, and the browser's way to hand it a push."""

    def __init__(self, page: Page, cdp: CDPSession, origin: str, registration: str) -> None:
        self._page, self._cdp, self._origin, self._registration = page, cdp, origin, registration

    async def deliver(self, told: dict[str, Any] | str) -> None:
        """A push as its service delivers it."""
        data = told if isinstance(told, str) else json.dumps(told)
        await self._cdp.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._origin, "registrationId": self._registration, "data": data},
        )

    async def shown(self) -> list[dict[str, Any]]:
        """What stands on the phone now."""
        found: list[dict[str, Any]] = await self._page.evaluate(
            """async () => (await (await navigator.serviceWorker.getRegistration("/visits/")).getNotifications())
                .map(({ title, tag, lang, actions }) => ({ title, tag, lang, actions: actions.map((each) => each.title) }))"""
        )
        return found

    async def touch(self, tag: str, action: str) -> None:
        """A finger on the notification, or on one of its buttons: no protocol has it, so the worker is told itself."""
        [worker] = [each for each in self._page.context.service_workers if each.url.endswith("/visits/sw.js")]
        await worker.evaluate(
            """async ([tag, action]) => {
                const [notification] = await self.registration.getNotifications({ tag });
                self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
            }""",
            [tag, action],
        )


async def worker_of(page: Page) -> Rung:
    await page.context.grant_permissions(["notifications"])
    cdp = await page.context.new_cdp_session(page)
    registrations: list[dict[str, Any]] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(told["registrations"]),
    )
    await cdp.send("ServiceWorker.enable")
    await opened(page)
    scope = await page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.scope)")
    of_page = await eventually(
        lambda: [each for each in registrations if each["scopeURL"] == scope and not each["isDeleted"]]
    )
    origin = await page.evaluate("location.origin")
    return Rung(page, cdp, origin, of_page[-1]["registrationId"])
