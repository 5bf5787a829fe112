"""The inbox: every message is taken in once, whatever arrives twice, late or broken (I2, I9).

A batch is one transaction: inbox rows, the service's handler, its outbox rows; then the acknowledgements.
A batch that fails is halved until the bad message is alone, so that it never stops the rest.
What can never succeed goes to quarantine; what may succeed later is handed back with a growing delay;
while the database is away, what is in hand waits for it.
"""

import asyncio
import contextlib
import hashlib
import random
import re
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import nats.errors
import structlog
from prometheus_client import CollectorRegistry, Counter
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from shared import quarantine
from shared.clock import is_set_within
from shared.contracts.envelope import ERASED_BODY, Envelope, EnvelopeError, Event
from shared.db import bad_value, constraint_race, database_away, lost_race, timed_out
from shared.errors import DomainError, NotFound, Unavailable
from shared.json_text import read_json_text
from shared.quarantine import Held, Reason
from shared.topology import Consumes
from shared.tracing import Tracing
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

Handler = Callable[[Sequence[Event], UnitOfWork], Awaitable[None]]

TRIES = 6
"""A handler bug is tried this often, with growing delay, before the message is held."""
AHEAD = timedelta(days=1)
"""An event may be this far ahead of our clock."""


class Incoming(Protocol):
    """What the inbox needs of a JetStream message."""

    subject: str
    data: bytes
    headers: dict[str, str] | None

    async def ack(self) -> None: ...
    async def nak(self, delay: float | None = None) -> None: ...


