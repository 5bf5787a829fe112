"""Streams and durable consumers: what they are, the command that applies them, and the check.

Only `apply` changes what exists. A running service never does: its reconciler makes again what is
missing (a wiped store loses nothing, the outbox sends again) and reports what differs. How long and how
much a stream keeps is for operators to tune; such a difference is told, and does not stop anything.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import nats.errors
import structlog
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

from shared.bus_rights import PAIRS
from shared.clock import is_set_within, sleep_or_wake

log = structlog.get_logger()

DAY = 86_400.0
_CALM = 0.2
"""Seconds between two comparisons, however often we are woken."""
ACK_WAIT = 6.0
"""Seconds before what a dead consumer had in hand comes back; a living one says "still at it" meanwhile."""
MAX_ACK_PENDING = 50_000
"""Messages handed back with a delay count as pending: so many of them may wait before the rest has to."""


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
    tuning: bool = False
    """Only capacity differs: told, but no reason not to be ready."""


PRODUCERS = ("visits", "feedback", "notify")
CONSUMERS = tuple(Consumes(consumer, producer) for consumer, producer in PAIRS)


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
        max_ack_pending=MAX_ACK_PENDING,
    )


async def apply(js: JetStreamContext) -> list[str]:
    """Create or update every stream and consumer; says what was done, in order."""
    done: list[str] = []
    for producer in PRODUCERS:
        config = stream_config(producer)
        for difference in await compare(js, producers=[producer], consumers=[]):
            await (js.add_stream(config) if difference.missing else _update_stream(js, config))
            done.append(f"{difference.what}: {'created' if difference.missing else difference.detail}")
    for consumes in CONSUMERS:
        for difference in await compare(js, producers=[], consumers=[consumes]):
            await js.add_consumer(consumes.stream, consumer_config(consumes))
            done.append(f"{difference.what}: {'created' if difference.missing else difference.detail}")
    return done


async def _update_stream(js: JetStreamContext, wanted: StreamConfig) -> None:
    """Change what we define and keep what operators chose: replicas, placement, description."""
    info = await js.stream_info(str(wanted.name))
    await js.update_stream(replace(info.config, **{name: getattr(wanted, name) for name in _STREAM_FIELDS}))


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
        what = _named(consumes)
        try:
            consumer = await js.consumer_info(consumes.stream, consumes.durable)
        except NotFoundError:
            found.append(Difference(what, missing=True, detail="missing"))
        else:
            found += _differing(what, consumer_config(consumes), consumer.config)
    return found


_CAPACITY = ("max_age", "max_bytes", "duplicate_window")
_STREAM_FIELDS = ("subjects", "retention", "storage", "discard", "max_msg_size", "allow_atomic", *_CAPACITY)
_CONSUMER_FIELDS = ("ack_policy", "deliver_policy", "ack_wait", "max_deliver", "max_ack_pending")


def _differing(
    what: str, wanted: StreamConfig | ConsumerConfig, actual: StreamConfig | ConsumerConfig
) -> list[Difference]:
    names = _STREAM_FIELDS if isinstance(wanted, StreamConfig) else _CONSUMER_FIELDS
    wrong = [name for name in names if getattr(actual, name) != getattr(wanted, name)]
    if not wrong:
        return []
    detail = ", ".join(
        f"{name} is {_shown(getattr(actual, name))}, should be {_shown(getattr(wanted, name))}"
        for name in wrong
    )
    return [Difference(what, missing=False, detail=detail, tuning=all(name in _CAPACITY for name in wrong))]


def _shown(value: Any) -> str:
    return str(getattr(value, "value", value))


@dataclass(slots=True)
class Reconciler:
    """Compares one service's stream and consumers with what they should be, again and again."""

    producer: str
    consumers: Sequence[Consumes]
    interval: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by whoever has reason to think that something is missing."""
    made_again: Callable[[], None] = lambda: None
    """Told when something was missing: receipts are due, so that producers learn what was lost with it."""
    differences: list[Difference] = field(
        default_factory=lambda: [Difference("streams", missing=True, detail="not checked yet")]
    )
    recreated: int = 0

    @property
    def in_the_way(self) -> list[Difference]:
        """Differences with which this service is not ready."""
        return [difference for difference in self.differences if not difference.tuning]

    async def run(self, js: JetStreamContext, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await _unless(stop, self.check(js))  # an answer that was lost is waited for long
            await sleep_or_wake(self.wake, 1.0 if self.in_the_way else self.interval)
            await is_set_within(stop, _CALM)

    async def check(self, js: JetStreamContext) -> None:
        """Make again what is missing; remember what remains wrong for readiness and metrics."""
        try:
            found = await self._compared(js)
            missing = self._ours_to_make(found)
            if missing:
                for difference in missing:
                    await self._recreate(js, difference)
                    log.warning("made again", service=self.producer, what=difference.what)
                self.recreated += len(missing)
                self.made_again()
                found = await self._compared(js)
        except (JetStreamError, nats.errors.Error, OSError, TimeoutError) as error:
            found = [Difference("JetStream", missing=False, detail=f"no answer: {type(error).__name__}")]
        self.differences = found

    async def _compared(self, js: JetStreamContext) -> list[Difference]:
        producers = [self.producer, *(consumes.producer for consumes in self.consumers)]
        return await compare(js, producers=producers, consumers=self.consumers)

    def _ours_to_make(self, found: Sequence[Difference]) -> list[Difference]:
        """What is missing and may be made by this service: its stream, and its consumers of streams that stand.

        Another's stream is made by that other, and until then its consumers wait.
        """
        missing = {difference.what: difference for difference in found if difference.missing}
        own = [f"stream {stream_of(self.producer)}"]
        own += [_named(each) for each in self.consumers if f"stream {each.stream}" not in missing]
        return [missing[what] for what in own if what in missing]

    async def _recreate(self, js: JetStreamContext, difference: Difference) -> None:
        if difference.what == f"stream {stream_of(self.producer)}":
            await js.add_stream(stream_config(self.producer))
        for consumes in self.consumers:
            if difference.what == _named(consumes):
                await js.add_consumer(consumes.stream, consumer_config(consumes))


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, or leave it when told to stop."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        stopping.cancel()


def _named(consumes: Consumes) -> str:
    return f"consumer {consumes.durable} on {consumes.stream}"
