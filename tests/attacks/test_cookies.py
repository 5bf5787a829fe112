"""Every cookie that is ever set, on the way in and on the way out, behind HTTPS: closed in each of its parts."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.conftest import Fresh
from tests.support.authenticator import Authenticator
from tests.support.edge import client_of
from tests.visits.ways_in import SESSION, accept, by_passkey, enrol_passkey, invitation
from tests.visits.world import World, migrate_visits, open_world

HOME = "https://so.example.vn"
WANTED = {"secure", "httponly", "samesite=lax", "path=/"}


@pytest.fixture
async def world(database: Fresh) -> AsyncIterator[World]:
    opened = await open_world(await database("visits", migrate_visits), public_url=HOME, trusted_network=True)
    yield opened
    await opened.close()


async def test_every_cookie_is_closed(world: World) -> None:
    """ASVS 3.3: the doorstep, the session, the phone, and each of them taken away again."""
    token = await invitation(world, "M1")
    authenticator = Authenticator(origin=HOME)
    async with client_of(world.service.app, HOME) as browser:
        answers = [
            await accept(browser, token),
            await enrol_passkey(browser, authenticator),
            await browser.post("/visits/api/devices/token", json={"carrier": "cookie"}),
            await browser.delete(SESSION),
            await by_passkey(browser, authenticator),
            await browser.delete(SESSION),
        ]

    assert {answer.status_code // 100 for answer in answers} == {2}, [answer.text for answer in answers]
    cookies = [cookie for answer in answers for cookie in _set_by(answer)]
    assert len(cookies) >= 6
    assert {cookie.partition("=")[0] for cookie in cookies} >= {"__Host-fv_session", "__Host-fv_device"}
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-")
        assert parts >= WANTED, cookie
        assert not any(part.startswith("domain") for part in parts), cookie


def _set_by(answer: httpx2.Response) -> list[str]:
    return answer.headers.get_list("set-cookie")
