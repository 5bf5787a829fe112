"""The bus: FastStream over NATS with the defaults that would lose data overridden, in one place.

Handlers are FastStream handlers; the subscriber below replaces FastStream's batch pull, which waits
for a full batch or its time-out and spins for ever when its consumer is gone. Ours keeps a pull
request open, hands over whatever has come, binds to a consumer that `topology` made, and never creates one.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
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

from shared.topology import Consumes

log = structlog.get_logger()

BATCH = 500
CREDIT = 1_000
"""Messages asked for ahead; they wait in memory, so `CREDIT` batches must fit in the ack wait."""
PULL_EXPIRES = 5.0

BatchHandler = Callable[[list[Msg]], Awaitable[None]]


class OpenPullSubscriber(BatchPullStreamSubscriber):
    """A batch subscriber that takes what is there: latency of a push, flow control of a pull."""

    def __init__(self, *args: Any, consumes: Consumes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._consumes = consumes
        self._queue: asyncio.Queue[Msg] = asyncio.Queue()
        self._credit = 0
        self._refused = False
        self.heard_at = time.monotonic()
        """Monotonic seconds of the last word from the server, a message or "nothing yet"."""

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        self._inbox = self.connection.new_inbox()
        self.subscription = await self.connection.subscribe(  # type: ignore[assignment]  # plain, by design
            self._inbox, cb=self._heard, pending_msgs_limit=4 * CREDIT, pending_bytes_limit=-1
        )
        self.add_task(self._consume_pull)

    async def _heard(self, message: Msg) -> None:
        self.heard_at = time.monotonic()
        if message.headers and "Status" in message.headers and not message.reply:
            # The open request is over: 408 it expired; anything else, the consumer is gone or unwilling.
            self._credit = 0
            self._refused = message.headers["Status"] != "408"
            self._queue.put_nowait(_NOTHING)
        else:
            self._credit -= 1
            self._queue.put_nowait(message)

    async def _consume_pull(self) -> None:
        while self.running:
            if self._credit <= CREDIT - BATCH:
                await self._ask(CREDIT - max(self._credit, 0))
            messages = await self._take()
            if messages and self.running:
                await self.consume(messages)

    async def _ask(self, count: int) -> None:
        if self._refused:
            await asyncio.sleep(0.5)  # a missing consumer must not make us spin
            self._refused = False
        request = {"batch": count, "expires": int(PULL_EXPIRES * 1e9)}
        try:
            await self.connection.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._consumes.stream}.{self._consumes.durable}",
                json.dumps(request).encode(),
                self._inbox,
            )
            self._credit = count + max(self._credit, 0)
        except nats.errors.Error:
            await asyncio.sleep(0.5)

    async def _take(self) -> list[Msg]:
        """What has come, at most a batch; empty when the open request ended or the server fell silent."""
        try:
            async with asyncio.timeout(PULL_EXPIRES + 2):
                first = await self._queue.get()
        except TimeoutError:
            self._credit = 0  # a reconnect loses the open request without a word
            return []
        messages = [] if first is _NOTHING else [first]
        while len(messages) < BATCH and not self._queue.empty():
            message = self._queue.get_nowait()
            if message is not _NOTHING:
                messages.append(message)
        return messages

    @property
    def durable(self) -> str:
        return self._consumes.durable

    @property
    def silent_for(self) -> float:
        """Seconds since the last word from the server."""
        return time.monotonic() - self.heard_at

    def forget_credit(self) -> None:
        """After a reconnect: ask again at once instead of waiting for a time-out."""
        self._credit = 0
        self._queue.put_nowait(_NOTHING)


_NOTHING = cast("Msg", object())


class EventBroker(NatsBroker):
    """A FastStream broker whose subscribers are `OpenPullSubscriber`s."""

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
            graceful_timeout=20,
            connect_timeout=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=10,
            max_outstanding_pings=2,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
            closed_cb=self._on_closed,
        )
        self.closed = asyncio.Event()
        """Set when the connection ended for good without being asked to: the process must end too."""

    async def start(self, stop: asyncio.Event) -> bool:
        """Connect and subscribe, trying until NATS answers; False when told to stop before that."""
        delay = 0.1
        while not stop.is_set():
            try:
                await self.broker.start()
            except (OSError, nats.errors.Error, TimeoutError) as error:
                log.warning("bus not reachable", service=self._name, error=type(error).__name__)
                try:
                    async with asyncio.timeout(delay):
                        await stop.wait()
                except TimeoutError:
                    delay = min(delay * 2, 5.0)
            else:
                return True
        return False

    async def stop(self) -> None:
        self._stopping = True
        await self.broker.stop()

    @property
    def client(self) -> Client:
        return self.broker.config.broker_config.connection_state.connection

    @property
    def js(self) -> JetStreamContext:
        return self.broker.config.broker_config.connection_state.stream

    @property
    def connected(self) -> bool:
        try:
            return bool(self.client.is_connected)
        except Exception:  # noqa: BLE001  # FastStream raises its own "not connected yet" error here
            return False

    async def subscribe(self, subject: str, heard: Callable[[Msg], Awaitable[None]]) -> Subscription:
        """A plain, lossy subscription, for receipts."""
        return await self.client.subscribe(subject, cb=heard)

    @property
    def subscribers(self) -> list[OpenPullSubscriber]:
        return [sub for sub in self.broker.subscribers if isinstance(sub, OpenPullSubscriber)]

    async def _on_error(self, error: Exception) -> None:
        log.warning("bus error", service=self._name, error=type(error).__name__, detail=str(error)[:200])

    async def _on_disconnected(self) -> None:
        log.warning("bus disconnected", service=self._name)

    async def _on_reconnected(self) -> None:
        log.info("bus reconnected", service=self._name)
        for subscriber in self.subscribers:
            subscriber.forget_credit()

    async def _on_closed(self) -> None:
        if not self._stopping:
            log.critical("bus closed for good", service=self._name)
            self.closed.set()
