"""The ways in as a browser goes them: invited, on the doorstep, through the door."""

import base64
from datetime import timedelta
from typing import Any

import httpx2

from services.visits.domain.second_factor import code_at, step_of
from tests.support.authenticator import Authenticator
from tests.visits.world import ORIGIN, World

SESSION = "/visits/api/session"
PASSWORD = "con đò nhỏ"


async def invitation(world: World, code: str = "M1") -> str:
    """The token of a link that the office has just made."""
    answer = await (await world.client("K1")).post(f"/visits/api/people/{code}/invitations")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"].partition("#invitation=")[2])


async def accept(browser: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await browser.post("/visits/api/invitations/accept", json={"token": token})


async def invited(world: World, code: str = "M1") -> httpx2.AsyncClient:
    """A browser on the doorstep, its invitation accepted."""
    browser = await world.anonymous()
    assert (await accept(browser, await invitation(world, code))).status_code == 202
    return browser


async def enrol_passkey(
    browser: httpx2.AsyncClient, authenticator: Authenticator, at: str = "/visits/api/doorstep/passkey"
) -> httpx2.Response:
    asked = await browser.post(f"{at}/options")
    assert asked.status_code == 200, asked.text
    credential = authenticator.make(asked.json()["options"])
    return await browser.post(at, json={"name": "Điện thoại", "credential": credential})


async def with_passkey(world: World, code: str = "M1") -> tuple[httpx2.AsyncClient, Authenticator]:
    """Somebody signed in by a passkey they have just made."""
    browser, authenticator = await invited(world, code), Authenticator()
    assert (await enrol_passkey(browser, authenticator)).status_code == 201
    return browser, authenticator


async def ask_who(browser: httpx2.AsyncClient) -> dict[str, Any]:
    return dict((await browser.post(f"{SESSION}/passkey/options")).json()["options"])


async def by_passkey(browser: httpx2.AsyncClient, authenticator: Authenticator) -> httpx2.Response:
    credential = authenticator.answer(await ask_who(browser))
    return await browser.post(f"{SESSION}/passkey", json={"credential": credential})


class App:
    """An authenticator app that shares a secret with us and looks at the clock of the test."""

    def __init__(self, world: World, secret: str) -> None:
        self._world = world
        self._secret = base64.b32decode(secret)

    def code(self, *, ahead: timedelta = timedelta(0)) -> str:
        return code_at(self._secret, step_of(self._world.clock.now() + ahead))


async def with_app(world: World, code: str = "M1") -> tuple[httpx2.AsyncClient, App, list[str]]:
    """Somebody signed in by password and app for the first time, and their recovery codes."""
    browser = await invited(world, code)
    assert (
        await browser.put("/visits/api/doorstep/password", json={"password": PASSWORD})
    ).status_code == 204
    app = App(world, (await browser.post("/visits/api/doorstep/authenticator")).json()["secret"])
    entered = await browser.post("/visits/api/doorstep/code", json={"code": app.code()})
    assert entered.status_code == 201, entered.text
    return browser, app, entered.json()["recovery_codes"]


async def by_password(browser: httpx2.AsyncClient, code: str = "M1") -> httpx2.Response:
    return await browser.post(SESSION, json={"login": code, "password": PASSWORD})


async def by_code(browser: httpx2.AsyncClient, code: str) -> httpx2.Response:
    return await browser.post("/visits/api/doorstep/code", json={"code": code})


async def from_address(world: World, address: str) -> httpx2.AsyncClient:
    """A browser elsewhere."""
    transport = httpx2.ASGITransport(app=world.service.app, client=(address, 1))
    return await world.clients.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=ORIGIN))


async def status(browser: httpx2.AsyncClient) -> int:
    """Whether somebody is signed in there: 200 or 401."""
    return (await browser.get(SESSION)).status_code


def later(world: World, **time: float) -> None:
    world.clock.move_to(world.clock.now() + timedelta(**time))
