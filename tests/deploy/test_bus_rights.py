"""nats.conf: valid, and each service may do what it needs and nothing more."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig
from nats.js.errors import APIError

from shared.engines.nats import NatsAddress, find_program
from shared.topology import CONSUMERS, Reconciler, apply
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

    return await nats.connect(
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


async def test_each_service_keeps_its_streams_and_consumers_in_order(bus: NatsAddress) -> None:
    """After the store is wiped the services make again what they need, each with its own rights."""
    for service in SERVICES:
        client = await connect(bus, service)
        reads = [consumes for consumes in CONSUMERS if consumes.consumer == service]
        reconciler = Reconciler(service, reads, interval=1)

        await reconciler.check(client.jetstream(timeout=2))

        assert reconciler.differences == []
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
    "credentials", [{}, {"user": "visits"}, {"user": "visits", "pass": "a-wrong-password"}]
)
async def test_nobody_comes_in_without_a_password(bus: NatsAddress, credentials: dict[str, str]) -> None:
    """Neither without a name, nor without the right password."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bus.port)
    await reader.readline()

    writer.write(f"CONNECT {json.dumps(credentials)}\r\nPING\r\n".encode())

    assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()


async def test_no_service_speaks_for_another_or_touches_a_stream(bus: NatsAddress) -> None:
    """Ten forbidden acts, refused by the server."""
    admin, notify = await connect(bus, "admin"), await connect(bus, "notify")
    await apply(admin.jetstream())
    await admin.jetstream().publish("visits.thing.happened.v1", b"{}")
    js = notify.jetstream(timeout=PATIENCE)
    spy = ConsumerConfig(durable_name="spy")
    forbidden = {
        "forge a visit": js.publish("visits.visit.recorded.v1", b"{}", timeout=PATIENCE),
        "forge a duty": js.publish("feedback.duty.changed.v1", b"{}", timeout=PATIENCE),
        "purge": js.purge_stream("VISITS"),
        "delete": js.delete_stream("NOTIFY"),
        "read a message": js.get_msg("VISITS", 1),
        "list streams": js.streams_info(),
        "make a spy": js.add_consumer("VISITS", spy),
        "take another's messages": notify.request(
            "$JS.API.CONSUMER.MSG.NEXT.VISITS.feedback-visits", b"1", timeout=PATIENCE
        ),
        "delete a consumer": js.delete_consumer("VISITS", "notify-visits"),
    }

    outcomes = await asyncio.gather(*forbidden.values(), return_exceptions=True)
    overheard = await notify.subscribe("visits.>")
    await notify.flush()
    await admin.publish("visits.thing.happened.v1", b"{}")
    with pytest.raises((nats.errors.TimeoutError, nats.errors.Error)):
        await overheard.next_msg(timeout=PATIENCE)

    let_through = [
        act
        for act, outcome in zip(forbidden, outcomes, strict=True)
        if not isinstance(outcome, nats.errors.Error | TimeoutError) or isinstance(outcome, APIError)
    ]
    assert let_through == []
    assert (await admin.jetstream().stream_info("VISITS")).state.messages == 2
    await notify.close()
    await admin.close()
