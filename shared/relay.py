"""The relay: takes outbox rows in order and publishes them to JetStream; nothing else publishes.

One relay leads per database, by an advisory lock on the very connection it works with: when that
connection dies, the lock dies with it. The watermark moves by compare-and-set, so even two relays at
once only send a message twice, which every inbox absorbs. A producer that misses a receipt sends again.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import nats.errors
import structlog
from nats.js.api import PubAck
from nats.js.errors import APIError
from nats.js.errors import Error as JetStreamError
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import outbox, receipts
from shared.bus import Bus
from shared.clock import sleep_or_wake
from shared.contracts.envelope import Envelope, Producer, Receipt
from shared.db import database_away, sql
from shared.ids import uuid7
from shared.outbox import OutboxRow
from shared.topology import stream_of
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

BATCH = 500
SINGLES = 20
"""Below this many rows, singles in flight are faster than an atomic batch (ADR-50)."""
POLL = 2.0
"""Seconds between looks when nobody woke the relay: the safety net, not the mechanism."""
LEADER_LOCK = 7142050113
PUBLISH_TIMEOUT = 5.0


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


@dataclass(slots=True)
class Relay:
    """Publishes one producer's outbox."""

    database: Database
    bus: Bus
    producer: Producer
    metrics: Metrics
    resend_after: float
    _resent_at: dict[str, float] = field(default_factory=dict)
    _failures: int = 0

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
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # the loop's outer edge: counted, then begun again
                await self._failed(error)
            finally:
                self.metrics.leading.set(0)
            await _pause(stop, min(0.2 * 2**self._failures, 5.0) if self._failures else POLL)

    async def _lead(self, connection: AsyncConnection) -> bool:
        return bool(await connection.scalar(sql("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}))

    async def _work(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        reached = await outbox.published_through(self._tx(connection))
        while not stop.is_set():
            while (now_at := await self.publish_after(connection, reached)) > reached:
                reached = now_at
                if stop.is_set():
                    return
            await self._resend(connection)
            self._failures = 0
            await sleep_or_wake(self.database.committed, POLL)

    async def publish_after(self, connection: AsyncConnection, start: int) -> int:
        """Publish the next rows after the watermark `start` and move it; where it stands now.

        Raises Deposed when the watermark was moved by another relay.
        """
        rows = await outbox.after(self._tx(connection), start, BATCH)
        if not rows:
            return start
        reached = await self._publish(rows)
        if not await outbox.mark_published(self._tx(connection), was=start, now_at=reached):
            raise Deposed(f"the watermark is no longer at {start}")
        self.metrics.published.inc(reached - start)
        return reached

    def _tx(self, connection: AsyncConnection) -> UnitOfWork:
        return UnitOfWork(connection, self.database.clock.now())

    async def _publish(self, rows: Sequence[OutboxRow]) -> int:
        """Send `rows`; the sequence number up to which JetStream has them all. Raises when it has none."""
        if len(rows) > SINGLES:
            try:
                await self._publish_atomically(rows)
            except APIError as refused:
                # A batch holding one already-seen message id is refused whole: send one by one.
                log.info("batch refused, sending singly", service=self.producer, code=refused.err_code)
            else:
                return rows[-1].seq
        for first in range(0, len(rows), SINGLES):
            part = rows[first : first + SINGLES]
            results = await asyncio.gather(
                *(self._publish_single(row) for row in part), return_exceptions=True
            )
            for row, result in zip(part, results, strict=True):
                if isinstance(result, BaseException):
                    if row.seq == rows[0].seq:
                        raise result
                    return row.seq - 1
        return rows[-1].seq

    async def _publish_atomically(self, rows: Sequence[OutboxRow]) -> None:
        client, batch_id = self.bus.client, str(uuid7())
        for number, row in enumerate(rows[:-1], start=1):
            headers = self._envelope(row).headers()
            headers["Nats-Batch-Id"] = batch_id
            headers["Nats-Batch-Sequence"] = str(number)
            await client.publish(row.subject, row.payload.encode(), headers=headers)
        last = rows[-1]
        headers = self._envelope(last).headers()
        headers["Nats-Batch-Id"] = batch_id
        headers["Nats-Batch-Sequence"] = str(len(rows))
        headers["Nats-Batch-Commit"] = "1"
        await self._acknowledged(last, headers)

    async def _publish_single(self, row: OutboxRow, *, again: str = "") -> None:
        headers = self._envelope(row).headers()
        if again:
            headers["Nats-Msg-Id"] += again
        await self._acknowledged(row, headers)

    async def _acknowledged(self, row: OutboxRow, headers: dict[str, str]) -> None:
        js = self.bus.js
        ack: PubAck = await js.publish(
            row.subject, row.payload.encode(), timeout=PUBLISH_TIMEOUT, headers=headers
        )
        if ack.stream != stream_of(self.producer):
            raise NotAcknowledged(f"{row.subject} was taken by stream {ack.stream}")

    def _envelope(self, row: OutboxRow) -> Envelope:
        return Envelope(
            event_id=row.event_id,
            producer=self.producer,
            subject=row.subject,
            key=row.key,
            seq=row.seq,
            occurred_at=row.occurred_at,
            traceparent=row.traceparent,
        )

    async def _resend(self, connection: AsyncConnection) -> None:
        """Send again what a drained consumer still misses although it left a while ago."""
        tx = self._tx(connection)
        through = await outbox.published_through(tx)
        known = await receipts.all_receipts(tx, self.producer)
        for receipt in known:
            if not receipt.drained or receipt.through >= through:
                continue
            if time.monotonic() - self._resent_at.get(receipt.consumer, -1e9) < self.resend_after:
                continue
            await self._resend_to(connection, receipt, through)
            self._resent_at[receipt.consumer] = time.monotonic()

    async def _resend_to(self, connection: AsyncConnection, receipt: Receipt, through: int) -> None:
        ranges = [*receipt.missing, (receipt.highest + 1, through)]
        before = receipt.at - timedelta(seconds=self.resend_after)
        for first, last in ranges:
            at = first
            while at <= last:
                rows = await outbox.between(self._tx(connection), at, last, BATCH)
                old = [row for row in rows if row.occurred_at <= before]
                for part in range(0, len(old), SINGLES):
                    again = f":again:{uuid7()}"
                    await asyncio.gather(
                        *(self._publish_single(row, again=again) for row in old[part : part + SINGLES])
                    )
                self.metrics.resent.inc(len(old))
                if len(old) < len(rows) or not rows:
                    break
                at = rows[-1].seq + 1
            if first <= last:
                log.warning("events sent again", consumer=receipt.consumer, first=first, last=last)

    async def _failed(self, error: Exception) -> None:
        self._failures += 1
        self.metrics.failures.inc()
        log.warning(
            "relay pass failed", service=self.producer, error=type(error).__name__, tries=self._failures
        )
        bus_trouble = isinstance(error, nats.errors.Error | JetStreamError | TimeoutError)
        if bus_trouble and not database_away(error) and self._failures % 3 == 0 and self.bus.connected:
            # The link looks healthy but nothing is acknowledged: perhaps an isolated leader (T11).
            await self.bus.client.force_reconnect()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