class Poison(Exception):
    """A message that can never be applied as it is."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Taken:
    """A message with a readable envelope: its number counts as taken in, whatever its body is.

    `event` is None for a type this service has no use for, and for `poison`.
    """

    message: Incoming
    envelope: Envelope
    body_hash: bytes
    event: Event | None = None
    poison: Poison | None = None


class DatabaseAway(Exception):
    """No transaction could be begun."""


class HandlerFailed(Exception):
    """A handler raised what, raised anywhere else, would mean that the database is away."""


@dataclass(frozen=True, slots=True)
class Metrics:
    messages: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "Metrics":
        messages = Counter(
            "inbox_messages", "Messages by what became of them", ["producer", "outcome"], registry=registry
        )
        return cls(messages)


@dataclass(slots=True)
class Inbox:
    """Takes one producer's events into one service."""

    database: Database
    consumes: Consumes
    known: Mapping[str, type[Event]]
    handler: Handler
    metrics: Metrics
    tracing: Tracing = field(default_factory=Tracing)
    tries: int = TRIES
    first_pause: float = 1.0
    """Seconds until a failed message is tried again; doubled each time."""
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after every batch: time for a receipt."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _waits: int = 0

    async def receive(self, messages: Sequence[Incoming]) -> None:
        """Apply a batch and acknowledge it; never raises for a message's own fault."""
        parts = deque([list(messages)])
        while parts:
            part = parts.popleft()
            try:
                await self._apply(part)
            except Exception as error:  # noqa: BLE001  # sorted here, part by part
                if _away(error):
                    parts.appendleft(part)
                    if await self._database_is_back(error):
                        continue
                    await self._hand_back(message for part in parts for message in part)
                    return
                if len(part) > 1:
                    half = len(part) // 2
                    parts.extendleft([part[half:], part[:half]])
                else:
                    await self._failed(part[0], error)
            else:
                await self._acknowledge(part)
            self._waits = 0

    def stop(self) -> None:
        """From now on hand back at once what would have to wait."""
        self._stopping.set()

    async def replay(self, held_id: int, *, by: str) -> None:
        """Apply a held message again. Raises Poison when it still cannot be applied, NotFound, Conflict."""
        async with self.database.begin() as tx:
            row = await quarantine.claim(tx, held_id)
            message = _Stored(row.subject, bytes(row.payload), dict(row.headers))
            taken = self._understood(message, self._envelope(message), tx)
            if taken.poison:
                raise taken.poison
            await self._insert(tx, [taken])
            if taken.event is not None:
                await self.handler([taken.event], tx)
            await quarantine.decide(tx, held_id, status="replayed", by=by)

    async def replay_understood(self) -> int:
        """After an upgrade: apply what was parked because its version was unknown then and is known now."""
        async with self.database.read() as tx:
            parked = await quarantine.parked(tx, self.consumes.consumer, list(self.known))
        done = 0
        for held_id in parked:
            try:
                await self.replay(held_id, by="upgrade")
            except (Poison, DomainError) as still:
                log.warning("parked message not replayed", id=held_id, error=type(still).__name__)
            else:
                done += 1
        return done

    async def _apply(self, messages: Sequence[Incoming]) -> None:
        """One transaction, begun again when it loses a race."""
        begun = False
        held: list[Held] = []
        counts: dict[str, int] = {}

        async def work(tx: UnitOfWork) -> None:
            nonlocal begun, held, counts
            begun = True
            tx.traces = traces
            taken, unreadable = self._sort(messages, tx)
            new, reused = await self._record(tx, taken)
            events = [item.event for item in new if item.event is not None]
            held = [
                *unreadable,
                *(self._held(item.message, item.poison) for item in new if item.poison),
                *reused,
            ]
            counts = {
                "applied": len(events),
                "ignored": sum(item.event is None and item.poison is None for item in new),
                "duplicate": len(taken) - len(new) - len(reused),
                "quarantined": len(held),
            }
            await quarantine.hold(tx, held)
            if events:
                await self._handle(events, tx)

        try:
            with self.tracing.batch(messages, self.consumes.durable) as traces:
                await self.database.run(work)
        except Exception as error:
            if not begun:
                raise DatabaseAway from error
            raise
        for outcome, count in counts.items():
            self._count(outcome, count)
        for each in held:
            _tell_held(each)

    def _sort(self, messages: Sequence[Incoming], tx: UnitOfWork) -> tuple[list[Taken], list[Held]]:
        """What has a readable envelope, and what has not."""
        taken: list[Taken] = []
        unreadable: list[Held] = []
        for message in messages:
            try:
                envelope = self._envelope(message)
            except Poison as poison:
                unreadable.append(self._held(message, poison))
            else:
                taken.append(self._understood(message, envelope, tx))
        return taken, unreadable

    def _envelope(self, message: Incoming) -> Envelope:
        """Raises Poison when the message does not say believably what it is."""
        try:
            envelope = Envelope.read(message.headers)
        except EnvelopeError as wrong:
            raise Poison(Reason.ENVELOPE, str(wrong)) from None
        if envelope.producer != self.consumes.producer or envelope.subject != message.subject:
            raise Poison(Reason.FORGED, "the envelope names another producer or type than the subject")
        if not envelope.subject.startswith(f"{envelope.producer}."):
            raise Poison(Reason.FORGED, "the type does not belong to its producer")
        return envelope

    def _understood(self, message: Incoming, envelope: Envelope, tx: UnitOfWork) -> Taken:
        body_hash = _hash(message.data)
        try:
            return Taken(message, envelope, body_hash, event=self._event(message, envelope, tx))
        except Poison as poison:
            return Taken(message, envelope, body_hash, poison=poison)

    def _event(self, message: Incoming, envelope: Envelope, tx: UnitOfWork) -> Event | None:
        """The event, None for one of no use here or erased at its origin. Raises Poison saying why it is unreadable."""
        if envelope.occurred_at > tx.now + AHEAD:
            raise Poison(Reason.FUTURE, f"ce-time {envelope.occurred_at.isoformat()} is in the future")
        if message.data == ERASED_BODY:
            return None
        model = self.known.get(envelope.subject)
        if model is None:
            if _family(envelope.subject) in {_family(subject) for subject in self.known}:
                raise Poison(Reason.UNKNOWN_VERSION, f"{envelope.subject} is newer than this service")
            return None
        try:
            return read_json_text(message.data, model)
        except ValidationError as errors:
            raise Poison(Reason.SCHEMA, _places(errors)) from None
        except DomainError:
            # Without its words: they name the key that stands twice, and who knows what was put there.
            raise Poison(Reason.SCHEMA, "the body is not JSON with one meaning") from None

    async def _record(self, tx: UnitOfWork, taken: Sequence[Taken]) -> tuple[list[Taken], list[Held]]:
        """Write inbox rows; what is new, in order, and what reuses an id for another body."""
        first: dict[UUID, Taken] = {}
        for item in taken:
            first.setdefault(item.envelope.event_id, item)
        inserted = await self._insert(tx, first.values())
        new = [item for event_id, item in first.items() if event_id in inserted]
        if len(new) == len(taken):
            return new, []
        return new, await self._reused(tx, taken, first, inserted)

    async def _insert(self, tx: UnitOfWork, taken: Iterable[Taken]) -> set[UUID]:
        """Write inbox rows; the ids that were new. In the order of ids, so that two replicas never deadlock."""
        items = sorted(taken, key=lambda item: item.envelope.event_id)
        if not items:
            return set()
        rows = await tx.execute(
            """
            INSERT INTO inbox (event_id, producer, seq, body_hash)
            SELECT event_id, :producer, seq, body_hash
            FROM unnest(CAST(:ids AS uuid[]), CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[]))
                 AS e (event_id, seq, body_hash)
            ON CONFLICT (event_id) DO NOTHING
            RETURNING event_id
            """,
            producer=self.consumes.producer,
            ids=[item.envelope.event_id for item in items],
            seqs=[item.envelope.seq for item in items],
            hashes=[item.body_hash for item in items],
        )
        return set(rows.scalars())

    async def _reused(
        self, tx: UnitOfWork, taken: Sequence[Taken], first: Mapping[UUID, Taken], inserted: set[UUID]
    ) -> list[Held]:
        hashes = {event_id: first[event_id].body_hash for event_id in inserted}
        old = [event_id for event_id in first if event_id not in inserted]
        if old:
            rows = await tx.all(
                "SELECT event_id, body_hash FROM inbox WHERE event_id = ANY(CAST(:ids AS uuid[]))", ids=old
            )
            hashes |= {row.event_id: bytes(row.body_hash) for row in rows}
        poison = Poison(Reason.ID_REUSED, "the id already stands for another body")
        # An event that was erased at its origin may come in both forms; the first one counted.
        return [
            self._held(item.message, poison)
            for item in taken
            if len({hashes.get(item.envelope.event_id, item.body_hash), item.body_hash} - {_ERASED}) > 1
        ]

    async def _handle(self, events: Sequence[Event], tx: UnitOfWork) -> None:
        try:
            await self.handler(events, tx)
        except (OSError, TimeoutError) as error:
            raise HandlerFailed from error

    async def _acknowledge(self, messages: Sequence[Incoming]) -> None:
        # An acknowledgement that cannot be sent costs a duplicate, nothing more.
        with contextlib.suppress(nats.errors.Error, OSError):
            for message in messages:
                await message.ack()
        self.moved.set()

    async def _database_is_back(self, error: Exception) -> bool:
        """Wait a little, longer each time; False when told to stop meanwhile."""
        why = type(error.__cause__ or error).__name__
        log.warning("database away, messages wait", consumer=self.consumes.durable, error=why)
        pause = min(0.1 * 2 ** min(self._waits, 10), 3.0)
        self._waits += 1
        return not await is_set_within(self._stopping, pause)

    async def _hand_back(self, messages: Iterable[Incoming]) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            for message in messages:
                await message.nak()

    async def _failed(self, message: Incoming, error: Exception) -> None:
        """Hand a message back for later, or hold it when it will never pass or was tried often enough."""
        permanent = _permanent(error)
        if not permanent and _deliveries(message) < self.tries:
            log.warning("handler failed, message handed back", subject=message.subject, error=_place(error))
            await self._later(message)
            return
        detail = error.code if isinstance(error, DomainError) else _place(error)
        held = self._held(message, Poison(Reason.REFUSED if permanent else Reason.FAILED, detail))
        try:
            async with self.database.begin() as tx:
                await quarantine.hold(tx, [held])
                await self._insert(tx, self._sort([message], tx)[0])
        except Exception as failure:  # noqa: BLE001  # cannot even be held now: later, then
            log.warning("message could not be quarantined", error=type(failure).__name__)
            await self._later(message)
            return
        self._count("quarantined", 1)
        _tell_held(held)
        await self._acknowledge([message])

    async def _later(self, message: Incoming) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            await message.nak(_delay(_deliveries(message), self.first_pause))
        self._count("retried", 1)

    def _count(self, outcome: str, count: int) -> None:
        if count:
            self.metrics.messages.labels(self.consumes.producer, outcome).inc(count)

    def _held(self, message: Incoming, poison: Poison) -> Held:
        return Held(
            consumer=self.consumes.consumer,
            stream=self.consumes.stream,
            stream_seq=_stream_seq(message),
            subject=message.subject,
            headers=dict(message.headers or {}),
            payload=message.data,
            reason=poison.reason,
            detail=poison.detail,
            deliveries=_deliveries(message),
        )


