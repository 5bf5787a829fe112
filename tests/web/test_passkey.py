"""A passkey on a phone: from the office's invitation to the next morning's sign-in, with nothing to remember."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from services.visits.domain.second_factor import code_at, step_of
from tests.support.browser import PHONE, Watch, device, overflow
from tests.web.conftest import Installed

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]


@dataclass
class Phone:
    """A phone whose authenticator always finds the right finger, and what its pages did wrong."""

    page: Page
    origin: str
    watch: Watch

    async def no_violations(self) -> None:
        found = await Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()
        assert await overflow(self.page) == 0


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, installed: Installed) -> AsyncIterator[Phone]:
    """At the address that passkeys know: a name, never a number."""
    origin = installed.url.replace("127.0.0.1", "localhost")
    context = await device(browser, origin, size=PHONE)
    page = await context.new_page()
    watch = Watch(origin)
    watch.follow(page)
    debugger = await context.new_cdp_session(page)
    await debugger.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await debugger.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield Phone(page, origin, watch)
    await context.close()
    assert watch.wrong == []


async def invitation(installed: Installed, code: str) -> str:
    """A link from the office for this person."""
    async with await installed.client("office") as office:
        answer = await office.post(f"/visits/api/people/{code}/invitations")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["link"]).replace("127.0.0.1", "localhost")


async def test_an_invitation_becomes_a_passkey_and_the_passkey_a_sign_in(
    installed: Installed, phone: Phone
) -> None:
    """Opening the link does nothing; accepting it, one touch and the member is home; and again after signing out."""
    page = phone.page
    await page.goto(await invitation(installed, "M15"))
    await expect(page.get_by_role("button", name="Nhận lời mời")).to_be_visible()
    await phone.no_violations()

    await page.get_by_role("button", name="Nhận lời mời").click()
    await expect(page.get_by_role("heading", name="Chào đồng chí")).to_be_visible()
    assert "invitation" not in page.url
    await phone.no_violations()
    await page.get_by_role("button", name="Tạo khóa trên máy này").click()
    await expect(page.get_by_role("link", name="Ghi chuyến đi")).to_be_visible()

    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(page.get_by_role("button", name="Đăng nhập bằng khóa trên máy")).to_be_visible()
    await phone.no_violations()
    await page.get_by_role("button", name="Đăng nhập bằng khóa trên máy").click()
    await expect(page.get_by_role("link", name="Ghi chuyến đi")).to_be_visible()

    await page.get_by_role("link", name="Đăng nhập và thiết bị").click()
    await expect(page.get_by_text("máy này", exact=False).first).to_be_visible()
    await phone.no_violations()


async def test_who_has_no_passkey_goes_on_with_a_password_and_an_app(
    installed: Installed, phone: Phone
) -> None:
    """The second choice, on the same page: a sentence, a QR code, six digits, recovery codes once."""
    page = phone.page
    await page.goto(await invitation(installed, "M16"))
    await page.get_by_role("button", name="Nhận lời mời").click()
    await page.get_by_role("button", name="Dùng mật khẩu và mã xác nhận").click()
    await page.get_by_label("Mật khẩu mới").fill("con đò nhỏ sang sông")
    await page.get_by_role("button", name="Tiếp tục").click()

    await expect(page.get_by_role("img", name="Mã QR cho ứng dụng xác thực")).to_be_visible()
    await phone.no_violations()
    secret = await page.locator(".secret").inner_text()
    await page.get_by_label("Mã xác nhận").fill(await code_now(installed, secret))
    await page.get_by_role("button", name="Xác nhận").click()

    await expect(page.locator(".codes li")).to_have_count(10)
    await phone.no_violations()
    await page.get_by_role("button", name="Tôi đã cất").click()
    await expect(page.get_by_role("link", name="Ghi chuyến đi")).to_be_visible()


async def test_the_office_hands_over_an_invitation(installed: Installed, phone: Phone) -> None:
    """Found by a name without marks; a QR code for the phone across the desk; taken back when it went astray."""
    page = phone.page
    cookie = {"name": "fv_session", "value": await installed.cookie("office"), "url": phone.origin}
    await page.context.add_cookies([cookie])
    await page.goto("/visits/#account")
    await page.get_by_role("link", name="Mời vào hệ thống").click()

    await page.get_by_label("Mời ai").fill("M17")
    await page.get_by_role("button", name="Mời: ").first.click()
    await expect(page.get_by_role("img", name="Mã QR của lời mời")).to_be_visible()
    await phone.no_violations()

    await page.get_by_role("button", name="Xong").click()
    await page.get_by_role("button", name="Thu hồi: ").first.click()
    await expect(page.get_by_text("Không có lời mời nào đang chờ.")).to_be_visible()
    await phone.no_violations()


async def code_now(installed: Installed, secret: str) -> str:
    """What the app on the phone would show now, by the clock of the installation."""
    async with await installed.client("office") as office:
        now = datetime.fromisoformat((await office.get("/visits/api/viewer")).json()["now"])
    return code_at(base64.b32decode(secret.replace(" ", "")), step_of(now))
