"""Password and authenticator app: the second choice, never one without the other."""

from datetime import UTC, datetime, timedelta

import pytest

from services.visits.domain.second_factor import code_at, matching_step, step_of
from tests.visits.ways_in import (
    PASSWORD,
    SESSION,
    App,
    by_code,
    by_password,
    invited,
    later,
    status,
    with_app,
)
from tests.visits.world import World


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    """RFC 6238, appendix B."""
    secret = b"12345678901234567890"
    assert code_at(secret, step_of(datetime.fromtimestamp(second, UTC)), digits=8) == code


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_half_a_minute(steps: int, good: bool) -> None:
    """One step before and after, not more."""
    secret, at = b"12345678901234567890", datetime(2026, 11, 22, 1, tzinfo=UTC)
    code = code_at(secret, step_of(at) + steps)

    assert (matching_step(secret, code, at=at, after=0) is not None) == good


async def test_a_password_alone_opens_nothing(world: World) -> None:
    """ASVS 6.3.3: whoever has typed the right password stands on the doorstep; every other route says 401."""
    await with_app(world)
    browser = await world.anonymous()

    door = await by_password(browser)

    assert (door.status_code, door.json()["step"]) == (202, "code")
    assert "fv_session" not in browser.cookies
    assert await status(browser) == 401
    assert (await browser.get("/visits/api/visits")).status_code == 401
    token = browser.cookies["fv_door"]
    assert await status(await world.anonymous(fv_session=token)) == 401


async def test_the_app_opens_the_door_once_with_each_code(world: World) -> None:
    """ASVS 6.5.1: a code is taken once, also within its half minute, and none before it afterwards."""
    _, app, _ = await with_app(world)
    later(world, minutes=2)
    browser, again, before = [await world.anonymous() for _ in range(3)]
    for each in (browser, again, before):
        await by_password(each)
    code, older = app.code(), app.code(ahead=timedelta(seconds=-30))

    entered = await by_code(browser, code)
    replayed = await by_code(again, code)
    older_one = await by_code(before, older)

    assert [entered.status_code, replayed.status_code, older_one.status_code] == [201, 401, 401]
    assert entered.json()["recovery_codes"] == []
    assert await status(browser) == 200


async def test_a_code_of_five_minutes_ago_is_no_code(world: World) -> None:
    """ASVS 6.5.5: codes live for a minute and a half at most."""
    _, app, _ = await with_app(world)
    browser = await world.anonymous()
    await by_password(browser)
    later(world, minutes=5)
    old = app.code(ahead=timedelta(minutes=-5))

    assert (await by_code(browser, old)).status_code == 401


async def test_the_doorstep_is_left_after_a_quarter_of_an_hour(world: World) -> None:
    """ASVS 6.4.1: a first proof waits for the second only so long, and is used up by it."""
    _, app, _ = await with_app(world)
    browser = await world.anonymous()
    await by_password(browser)
    door = browser.cookies["fv_door"]
    later(world, minutes=14)
    assert (await by_code(browser, app.code())).status_code == 201
    later(world, minutes=2)

    used = await world.anonymous(fv_door=door)
    assert (await by_code(used, app.code())).status_code == 401


async def test_a_recovery_code_works_once_however_it_is_typed(world: World) -> None:
    """ASVS 6.5.1: ten codes, shown once, kept as digests."""
    _, _, codes = await with_app(world)
    assert len(codes) == 10
    stored = {row.code_sha256 for row in await world.rows("SELECT code_sha256 FROM recovery_code")}
    assert not stored & set(codes)

    answers = []
    for typed in (codes[0].upper().replace("-", " "), codes[0]):
        browser = await world.anonymous()
        await by_password(browser)
        answers.append((await by_code(browser, typed)).status_code)

    assert answers == [201, 401]
    person, _, _ = await with_app(world, "M2")
    assert (await person.get("/visits/api/account")).json()["recovery_codes_left"] == 10


async def test_an_app_counts_when_its_first_code_was_right(world: World) -> None:
    """A wrong first code confirms nothing, and without a password there is nothing to confirm."""
    browser = await invited(world)
    too_early = await browser.post("/visits/api/doorstep/authenticator")
    await browser.put("/visits/api/doorstep/password", json={"password": PASSWORD})
    app = App(world, (await browser.post("/visits/api/doorstep/authenticator")).json()["secret"])

    wrong = await by_code(browser, "000000" if app.code() != "000000" else "000001")
    right = await by_code(browser, app.code())

    assert (too_early.status_code, wrong.status_code, right.status_code) == (409, 422, 201)


async def test_a_new_app_replaces_the_old_one_when_it_is_confirmed(world: World) -> None:
    """Until then the old one opens the door; afterwards it and the old recovery codes do not."""
    browser, old, codes = await with_app(world)
    new = App(world, (await browser.post("/visits/api/account/authenticator")).json()["secret"])
    later(world, minutes=1)
    door = await world.anonymous()
    await by_password(door)
    assert (await by_code(door, old.code())).status_code == 201

    confirm = await browser.post("/visits/api/account/authenticator/confirm", json={"code": new.code()})

    assert len(confirm.json()["recovery_codes"]) == 10
    later(world, minutes=1)
    for code in (old.code(), codes[0]):
        door = await world.anonymous()
        await by_password(door)
        assert (await by_code(door, code)).status_code == 401


@pytest.mark.parametrize(
    "password",
    ["tám chữ đủ"[:8], "x y" * 100, "Ấm áp bên bếp lửa", "😀😁😂🤣😃😄😅😆", "mật\u00a0khẩu\u200bdài"],
)
async def test_a_password_may_be_anything_long_enough_and_is_kept_whole(world: World, password: str) -> None:
    """ASVS 6.2.1, 6.2.8, 6.2.9: from 8 characters, far beyond 64, any letter, never cut or changed."""
    browser, _, _ = await with_app(world)
    answer = await browser.put("/visits/api/account/password", json={"password": password})
    assert answer.status_code == 204, answer.text

    tries = [password, password[:-1], password.swapcase() + "x"]
    answers = [
        await (await world.anonymous()).post(SESSION, json={"login": "M1", "password": each})
        for each in tries
    ]

    assert [answer.status_code for answer in answers] == [202, 401, 401]


async def test_composed_and_decomposed_letters_are_one_password(world: World) -> None:
    """ASVS 6.2.8: the one exception, decided: NFC and NFD of the same letters are the same password."""
    await with_app(world)

    answer = await (await world.anonymous()).post(
        SESSION, json={"login": "M1", "password": "con đo\u0300 nho\u0309"}
    )

    assert answer.status_code == 202


@pytest.mark.parametrize("password", ["matkhau123", "MatKhau123", "password1", "danguy123", "aaaaaaaaaaaa"])
async def test_what_everybody_guesses_first_is_refused(world: World, password: str) -> None:
    """ASVS 6.2.4, 6.2.12: common passwords, Vietnamese ones too, at the doorstep as in the account."""
    browser = await invited(world)

    answer = await browser.put("/visits/api/doorstep/password", json={"password": password})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["rule"] == "too-common"


async def test_a_stored_password_tells_the_parameters_it_was_hashed_with(world: World) -> None:
    """ASVS 11.4.2: argon2id with 19 MiB and two passes at least, a salt of its own each."""
    await with_app(world, "M1")
    await with_app(world, "M2")

    hashes = [row.password_hash for row in await world.rows("SELECT password_hash FROM account")]

    assert all(each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in hashes)
    assert len(set(hashes)) == 2
