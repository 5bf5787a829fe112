"""Passkeys: made on the doorstep, used as the way in, refused whenever something about them is not ours."""

import asyncio

import pytest

from tests.support.authenticator import Authenticator
from tests.visits.ways_in import (
    SESSION,
    ask_who,
    by_passkey,
    enrol_passkey,
    invited,
    later,
    status,
    with_app,
    with_passkey,
)
from tests.visits.world import World, person_id

PASSKEYS = "/visits/api/account/passkeys"


async def test_a_passkey_made_by_invitation_signs_in_by_itself(world: World) -> None:
    """ASVS 6.3.3: a passkey with user verification is both factors; nobody has to say who they are."""
    first, authenticator = await with_passkey(world)
    elsewhere = await world.anonymous()

    answer = await by_passkey(elsewhere, authenticator)

    assert answer.status_code == 201, answer.text
    assert answer.json()["person_id"] == str(person_id("M1"))
    assert [await status(first), await status(elsewhere)] == [200, 200]


async def test_a_sign_in_makes_a_new_session_and_ends_the_browsers_old_one(world: World) -> None:
    """ASVS 7.2.3, 7.2.4: a new random token each time, and the one before it is dead."""
    browser, authenticator = await with_passkey(world)
    old = browser.cookies["fv_session"]

    await by_passkey(browser, authenticator)

    assert len(browser.cookies["fv_session"]) == len(old) == 43
    assert await status(browser) == 200
    assert await status(await world.anonymous(fv_session=old)) == 401


@pytest.mark.parametrize("wrong", ["origin", "unverified", "key", "counter", "challenge", "credential"])
async def test_an_answer_that_is_not_quite_right_is_refused(world: World, wrong: str) -> None:
    """Another site, no finger, another key, a counter that went back, an old question, an unknown key."""
    _, authenticator = await with_passkey(world)
    browser = await world.anonymous()
    await by_passkey(browser, authenticator)
    options = await ask_who(browser)
    stranger = Authenticator(user_handle=authenticator.user_handle, counter=authenticator.counter)
    match wrong:
        case "origin":
            authenticator.origin = "https://bam-co-so.example"
        case "unverified":
            authenticator.verifies = False
        case "key":
            authenticator.key = stranger.key
        case "counter":
            authenticator.counter = 0
        case "challenge":
            options["challenge"] = "A" * 86
        case "credential":
            authenticator = stranger

    credential = authenticator.answer(options)
    answer = await (await world.anonymous()).post(f"{SESSION}/passkey", json={"credential": credential})

    assert answer.status_code == 401
    assert answer.json()["detail"] == "Không đăng nhập được bằng cách này."


async def test_a_question_is_answered_once_and_soon(world: World) -> None:
    """A recorded answer opens nothing again, however quickly it is sent; nor does one after five minutes."""
    _, authenticator = await with_passkey(world)
    browser = await world.anonymous()
    credential = authenticator.answer(await ask_who(browser))
    clients = [await world.anonymous() for _ in range(4)]

    answers = await asyncio.gather(
        *(each.post(f"{SESSION}/passkey", json={"credential": credential}) for each in clients)
    )
    late = authenticator.answer(await ask_who(browser))
    later(world, minutes=6)

    assert [answer.status_code for answer in answers].count(201) == 1
    assert (await browser.post(f"{SESSION}/passkey", json={"credential": late})).status_code == 401


@pytest.mark.parametrize(
    "credential", [{}, {"id": 7}, {"id": "x", "response": {"clientDataJSON": "e30"}}, {"response": []}]
)
async def test_garbage_is_refused_without_a_trace(world: World, credential: dict[str, object]) -> None:
    """At the door and when a passkey is made; never a 500."""
    door = await world.anonymous()
    person, _ = await with_passkey(world)

    refused = await door.post(f"{SESSION}/passkey", json={"credential": credential})
    not_made = await person.post(PASSKEYS, json={"name": "x", "credential": credential})

    assert (refused.status_code, not_made.status_code) == (401, 422)


