"""Sign-in with an outside OpenID Connect provider, which runs here as a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from services.visits.settings import VisitsSettings
from shared.settings import SettingsError, from_values, read_settings
from tests.conftest import Fresh
from tests.support.cluster import free_port
from tests.support.provider import CLIENT, SECRET
from tests.support.wait import eventually
from tests.visits.ways_in import SESSION, status
from tests.visits.world import World, migrate_visits, open_world, person_id

AWAY = "/visits/#provider-refused"


@dataclass
class Outside:
    """The provider and a ward that lets its people sign in with it."""

    issuer: str
    world: World

    async def next(self, **claims: Any) -> None:
        """Whom the provider signs in next."""
        now = int(self.world.clock.now().timestamp())
        async with httpx2.AsyncClient() as client:
            await client.post(f"{self.issuer}/next", json={"now": now} | claims)

    async def journey(self, browser: httpx2.AsyncClient) -> str:
        """To the provider and back; the address a browser would be sent to."""
        begun = await browser.post(f"{SESSION}/provider")
        assert begun.status_code == 200, begun.text
        async with httpx2.AsyncClient() as client:
            answer = await client.get(begun.json()["location"])
        return str(answer.headers["location"])

    async def sign_in(self, browser: httpx2.AsyncClient) -> httpx2.Response:
        return await browser.get(await self.journey(browser))


@pytest.fixture
async def outside(database: Fresh) -> AsyncIterator[Outside]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.support.provider", str(port))
    issuer = f"http://127.0.0.1:{port}"
    try:
        await eventually(lambda: _answers(issuer), every=0.1)
        world = await open_world(
            await database("visits", migrate_visits),
            oidc_issuer=issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_code_claim="employee_number",
        )
        yield Outside(issuer, world)
        await world.close()
    finally:
        process.terminate()
        await process.wait()


async def _answers(issuer: str) -> bool:
    try:
        async with httpx2.AsyncClient() as client:
            return (await client.get(f"{issuer}/keys")).status_code == 200
    except httpx2.TransportError:
        return False


async def test_a_claim_that_holds_the_persons_code_signs_them_in(outside: Outside) -> None:
    """Home with a session of our own; nothing of the provider's is kept."""
    browser = await outside.world.anonymous()
    await outside.next(sub="s-1", employee_number="TS/M1")

    answer = await outside.sign_in(browser)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get(SESSION)).json()["person_id"] == str(person_id("M1"))


async def test_the_office_says_whom_a_subject_is(outside: Outside) -> None:
    """A subject is one person's; a link replaces the one before."""
    clerk = await outside.world.client("K1")
    path = "/visits/api/people/{}/provider-subject"

    linked = await clerk.put(path.format("M2"), json={"subject": "s-2"})
    taken = await clerk.put(path.format("M1"), json={"subject": "s-2"})
    browser = await outside.world.anonymous()
    await outside.next(sub="s-2")
    await outside.sign_in(browser)

    assert (linked.status_code, taken.status_code) == (204, 409)
    assert (await browser.get(SESSION)).json()["person_id"] == str(person_id("M2"))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "nobody"},
        {"sub": "s", "employee_number": "ZZ"},
        {"employee_number": "M1"},
        {"sub": "s", "employee_number": "M1", "aud": "another-client"},
        {"sub": "s", "employee_number": "M1", "azp": "another-client"},
        {"sub": "s", "employee_number": "M1", "iss": "https://elsewhere.example"},
        {"sub": "s", "employee_number": "M1", "exp": 1_700_000_000},
        {"sub": "s", "employee_number": "M1", "nonce": "another"},
        {"sub": "s", "employee_number": "M1", "forged": True},
        {"sub": "s", "employee_number": "M1", "alg": "none"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_quite_right_signs_nobody_in(
    outside: Outside, claims: dict[str, Any]
) -> None:
    """ASVS 9.1.1, 9.1.2, 9.2.1, 9.2.3: signature, algorithm, issuer, audience, time, nonce, and a known person."""
    browser = await outside.world.anonymous()
    await outside.next(**claims)

    answer = await outside.sign_in(browser)

    assert answer.headers["location"] == AWAY
    assert await status(browser) == 401


async def test_a_journey_belongs_to_its_browser_and_ends_once(outside: Outside) -> None:
    """A stolen or forged way back opens nothing: other browser, other state, a second time."""
    browser, victim = await outside.world.anonymous(), await outside.world.anonymous()
    await outside.next(sub="s", employee_number="M1")
    back = await outside.journey(browser)
    code = parse_qs(urlsplit(back).query)["code"][0]

    planted = await victim.get(back)
    forged = await browser.get(f"{SESSION}/provider", params={"code": code, "state": "x" * 43})
    good = await browser.get(back)
    again = await browser.get(back)

    assert [answer.headers["location"] for answer in (planted, forged, good, again)] == [
        AWAY,
        AWAY,
        "/",
        AWAY,
    ]


async def test_whoever_the_provider_saw_long_ago_is_in_but_not_fresh(outside: Outside) -> None:
    """ASVS 7.5.1: the proof counts from when it was given."""
    browser = await outside.world.anonymous()
    earlier = int(outside.world.clock.now().timestamp()) - 3_600
    await outside.next(sub="s", employee_number="M1", auth_time=earlier)
    await outside.sign_in(browser)

    answer = await browser.post("/visits/api/account/authenticator")

    assert await status(browser) == 200
    assert answer.json()["type"] == "/problems/reauthenticate"


async def test_a_closed_account_stays_closed_whatever_the_provider_says(outside: Outside) -> None:
    """ASVS 7.4.2: the office decides who is in."""
    await (await outside.world.client("K1")).delete("/visits/api/people/M1/account")
    browser = await outside.world.anonymous()
    await outside.next(sub="s", employee_number="M1")

    assert (await outside.sign_in(browser)).headers["location"] == AWAY


async def test_without_the_setting_there_is_no_such_door(world: World) -> None:
    """An installation that names no provider has no route for one."""
    assert (await (await world.anonymous()).post(f"{SESSION}/provider")).status_code in (404, 405)
    assert (await (await world.anonymous()).get("/visits/api/sign-in")).json()["provider"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"VISITS_OIDC_ISSUER": "https://id.example"},
        {
            "VISITS_OIDC_ISSUER": "http://id.example",
            "VISITS_OIDC_CLIENT_ID": "x",
            "VISITS_OIDC_CLIENT_SECRET": "y",
        },
    ],
    ids=["half", "without TLS"],
)
def test_half_a_provider_stops_the_start(wrong: dict[str, str]) -> None:
    """All three settings or none, and HTTPS."""
    there = {"VISITS_DATABASE_URL": "postgresql://a@h/d", "VISITS_NATS_URL": "nats://h"}
    with pytest.raises(SettingsError, match="VISITS_OIDC_ISSUER"):
        read_settings(VisitsSettings, "VISITS_", there | wrong)


def test_the_secret_is_never_shown() -> None:
    """Not where settings are printed."""
    settings = from_values(
        VisitsSettings,
        database_url="postgresql://a@h/d",
        nats_url="nats://h",
        oidc_issuer="https://id.example",
        oidc_client_id="x",
        oidc_client_secret=SECRET,
    )
    assert SECRET not in repr(settings)
