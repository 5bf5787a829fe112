"""The relay: takes outbox rows in order and publishes them to JetStream; nothing else publishes.

One relay leads per database, by an advisory lock on the very connection it works with: when that
connection dies, the lock dies with it. The watermark moves by compare-and-set, so even two relays at
once only send a message twice, which every inbox absorbs. What a drained consumer still misses a while
after it left is sent again, so that the loss of a whole stream loses nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from nats.aio.msg import Msg
from nats.js.api import PubAck
from nats.js.errors import APIError, NoStreamResponseError
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import outbox, receipts
from shared.bus import Bus
from shared.clock import is_set_within, sleep_or_wake
from shared.contracts.envelope import Envelope, Producer, Receipt
from shared.db import sql
from shared.ids import uuid7
from shared.outbox import OutboxRow
from shared.topology import stream_of
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

BATCH = 500
BATCH_BYTES = 8 << 20
SINGLES = 8
"""Below this many rows, singles in flight are faster than an atomic batch (ADR-50)."""
POLL = 5.0
"""Seconds between looks when nobody woke the relay: the safety net, not the mechanism."""
CANDIDACY = 2.0
"""Seconds between tries to lead while another relay does."""
LEADER_LOCK = 7142050113
PUBLISH_TIMEOUT = 2.5
RECONNECT_AFTER = 3
"""So many time-outs in a row, and we look for another server (T11)."""


class NotAcknowledged(Exception):
    """JetStream did not say that it has the message; the watermark stays."""


class Deposed(Exception):
    """Another relay moved the watermark; this one looks again before it goes on."""


@dataclass(slots=True)
class Metrics:
    published: Counter
    resent: Counter
    failures: Counter
    leading: Gauge

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "Metrics":
        return cls(
            Counter("relay_published_events", "Events JetStream has acknowledged", registry=registry),
            Counter("relay_resent_events", "Events sent again for want of a receipt", registry=registry),
            Counter("relay_failures", "Passes of the relay that failed", registry=registry),
            Gauge("relay_leading", "1 while this process is the relay", registry=registry),
        )


def wake_subject(producer: str) -> str:
    """Where a replica that does not lead tells the one that does of its commits; lossy, the poll is the net."""
    return f"relays.{producer}.wake"


@dataclass(slots=True)
class Relay:
    """Publishes one producer's outbox."""

    database: Database
    bus: Bus
    producer: Producer
    metrics: Metrics
    resend_after: float
    publish_timeout: float = PUBLISH_TIMEOUT
    _failures: int = 0
    _looked_at: float = 0.0
    _marks: deque[tuple[datetime, int]] = field(default_factory=lambda: deque(maxlen=1000))
    """How far the stream was at which moment, oldest first."""
    _again: deque[tuple[int, int]] = field(default_factory=deque)
    """Ranges to be sent again, for `_again_for`."""
    _again_for: list[str] = field(default_factory=list)
    _resent_at: dict[str, datetime] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Lead when the lock is free, wait when it is not, begin again after every failure."""
        while not stop.is_set():
            try:
                async with self.database.engine.connect() as pooled:
                    # Each statement is its own transaction: the relay never needs two to agree.
                    connection = await pooled.execution_options(isolation_level="AUTOCOMMIT")
                    if await self._lead(connection):
                        self.metrics.leading.set(1)
                        try:
                            await self._work(connection, stop)
                        finally:
                            await pooled.invalidate()  # the lock ends with its connection, not in the pool
                self._failures = 0
                await self._follow(stop)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # the loop's outer edge: counted, then begun again
                if stop.is_set():
                    return  # the bus left first
                await self._failed(error)
                await is_set_within(stop, min(0.1 * 2 ** min(self._failures, 10), CANDIDACY))
            finally:
                self.metrics.leading.set(0)

    async def _lead(self, connection: AsyncConnection) -> bool:
        return bool(await connection.scalar(sql("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}))

    async def _follow(self, stop: asyncio.Event) -> None:
        """Until the next try for the lock, tell the leader of our commits."""
        until = time.monotonic() + CANDIDACY
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if await sleep_or_wake(self.database.committed, left) and self.bus.connected:
                await self.bus.client.publish(wake_subject(self.producer))

    async def _work(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        # A watermark lost in a crash costs duplicates, nothing more: no need to wait for the disk.
        await connection.execute(sql("SET synchronous_commit = off"))
        reached = await outbox.published_through(self._tx(connection))
        self._again.clear()
        self._marks.clear()
        self._note(reached)
        pokes = await self.bus.subscribe(wake_subject(self.producer), self._poked)
        try:
            while not stop.is_set():
                reached, all_sent = await self._publish_next(connection, reached)
                self._note(reached)
                self._failures = 0
                if not all_sent:
                    continue
                if not self._again and self._time_to_look():
                    await self._look_for_missing(connection)
                if self._again:
                    await self._send_again(connection)
                else:
                    await sleep_or_wake(self.database.committed, POLL)
        finally:
            if self.bus.connected:
                await pokes.unsubscribe()

    async def _poked(self, _message: Msg) -> None:
        self.database.committed.set()

    async def publish_after(self, connection: AsyncConnection, start: int) -> int:
        """Publish the next rows after the watermark `start` and move it; where it stands now.

        Raises Deposed when the watermark was moved by another relay.
        """
        return (await self._publish_next(connection, start))[0]

    async def _publish_next(self, connection: AsyncConnection, start: int) -> tuple[int, bool]:
        """Where the watermark stands now, and whether all that was committed when we looked has left."""
        rows = await outbox.after(self._tx(connection), start, BATCH, BATCH_BYTES)
        if not rows:
            return start, True
        reached = await self._publish(rows)
        if not await outbox.mark_published(self._tx(connection), was=start, now_at=reached):
            raise Deposed(f"the watermark is no longer at {start}")
        self.metrics.published.inc(reached - start)
        # Rows that did not fit by their size are rare; a short look for them costs nothing.
        few = len(rows) < BATCH and sum(len(row.payload) for row in rows) < BATCH_BYTES // 4
        return reached, few and reached == rows[-1].seq

    def _tx(self, connection: AsyncConnection) -> UnitOfWork:
        return UnitOfWork(connection, self.database.clock.now())

    async def _publish(self, rows: Sequence[OutboxRow], *, again: str = "") -> int:
        """Send `rows`; the sequence number up to which JetStream has them all. Raises when it has none."""
        if not self.bus.connected:
            raise NotAcknowledged("the bus is away")  # nats-py would keep it all in memory
        if len(rows) > SINGLES:
            try:
                await self._publish_atomically(rows, again)
            except APIError as refused:
                # A batch holding one already-seen message id is refused whole: send one by one.
                log.info("batch refused, sending singly", service=self.producer, code=refused.err_code)
            else:
                return rows[-1].seq
        for first in range(0, len(rows), SINGLES):
            part = rows[first : first + SINGLES]
            results = await asyncio.gather(
                *(self._publish_single(row, again) for row in part), return_exceptions=True
            )
            for row, result in zip(part, results, strict=True):
                if isinstance(result, BaseException):
                    if row is rows[0]:
                        raise result
                    return row.seq - 1
        return rows[-1].seq

    async def _publish_atomically(self, rows: Sequence[OutboxRow], again: str) -> None:
        client, batch_id = self.bus.client, str(uuid7())
        for number, row in enumerate(rows, start=1):
            headers = self._headers(row, again)
            headers["Nats-Batch-Id"] = batch_id
            headers["Nats-Batch-Sequence"] = str(number)
            if number < len(rows):
                await client.publish(row.subject, row.payload.encode(), headers=headers)
            else:
                headers["Nats-Batch-Commit"] = "1"
                await self._acknowledged(row, headers)

    async def _publish_single(self, row: OutboxRow, again: str) -> None:
        await self._acknowledged(row, self._headers(row, again))

    async def _acknowledged(self, row: OutboxRow, headers: dict[str, str]) -> None:
        js = self.bus.js
        ack: PubAck = await js.publish(
            row.subject, row.payload.encode(), timeout=self.publish_timeout, headers=headers
        )
        if ack.stream != stream_of(self.producer):
            raise NotAcknowledged(f"{row.subject} was taken by stream {ack.stream}")

    def _headers(self, row: OutboxRow, again: str) -> dict[str, str]:
        headers = Envelope(
            event_id=row.event_id,
            producer=self.producer,
            subject=row.subject,
            key=row.key,
            seq=row.seq,
            occurred_at=row.occurred_at,
            traceparent=row.traceparent,
        ).headers()
        # What is sent again must pass JetStream's own memory of ids; the inbox knows it by its ce-id.
        headers["Nats-Msg-Id"] += again
        return headers

    def _note(self, reached: int) -> None:
        """Remember when the stream had come so far: the newest always, older ones not too finely."""
        now, marks = self.database.clock.now(), self._marks
        if marks and reached <= marks[-1][1]:
            return
        if len(marks) > 1 and now - marks[-2][0] < timedelta(seconds=self.resend_after / 4):
            marks.pop()
        marks.append((now, reached))

    def _sent_before(self, moment: datetime) -> int:
        """Up to which number everything was in the stream at that moment, as far as we remember."""
        return max((through for at, through in self._marks if at <= moment), default=0)

    def _time_to_look(self) -> bool:
        """Not after every single event: receipts change seldom."""
        now = time.monotonic()
        if now - self._looked_at < self.resend_after / 8:
            return False
        self._looked_at = now
        return True

    async def _look_for_missing(self, connection: AsyncConnection) -> None:
        """Queue what drained consumers still miss although it left `resend_after` before their receipt."""
        patience = timedelta(seconds=self.resend_after)
        ranges: list[tuple[int, int]] = []
        self._again_for.clear()
        for receipt in await receipts.all_receipts(self._tx(connection), self.producer):
            resent_at = self._resent_at.get(receipt.consumer)
            if not receipt.drained or (resent_at and receipt.at < resent_at + patience):
                continue
            missing = _missing(receipt, self._sent_before(receipt.at - patience))
            if missing:
                log.warning("events sent again", consumer=receipt.consumer, ranges=missing[:10])
                self._again_for.append(receipt.consumer)
                ranges += missing
        self._again.extend(_merged(ranges))

    async def _send_again(self, connection: AsyncConnection) -> None:
        """One batch of what is queued, so that new events never wait long behind old ones."""
        first, last = self._again.popleft()
        rows = await outbox.between(self._tx(connection), first, last, BATCH, BATCH_BYTES)
        if rows:
            reached = await self._publish(rows, again=f":again:{uuid7()}")
            self.metrics.resent.inc(reached - rows[0].seq + 1)
            if reached < last:
                self._again.appendleft((reached + 1, last))
        if not self._again:
            for consumer in self._again_for:
                self._resent_at[consumer] = self.database.clock.now()

    async def _failed(self, error: Exception) -> None:
        self._failures += 1
        self.metrics.failures.inc()
        log.warning(
            "relay pass failed", service=self.producer, error=type(error).__name__, tries=self._failures
        )
        if isinstance(error, NoStreamResponseError):
            self.bus.refusal.set()
        acknowledgement_missing = isinstance(error, TimeoutError) and not self._failures % RECONNECT_AFTER
        if acknowledgement_missing and self.bus.connected:
            # The link looks healthy but nothing is acknowledged: perhaps an isolated leader (T11).
            await self.bus.client.force_reconnect()


def _missing(receipt: Receipt, through: int) -> list[tuple[int, int]]:
    """The closed ranges up to `through` that a receipt does not cover."""
    ranges = [*receipt.missing, (receipt.highest + 1, through)]
    return [(first, min(last, through)) for first, last in ranges if first <= min(last, through)]


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, each number once."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
