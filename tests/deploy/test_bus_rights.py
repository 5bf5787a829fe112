"""nats.conf: valid, and each service may do what it needs and nothing more."""

import asyncio
import base64
import json
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig
from nats.js.errors import APIError

from shared.bus import connect as connect_with
from shared.bus_rights import may_publish, may_subscribe
from shared.engines.nats import NatsAddress, RunningNats, find_program
from shared.nkeys import Nkey, split_seed
from shared.topology import CONSUMERS, Reconciler, apply, stream_config
from tests.support.deployment import DEPLOY, SERVICES, bus_configuration, bus_with_rights

PATIENCE = 0.5
"""Seconds; the server answers a refused act with silence."""


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[NatsAddress]:
    async with bus_with_rights(tmp_path) as address:
        yield address


async def connect(bus: NatsAddress, user: str) -> Client:
    async def refused(error: Exception) -> None:
        """The server tells a refusal aside; the act itself ends in silence."""
        assert "permissions violation" in str(error).lower()

    return await connect_with(
        bus.url(user), inbox_prefix=f"_INBOX_{user}", error_cb=refused, allow_reconnect=False
    )


def test_the_server_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    """Checked by nats-server itself, with secrets where Compose mounts them."""
    checked = subprocess.run(
        [find_program(), "-t", "-c", bus_configuration(tmp_path)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


def test_an_acknowledged_message_is_on_the_disk() -> None:
    """Without this line a power cut takes two minutes of acknowledged messages."""
    assert "sync_interval: always" in (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")


def test_the_rights_are_those_of_the_embedded_server() -> None:
    """One list says what a service may do; the file of the deployment repeats it to the word."""
    conf = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    written = re.findall(
        r"nkey: \$(\w+)_NKEY\s+permissions \{\s+publish: \[(.*?)\]\s+subscribe: \[(.*?)\]", conf, re.DOTALL
    )

    assert {name.lower(): _subjects(publish, subscribe) for name, publish, subscribe in written} == {
        service: (may_publish(service), may_subscribe(service)) for service in SERVICES
    }


def _subjects(*lists: str) -> tuple[list[str], ...]:
    return tuple(re.findall(r'"([^"]+)"', each) for each in lists)


async def test_each_service_keeps_its_stream_and_consumers_in_order(bus: NatsAddress) -> None:
    """After the store is wiped each makes again its own; a consumer waits until its stream's owner was there."""
    clients = {service: await connect(bus, service) for service in SERVICES}
    reconcilers = {
        service: Reconciler(service, [each for each in CONSUMERS if each.consumer == service], interval=1)
        for service in SERVICES
    }
    for _ in range(2):
        for service, reconciler in reconcilers.items():
            await reconciler.check(clients[service].jetstream(timeout=2))

    assert {service: each.differences for service, each in reconcilers.items()} == {
        service: [] for service in SERVICES
    }
    for client in clients.values():
        await client.close()


async def test_each_service_publishes_its_own_events_and_reads_what_it_consumes(bus: NatsAddress) -> None:
    """Publish, fetch, acknowledge, and receipts in both directions."""
    clients = {user: await connect(bus, user) for user in ("admin", *SERVICES)}
    await apply(clients["admin"].jetstream())

    for consumes in CONSUMERS:
        producer, consumer = clients[consumes.producer], clients[consumes.consumer]
        told = await producer.subscribe(f"receipts.{consumes.producer}.*")
        await producer.flush()
        await producer.jetstream().publish(f"{consumes.producer}.thing.happened.v1", b"{}", timeout=2)
        subscription = await consumer.jetstream().pull_subscribe_bind(
            consumer=consumes.durable,
            stream=consumes.stream,
            inbox_prefix=f"_INBOX_{consumes.consumer}.".encode(),
        )
        [message] = await subscription.fetch(1, timeout=2)
        await message.ack_sync(timeout=2)
        await consumer.publish(f"receipts.{consumes.producer}.{consumes.consumer}", b"{}")
        await told.next_msg(timeout=2)

    for client in clients.values():
        await client.close()


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"user": "visits"},
        {"user": "visits", "pass": "a-guessed-password"},
        {"nkey": "{visits}"},
        {"nkey": "{visits}", "sig": "{stranger}"},
    ],
)
async def test_nobody_comes_in_without_the_key(bus: NatsAddress, credentials: dict[str, str]) -> None:
    """Not without a name, not by a password, and what the server knows of a key is not the key."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bus.port)
    greeting = json.loads((await reader.readline()).removeprefix(b"INFO "))
    known = {
        "visits": Nkey.from_seed(str(split_seed(bus.url("visits"))[1])).public,
        "stranger": base64.b64encode(Nkey.new().sign(greeting["nonce"].encode())).decode(),
    }
    shown = {name: value.format(**known) for name, value in credentials.items()}

    writer.write(f"CONNECT {json.dumps(shown)}\r\nPING\r\n".encode())

    assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("where", ["deployed", "embedded"])
async def test_no_service_speaks_for_another_or_touches_a_stream(
    bus: NatsAddress, private_nats: RunningNats, service: str, where: str
) -> None:
    """Ten forbidden acts with each service's own key, refused by the server; the stream is as it was."""
    bus = bus if where == "deployed" else private_nats
    admin, client = await connect(bus, "admin"), await connect(bus, service)
    await apply(admin.jetstream())
    others = [name for name in SERVICES if name != service]
    victim = others[0]
    await admin.jetstream().publish(f"{victim}.thing.happened.v1", b"{}")
    js = client.jetstream(timeout=PATIENCE)
    reader = next(each for each in CONSUMERS if each.consumer != service)
    forbidden = {
        "forge an event of one": js.publish(f"{others[0]}.thing.happened.v1", b"{}", timeout=PATIENCE),
        "forge an event of the other": js.publish(f"{others[1]}.thing.happened.v1", b"{}", timeout=PATIENCE),
        "purge": js.purge_stream(victim.upper()),
        "delete": js.delete_stream(service.upper()),
        "change": js.update_stream(stream_config(service)),
        "read a message": js.get_msg(victim.upper(), 1),
        "make a spy": js.add_consumer(victim.upper(), ConsumerConfig(durable_name="spy")),
        "take another's messages": client.request(
            f"$JS.API.CONSUMER.MSG.NEXT.{reader.stream}.{reader.durable}", b"1", timeout=PATIENCE
        ),
    }

    outcomes = await asyncio.gather(*forbidden.values(), return_exceptions=True)
    overheard = [await client.subscribe(subject) for subject in (f"{victim}.>", f"_INBOX_{victim}.>")]
    await client.flush()
    for subject in (f"{victim}.thing.happened.v1", f"_INBOX_{victim}.answer"):
        await admin.publish(subject, b"{}")
    for subscription in overheard:
        with pytest.raises((nats.errors.TimeoutError, nats.errors.Error)):
            await subscription.next_msg(timeout=PATIENCE)

    let_through = [
        act
        for act, outcome in zip(forbidden, outcomes, strict=True)
        if not isinstance(outcome, nats.errors.Error | TimeoutError) or isinstance(outcome, APIError)
    ]
    assert let_through == []
    assert (await admin.jetstream().stream_info(victim.upper())).state.messages == 2
    await client.close()
    await admin.close()
