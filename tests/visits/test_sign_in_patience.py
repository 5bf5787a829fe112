"""Patience: who guesses is slowed down, whoever they are; who belongs here gets in meanwhile."""

import statistics
import time
from itertools import count

import pytest

from services.visits.settings import VisitsSettings
from shared.ids import uuid7
from tests.support.authenticator import Authenticator
from tests.visits.ways_in import (
    SESSION,
    accept,
    by_code,
    by_passkey,
    by_password,
    from_address,
    later,
    with_app,
    with_passkey,
)
from tests.visits.world import World

TRIES, MINUTE = 1_000, 60.0
WRONG = {"login": "M1", "password": "không phải mật khẩu này"}


@pytest.mark.parametrize("door", ["password", "code", "passkey", "invitation"])
async def test_a_thousand_tries_in_a_minute_are_judged_ten_times_at_most(world: World, door: str) -> None:
    """ASVS 6.3.1: at every door, for one account from one address; the rest hears 429 with Retry-After."""
    await with_app(world)
    thief = await from_address(world, "10.0.0.66")
    if door == "code":
        await by_password(thief)
    credential = Authenticator(user_handle="AA").answer({"challenge": "AA", "rpId": "localhost"})
    judged = 0

    for _ in range(TRIES):
        match door:
            case "password":
                answer = await thief.post(SESSION, json=WRONG)
            case "code":
                answer = await by_code(thief, "000000")
            case "passkey":
                answer = await thief.post(f"{SESSION}/passkey", json={"credential": credential})
            case _:
                answer = await accept(thief, "x" * 43)
        judged += answer.status_code != 429
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
        later(world, seconds=MINUTE / TRIES)

    assert 4 <= judged <= 10


async def test_the_person_gets_in_from_their_own_device_meanwhile(world: World) -> None:
    """ASVS 6.3.1: an attacker at the same address, behind the same router, keeps nobody out."""
    phone, app, _ = await with_app(world)
    await phone.delete(SESSION)
    thief = await world.anonymous()
    later(world, minutes=1)
    for _ in range(12):
        await thief.post(SESSION, json=WRONG)
    assert (await by_password(thief)).status_code == 429

    assert (await by_password(phone)).status_code == 202
    assert (await by_code(phone, app.code())).status_code == 201


async def test_codes_are_counted_for_the_person_and_not_for_the_address(world: World) -> None:
    """Who has stolen a password and has many addresses guesses no faster; the person's own device is apart."""
    phone, app, _ = await with_app(world)
    await phone.delete(SESSION)
    later(world, minutes=1)
    addresses = count(1)
    judged = 0
    for _ in range(40):
        thief = await from_address(world, f"10.1.0.{next(addresses)}")
        await by_password(thief)
        judged += (await by_code(thief, "000000")).status_code != 429

    await by_password(phone)

    assert judged <= 10
    assert (await by_code(phone, app.code())).status_code == 201


async def test_a_passkey_is_no_slower_for_a_flood_of_others(world: World) -> None:
    """Tries with other keys from the same address are not this person's."""
    _, authenticator = await with_passkey(world)
    thief = await world.anonymous()
    for _ in range(12):
        wrong = Authenticator(user_handle="AA").answer({"challenge": "AA", "rpId": "localhost"})
        await thief.post(f"{SESSION}/passkey", json={"credential": wrong})

    assert (await by_passkey(await world.anonymous(), authenticator)).status_code == 201


async def test_a_day_of_guessing_is_as_slow_as_a_minute(world: World) -> None:
    """The pause grows to a minute and stays there; nothing overflows however long it lasts."""
    thief = await world.anonymous()
    async with world.database.begin() as tx:
        await thief.post(SESSION, json=WRONG)
        await tx.execute("UPDATE sign_in_try SET tries = 100000")

    assert (await thief.post(SESSION, json=WRONG)).status_code == 401
    refused = await thief.post(SESSION, json=WRONG)
    assert (refused.status_code, int(refused.headers["retry-after"]) <= 61) == (429, True)


async def test_unknown_and_known_people_take_the_same_time(world: World) -> None:
    """ASVS 6.3.8: over 200 tries the medians lie within 20 ms, and the answers are one."""
    await with_app(world)
    taken: dict[str, list[float]] = {"M1": [], "Z9": []}
    answers = set()
    for number in range(100):
        for login, times in taken.items():
            browser = await from_address(world, f"10.2.{number}.{len(times) % 250}")
            began = time.perf_counter()
            answer = await browser.post(SESSION, json={"login": login, "password": str(uuid7())})
            times.append(time.perf_counter() - began)
            answers.add((answer.status_code, answer.json()["detail"]))

    known, unknown = (statistics.median(times) for times in taken.values())

    assert len(answers) == 1
    assert abs(known - unknown) < 0.020


async def test_a_fresh_installation_has_no_account(world: World) -> None:
    """ASVS 6.3.2: nobody has a password, a key or an invitation before the office gave one."""
    tables = ("account", "passkey", "authenticator", "recovery_code", "invitation", "sign_in_link", "device")

    assert [await world.count(table) for table in tables] == [0] * len(tables)


def test_links_without_a_second_factor_are_off_unless_asked_for() -> None:
    """ASVS 6.3.4: only the demo of one's own machine has them."""
    assert VisitsSettings.model_fields["direct_links"].default is False
