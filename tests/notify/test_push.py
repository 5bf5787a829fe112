"""Reminders on the phone: what leaves for it, to whom it may go, and what its service's answers mean."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.notify.app import build
from services.notify.channels.base import Channel, ChannelError, Letter
from services.notify.channels.inbox import InboxChannel
from services.notify.channels.push_crypto import (
    LENGTH,
    PushKey,
    PushKeyError,
    Receiver,
    encrypt,
    new_push_key,
)
from services.notify.channels.push_services import ForeignEndpoint, PushServices, is_public
from services.notify.channels.webpush import PushChannel
from services.notify.settings import NotifySettings
from services.notify.store.phones import Rung, forget_leavers
from services.notify.store.phones import of_person as phones_of
from shared.clock import SystemClock
from shared.contracts.notify import MessageState
from shared.contracts.visits import Role, SessionChanged
from shared.ids import uuid7
from shared.settings import from_values
from tests.notify.conftest import As, Cast, Replica
from tests.notify.push_service import Browser, PushService, push_service, unpacked, vapid
from tests.notify.world import Duty, Pigeon, World, local, person
from tests.support.wait import eventually

KEY = PushKey.read(new_push_key())
LETTER = Letter(
    message_id=uuid4(),
    address=str(uuid4()),
    subject="Có 1 việc đến hạn",
    body="thư dài",
    topic="abcdefghijklmnopqrstuvwx",
    keep=timedelta(hours=4),
)


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


@pytest.fixture
def channel(world: World) -> PushChannel:
    return channel_of(world)


def channel_of(world: World, *, timeout: float = 5.0) -> PushChannel:  # the channel's own bound
    return PushChannel(
        Rung(world.database, KEY),
        KEY,
        PushServices(loopback=True),
        SystemClock(),
        contact="mailto:van-phong@example.vn",
        timeout=timeout,
    )


async def switch_on(world: World, person_id: UUID, browser: Browser, session_id: UUID | None = None) -> UUID:
    """What the route does, without a session."""
    from services.notify.store import phones

    receiver = Receiver.read(browser.endpoint, **browser.subscription["keys"])
    async with world.database.begin() as tx:
        kept, _ = await phones.keep(
            tx,
            receiver,
            KEY,
            new_id=uuid7(),
            person_id=person_id,
            session_id=session_id or uuid4(),
            label="điện thoại",
        )
    return kept


# --- The letter itself ---


def test_the_encryption_is_that_of_the_rfc() -> None:
    """RFC 8291, appendix A: same keys, same salt, the same bytes."""
    receiver = Receiver.read(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    number = int.from_bytes(unpacked("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")

    sealed = encrypt(
        b"When I grow up, I want to be a watermelon",
        receiver,
        length=0,
        salt=unpacked("DGv6ra1nlYgDCS1FRnbzlw"),
        key=ec.derive_private_key(number, ec.SECP256R1()),
    )

    assert sealed == unpacked(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_only_the_phone_reads_it_and_its_service_learns_nothing(
    world: World, cast: Cast, channel: PushChannel, service: PushService
) -> None:
    """A count and ids inside; outside a constant length, a topic, how urgent, and our signature for this service."""
    phone = service.browser()
    await switch_on(world, cast.owner, phone)
    duty = uuid4()
    letters = [
        Letter(
            message_id=uuid4(), address=str(cast.owner), subject="Có 1 việc đến hạn", body="", topic="t" * 24
        ),
        Letter(
            message_id=uuid4(),
            address=str(cast.owner),
            subject="Có 20 việc đến hạn",
            body="",
            urgent=True,
            topic="t" * 24,
            keep=timedelta(hours=4),
            own_duties=(duty,) * 20,
            until=local("2026-11-24 00:00").date(),
        ),
    ]

    assert [await channel.deliver(letter) for letter in letters] == [MessageState.SENT] * 2

    small, large = service.to(phone)
    assert len(small.body) == len(large.body) == 16 + 4 + 1 + 65 + LENGTH + 16
    told = phone.told(large.body)
    assert (told["title"], told["letter"]) == ("Có 20 việc đến hạn", str(letters[1].message_id))
    assert (told["duties"], told["until"]) == ([str(duty)] * 20, "2026-11-24")
    assert large.headers["ttl"] == "14400"
    assert [each.headers["urgency"] for each in (small, large)] == ["normal", "high"]
    assert large.headers["topic"] == "t" * 24
    assert str(cast.owner) not in str(large.headers)
    claims, key = vapid(large)
    assert key == KEY.public
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:van-phong@example.vn")
    assert 0 < claims["exp"] - datetime.now(UTC).timestamp() <= 24 * 3600


async def test_a_subscription_cannot_be_read_or_moved_in_the_database(
    world: World, cast: Cast, service: PushService
) -> None:
    """A copy of the database rings nobody; another row, or another key, opens nothing."""
    phone = service.browser()
    kept = await switch_on(world, cast.owner, phone)
    async with world.database.read() as tx:
        [row] = await phones_of(tx, cast.owner)

    assert service.url.encode() not in row.sealed
    assert KEY.open(kept, row.sealed) == Receiver.read(phone.endpoint, **phone.subscription["keys"])
    assert KEY.open(uuid4(), row.sealed) is None
    assert PushKey.read(new_push_key()).open(kept, row.sealed) is None


@pytest.mark.parametrize("text", ["", "abc", "A" * 43, "!" * 43, "x" * 44 + "=="])
def test_a_key_that_is_none_is_refused_without_being_repeated(text: str) -> None:
    """Zero is no key, and neither is a typing error."""
    with pytest.raises(PushKeyError) as raised:
        PushKey.read(text)

    assert not text or text not in str(raised.value)


# --- Where it may go ---


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-sg2p.notify.windows.com/w/?token=abc",
    ],
)
def test_the_known_push_services_are_known(endpoint: str) -> None:
    """Those of every browser our people use."""
    assert PushServices().check(endpoint).hostname


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/abc",
        "https://fcm.googleapis.com:8443/abc",
        "https://fcm.googleapis.com.evil.example/abc",
        "https://evil-push.apple.com.example/abc",
        "https://xpush.apple.com/abc",
        "https://push.apple.com/abc",
        "https://user@fcm.googleapis.com/abc",
        "https://127.0.0.1/abc",
        "http://127.0.0.1:8222/varz",
        "https://[::1]/abc",
        "https://169.254.169.254/latest/meta-data",
        "https://postgres:5432/",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/\r\nhost: x",
        "https://fcm.googleapis.com/" + "a" * 1000,
        "https://fcm.googleapis.com:99999/",
        "//fcm.googleapis.com/abc",
        "",
    ],
)
def test_an_endpoint_cannot_lead_anywhere_else(endpoint: str) -> None:
    """A URL that a browser gives us is never a way to our own network."""
    with pytest.raises(ForeignEndpoint):
        PushServices().check(endpoint)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.4.95", True),
        ("2404:6800:4003:c03::5f", True),
        *((address, False) for address in ("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.1.2.3")),
        *(
            (address, False)
            for address in ("169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0")
        ),
        *((address, False) for address in ("fc00::1", "::ffff:10.0.0.1", "2002:0a00:0001::1", "::")),
    ],
)
def test_private_addresses_are_known_however_they_are_written(address: str, public: bool) -> None:
    """IPv4 within IPv6 too."""
    assert is_public(address) is public


async def test_a_known_name_that_resolves_to_our_own_network_is_refused() -> None:
    """The address that was looked at is the one that is connected to; here the name is this machine's."""
    services = PushServices([socket.gethostname(), "localhost"])

    with pytest.raises(ForeignEndpoint) as raised:
        await services.resolve("https://localhost/push")

    assert raised.value.reason == "private_address"