@dataclass(slots=True)
class _Stored:
    """A held message on its way through the inbox again."""

    subject: str
    data: bytes
    headers: dict[str, str] | None

    async def ack(self) -> None: ...
    async def nak(self, delay: float | None = None) -> None: ...


def _hash(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


_ERASED = _hash(ERASED_BODY)


def _away(error: BaseException) -> bool:
    """Whether no message can be applied now. A lost race or a slow statement is the message's own trouble."""
    if isinstance(error, DatabaseAway):
        return True
    return database_away(error) and not lost_race(error) and not timed_out(error)


def _permanent(error: Exception) -> bool:
    """Whether trying again cannot help: a rule or the schema says no."""
    if isinstance(error, IntegrityError):
        return not constraint_race(error)
    if isinstance(error, DomainError):
        return not isinstance(error, NotFound | Unavailable)
    return isinstance(error, ValidationError) or bad_value(error)


def _tell_held(held: Held) -> None:
    log.error("message quarantined", subject=held.subject[:100], reason=held.reason, detail=held.detail)


def _family(subject: str) -> str:
    return re.sub(r"\.v\d+$", "", subject)


def _places(errors: ValidationError) -> str:
    """Which fields break which rule, without their values: quarantine details are read by operators."""
    found = errors.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['type']}" for error in found[:10])


def _place(error: BaseException) -> str:
    """What was raised and where in our code, without its words: they may quote the message."""
    error = error.__cause__ if isinstance(error, HandlerFailed) and error.__cause__ else error
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _deliveries(message: Incoming) -> int:
    metadata = getattr(message, "metadata", None)
    return int(metadata.num_delivered) if metadata else 1


def _stream_seq(message: Incoming) -> int:
    metadata = getattr(message, "metadata", None)
    return int(metadata.sequence.stream) if metadata else 0


def _delay(deliveries: int, first: float) -> float:
    """Seconds until the next try: 1, 2, 4 … 60, spread so that messages do not come back together."""
    return min(first * 2.0 ** min(deliveries - 1, 10), 60.0) * random.uniform(0.8, 1.2)  # noqa: S311  # not a secret
