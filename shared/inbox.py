"""The inbox: every message is taken in once, whatever arrives twice, late or broken (I2, I9).

A batch is one transaction: inbox rows, the service's handler, its outbox rows; then the acknowledgements.
A batch that fails is done again one by one, so that one bad message never stops the rest.
What can never succeed goes to quarantine; what may succeed later is handed back with a growing delay.
"""

import asyncio
import hashlib
import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError

from shared import quarantine
from shared.contracts.envelope import Envelope, EnvelopeError, Event
from shared.db import database_away
from shared.errors import DomainError
from shared.quarantine import Held, Reason
from shared.topology import Consumes
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


@dataclass(frozen=True, slots=True)
class Taken:
    """A readable message; `event` is None for a type this service has no use for."""

    message: Incoming
    envelope: Envelope
    event: Event | None
    body_hash: bytes


class Poison(Exception):
    """A message that can never be applied as it is."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


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
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, messages: Sequence[Incoming]) -> None:
        """Apply a batch and acknowledge it; never raises for a message's own fault."""
        try:
            await self._apply(messages)
        except Exception as error:  # noqa: BLE001  # sorted below, message by message
            if len(messages) == 1 or database_away(error):
                await self._failed(messages, error)
                return
            for message in messages:
                await self.receive([message])
            return
        for message in messages:
            await message.ack()
        self.moved.set()

    async def replay(self, held_id: int, *, by: str) -> None:
        """Apply a held message again. Raises Poison when it still cannot be applied, NotFound, Conflict."""
        async with self.database.begin() as tx:
            row = await quarantine.claim(tx, held_id)
            taken = self._read(_Stored(row.subject, bytes(row.payload), dict(row.headers)), tx)
            await self._record(tx, [taken], forget=True)
            if taken.event is not None:
                await self.handler([taken.event], tx)
            await quarantine.decide(tx, held_id, status="replayed", by=by)

    async def _apply(self, messages: Sequence[Incoming]) -> None:
        outcomes: list[tuple[str, int]] = []
        async with self.database.begin() as tx:
            taken, held = self._sort(messages, tx)
            new, reused = await self._record(tx, taken)
            held += reused
            await quarantine.hold(tx, held)
            events = [item.event for item in new if item.event is not None]
            if events:
                await self.handler(events, tx)
            outcomes = [
                ("applied", len(events)),
                ("ignored", len(new) - len(events)),
                ("duplicate", len(taken) - len(new) - len(reused)),
                ("quarantined", len(held)),
            ]
        for outcome, count in outcomes:
            if count:
                self.metrics.messages.labels(self.consumes.producer, outcome).inc(count)
        for each in held:
            log.error(
                "message quarantined", subject=each.subject[:100], reason=each.reason, detail=each.detail
            )

    def _sort(self, messages: Sequence[Incoming], tx: UnitOfWork) -> tuple[list[Taken], list[Held]]:
        taken: list[Taken] = []
        held: list[Held] = []
        for message in messages:
            try:
                taken.append(self._read(message, tx))
            except Poison as poison:
                held.append(self._held(message, poison))
        return taken, held

    def _read(self, message: Incoming, tx: UnitOfWork) -> Taken:
        """A readable message. Raises Poison saying why it is not."""
        try:
            envelope = Envelope.read(message.headers)
        except EnvelopeError as wrong:
            raise Poison(Reason.ENVELOPE, str(wrong)) from None
        if envelope.producer != self.consumes.producer or envelope.subject != message.subject:
            raise Poison(Reason.FORGED, "the envelope names another producer or type than the subject")
        if not envelope.subject.startswith(f"{envelope.producer}."):
            raise Poison(Reason.FORGED, "the type does not belong to its producer")
        if envelope.occurred_at > tx.now + AHEAD:
            raise Poison(Reason.FUTURE, f"ce-time {envelope.occurred_at.isoformat()} is in the future")
        body_hash = hashlib.blake2b(message.data, digest_size=16).digest()
        model = self.known.get(envelope.subject)
        if model is None:
            if _family(envelope.subject) in {_family(subject) for subject in self.known}:
                raise Poison(Reason.UNKNOWN_VERSION, f"{envelope.subject} is newer than this service")
            return Taken(message, envelope, None, body_hash)
        try:
            event = model.model_validate_json(message.data)
        except ValidationError as errors:
            raise Poison(Reason.SCHEMA, _places(errors)) from None
        except ValueError:
            raise Poison(Reason.SCHEMA, "the body is not JSON text") from None
        return Taken(message, envelope, event, body_hash)

    async def _record(
        self, tx: UnitOfWork, taken: Sequence[Taken], *, forget: bool = False
    ) -> tuple[list[Taken], list[Held]]:
        """Write inbox rows; what is new, in order, and what reuses an id for another body."""
        if not taken:
            return [], []
        first: dict[UUID, Taken] = {}
        for item in taken:
            first.setdefault(item.envelope.event_id, item)
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
            ids=list(first),
            seqs=[item.envelope.seq for item in first.values()],
            hashes=[item.body_hash for item in first.values()],
        )
        inserted = set(rows.scalars())
        new = [item for event_id, item in first.items() if event_id in inserted]
        if forget:
            return list(taken), []
        return new, await self._reused(tx, taken, first, inserted)

    async def _reused(
        self, tx: UnitOfWork, taken: Sequence[Taken], first: Mapping[UUID, Taken], inserted: set[UUID]
    ) -> list[Held]:
        if len(inserted) == len(taken):
            return []
        hashes = {event_id: first[event_id].body_hash for event_id in inserted}
        old = [event_id for event_id in first if event_id not in inserted]
        if old:
            rows = await tx.all(
                "SELECT event_id, body_hash FROM inbox WHERE event_id = ANY(CAST(:ids AS uuid[]))", ids=old
            )
            hashes |= {row.event_id: bytes(row.body_hash) for row in rows}
        poison = Poison(Reason.ID_REUSED, "the id already stands for another body")
        return [
            self._held(item.message, poison)
            for item in taken
            if hashes.get(item.envelope.event_id, item.body_hash) != item.body_hash
        ]

    async def _failed(self, messages: Sequence[Incoming], error: Exception) -> None:
        """Hand messages back for later, or hold the one that will never pass."""
        if database_away(error):
            log.warning(
                "database away, messages handed back", count=len(messages), error=type(error).__name__
            )
            for message in messages:
                await message.nak(_delay(_deliveries(message)))
            self.metrics.messages.labels(self.consumes.producer, "retried").inc(len(messages))
            await asyncio.sleep(0.5)  # do not fetch the rest only to hand it back
            return
        message = messages[0]
        permanent = isinstance(error, DomainError | ValidationError | IntegrityError | DataError)
        if not permanent and _deliveries(message) < TRIES:
            log.warning(
                "handler failed, message handed back", subject=message.subject, error=type(error).__name__
            )
            await message.nak(_delay(_deliveries(message)))
            self.metrics.messages.labels(self.consumes.producer, "retried").inc()
            return
        await self._quarantine(message, Reason.REFUSED if permanent else Reason.FAILED, error)

    async def _quarantine(self, message: Incoming, reason: Reason, error: Exception) -> None:
        detail = error.code if isinstance(error, DomainError) else type(error).__name__
        held = self._held(message, Poison(reason, detail))
        try:
            async with self.database.begin() as tx:
                await quarantine.hold(tx, [held])
                await self._record(tx, [self._read(message, tx)])
        except Exception as failure:  # noqa: BLE001  # cannot even be held now: later, then
            log.warning("message could not be quarantined", error=type(failure).__name__)
            await message.nak(_delay(_deliveries(message)))
            return
        self.metrics.messages.labels(self.consumes.producer, "quarantined").inc()
        log.warning("message quarantined", subject=message.subject[:100], reason=reason, detail=detail)
        await message.ack()
        self.moved.set()

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


def _family(subject: str) -> str:
    return re.sub(r"\.v\d+$", "", subject)


def _places(errors: ValidationError) -> str:
    """Which fields break which rule, without their values: quarantine details are read by operators."""
    found = errors.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['type']}" for error in found[:10])


def _deliveries(message: Incoming) -> int:
    metadata = getattr(message, "metadata", None)
    return int(metadata.num_delivered) if metadata else 1


def _stream_seq(message: Incoming) -> int:
    metadata = getattr(message, "metadata", None)
    return int(metadata.sequence.stream) if metadata else 0


def _delay(deliveries: int) -> float:
    """Seconds until the next try: 1, 2, 4 … 60, spread so that messages do not come back together."""
    return min(2.0 ** (deliveries - 1), 60.0) * random.uniform(0.8, 1.2)  # noqa: S311  # not a secret
