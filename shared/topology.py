"""Streams and durable consumers: what they are, the command that applies them, and the check.

Only `apply` changes what exists. A running service never does: its reconciler makes again what is
missing (a wiped store loses nothing, the outbox sends again) and reports what differs.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

DAY = 86_400.0
ACK_WAIT = 60.0
"""Seconds before an unacknowledged message comes back; far above three times the slowest batch."""


@dataclass(frozen=True, slots=True)
class Consumes:
    """A durable consumer: `consumer` reads the whole stream of `producer`."""

    consumer: str
    producer: str

    @property
    def durable(self) -> str:
        return f"{self.consumer}-{self.producer}"

    @property
    def stream(self) -> str:
        return stream_of(self.producer)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in NATS that is not as it should be."""

    what: str
    missing: bool
    detail: str


PRODUCERS = ("visits", "feedback", "notify")
CONSUMERS = (
    Consumes("feedback", "visits"),
    Consumes("visits", "feedback"),
    Consumes("notify", "visits"),
    Consumes("notify", "feedback"),
    Consumes("feedback", "notify"),
)


def stream_of(producer: str) -> str:
    return producer.upper()


def stream_config(producer: str) -> StreamConfig:
    """A stream is transport, not the truth: a week is ample, and when it is full the outbox waits."""
    return StreamConfig(
        name=stream_of(producer),
        subjects=[f"{producer}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=7 * DAY,
        max_bytes=1 << 30,
        max_msg_size=1 << 20,
        duplicate_window=DAY / 24,
        allow_atomic=True,
    )


def consumer_config(consumes: Consumes) -> ConsumerConfig:
    """No back-off list (it would replace the ack wait) and no delivery limit (the inbox decides)."""
    return ConsumerConfig(
        durable_name=consumes.durable,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=10_000,
    )


async def apply(js: JetStreamContext) -> list[str]:
    """Create or update every stream and consumer; says what was done, in order."""
    done: list[str] = []
    for producer in PRODUCERS:
        config = stream_config(producer)
        for difference in await compare(js, producers=[producer], consumers=[]):
            await (js.add_stream(config) if difference.missing else js.update_stream(config))
            done.append(f"{difference.what}: {'created' if difference.missing else difference.detail}")
    for consumes in CONSUMERS:
        for difference in await compare(js, producers=[], consumers=[consumes]):
            await js.add_consumer(consumes.stream, consumer_config(consumes))
            done.append(f"{difference.what}: {'created' if difference.missing else difference.detail}")
    return done


async def compare(
    js: JetStreamContext, *, producers: Iterable[str] = PRODUCERS, consumers: Iterable[Consumes] = CONSUMERS
) -> list[Difference]:
    """What is missing or different, empty when all is well. Raises when NATS does not answer."""
    found: list[Difference] = []
    for producer in producers:
        what = f"stream {stream_of(producer)}"
        try:
            info = await js.stream_info(stream_of(producer))
        except NotFoundError:
            found.append(Difference(what, missing=True, detail="missing"))
        else:
            found += _differing(what, stream_config(producer), info.config)
    for consumes in consumers:
        what = f"consumer {consumes.durable} on {consumes.stream}"
        try:
            consumer = await js.consumer_info(consumes.stream, consumes.durable)
        except NotFoundError:
            found.append(Difference(what, missing=True, detail="missing"))
        else:
            found += _differing(what, consumer_config(consumes), consumer.config)
    return found


def _differing(what: str, wanted: Any, actual: Any) -> list[Difference]:
    fields = {
        name: (value, getattr(actual, name))
        for name, value in vars(wanted).items()
        if value is not None and name in _CHECKED and getattr(actual, name) != value
    }
    if not fields:
        return []
    detail = ", ".join(f"{name} is {now!r}, should be {value!r}" for name, (value, now) in fields.items())
    return [Difference(what, missing=False, detail=detail)]


_CHECKED = frozenset(
    {
        *("subjects", "retention", "storage", "discard", "max_age", "max_bytes", "max_msg_size"),
        *("duplicate_window", "allow_atomic"),
        *("ack_policy", "deliver_policy", "ack_wait", "max_deliver", "max_ack_pending"),
    }
)


class Reconciler:
    """Compares one service's stream and consumers with what they should be, again and again."""

    def __init__(self, producer: str, consumers: Sequence[Consumes], *, interval: float) -> None:
        self._producer = producer
        self._consumers = consumers
        self._interval = interval
        self.differences: list[Difference] = [Difference("streams", missing=True, detail="not checked yet")]
        self.recreated = 0

    async def run(self, js: JetStreamContext, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.check(js)
            try:
                async with asyncio.timeout(self._interval if not self.differences else 1.0):
                    await stop.wait()
            except TimeoutError:
                continue

    async def check(self, js: JetStreamContext) -> None:
        """Make again what is missing; remember what remains wrong for readiness and metrics."""
        producers = [self._producer, *(consumes.producer for consumes in self._consumers)]
        try:
            for difference in await compare(js, producers=producers, consumers=self._consumers):
                if difference.missing:
                    await self._recreate(js, difference)
                    self.recreated += 1
            self.differences = await compare(js, producers=producers, consumers=self._consumers)
        except (JetStreamError, nats.errors.Error, OSError, TimeoutError) as error:
            self.differences = [
                Difference("JetStream", missing=False, detail=f"no answer: {type(error).__name__}")
            ]

    async def _recreate(self, js: JetStreamContext, difference: Difference) -> None:
        for producer in PRODUCERS:
            if difference.what == f"stream {stream_of(producer)}":
                await js.add_stream(stream_config(producer))
        for consumes in self._consumers:
            if difference.what.startswith(f"consumer {consumes.durable} "):
                await js.add_consumer(consumes.stream, consumer_config(consumes))
