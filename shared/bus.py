"""The bus: FastStream over NATS with the defaults that would lose data overridden, in one place.

Handlers are FastStream handlers; the subscriber below replaces FastStream's batch pull, which waits
for a full batch or its time-out and spins for ever when its consumer is gone. Ours keeps a pull
request open, hands over whatever has come, binds to a consumer that `topology` made, and never creates one.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from typing import Any, cast

import nats
import structlog
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.middlewares import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.broker.registrator import NatsRegistrator
from faststream.nats.configs import NatsBrokerConfig
from faststream.nats.subscriber.config import NatsSubscriberConfig, NatsSubscriberSpecificationConfig
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext

from shared.nkeys import Nkey, split_seed
from shared.topology import ACK_WAIT, Consumes

log = structlog.get_logger()

BATCH = 500
CREDIT = 1_000
"""Messages on their way or waiting in memory, beside what is being worked on."""
ABREAST = 2
"""Batches worked on at a time, so that one is read while the database commits the other."""
CREDIT_BYTES = 32 << 20
PULL_EXPIRES = 5.0
BEAT = ACK_WAIT / 3
"""Seconds between two words of "still at it" for a message that waits here or is being worked on."""
GRACE = 7.0
"""Seconds that a batch may take to finish when the service stops."""

BatchHandler = Callable[[list[Msg]], Awaitable[None]]


class OpenPullSubscriber(BatchPullStreamSubscriber):
    """A batch subscriber that takes what is there: latency of a push, flow control of a pull."""

    def __init__(self, *args: Any, consumes: Consumes, refusal: asyncio.Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._consumes = consumes
        self._refusal = refusal
        self._waiting: deque[tuple[float, Msg]] = deque()
        """Messages not yet handed over, with their monotonic time of arrival."""
        self._working: list[tuple[float, list[Msg]]] = []
        """Batches handed over, with the monotonic time when each was."""
        self._news = asyncio.Event()
        self._credit = 0
        self.refused = False
        """Whether the last request was refused: the consumer or its stream is gone."""
        self.heard_at = time.monotonic()
        """Monotonic seconds of the last good word from the server, a message or "nothing yet"."""

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        self._inbox = self.connection.new_inbox()
        self.subscription = await self.connection.subscribe(  # type: ignore[assignment]  # plain, by design
            self._inbox, cb=self._heard, pending_msgs_limit=4 * CREDIT, pending_bytes_limit=-1
        )
        for _ in range(ABREAST):
            self.add_task(self._consume_pull)
        self.add_task(self._keep_in_hand)

    async def leave(self) -> None:
        """Take nothing more: the server forgets our request, and what is on its way still comes."""
        self.running = False
        subscription, self.subscription = self.subscription, None
        if subscription is not None and self.connection.is_connected:
            with contextlib.suppress(nats.errors.Error, TimeoutError):
                async with asyncio.timeout(2):
                    await cast("Subscription", subscription).drain()  # type: ignore[no-untyped-call]  # so is nats-py
        self._news.set()

    async def stop(self) -> None:
        """Finish the batch in hand and give back what was not begun, so that another replica has it at once."""
        await self.leave()
        await super().stop()
        while self._waiting and self.connection.is_connected:
            _, message = self._waiting.popleft()
            await message.nak()

    async def _heard(self, message: Msg) -> None:
        now = time.monotonic()
        if message.headers and "Status" in message.headers and not message.reply:
            self._request_over(message.headers, now)
        else:
            self.heard_at, self.refused = now, False
            self._credit = max(self._credit - 1, 0)
            self._waiting.append((now, message))
        self._news.set()

    def _request_over(self, headers: dict[str, str], now: float) -> None:
        """A request ended well (all sent, expired, full by bytes), or its consumer is gone."""
        unused = headers.get("Nats-Pending-Messages", "")
        self._credit = max(self._credit - int(unused), 0) if unused.isdigit() else 0
        told = headers.get("Description", "")
        if headers["Status"] == "408" or told == "Batch Completed" or "MaxBytes" in told:
            self.heard_at, self.refused = now, False
        else:
            self.refused = True
            self._refusal.set()

    async def _consume_pull(self) -> None:
        while self.running:
            if self._may_ask():
                await self._ask()
            messages = await self._take()
            if messages:
                batch = (time.monotonic(), messages)
                self._working.append(batch)
                await self.consume(messages)
                self._working.remove(batch)
                self._news.set()

    def _may_ask(self) -> bool:
        return self._credit + len(self._waiting) <= CREDIT - BATCH

    async def _ask(self) -> None:
        if self.refused or not self.connection.is_connected:
            # A missing consumer must not make us spin, nor a missing server pile up requests for its return.
            await asyncio.sleep(0.25)
        if not self.connection.is_connected or not self._may_ask():
            return
        count = CREDIT - self._credit - len(self._waiting)
        self._credit += count
        request = {"batch": count, "expires": int(PULL_EXPIRES * 1e9), "max_bytes": CREDIT_BYTES}
        try:
            await self.connection.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._consumes.stream}.{self._consumes.durable}",
                json.dumps(request).encode(),
                self._inbox,
            )
        except nats.errors.Error:
            self._credit -= count

    async def _take(self) -> list[Msg]:
        """What has come, at most a batch; empty when it is not yet time for one, or the server fell silent."""
        if not self._may_take() and self._credit > 0:
            try:
                async with asyncio.timeout(PULL_EXPIRES + 2):
                    await self._news.wait()
            except TimeoutError:
                self._credit = 0  # a reconnect loses the open request without a word
        self._news.clear()
        count = min(len(self._waiting), BATCH) if self.running and self._may_take() else 0
        return [self._waiting.popleft()[1] for _ in range(count)]

    def _may_take(self) -> bool:
        """Beside a batch in hand only a full one is worth a transaction of its own."""
        return len(self._waiting) >= (BATCH if self._working else 1)

    async def _keep_in_hand(self) -> None:
        """Tell the server of slow work, so that nobody else is given what we still have."""
        while self.running:
            await asyncio.sleep(BEAT)
            if self.connection.is_connected:
                for message in list(self._older_than(time.monotonic() - BEAT)):
                    with contextlib.suppress(nats.errors.Error):
                        await message.in_progress()

    def _older_than(self, moment: float) -> Iterator[Msg]:
        for since, messages in self._working:
            if since < moment:
                yield from (message for message in messages if not message.is_acked)
        for arrived, message in self._waiting:
            if arrived > moment:
                return
            yield message

    @property
    def durable(self) -> str:
        return self._consumes.durable

    @property
    def silent_for(self) -> float:
        """Seconds since the last good word from the server."""
        return time.monotonic() - self.heard_at

    def forget_credit(self) -> None:
        """After a reconnect: ask again at once instead of waiting for a time-out."""
        self._credit = 0
        self._news.set()


@lru_cache(maxsize=256)
def _header_name(raw: bytes) -> str | None:
    """The name of a header, None when it is not a token; there are few, and each comes a million times."""
    try:
        name = raw.strip().decode("ascii")
    except UnicodeDecodeError:
        return None
    return None if any(map(str.isspace, name)) else name


class _Client(Client):
    """nats-py's client, except that unreadable bytes in a message do not end its reading for good.

    It also reads headers in a quarter of the time, which is a quarter of a consumer's work.
    """

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        headers: dict[str, str] = {}
        for line in bytes(raw).split(b"\r\n"):
            name, colon, value = line.partition(b":")
            key = _header_name(name) if colon else None
            if key is not None:
                headers[key] = value.strip().decode("utf-8", "replace")
        return headers

    def _setup_nkeys_connect(self) -> None:
        """As nats-py does, with the library for Ed25519 that we have anyway."""
        key = Nkey.from_seed(str(self._nkeys_seed_str))
        self._public_nkey = key.public
        self._signature_cb = lambda nonce: base64.b64encode(key.sign(nonce.encode()))

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        try:
            return await super()._process_headers(headers)
        except ValueError:
            return None

    def _build_message(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None
    ) -> Msg:
        readable = bytes(subject).decode(errors="replace").encode()
        return cast("Msg", super()._build_message(sid, readable, reply, data, headers))


async def connect(url: str, **options: Any) -> Client:
    """A plain connection, for commands and tests; the address holds the seed."""
    server, seed = split_seed(url)
    client = _Client()
    await client.connect(server, nkeys_seed_str=seed, **options)
    return client


class KeyedBroker(NatsBroker):
    """A FastStream broker that signs in with the seed in its address."""

    def __init__(self, url: str, **kwargs: Any) -> None:
        server, self._seed = split_seed(url)
        super().__init__(server, **kwargs)

    async def _connect(self) -> Client:
        client = _Client()
        await client.connect(**{**self._connection_kwargs, "nkeys_seed_str": self._seed})
        self.config.connect(client)
        return client


class EventBroker(KeyedBroker):
    """A FastStream broker whose subscribers are `OpenPullSubscriber`s."""

    def __init__(self, url: str, **kwargs: Any) -> None:
        super().__init__(url, **kwargs)
        self.refusal = asyncio.Event()
        """Set when a consumer turned out to be gone."""

    def events(self, consumes: Consumes) -> Callable[[BatchHandler], Any]:
        """Subscribe a handler of message batches to the whole stream of a producer."""
        subject = f"{consumes.producer}.>"
        calls: CallsCollection[Any] = CallsCollection()
        outer = cast("NatsBrokerConfig", self.config)
        specification = NatsSubscriberSpecification(
            _outer_config=outer,
            calls=calls,
            specification_config=NatsSubscriberSpecificationConfig(
                subject=subject,
                queue=None,
                title_=consumes.durable,
                description_=None,
                include_in_schema=False,
            ),
        )
        config = NatsSubscriberConfig(
            subject=subject,
            sub_config=nats.js.api.ConsumerConfig(durable_name=consumes.durable),
            extra_options={},
            no_reply=True,
            _outer_config=outer,
            _ack_policy=AckPolicy.MANUAL,
        )
        subscriber = OpenPullSubscriber(
            config,
            specification,
            calls,
            stream=JStream(consumes.stream, declare=False),
            pull_sub=PullSub(batch_size=BATCH, batch=True),
            consumes=consumes,
            refusal=self.refusal,
        )
        # The registrator's own `subscriber` only builds FastStream's classes; its parent registers ours.
        super(NatsRegistrator, self).subscriber(subscriber)
        return subscriber.add_call(parser_=None, decoder_=_raw, dependencies_=(), codec_=None)


async def _raw(message: Any) -> list[Msg]:
    """Bodies stay bytes: the inbox reads them, so that poison is quarantined and never logged."""
    return cast("list[Msg]", message.raw_message)


class Bus:
    """One connection of one service, kept for as long as the service runs."""

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._stopping = False
        self.broker = EventBroker(
            url,
            name=name,
            apply_types=False,
            logger=None,
            ack_policy=AckPolicy.MANUAL,
            graceful_timeout=GRACE,
            connect_timeout=2,
            drain_timeout=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=10,
            max_outstanding_pings=2,
            inbox_prefix=f"_INBOX_{name}",  # a service may listen to its own replies only (nats.conf)
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
            closed_cb=self._on_closed,
        )
        self.refused: Callable[[], None] = lambda: None
        """Told of every act that the server did not allow: its sender sees nothing but silence."""
        self.closed = asyncio.Event()
        """Set when the connection ended for good without being asked to: the process must end too."""

    async def start(self, stop: asyncio.Event) -> bool:
        """Connect and subscribe, trying until NATS answers; False when told to stop before that."""
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not starting.done():
                starting.cancel()
        return starting.done() and not starting.cancelled()

    async def _start(self) -> None:
        delay = 0.1
        while True:
            try:
                # nats-py itself tries on for ever while nobody listens; what comes here is worse.
                return await self.broker.start()
            except (OSError, nats.errors.Error, TimeoutError) as error:
                log.warning("bus not reachable", service=self._name, error=type(error).__name__)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)

    async def leave(self) -> None:
        """Take no more events in; the rest of the connection stays until `stop`."""
        await asyncio.gather(*(subscriber.leave() for subscriber in self.subscribers))

    async def stop(self) -> None:
        """Let batches in hand finish, then leave; also when nobody answers any more."""
        self._stopping = True
        client = self.client if self.started else None
        try:
            async with asyncio.timeout(GRACE + 2):
                await self.broker.stop()
        except (nats.errors.Error, OSError, TimeoutError) as error:
            log.info("bus left without farewell", service=self._name, error=type(error).__name__)
        if client is not None and not client.is_closed:
            with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await client.close()

    @property
    def client(self) -> Client:
        return self.broker.config.broker_config.connection_state.connection

    @property
    def js(self) -> JetStreamContext:
        return self.broker.config.broker_config.connection_state.stream

    @property
    def started(self) -> bool:
        return bool(self.broker.config.broker_config.connection_state)

    @property
    def connected(self) -> bool:
        return self.started and bool(self.client.is_connected)

    @property
    def refusal(self) -> asyncio.Event:
        """Set when a consumer turned out to be gone: time to compare the topology."""
        return self.broker.refusal

    async def subscribe(self, subject: str, heard: Callable[[Msg], Awaitable[None]]) -> Subscription:
        """A plain, lossy subscription, for receipts."""
        return await self.client.subscribe(subject, cb=heard)

    @property
    def subscribers(self) -> list[OpenPullSubscriber]:
        return [sub for sub in self.broker.subscribers if isinstance(sub, OpenPullSubscriber)]

    async def _on_error(self, error: Exception) -> None:
        # Only nats-py's own errors are told in words: others may quote what was received.
        detail = str(error)[:200] if isinstance(error, nats.errors.Error) else ""
        if "permissions violation" in detail.lower():
            log.error("refused by the bus", service=self._name, detail=detail)
            self.refused()
            return
        log.warning("bus error", service=self._name, error=type(error).__name__, detail=detail)

    async def _on_disconnected(self) -> None:
        if not self._stopping:
            log.warning("bus disconnected", service=self._name)

    async def _on_reconnected(self) -> None:
        log.info("bus reconnected", service=self._name)
        for subscriber in self.subscribers:
            subscriber.forget_credit()

    async def _on_closed(self) -> None:
        if not self._stopping:
            log.critical("bus closed for good", service=self._name)
            self.closed.set()
