"""A producer and a consumer of events on real servers, to start, stop, crash and look into.

The producer is `visits`, the consumer `feedback`; their events are sessions, because those are small.
"""

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from prometheus_client import CollectorRegistry

from shared import inbox, outbox, quarantine, receipts, relay, topology
from shared.bus import Bus, connect
from shared.clock import Clock, SystemClock
from shared.contracts.envelope import Envelope, Event, Receipt
from shared.contracts.visits import SessionChanged
from shared.db import create_engine
from shared.ids import uuid7
from shared.inbox import Handler, Inbox
from shared.nkeys import Nkey, split_seed
from shared.quarantine import HeldRow
from shared.receipts import ReceiptKeeper, ReceiptSender
from shared.relay import Relay
from shared.topology import Consumes, Reconciler
from shared.tracing import Tracing
from shared.uow import Database, UnitOfWork
from tests.support.people import machinery
from tests.support.wait import eventually

VISITS_TO_FEEDBACK = Consumes("feedback", "visits")
STREAM, DURABLE = VISITS_TO_FEEDBACK.stream, VISITS_TO_FEEDBACK.durable
SUBJECT = SessionChanged.subject


async def recording_schema(dsn: str) -> None:
    """The machinery, and a table in which the recording handler writes what it was given.

    The tests break and restore the tables from within, which no service could: here it owns them.
    """
    await machinery(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE applied (place bigserial, session_id uuid, version int)")
        role = str(urlsplit(dsn).username).removesuffix("_owner")
        await connection.execute(f'GRANT CREATE ON SCHEMA public TO "{role}"')
        await connection.execute(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{role}"')
    finally:
        await connection.close()


def session(version: int = 1, *, token: str = "") -> SessionChanged:
    now = SystemClock().now()
    return SessionChanged(
        session_id=uuid7(),
        version=version,
        token_sha256=token,
        person_id=uuid7(),
        opened_at=now,
        expires_at=now,
    )


async def record(events: Sequence[Event], tx: UnitOfWork) -> None:
    """The handler of the consumer: every call leaves its rows, so that a second one would show."""
    await tx.execute(
        "INSERT INTO applied (session_id, version) "
        "SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]))",
        ids=[event.session_id for event in events if isinstance(event, SessionChanged)],
        versions=[event.version for event in events if isinstance(event, SessionChanged)],
    )


class Node:
    """A database, a connection to the bus, and loops that end in one of two ways."""

    def __init__(self, name: str, dsn: str, nats_url: str, clock: Clock) -> None:
        self.database = Database(create_engine(dsn, pool=10), clock)
        self.bus = Bus(nats_url, name)
        self.halt = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def stop(self) -> None:
        """In order, as a service does."""
        self.halt.set()
        self.database.committed.set()
        await asyncio.gather(*self.tasks)
        await self.bus.stop()
        await self.database.engine.dispose()

    async def crash(self) -> None:
        """At once, wherever it is: nothing is finished, acknowledged or handed back."""
        for subscriber in self.bus.subscribers:
            subscriber.running = False
            self.tasks += subscriber.tasks
            subscriber.tasks = []
        alive = set(self.tasks)
        while alive:  # a library may mistake a cancellation for a failure of its own
            for task in alive:
                task.cancel()
            _, alive = await asyncio.wait(alive, timeout=0.2)
        self.bus._stopping = True
        if self.bus.started:
            await self.bus.client.close()
        await self.database.engine.dispose()


class Producer(Node):
    """Publishes, relays, and hears receipts."""

    def __init__(
        self, dsn: str, nats_url: str, *, clock: Clock | None = None, resend_after: float = 0.4
    ) -> None:
        super().__init__("visits", dsn, nats_url, clock or SystemClock())
        self.metrics = relay.Metrics.on(CollectorRegistry())
        self.relay = Relay(
            database=self.database,
            bus=self.bus,
            producer="visits",
            metrics=self.metrics,
            resend_after=resend_after,
        )
        self.reconciler = Reconciler("visits", (), interval=0.2, wake=self.bus.refusal)

    async def start(self) -> "Producer":
        await self.bus.start(self.halt)
        await ReceiptKeeper(self.database, "visits").listen(self.bus)
        self.tasks = [
            asyncio.create_task(self.relay.run(self.halt)),
            asyncio.create_task(self.reconciler.run(self.bus.js, self.halt)),
        ]
        return self

    async def stop(self) -> None:
        self.halt.set()
        self.bus.refusal.set()
        await super().stop()

    async def publish(self, *events: SessionChanged) -> None:
        async with self.database.begin() as tx:
            for event in events:
                tx.publish(event, key=event.session_id)

    async def watermark(self) -> int:
        async with self.database.read() as tx:
            return await outbox.published_through(tx)

    async def receipt(self) -> Receipt | None:
        """What the consumer said last."""
        async with self.database.read() as tx:
            return next(iter(await receipts.all_receipts(tx, "visits")), None)

    async def confirmed(self, through: int) -> bool:
        receipt = await self.receipt()
        return receipt is not None and receipt.through == through and receipt.drained

    @property
    def resent(self) -> int:
        return int(self.metrics.resent._value.get())


class Consumer(Node):
    """Takes events in and says how far it is."""

    def __init__(
        self,
        dsn: str,
        nats_url: str,
        *,
        handler: Handler = record,
        known: Sequence[type[Event]] = (SessionChanged,),
        clock: Clock | None = None,
        tries: int = inbox.TRIES,
        first_pause: float = 0.1,
    ) -> None:
        super().__init__("feedback", dsn, nats_url, clock or SystemClock())
        self.registry = CollectorRegistry()
        self.tracing = Tracing()
        self.inbox = Inbox(
            database=self.database,
            consumes=VISITS_TO_FEEDBACK,
            known={event.subject: event for event in known},
            handler=handler,
            metrics=inbox.Metrics.on(self.registry),
            tracing=self.tracing,
            tries=tries,
            first_pause=first_pause,
        )
        self.sender = ReceiptSender(self.database, self.bus, VISITS_TO_FEEDBACK, interval=0.05)
        self.sender.moved = self.inbox.moved
        self.reconciler = Reconciler(
            "feedback",
            (VISITS_TO_FEEDBACK,),
            interval=0.2,
            wake=self.bus.refusal,
            made_again=self.inbox.moved.set,
        )

        @self.bus.broker.events(VISITS_TO_FEEDBACK)
        async def take(messages: list[Any]) -> None:
            await self.inbox.receive(messages)

    async def start(self) -> "Consumer":
        await self.bus.start(self.halt)
        self.tasks = [
            asyncio.create_task(self.sender.run(self.halt)),
            asyncio.create_task(self.reconciler.run(self.bus.js, self.halt)),
        ]
        return self

    async def stop(self) -> None:
        self.halt.set()
        await self.bus.leave()
        self.inbox.stop()
        self.inbox.moved.set()
        self.bus.refusal.set()
        await super().stop()

    async def applied(self) -> list[UUID]:
        """Every application of an event, in order."""
        async with self.database.read() as tx:
            return [row.session_id for row in await tx.all("SELECT session_id FROM applied ORDER BY place")]

    async def count(self) -> int:
        async with self.database.read() as tx:
            return int(await tx.scalar("SELECT count(*) FROM applied"))

    async def has(self, count: int, timeout: float = 10.0) -> None:  # noqa: ASYNC109  # a test names its bound
        """Wait until exactly so many events were applied."""

        async def applied() -> bool:
            return await self.count() == count

        await eventually(applied, timeout)

    async def held(self, status: str = "held") -> list[HeldRow]:
        async with self.database.read() as tx:
            return await quarantine.listing(tx, status=status, limit=2000)

    def messages(self, outcome: str) -> int:
        """How many messages had this outcome so far."""
        labels = {"producer": "visits", "outcome": outcome}
        return int(self.registry.get_sample_value("inbox_messages_total", labels) or 0)


@dataclass
class Wire:
    """A hand in the middle: the streams, and messages nobody's relay has sent."""

    client: Client
    js: JetStreamContext
    key: Nkey
    sequence: int = 0

    async def send(
        self,
        body: bytes,
        *,
        subject: str = SUBJECT,
        on: str | None = None,
        seq: int | None = None,
        without: str | None = None,
        **headers: str,
    ) -> dict[str, str]:
        """Put a message of our making into the stream; `ce_time="…"` sets the header ce-time."""
        self.sequence += 1
        made = Envelope(
            event_id=uuid7(),
            producer="visits",
            subject=subject,
            key=str(uuid7()),
            seq=seq or self.sequence,
            occurred_at=SystemClock().now(),
        ).headers()
        made |= {name.replace("_", "-"): value for name, value in headers.items()}
        made["Nats-Msg-Id"] = headers.get("msg_id", str(uuid7()))
        made.pop("msg-id", None)
        if without:
            del made[without]
        await self.js.publish(on or subject, body, headers=made)
        return made

    async def good(self, *events: SessionChanged) -> None:
        for event in events or (session(),):
            await self.send(event.model_dump_json().encode())

    async def raw(self, subject: bytes, headers: bytes, body: bytes) -> None:
        """The same, byte by byte, past every check of a client."""
        url = urlsplit(self.client.connected_url.geturl() if self.client.connected_url else "")
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        nonce = json.loads((await reader.readline()).removeprefix(b"INFO "))["nonce"]
        login: dict[str, Any] = {"verbose": False, "headers": True, "nkey": self.key.public}
        login["sig"] = base64.b64encode(self.key.sign(nonce.encode())).decode()
        size, total = len(headers), len(headers) + len(body)
        writer.write(b"CONNECT %s\r\n" % json.dumps(login).encode())
        writer.write(b"HPUB %s %d %d\r\n%s%s\r\nPING\r\n" % (subject, size, total, headers, body))
        assert (await reader.readline()).startswith(b"PONG")
        writer.close()
        await writer.wait_closed()

    async def ack_wait(self, seconds: float) -> None:
        """Let what a dead consumer had in hand come back sooner than in earnest."""
        config = topology.consumer_config(VISITS_TO_FEEDBACK)
        config.ack_wait = seconds
        await self.js.add_consumer(STREAM, config)

    async def pending(self) -> int:
        """What the consumer has not acknowledged yet."""
        info = await self.js.consumer_info(STREAM, DURABLE)
        return int(info.num_pending or 0) + int(info.num_ack_pending or 0)

    async def idle(self) -> bool:
        return await self.pending() == 0

    async def delete_stream(self) -> None:
        with suppress(nats.errors.Error):
            await self.js.delete_stream(STREAM)

    async def messages(self) -> int:
        return int((await self.js.stream_info(STREAM)).state.messages)

    async def sessions(self) -> list[UUID]:
        """The sessions that the stream tells of, in its order."""
        reader = await self.js.pull_subscribe(SUBJECT, stream=STREAM)
        messages = await reader.fetch(await self.messages())
        return [SessionChanged.model_validate_json(message.data).session_id for message in messages]


async def wire(url: str) -> Wire:
    """The topology applied, and a connection of our own."""
    client = await connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=_silent)
    js = client.jetstream()
    await topology.apply(js)
    return Wire(client, js, Nkey.from_seed(str(split_seed(url)[1])))


async def _silent(_error: Exception) -> None:
    """The server goes away on purpose."""


async def settled(producer: Producer, consumer: Consumer, count: int, timeout: float = 20.0) -> None:  # noqa: ASYNC109  # a test names its bound
    """Everything published is applied and the producer knows it."""

    async def all_known() -> bool:
        return await producer.confirmed(count)

    await eventually(all_known, timeout)
    assert await consumer.count() == count
