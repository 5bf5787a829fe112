"""From the printed link to a page with one's own name on it, and out again."""

import base64
from datetime import datetime

import pytest
from playwright.async_api import expect

from services.visits.domain.second_factor import code_at, step_of
from tests.support.browser import Watch
from tests.web.conftest import Installed, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

HOMES = {
    "board": "/feedback/",
    "cell_secretary": "/visits/",
    "ops": "/notify/",
}


async def test_a_link_opens_the_page_of_ones_role(installed: Installed, visitor: Visit, watch: Watch) -> None:
    """One tap, and the person is home; the same link in other hands says that it is used up."""
    watch.allowed = {401}
    link = installed.link("standing_committee")  # nobody else's in these tests, for it works once
    page = await visitor(None)
    await page.goto(link)

    await expect(page).to_have_url(f"{installed.url}/feedback/")
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()

    other = await visitor(None)
    await other.goto(link)
    await expect(other.get_by_text("đã dùng hoặc hết hạn")).to_be_visible()


@pytest.mark.parametrize(("role", "home"), HOMES.items())
async def test_the_first_address_is_home(visitor: Visit, installed: Installed, role: str, home: str) -> None:
    """Whoever opens `/` stands before what is theirs, and the way to it is marked."""
    page = await visitor(role)
    await page.goto("/")

    await expect(page).to_have_url(f"{installed.url}{home}")
    await expect(page.locator(".tabs a[aria-current]")).to_have_attribute("href", home)


async def test_who_has_nothing_to_do_with_visits_is_sent_on(installed: Installed, visitor: Visit) -> None:
    """An agency that opens the first page stands before the answers it owes."""
    page = await visitor("agency")
    await page.goto("/visits/")
    await expect(page).to_have_url(f"{installed.url}/feedback/")


async def test_every_page_that_is_offered_opens(visitor: Visit) -> None:
    """The frame offers what the policy lets this person see, and nothing behind it is missing or refused."""
    page = await visitor("office")
    await page.goto("/visits/")
    for name in ("Theo dõi", "Tin nhắn", "Chuyến đi"):
        await page.get_by_role("link", name=name).click()
        await expect(page.locator(".tabs a[aria-current]")).to_have_text(name)
        await expect(page.locator("h1")).to_be_visible()
        await expect(page.locator(".notice.wrong")).to_have_count(0)


async def test_a_wrong_password_is_told_and_nobody_is_let_in(visitor: Visit, watch: Watch) -> None:
    """The form says what is wrong in plain Vietnamese, and where a link comes from."""
    watch.allowed = {401}
    page = await visitor(None)
    await page.goto("/visits/")
    await expect(page.get_by_text("gửi đồng chí một lời mời")).to_be_visible()

    await page.get_by_label("Mã cá nhân").fill("M12")
    await page.get_by_label("Mật khẩu").fill("khong phai mat khau nay")
    await page.get_by_role("button", name="Đăng nhập").click()

    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("button", name="Đăng nhập")).to_be_enabled()


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(
    installed: Installed, visitor: Visit, watch: Watch
) -> None:
    """A link to a duty survives the way through the sign-in form."""
    watch.allowed = {404}
    page = await visitor(None)
    await page.goto("/feedback/#duty=00000000-0000-7000-8000-000000000000")
    await expect(page).to_have_url(f"{installed.url}/visits/")

    async with await installed.client("inspector") as client:
        password = "mot mat khau du dai cho phep thu"
        answer = await client.put("/visits/api/account/password", json={"password": password})
        assert answer.status_code == 204, answer.text
        offered = (await client.post("/visits/api/account/authenticator")).json()
        secret = base64.b32decode(offered["secret"])
        now = step_of(datetime.fromisoformat((await client.get("/visits/api/viewer")).json()["now"]))
        first = {"code": code_at(secret, now - 1)}
        answer = await client.post("/visits/api/account/authenticator/confirm", json=first)
        assert answer.status_code == 200, answer.text
    await page.get_by_label("Mã cá nhân").fill("KT1")
    await page.get_by_label("Mật khẩu").fill(password)
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.get_by_label("Mã xác nhận").fill(code_at(secret, now + 1))
    await page.get_by_role("button", name="Xác nhận").click()

    await expect(page).to_have_url(f"{installed.url}/feedback/#duty=00000000-0000-7000-8000-000000000000")
    await expect(page.get_by_role("dialog")).to_contain_text("Không tìm thấy")

    await page.get_by_role("button", name="Đóng").click()
    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()


async def test_english_is_one_tap_away_and_stays(visitor: Visit) -> None:
    """F31. The words change, the form of numbers and dates does not, and the page remembers."""
    page = await visitor("office")
    await page.goto("/feedback/")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.reload()
    await expect(page.get_by_role("heading", name="Register")).to_be_visible()
    await expect(page.locator(".register .duties")).to_contain_text("until the end of Thursday, 08/01/2026")
