"""notify over HTTP: one's own inbox, the ledger by role, "I am on it", channels; and the doors that stay shut."""

from uuid import uuid4

import pytest
from fastapi import FastAPI

from services.notify.settings import NotifySettings
from shared.access import unguarded_routes
from shared.contracts.visits import Role
from shared.settings import SettingsError, from_values, read_settings
from tests.notify.conftest import As, Cast
from tests.notify.push_service import Browser
from tests.notify.world import Duty, World, local, person
from tests.support.audited import Watch, changing_routes
from tests.support.edge import client_of


async def overdue(world: World, cast: Cast) -> Duty:
    """An overdue duty that owner and office have been told about."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.overdue())
    await world.pass_to(local("2026-11-24 08:00"))
    return duty


async def test_every_route_names_its_rule(app: FastAPI) -> None:
    """No route is open by forgetfulness."""
    assert unguarded_routes(app) == []


async def test_nobody_reads_without_a_session(app: FastAPI) -> None:
    """401 with a problem document."""
    async with client_of(app) as client:
        for path in ("inbox", "messages", "channels", "ladders"):
            answer = await client.get(f"/notify/api/{path}")

            assert (path, answer.status_code) == (path, 401)
            assert answer.headers["content-type"].startswith("application/problem+json")


async def test_an_inbox_shows_ones_own_messages_and_remembers_reading(
    world: World, cast: Cast, as_person: As
) -> None:
    """Newest first, in plain Vietnamese, unread until opened; opening twice is the same."""
    await overdue(world, cast)
    me = await as_person(cast.owner)

    inbox = (await me.get("/notify/api/inbox")).json()
    [message] = inbox["messages"]
    opened = [await me.put(f"/notify/api/inbox/{message['message_id']}/read") for _ in range(2)]
    after = (await me.get("/notify/api/inbox")).json()

    assert (inbox["unread"], after["unread"]) == (1, 0)
    assert message["subject"] == "Có 1 việc quá hạn"
    assert message["due_text"] == "hết ngày thứ Hai, 23/11/2026"
    assert "Nguyễn" not in message["body"]
    assert [answer.status_code for answer in opened] == [204, 204]
    assert [row.version for row in await world.messages(person_id=cast.owner, channel="inbox")] == [3]


async def test_f28_a_message_says_until_when_its_reader_may_be_on_it(
    world: World, cast: Cast, as_person: As
) -> None:
    """Only who owes the duty, and only while it is owed; the day is one the server takes."""
    duty = await overdue(world, cast)
    me, office = await as_person(cast.owner), await as_person(cast.clerk)

    [mine] = (await me.get("/notify/api/inbox")).json()["messages"]
    [theirs] = (await office.get("/notify/api/inbox")).json()["messages"]
    taken = await me.put(
        f"/notify/api/escalations/{duty.duty_id}/acknowledgement", json={"until": mine["on_it_until"]}
    )
    await world.hear(duty.closed())
    [done] = (await me.get("/notify/api/inbox")).json()["messages"]

    assert (mine["on_it_until"], theirs["on_it_until"], done["on_it_until"]) == ("2026-11-25", None, None)
    assert taken.status_code == 200


async def test_an_inbox_is_read_page_by_page(world: World, cast: Cast, as_person: As) -> None:
    """Each message on exactly one page."""
    for _ in range(5):
        await overdue(world, cast)
    me = await as_person(cast.owner)

    seen: list[str] = []
    for _ in range(4):
        after = {"after": seen[-1]} if seen else {}
        page = (await me.get("/notify/api/inbox", params={"limit": 2, **after})).json()
        seen += [message["message_id"] for message in page["messages"]]

    assert len(seen) == len(set(seen)) == 5


async def test_somebody_elses_message_is_as_good_as_missing(world: World, cast: Cast, as_person: As) -> None:
    """The same 404 for a foreign message and for none."""
    await overdue(world, cast)
    [theirs] = await world.messages(person_id=cast.clerk, channel="inbox")
    me = await as_person(cast.owner)

    foreign = await me.put(f"/notify/api/inbox/{theirs.message_id}/read")
    missing = await me.put(f"/notify/api/inbox/{uuid4()}/read")

    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() | {"instance": ""} == missing.json() | {"instance": ""}


async def test_the_ledger_opens_to_those_who_answer_for_it(world: World, cast: Cast, as_person: As) -> None:
    """The office and ops see all of their committee, a member their own, a cell secretary nothing."""
    duty = await overdue(world, cast)
    secretary, operator = person(Role.CELL_SECRETARY), person(Role.OPS)
    await world.hear(secretary, operator)

    office = (await (await as_person(cast.clerk)).get("/notify/api/messages")).json()["messages"]
    own = (await (await as_person(cast.owner)).get("/notify/api/messages")).json()["messages"]
    ops = (await (await as_person(operator.person_id)).get("/notify/api/messages")).json()["messages"]
    refused = await (await as_person(secretary.person_id)).get("/notify/api/messages")

    assert {message["person_id"] for message in office} == {str(cast.owner), str(cast.clerk)}
    assert office == ops
    assert {message["person_id"] for message in own} == {str(cast.owner)}
    assert {message["duty_id"] for message in office} == {str(duty.duty_id)}
    assert refused.status_code == 403


async def test_the_ledger_can_be_narrowed(world: World, cast: Cast, as_person: As) -> None:
    """By channel, state, time, duty and number."""
    filters: list[tuple[dict[str, str], int]] = [
        ({"channel": "inbox"}, 2),
        ({"state": "delivered"}, 2),
        ({"state": "failed"}, 0),
        ({"since": "2026-11-25T00:00:00+07:00"}, 0),
        ({"duty_id": str(uuid4())}, 0),
        ({"limit": "1"}, 1),
    ]
    await overdue(world, cast)
    office = await as_person(cast.clerk)

    for filter_, count in filters:
        answer = await office.get("/notify/api/messages", params=filter_)

        assert (filter_, len(answer.json()["messages"])) == (filter_, count)


async def test_i_am_on_it_puts_off_my_messages_and_nobody_elses(
    world: World, cast: Cast, as_person: As
) -> None:
    """F51, F52: The owner rests until the date and is told afterwards; the office is told on the day."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    me = await as_person(cast.owner)
    path = f"/notify/api/escalations/{duty.duty_id}/acknowledgement"

    answer = await me.put(path, json={"until": "2026-11-24"})
    await world.pass_to(local("2026-11-24 08:00"))
    on_the_day = {(who, state) for rung, who, state in await world.told() if rung == "chase-1"}
    await world.pass_to(local("2026-11-25 07:30"))

    assert answer.json()["resumes_at"] == "2026-11-25T07:30:00+07:00"
    assert on_the_day == {(cast.clerk, "delivered"), (cast.owner, "pending")}
    assert ("chase-1", cast.owner, "delivered") in await world.told()