async def test_a_redirect_is_not_followed(
    world: World, cast: Cast, channel: PushChannel, service: PushService
) -> None:
    """It would lead past every check."""
    phone = service.browser()
    await switch_on(world, cast.owner, phone)
    service.answers["/push/phone"] = [f"307 Temporary Redirect\r\nLocation: {service.url}/push/other"]

    with pytest.raises(ChannelError) as raised:
        await channel.deliver(letter_to(cast.owner))

    assert (raised.value.reason, raised.value.permanent) == ("push_307", True)
    assert [each.path for each in service.taken] == ["/push/phone"]


# --- What the answers mean ---


def letter_to(person_id: UUID) -> Letter:
    return Letter(
        message_id=uuid4(), address=str(person_id), subject="Có 1 việc đến hạn", body="", topic="x" * 24
    )


@pytest.mark.parametrize(
    ("answer", "permanent", "wait", "left"),
    [
        ("404 Not Found", True, 0, 0),
        ("410 Gone", True, 0, 0),
        ("400 Bad Request", True, 0, 1),
        ("403 Forbidden", True, 0, 1),
        ("413 Payload Too Large", True, 0, 1),
        ("429 Too Many Requests\r\nRetry-After: 1800", False, 1800, 1),
        ("503 Service Unavailable", False, 0, 1),
        ("503 Service Unavailable\r\nRetry-After: soon", False, 0, 1),
        ("503 Service Unavailable\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT", False, 0, 1),
        ("500 Oops\r\nRetry-After: 99999999", False, 86_400, 1),
    ],
)
async def test_every_answer_says_whether_trying_again_helps(
    world: World,
    cast: Cast,
    channel: PushChannel,
    service: PushService,
    answer: str,
    permanent: bool,
    wait: int,
    left: int,
) -> None:
    """Gone: forgotten at once. Busy: later, when the service says. Refused: never."""
    await switch_on(world, cast.owner, service.browser())
    service.answers["/push/phone"] = [answer]

    with pytest.raises(ChannelError) as raised:
        await channel.deliver(letter_to(cast.owner))

    assert (raised.value.permanent, raised.value.retry_after) == (permanent, timedelta(seconds=wait))
    async with world.database.read() as tx:
        assert len(await phones_of(tx, cast.owner)) == left


