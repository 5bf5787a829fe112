"""A way in that was closed is closed everywhere: the next request to any service, within five seconds, hears 401."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from tests.attacks.hostile_ward import CLERK, HostileWard
from tests.support.wait import eventually
from tests.support.ward import links_for, person_id

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("attacks")]

DOORS = ("/visits/api/visits", "/feedback/api/duties", "/notify/api/inbox")
PROMISED = 5.0
"""Seconds."""


@pytest.mark.parametrize("way", ["signed out", "signed out from elsewhere", "closed by the office"])
async def test_a_closed_session_is_dead_in_all_services_within_five_seconds(
    ward: HostileWard, way: str
) -> None:
    """ASVS 7.4.1, 7.4.2, 7.4.5: by the person, by their other device, or by the office for all of their devices."""
    who = f"hostile-{ {'signed out': 20, 'signed out from elsewhere': 21, 'closed by the office': 22}[way] }"
    async with _signed_in(ward, who) as phone, _signed_in(ward, who) as desk:
        await eventually(lambda: _all_answer(phone, 200), every=0.1)
        began = time.monotonic()
        await _CLOSE[way](ward, phone, desk)
        await eventually(lambda: _all_answer(phone, 401), PROMISED, every=0.05)
        took = time.monotonic() - began
        still = (await desk.get("/visits/api/session")).status_code

    assert took < PROMISED
    assert still == (401 if way == "closed by the office" else 200)


async def _sign_out(_ward: HostileWard, phone: httpx2.AsyncClient, _desk: httpx2.AsyncClient) -> None:
    assert (await phone.delete("/visits/api/session")).status_code == 204


async def _sign_out_there(_ward: HostileWard, _phone: httpx2.AsyncClient, desk: httpx2.AsyncClient) -> None:
    devices = (await desk.get("/visits/api/devices")).json()["devices"]
    for there in devices:
        if not there["current"]:
            assert (await desk.delete(f"/visits/api/devices/{there['device_id']}")).status_code == 204


async def _close_account(ward: HostileWard, _phone: httpx2.AsyncClient, _desk: httpx2.AsyncClient) -> None:
    """By a clerk who has just proved who they are."""
    async with _signed_in(ward, CLERK) as office:
        answer = await office.delete(f"/visits/api/people/{person_id('hostile-22')}/account")
        assert answer.status_code == 204, answer.text


_CLOSE: dict[str, Callable[[HostileWard, httpx2.AsyncClient, httpx2.AsyncClient], Awaitable[None]]] = {
    "signed out": _sign_out,
    "signed out from elsewhere": _sign_out_there,
    "closed by the office": _close_account,
}


@asynccontextmanager
async def _signed_in(ward: HostileWard, code: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Another device of this person's."""
    (link,) = await links_for(ward.system.installation, [code])
    async with httpx2.AsyncClient(base_url=ward.system.url, timeout=45, verify=False) as browser:
        assert (await browser.get(link)).status_code == 303
        yield browser


async def _all_answer(browser: httpx2.AsyncClient, status: int) -> bool:
    return {(await browser.get(door)).status_code for door in DOORS} == {status}