async def test_a_duty_done_before_the_acknowledged_date_is_never_mentioned_again(
    world: World, cast: Cast, as_person: As
) -> None:
    """The put-off message is taken back with the rest."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    me = await as_person(cast.owner)
    await me.put(f"/notify/api/escalations/{duty.duty_id}/acknowledgement", json={"until": "2026-11-24"})
    await world.pass_to(local("2026-11-19 08:00"))

    await world.hear(duty.closed())
    await world.pass_to(local("2026-11-25 08:00"))

    assert [state for *_, state in await world.told()] == ["suppressed"]


async def test_an_acknowledgement_is_short_and_in_the_future(world: World, cast: Cast, as_person: As) -> None:
    """From today to two weeks ahead."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    me = await as_person(cast.owner)
    path = f"/notify/api/escalations/{duty.duty_id}/acknowledgement"

    for until in ("2026-11-15", "2027-01-01", "tomorrow", None):
        answer = await me.put(path, json={"until": until})

        assert (until, answer.status_code) == (until, 422)
        assert answer.json()["errors"][0]["pointer"] == "/until"


async def test_only_the_owner_says_i_am_on_it(world: World, cast: Cast, as_person: As) -> None:
    """Anybody else finds no such duty, and so does the owner of a closed one."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    path = f"/notify/api/escalations/{duty.duty_id}/acknowledgement"

    foreign = await (await as_person(cast.clerk)).put(path, json={"until": "2026-11-24"})
    await world.hear(duty.closed())
    closed = await (await as_person(cast.owner)).put(path, json={"until": "2026-11-24"})

    assert (foreign.status_code, closed.status_code) == (404, 404)


async def test_ones_own_e_mail_can_be_turned_off_and_sent_elsewhere(cast: Cast, as_person: As) -> None:
    """The directory's address counts until one gives another."""
    me = await as_person(cast.owner)

    before = (await me.get("/notify/api/channels")).json()
    after = await me.put("/notify/api/channels", json={"email": {"enabled": False, "address": "me@nha.vn"}})
    back = await me.put("/notify/api/channels", json={"email": {"enabled": True}})
    same = await me.put(
        "/notify/api/channels", json={"email": {"enabled": True, "address": "owner@example.vn"}}
    )

    listed = {"available": True, "enabled": True, "address": "owner@example.vn", "chosen": False}
    assert before == {"email": listed}
    assert after.json()["email"] == listed | {"enabled": False, "address": "me@nha.vn", "chosen": True}
    assert back.json()["email"] == same.json()["email"] == listed


async def test_an_address_is_checked_at_the_door(cast: Cast, as_person: As) -> None:
    """422 naming the field; nothing is stored."""
    me = await as_person(cast.owner)

    for address in ("an", "an@x", "a@b.vn\r\nBcc: c@d.vn", "ấn@example.vn", "a b@example.vn", ""):
        answer = await me.put("/notify/api/channels", json={"email": {"enabled": True, "address": address}})

        assert (address, answer.status_code) == (address, 422)
        assert answer.json()["errors"][0]["pointer"] == "/email/address"

    assert (await me.get("/notify/api/channels")).json()["email"]["address"] == "owner@example.vn"