async def test_one_phone_that_took_it_is_enough(
    world: World, cast: Cast, channel: PushChannel, service: PushService
) -> None:
    """A new phone rings although the old one is in a drawer; the old one is forgotten."""
    old, new = service.browser("old"), service.browser("new")
    await switch_on(world, cast.owner, old)
    kept = await switch_on(world, cast.owner, new)
    service.answers["/push/old"] = ["410 Gone"]

    assert await channel.deliver(letter_to(cast.owner)) is MessageState.SENT

    async with world.database.read() as tx:
        [row] = await phones_of(tx, cast.owner)
    assert row.subscription_id == kept
    assert row.last_ok_at is not None


async def test_a_service_that_says_nothing_holds_nobody_longer_than_the_timeout(
    world: World, cast: Cast, service: PushService
) -> None:
    """The other phone of the same person rings meanwhile, and the letter counts as taken."""
    slow, quick = service.browser("slow"), service.browser("quick")
    for browser in (slow, quick):
        await switch_on(world, cast.owner, browser)
    service.hang.add("/push/slow")

    async with asyncio.timeout(5):
        state = await channel_of(world, timeout=0.3).deliver(letter_to(cast.owner))

    assert state is MessageState.SENT
    assert len(service.to(quick)) == 1


async def test_a_slow_push_service_keeps_no_e_mail_waiting(
    world: World, replica: Replica, cast: Cast, service: PushService
) -> None:
    """Channels have senders of their own: while every phone's letter hangs, mail goes out."""
    mail = Pigeon(name="email")
    waiting: list[Channel] = [InboxChannel(), channel_of(world, timeout=30), mail]
    both = replica(channels=waiting)
    people = [person(Role.COMMITTEE_MEMBER) for _ in range(4)]
    await world.hear(*people)
    for number, each in enumerate(people):
        await switch_on(world, each.person_id, service.browser(f"slow-{number}"))
        service.hang.add(f"/push/slow-{number}")
    both.clock.move_to(local("2026-11-24 08:00"))
    await both.hear(*(Duty(owner=each.person_id).overdue() for each in people))
    await both.clockwork.sweep()

    stop = asyncio.Event()
    running = [asyncio.create_task(run(stop)) for _, run in both.sender.loops()]
    try:
        await eventually(lambda: len(service.taken) == 2)  # as many as there are senders: all of them hang
        await both.hear(Duty(owner=cast.owner).overdue())
        await both.clockwork.sweep()
        await eventually(lambda: any(each.address == "owner@example.vn" for each in mail.delivered))
    finally:
        service.released.set()
        stop.set()
        await asyncio.gather(*running)


