"""Devices: where one is signed in, signed out from elsewhere, and what a phone may do on its own."""

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from services.visits.domain.device_names import UNKNOWN, device_name
from shared.access import rule_of
from shared.ids import uuid7
from tests.visits.ways_in import by_passkey, status, with_passkey
from tests.visits.world import World, trip, unit_id

DEVICES = "/visits/api/devices"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (ANDROID, "Chrome · Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_device_is_called_by_its_families(agent: str, name: str) -> None:
    """No version, no model: enough to know one's own phone by."""
    assert device_name(agent) == name


async def test_devices_are_listed_and_signed_out_from_elsewhere(world: World) -> None:
    """ASVS 7.5.2: the stolen phone is out with its next request, and what it could send on its own as well."""
    phone, authenticator = await with_passkey(world)
    desk = await world.anonymous()
    desk.headers["user-agent"] = ANDROID
    await by_passkey(desk, authenticator)
    await phone.post(f"{DEVICES}/token", json={"carrier": "cookie"})
    listed = (await desk.get(DEVICES)).json()["devices"]
    here = next(each for each in listed if each["current"])
    there = next(each for each in listed if not each["current"])

    answer = await desk.delete(f"{DEVICES}/{there['device_id']}")

    assert here["name"] == "Chrome · Android"
    assert (here["first_seen"], here["last_seen"]) == ("2026-11-22", "2026-11-22")
    assert (there["signed_in"], there["sends"]) == (True, True)
    assert answer.status_code == 204
    assert (await status(phone), await status(desk)) == (401, 200)
    assert (await phone.get("/visits/api/duties")).status_code == 401
    assert [each["device_id"] for each in (await desk.get(DEVICES)).json()["devices"]] == [here["device_id"]]


async def test_a_browser_that_was_here_before_is_the_same_device(world: World) -> None:
    """Signing out and in again does not fill the list; another person's browser is another device."""
    browser, authenticator = await with_passkey(world)
    await browser.delete("/visits/api/session")
    await by_passkey(browser, authenticator)

    listed = (await browser.get(DEVICES)).json()["devices"]

    assert [each["current"] for each in listed] == [True]


async def test_nobody_signs_out_the_devices_of_others(world: World) -> None:
    """A device of somebody else is not there."""
    mine, _ = await with_passkey(world, "M1")
    other, _ = await with_passkey(world, "M2")
    [device] = (await mine.get(DEVICES)).json()["devices"]

    assert (await other.delete(f"{DEVICES}/{device['device_id']}")).status_code == 404
    assert await status(mine) == 200


async def phone_alone(world: World, code: str = "M1") -> httpx2.AsyncClient:
    """A phone whose person's session is over."""
    browser, _ = await with_passkey(world, code)
    token = (await browser.post(f"{DEVICES}/token", json={"carrier": "bearer"})).json()["token"]
    alone = await world.anonymous()
    alone.headers["authorization"] = f"Bearer {token}"
    return alone


async def test_a_phone_sends_its_queue_on_its_own(world: World) -> None:
    """A visit, its correction, its report; its duties, cadence, units and own visits."""
    phone = await phone_alone(world)
    path = f"/visits/api/visits/{uuid7()}"

    answers = [
        await phone.put(path, json=trip()),
        await phone.put(f"{path}/versions/2", json=trip(notes="Sửa lại.")),
        await phone.put(f"{path}/report", json={"claimed_at": "2026-11-21T08:00:00+07:00", "summary": "x"}),
        await phone.get("/visits/api/duties"),
        await phone.get("/visits/api/cadence?year=2026"),
        await phone.get("/visits/api/units"),
        await phone.get("/visits/api/visits"),
        await phone.get(path),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 200, 200, 200, 200, 200]


async def test_the_doors_a_phone_may_open_are_these(world: World) -> None:
    """The list of routes whose rule admits a phone is written here; a new one fails this test."""
    found = {
        f"{method} {context.path}"
        for context in iter_route_contexts(world.service.app.routes)
        if isinstance(context.original_route, APIRoute)
        and (rule := rule_of(context.dependant)) is not None
        and rule.device
        for method in context.methods or ()
    }

    assert found == {
        "PUT /visits/api/visits/{visit_id}",
        "GET /visits/api/visits/{visit_id}",
        "PUT /visits/api/visits/{visit_id}/versions/{version}",
        "PUT /visits/api/visits/{visit_id}/versions/{version}/decision",
        "PUT /visits/api/visits/{visit_id}/report",
        "GET /visits/api/visits",
        "GET /visits/api/duties",
        "GET /visits/api/cadence",
        "GET /visits/api/served",
        "PUT /visits/api/visits/{visit_id}/approval",
        "PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}",
        "PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}/signature",
        "PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}/rejection",
        "GET /visits/api/phone",
        "GET /visits/api/issues/{issue_id}",
        "GET /visits/api/me/record",
        "PUT /visits/api/me/objections/{objection_id}",
        "PUT /visits/api/plans/{plan_id}",
        "GET /visits/api/plans",
        "PUT /visits/api/visits/{visit_id}/issues/{issue_id}/photos/{photo_id}",
        "GET /visits/api/visits/{visit_id}/issues/{issue_id}/photos/{photo_id}",
        "POST /visits/api/devices/key",
        "PUT /visits/api/devices/heartbeat",
        "PUT /visits/api/unheld/{unheld_id}",
        "GET /visits/api/unheld",
        "GET /visits/api/units",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/visits/api/session"),
        ("GET", "/visits/api/me"),
        ("GET", "/visits/api/people"),
        ("GET", "/visits/api/account"),
        ("GET", DEVICES),
        ("POST", f"{DEVICES}/token"),
        ("PUT", "/visits/api/people/M2"),
        ("POST", "/visits/api/people/M2/invitations"),
    ],
)
async def test_a_phone_does_nothing_else(world: World, method: str, path: str) -> None:
    """ASVS 8.2.1: whatever its person may do, and the answer is to sign in."""
    phone = await phone_alone(world, "B1")

    answer = await phone.request(method, path, json={} if method != "GET" else None)

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-required")


async def test_a_phone_shows_only_what_is_its_persons_own(world: World) -> None:
    """The permanent board reads all visits of the committee; its phone, alone, only those it made."""
    member, board = await world.client("M1"), await world.client("B1")
    visit = f"/visits/api/visits/{uuid7()}"
    assert (await member.put(visit, json=trip())).status_code == 201
    phone = await phone_alone(world, "B1")

    assert (await board.get(visit)).status_code == 200
    assert (await phone.get(visit)).status_code == 404
    assert (await phone.get("/visits/api/visits")).json()["visits"] == []


async def test_a_phones_token_is_in_a_cookie_no_script_reads(world: World) -> None:
    """ASVS 3.3.4: for our own page the token is in no body; signing out ends it."""
    browser, _ = await with_passkey(world)

    answer = await browser.post(f"{DEVICES}/token", json={"carrier": "cookie"})
    token = browser.cookies["fv_device"]
    alone = await world.anonymous(fv_device=token)
    sent = await alone.put(
        f"/visits/api/visits/{uuid7()}", json=trip(unit_code=None, unit_id=str(unit_id("C001")))
    )
    await browser.delete("/visits/api/session")

    assert answer.json()["token"] is None
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert sent.status_code == 201
    assert (await alone.get("/visits/api/duties")).status_code == 401
    viewer = (await alone.get("/visits/api/viewer")).json()
    assert viewer["person"] is None
