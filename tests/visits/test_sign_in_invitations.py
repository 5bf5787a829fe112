"""Invitations and closed accounts: the office lets people in and out, of its own committee only."""

import asyncio

from services.visits.handlers import open_session
from tests.support.authenticator import Authenticator
from tests.visits.ways_in import (
    SESSION,
    accept,
    by_passkey,
    enrol_passkey,
    invitation,
    invited,
    later,
    status,
    with_app,
    with_passkey,
)
from tests.visits.world import LIFETIME, World, person_id


async def test_a_link_changes_nothing_until_its_button_is_pressed(world: World) -> None:
    """Opening it, however often, by people or by scanners, leaves it as it was: the token never leaves the browser."""
    token = await invitation(world)
    browser = await world.anonymous()

    page = await browser.get("/visits/")
    as_address = await browser.get(f"/visits/api/invitations/accept?token={token}")

    assert (page.status_code, as_address.status_code) == (200, 405)
    assert (await accept(browser, token)).status_code == 202


async def test_an_invitation_works_once_for_72_hours(world: World) -> None:
    """ASVS 6.4.1: then, and when it is used up, revoked or replaced, the answer is the same."""
    used, late = await invitation(world, "M1"), await invitation(world, "M2")
    await accept(await world.anonymous(), used)
    replaced = await invitation(world, "B1")
    revoked = await invitation(world, "B1")
    clerk = await world.client("K1")
    for each in (await clerk.get("/visits/api/invitations")).json()["invitations"]:
        if each["code"] == "B1":
            assert (await clerk.delete(f"/visits/api/invitations/{each['invitation_id']}")).status_code == 204
    later(world, hours=72)

    answers = []
    for token in (used, late, replaced, revoked, "x" * 43):
        answers.append(await accept(await world.anonymous(), token))
        later(world, minutes=20)

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_two_who_accept_at_once_are_one(world: World) -> None:
    """The same link in two hands lets one of them in."""
    token = await invitation(world)

    answers = await asyncio.gather(*[accept(await world.anonymous(), token) for _ in range(4)])

    assert [answer.status_code for answer in answers].count(202) == 1


async def test_only_a_digest_of_the_link_is_kept(world: World) -> None:
    """Who reads the database cannot accept anything."""
    token = await invitation(world)

    [row] = await world.rows("SELECT token_sha256 FROM invitation")
    dumped = await world.rows("SELECT payload FROM outbox")

    assert row.token_sha256 != token
    assert not any(token in row.payload for row in dumped)


async def test_invitations_are_the_offices_and_of_its_own_committee(world: World) -> None:
    """Nobody else may invite; a person of the neighbours is not there, nor is their invitation."""
    await invitation(world, "M1")
    clerk, neighbour, member = [await world.client(code) for code in ("K1", "X1", "M1")]
    [listed] = (await clerk.get("/visits/api/invitations")).json()["invitations"]

    answers = [
        await clerk.post("/visits/api/people/X1/invitations"),
        await neighbour.post(f"/visits/api/people/{person_id('M1')}/invitations"),
        await neighbour.delete(f"/visits/api/invitations/{listed['invitation_id']}"),
        await member.post("/visits/api/people/M1/invitations"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 403]
    assert (await neighbour.get("/visits/api/invitations")).json() == {"invitations": []}
    assert listed["code"] == "M1"


async def test_the_invitation_is_shown_as_a_picture_too(world: World) -> None:
    """An SVG that a page may show without asking anybody."""
    answer = await (await world.client("K1")).post("/visits/api/people/M1/invitations")

    assert answer.json()["qr"].startswith("data:image/svg+xml")
    assert answer.json()["link"].startswith("http://127.0.0.1:8080/visits/#invitation=")


async def test_whoever_lost_everything_is_invited_again(world: World) -> None:
    """A new phone is added; the old passkey still works until its person removes it."""
    _, lost = await with_passkey(world)
    new = Authenticator()

    assert (await enrol_passkey(await invited(world), new)).status_code == 201

    assert (await by_passkey(await world.anonymous(), new)).status_code == 201
    assert (await by_passkey(await world.anonymous(), lost)).status_code == 201


async def test_a_closed_account_has_no_way_in_and_nobody_in(world: World) -> None:
    """ASVS 7.4.2, 7.4.5: sessions, phone, passkeys, codes and open invitations end with the next request."""
    browser, authenticator = await with_passkey(world)
    phone = (await browser.post("/visits/api/devices/token", json={"carrier": "bearer"})).json()["token"]
    open_one = await invitation(world)
    door = await invited(world)
    clerk = await world.client("K1")

    closed = await clerk.delete("/visits/api/people/M1/account")

    assert closed.status_code == 204
    assert await status(browser) == 401
    bearer = {"authorization": f"Bearer {phone}"}
    assert (await (await world.anonymous()).get("/visits/api/duties", headers=bearer)).status_code == 401
    assert (await by_passkey(await world.anonymous(), authenticator)).status_code == 401
    assert (await accept(await world.anonymous(), open_one)).status_code == 401
    assert (await door.post("/visits/api/doorstep/passkey/options")).status_code == 401


async def test_a_closed_account_begins_anew_with_an_invitation(world: World) -> None:
    """The office changed its mind; the old password stays dead."""
    await with_app(world)
    await (await world.client("K1")).delete("/visits/api/people/M1/account")
    old = await (await world.anonymous()).post(SESSION, json={"login": "M1", "password": "con đò nhỏ"})

    entered = await enrol_passkey(await invited(world), Authenticator())

    assert (old.status_code, entered.status_code) == (401, 201)


async def test_a_person_without_a_post_is_signed_out_for_good(world: World) -> None:
    """ASVS 7.4.2: a post that comes back does not bring the old session back."""
    member, clerk = await world.client("M2"), await world.client("K1")
    me = (await member.get("/visits/api/me")).json()
    put = {"code": "M2", "full_name": me["full_name"], "posts": []}
    path = f"/visits/api/people/{person_id('M2')}"
    assert await status(member) == 200

    assert (await clerk.put(path, json=put)).status_code == 200
    assert await status(member) == 401

    post = {"role": "committee_member", "body": "executive_committee", "title": "Ủy viên", "unit_code": "TS"}
    answer = await clerk.put(path, json=put | {"posts": [post]})
    assert answer.status_code == 200, answer.text
    assert await status(member) == 401
    async with world.database.begin() as tx:
        opened = await open_session(person_id("M2"), LIFETIME, tx)
    assert await status(await world.anonymous(fv_session=opened.token)) == 200