# --- The person's side ---


async def test_a_phone_is_switched_on_tried_and_switched_off(
    cast: Cast, as_person: As, service: PushService
) -> None:
    """Three buttons: on, "Gửi thử", off; the list says which one is here."""
    me, phone = await as_person(cast.owner), service.browser()
    key = (await me.get("/notify/api/phones")).json()["key"]

    kept = (await me.put("/notify/api/phones", json=phone.subscription)).json()["subscription_id"]
    again = (await me.put("/notify/api/phones", json=phone.subscription)).json()["subscription_id"]
    tried = (await me.post(f"/notify/api/phones/{kept}/try")).json()
    too_soon = await me.post(f"/notify/api/phones/{kept}/try")
    [shown] = (await me.get("/notify/api/phones")).json()["phones"]
    off = [(await me.delete(f"/notify/api/phones/{kept}")).status_code for _ in range(2)]

    assert kept == again == shown["subscription_id"]
    assert shown["mark"] == hashlib.sha256(phone.endpoint.encode()).hexdigest()[:16]
    assert (shown["label"], shown["here"], shown["last_ok_at"] is not None) == (
        "Chrome trên Android",
        True,
        True,
    )
    assert tried == {"accepted": True, "reason": None}
    assert (too_soon.status_code, too_soon.headers["retry-after"]) == (429, "20")
    [taken] = service.to(phone)
    assert phone.told(taken.body)["title"].startswith("Gửi thử")
    assert vapid(taken)[1] == key
    assert off == [204, 404]
    assert (await me.get("/notify/api/phones")).json()["phones"] == []


async def test_a_phone_that_does_not_work_says_so(cast: Cast, as_person: As, service: PushService) -> None:
    """The answer of the service reaches whoever tries."""
    me = await as_person(cast.owner)
    kept = (await me.put("/notify/api/phones", json=service.browser().subscription)).json()["subscription_id"]
    service.answers["/push/phone"] = ["410 Gone"]

    tried = await me.post(f"/notify/api/phones/{kept}/try")

    assert tried.json() == {"accepted": False, "reason": "push_410"}
    assert (await me.get("/notify/api/phones")).json()["phones"] == []


