"""The door: one-time links, passwords, sessions that end, and patience instead of lock-out."""

from datetime import timedelta

import httpx2

from services.visits import handlers
from shared.contracts.visits import SessionChanged
from tests.visits.world import World, person_id

SESSION = "/visits/api/session"
PASSWORD = "con đò nhỏ"


async def link(world: World, code: str = "M1", valid_for: timedelta = timedelta(minutes=10)) -> str:
    async with world.database.begin() as tx:
        token = await handlers.issue_sign_in_link(person_id(code), valid_for, tx)
    return f"/visits/sign-in/{token}"


async def with_password(world: World, code: str = "M1") -> httpx2.AsyncClient:
    client = await world.client(code)
    assert (await client.put("/visits/api/account/password", json={"password": PASSWORD})).status_code == 204
    return client


async def test_a_link_opens_one_session_and_is_used_up(world: World) -> None:
    """It sets the cookie and goes home; the second click gets a page that says what to do."""
    path = await link(world)
    browser = await world.anonymous()

    opened = await browser.get(path)
    who = await browser.get(SESSION)
    second = await (await world.anonymous()).get(path)

    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    session = next(each for each in opened.headers.get_list("set-cookie") if each.startswith("fv_session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert who.json()["person_id"] == str(person_id("M1"))
    assert (second.status_code, second.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "hết hạn" in second.text


async def test_a_link_has_its_time(world: World) -> None:
    """Afterwards, and for a made-up token, the answer is the same."""
    path = await link(world)
    world.clock.move_to(world.clock.now() + timedelta(minutes=11))

    late = await (await world.anonymous()).get(path)
    made_up = await (await world.anonymous()).get("/visits/sign-in/" + "x" * 43)

    assert (late.status_code, made_up.status_code) == (401, 401)
    assert late.text == made_up.text


async def test_a_password_signs_in_however_it_is_typed(world: World) -> None:
    """Composed or decomposed letters; by code or by committee and code. The token is never stored."""
    await with_password(world)
    browser = await world.anonymous()

    answers = [
        await browser.post(SESSION, json={"login": "M1", "password": PASSWORD}),
        await browser.post(SESSION, json={"person_code": "TS/M1", "password": "con đo\u0300 nho\u0309"}),
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    token = answers[1].cookies["fv_door"]
    dumped = await world.rows("SELECT payload FROM outbox")
    assert not any(token in row.payload for row in dumped)
    assert (await world.rows("SELECT password_hash FROM account"))[0].password_hash.startswith("$argon2id$")


async def test_unknown_and_wrong_answer_alike_and_then_more_slowly(world: World) -> None:
    """No account can be guessed at speed, and a colleague at another address still gets in."""
    await with_password(world)
    browser = await world.anonymous()

    unknown = await browser.post(SESSION, json={"login": "Z9", "password": "sai mật khẩu"})
    wrong = [await browser.post(SESSION, json={"login": "M1", "password": "sai mật khẩu"}) for _ in range(8)]
    right_but_early = await browser.post(SESSION, json={"login": "M1", "password": PASSWORD})

    assert unknown.status_code == wrong[0].status_code == 401
    assert unknown.json()["detail"] == wrong[0].json()["detail"]
    assert [answer.status_code for answer in wrong].count(401) <= 6
    assert right_but_early.status_code == 429
    assert int(right_but_early.headers["retry-after"]) >= 1
    elsewhere = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=world.service.app, client=("10.0.0.9", 1)),
        base_url="http://127.0.0.1:8080",
    )
    async with elsewhere:
        assert (await elsewhere.post(SESSION, json={"login": "M1", "password": PASSWORD})).status_code == 202
    world.clock.move_to(world.clock.now() + timedelta(minutes=2))
    assert (await browser.post(SESSION, json={"login": "M1", "password": PASSWORD})).status_code == 202


async def test_a_forwarded_address_changes_nothing(world: World) -> None:
    """Who claims another address is slowed down all the same."""
    browser = await world.anonymous()

    answers = [
        await browser.post(
            SESSION,
            json={"login": "M1", "password": "sai mật khẩu"},
            headers={"x-forwarded-for": f"10.0.0.{n}"},
        )
        for n in range(8)
    ]

    assert answers[-1].status_code == 429


async def test_signing_out_ends_the_session_everywhere(world: World) -> None:
    """At once here; the others learn it from an event of a higher version."""
    browser = await world.anonymous()
    await browser.get(await link(world))
    token = browser.cookies["fv_session"]

    out = await browser.delete(SESSION)
    replayed = await (await world.anonymous(fv_session=token)).get(SESSION)

    assert (out.status_code, replayed.status_code) == (204, 401)
    opened, closed = [
        SessionChanged.model_validate_json(each)
        for each in (await world.events("visits.session.session_changed.v1"))[-2:]
    ]
    assert (opened.version, opened.closed_at) == (1, None)
    assert closed.version == 2
    assert closed.closed_at is not None


async def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    """The one that sets it stays."""
    elsewhere = await world.client("M1")
    assert (await elsewhere.get(SESSION)).status_code == 200

    here = await with_password(world)

    assert (await here.get(SESSION)).status_code == 200
    assert (await elsewhere.get(SESSION)).status_code == 401


async def test_a_session_sleeps_after_a_week_and_ends_after_thirty_days(world: World) -> None:
    """Being seen keeps it awake, but not for ever."""
    seen, unseen = await world.client("M1"), await world.client("M2")

    for _ in range(4):
        world.clock.move_to(world.clock.now() + timedelta(days=6))
        assert (await seen.get(SESSION)).status_code == 200
    assert (await unseen.get(SESSION)).status_code == 401
    world.clock.move_to(world.clock.now() + timedelta(days=6, minutes=1))
    assert (await seen.get(SESSION)).status_code == 401


async def test_weak_passwords_are_refused(world: World) -> None:
    """Short, common, endless: each with its rule."""
    client = await world.client("M1")

    rules = {
        password: (await client.put("/visits/api/account/password", json={"password": password})).json()[
            "errors"
        ][0]["rule"]
        for password in ("ngắn", "matkhau123", "x1" * 600)
    }

    assert rules == {"ngắn": "too-short", "matkhau123": "too-common", "x1" * 600: "too-long"}