async def test_several_passkeys_have_names_and_the_last_one_stays(world: World) -> None:
    """A phone and a desk; what is removed opens nothing, and nobody locks themselves out."""
    browser, phone = await with_passkey(world)
    desk = Authenticator()
    added = await enrol_passkey(browser, desk, at=PASSKEYS)
    assert added.status_code == 201, added.text
    first, second = (await browser.get("/visits/api/account")).json()["passkeys"]

    removed = await browser.delete(f"{PASSKEYS}/{first['passkey_id']}")
    last = await browser.delete(f"{PASSKEYS}/{second['passkey_id']}")

    assert second["name"] == "Điện thoại"
    assert (removed.status_code, last.status_code) == (204, 409)
    assert (await by_passkey(await world.anonymous(), phone)).status_code == 401
    assert (await by_passkey(await world.anonymous(), desk)).status_code == 201


async def test_the_same_passkey_is_not_registered_twice(world: World) -> None:
    """Not for the same person, nor for somebody else."""
    browser, authenticator = await with_passkey(world)
    other = await invited(world, "M2")

    assert (await enrol_passkey(browser, authenticator, at=PASSKEYS)).status_code == 409
    assert (await enrol_passkey(other, authenticator)).status_code == 409


async def test_factors_are_changed_only_by_who_has_just_proved_themselves(world: World) -> None:
    """ASVS 7.5.1: after five minutes each change answers 401 `reauthenticate`; a touch of the passkey is enough."""
    browser, authenticator = await with_passkey(world)
    changes = [
        ("POST", f"{PASSKEYS}/options"),
        ("POST", PASSKEYS),
        ("DELETE", f"{PASSKEYS}/{person_id('M1')}"),
        ("PUT", "/visits/api/account/password"),
        ("POST", "/visits/api/account/authenticator"),
        ("POST", "/visits/api/account/authenticator/confirm"),
        ("DELETE", "/visits/api/account/authenticator"),
        ("DELETE", f"/visits/api/devices/{person_id('M1')}"),
    ]
    later(world, minutes=6)
    await asyncio.sleep(2.1)  # what a process remembers of a session

    stale = [await browser.request(method, path, json={}) for method, path in changes]
    await by_passkey(browser, authenticator)
    fresh = await browser.post(f"{PASSKEYS}/options")

    assert {(answer.status_code, answer.json()["type"]) for answer in stale} == {
        (401, "/problems/reauthenticate")
    }
    assert fresh.status_code == 200


async def test_the_office_gives_rights_and_ways_in_only_freshly(world: World) -> None:
    """ASVS 7.5.1: posts, invitations and closing an account too."""
    clerk = await world.client("K1")
    later(world, minutes=6)

    answers = [
        await clerk.put("/visits/api/people/M1", json={}),
        await clerk.post("/visits/api/people/M1/invitations"),
        await clerk.delete("/visits/api/people/M1/account"),
    ]

    assert {answer.json()["type"] for answer in answers} == {"/problems/reauthenticate"}


async def test_a_password_does_not_get_past_a_passkey(world: World) -> None:
    """ASVS 6.3.4: who has a passkey and no app proves the second factor by that passkey, and makes no other."""
    browser, authenticator = await with_passkey(world)
    await browser.put("/visits/api/account/password", json={"password": "con đò nhỏ"})
    thief = await world.anonymous()

    door = await thief.post(SESSION, json={"login": "M1", "password": "con đò nhỏ"})
    tries = [
        await thief.post("/visits/api/doorstep/passkey/options"),
        await thief.post("/visits/api/doorstep/authenticator"),
        await thief.put("/visits/api/doorstep/password", json={"password": "mật khẩu khác"}),
        await thief.post("/visits/api/doorstep/code", json={"code": "000000"}),
    ]

    assert (door.status_code, door.json()["step"]) == (202, "passkey")
    assert [answer.status_code for answer in tries] == [409, 409, 409, 401]
    assert (await by_passkey(thief, authenticator)).status_code == 201


async def test_the_app_may_go_when_a_passkey_is_there(world: World) -> None:
    """And not before."""
    browser, _, _ = await with_app(world)
    alone = await browser.delete("/visits/api/account/authenticator")
    await enrol_passkey(browser, Authenticator(), at=PASSKEYS)

    gone = await browser.delete("/visits/api/account/authenticator")

    assert (alone.status_code, gone.status_code) == (409, 204)
    assert (await browser.get("/visits/api/account")).json()["authenticator"] is False