async def test_metrics_start_at_zero_and_name_nobody(app: FastAPI, cast: Cast) -> None:
    """Every outcome has its line before it first happens; no label is an id."""
    async with client_of(app) as client:
        text = (await client.get("/notify/metrics")).text

    assert 'notify_deliveries_total{channel="email",outcome="failed"} 0.0' in text
    assert 'notify_suppressed_total{reason="no_notification_sent"} 0.0' in text
    assert "notify_oldest_due_escalation_seconds" in text
    assert str(cast.owner) not in text


BASE = {"NOTIFY_DATABASE_URL": "postgresql://n@h/d", "NOTIFY_NATS_URL": "nats://h"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"NOTIFY_SMTP_PORT": "0"}, "NOTIFY_SMTP_PORT"),
        ({"NOTIFY_SMTP_TLS": "ssl"}, "NOTIFY_SMTP_TLS"),
        ({"NOTIFY_SMTP_SENDER": "nobody"}, "NOTIFY_SMTP_SENDER"),
        ({"NOTIFY_SMTP_USERNAME": "u"}, "NOTIFY_SMTP_PASSWORD"),
        ({"NOTIFY_SMTP_USERNAME": "u", "NOTIFY_SMTP_PASSWORD": "p"}, "NOTIFY_SMTP_TLS"),
        ({"NOTIFY_LEASE": "20"}, "NOTIFY_SMTP_TIMEOUT"),
        ({"NOTIFY_SMTP_HOTS": "mail"}, "NOTIFY_SMTP_HOTS"),
        ({"NOTIFY_PUSH_KEY": "not-a-key"}, "NOTIFY_PUSH_KEY"),
        ({"NOTIFY_PUSH_CONTACT": "van-phong"}, "NOTIFY_PUSH_CONTACT"),
        ({"NOTIFY_PUSH_TIMEOUT": "60", "NOTIFY_LEASE": "90"}, "NOTIFY_PUSH_TIMEOUT"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str], named: str) -> None:
    """One sentence with the variable's name, before anything starts."""
    with pytest.raises(SettingsError, match=named):
        read_settings(NotifySettings, "NOTIFY_", BASE | wrong)


def test_a_real_installation_rings_nobody_on_its_own_machine() -> None:
    """The setting that tests need would make any signed-in browser a way to what listens there."""
    settings = from_values(
        NotifySettings,
        database_url="postgresql://n@h/d",
        nats_url="nats://h",
        public_url="https://bamcoso.example.vn",
        push_loopback=True,
    )

    assert "push_loopback" in dict(settings.weak())


async def test_every_change_leaves_a_row_in_the_audit(
    app: FastAPI, world: World, cast: Cast, as_person: As
) -> None:
    """One story through all routes that change something; an address is there as a digest only."""
    duty = await overdue(world, cast)
    me, office = await as_person(cast.owner), await as_person(cast.clerk)
    [message] = (await me.get("/notify/api/inbox")).json()["messages"]
    board = {"targets": [{"role": "permanent_board", "fallback": []}], "channels": []}
    ladder = {
        "valid_from": "2027-01-04",
        "basis": "Thông báo số 12-TB/ĐU",
        "alarm": {"name": "urgent", **board},
        "rungs": [{"name": "late", "offset": 1, **board}],
    }
    watch = Watch(app, world.database)
    switched_on = await me.put("/notify/api/phones", json=Browser("http://127.0.0.1:1/push").subscription)
    phone = f"/notify/api/phones/{switched_on.json()['subscription_id']}"

    for answer in (
        await me.put(f"/notify/api/inbox/{message['message_id']}/read"),
        await me.put(f"/notify/api/escalations/{duty.duty_id}/acknowledgement", json={"until": "2026-11-25"}),
        await me.put("/notify/api/channels", json={"email": {"enabled": False, "address": "me@nha.vn"}}),
        await office.put("/notify/api/ladders/1", json=ladder),
        await me.put("/notify/api/quiet-hours", json={"starts": "19:00", "ends": "08:00"}),
        await me.put(f"/notify/api/letters/{message['message_id']}/seen"),
        switched_on,
        await me.post(f"{phone}/try"),
        await me.delete(phone),
    ):
        assert answer.status_code in (200, 201, 204), answer.text
        await watch.saw(answer)

    assert (watch.silent, set(watch.audited)) == (set(), changing_routes(app))
    async with world.database.read() as tx:
        assert not await tx.all(
            "SELECT 1 FROM audit WHERE CAST(to_jsonb(audit) AS text) LIKE ANY (ARRAY['%nha.vn%', '%/push%'])"
        )