async def test_nobody_touches_somebody_elses_phone(cast: Cast, as_person: As, service: PushService) -> None:
    """The same answer as for a phone that is not there."""
    me, other = await as_person(cast.owner), await as_person(cast.clerk)
    kept = (await me.put("/notify/api/phones", json=service.browser().subscription)).json()["subscription_id"]

    answers = [
        await other.delete(f"/notify/api/phones/{kept}"),
        await other.post(f"/notify/api/phones/{kept}/try"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await other.get("/notify/api/phones")).json()["phones"] == []
    assert service.taken == []


async def test_a_shared_phone_rings_for_who_switched_it_on_last(
    world: World, cast: Cast, as_person: As, service: PushService
) -> None:
    """One browser, one person: the one before hears nothing there any more, in whatever committee."""
    phone = service.browser()
    stranger = person(Role.COMMITTEE_MEMBER).model_copy(update={"committee_id": uuid7()})
    await world.hear(stranger)
    await (await as_person(stranger.person_id)).put("/notify/api/phones", json=phone.subscription)

    await (await as_person(cast.owner)).put("/notify/api/phones", json=phone.subscription)

    async with world.database.read() as tx:
        assert [len(await phones_of(tx, each)) for each in (stranger.person_id, cast.owner)] == [0, 1]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"endpoint": "https://evil.example/push"}, "/endpoint"),
        ({"endpoint": "https://10.0.0.1/push"}, "/endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "/keys"),
        ({"keys": {"p256dh": "B" + "A" * 86, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "/keys"),
        ({"label": ""}, "/label"),
        ({"extra": 1}, "/extra"),
    ],
)
async def test_a_subscription_is_checked_at_the_door(
    cast: Cast, as_person: As, service: PushService, change: dict[str, object], pointer: str
) -> None:
    """422 naming the field; nothing is stored and nothing is asked of that address."""
    me = await as_person(cast.owner)

    answer = await me.put("/notify/api/phones", json=service.browser().subscription | change)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert service.taken == []


async def test_signing_out_ends_the_reminders_of_that_phone(
    world: World, cast: Cast, service: PushService
) -> None:
    """From anywhere: a lost phone that was signed out falls silent, the other one rings on."""
    lost = SessionChanged(
        session_id=uuid4(),
        version=1,
        token_sha256="0" * 64,
        person_id=cast.owner,
        opened_at=world.clock.now(),
        expires_at=world.clock.now() + timedelta(days=1),
    )
    await world.hear(lost)
    await switch_on(world, cast.owner, service.browser("lost"), lost.session_id)
    other = await switch_on(world, cast.owner, service.browser("other"))

    await world.hear(lost.model_copy(update={"version": 2, "closed_at": world.clock.now()}))

    async with world.database.read() as tx:
        assert [row.subscription_id for row in await phones_of(tx, cast.owner)] == [other]


async def test_who_holds_no_post_any_more_leaves_no_phone_behind(
    world: World, cast: Cast, service: PushService
) -> None:
    """The night after the last post ended."""
    gone = person(Role.COMMITTEE_MEMBER, until=local("2026-11-20 00:00").date())
    await world.hear(gone)
    await switch_on(world, gone.person_id, service.browser("gone"))
    kept = await switch_on(world, cast.owner, service.browser("kept"))

    early = await forget_leavers(world.database, local("2026-11-20 12:00").date())
    late = await forget_leavers(world.database, local("2026-11-21 12:00").date())

    assert (early, late) == (0, 1)
    async with world.database.read() as tx:
        assert [row.subscription_id for row in await tx.all("SELECT * FROM push_subscription")] == [kept]


async def test_a_phone_that_nobody_signed_in_on_for_half_a_year_falls_silent(
    world: World, cast: Cast, service: PushService
) -> None:
    """A session that ended by itself ends no reminders: who looks seldom needs them most. But not for ever."""
    session = SessionChanged(
        session_id=uuid4(),
        version=1,
        token_sha256="0" * 64,
        person_id=cast.owner,
        opened_at=world.clock.now(),
        expires_at=world.clock.now() + timedelta(days=7),
    )
    await world.hear(session)
    await switch_on(world, cast.owner, service.browser(), session.session_id)

    for days, forgotten in ((186, 0), (187, 1)):
        world.clock.move_to(session.opened_at + timedelta(days=days))
        assert await forget_leavers(world.database, local("2026-11-20 12:00").date()) == forgotten


async def test_only_the_last_ten_browsers_ring(world: World, cast: Cast, service: PushService) -> None:
    """Whoever tries every browser in the house does not fill the table."""
    for number in range(12):
        await switch_on(world, cast.owner, service.browser(str(number)))

    async with world.database.read() as tx:
        assert len(await phones_of(tx, cast.owner)) == 10


async def test_without_a_key_nothing_can_be_switched_on(
    world: World, cast: Cast, as_person: As, service: PushService
) -> None:
    """The page hears that there is no key; a call gets an answer that says why."""
    settings = from_values(NotifySettings, database_url=world.dsn, nats_url="nats://127.0.0.1:1")
    without = build(settings, world.clock)
    me = await as_person(cast.owner)
    transport = httpx2.ASGITransport(app=without.app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080", cookies=me.cookies
    ) as client:
        shown = await client.get("/notify/api/phones")
        refused = await client.put("/notify/api/phones", json=service.browser().subscription)
    await without.database.engine.dispose()

    assert shown.json() == {"key": None, "phones": []}
    assert refused.status_code == 404
