"""Receipts: consumers say how far they are, producers keep it; the proof that nothing is lost (I1).

Numbers are gap-free per producer, so "everything through n" is a fact, not a guess. Receipts travel on
plain NATS: they are cumulative, and the next one replaces a lost one.
"""

import asyncio
import json
from collections.abc import Sequence

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js.errors import Error as JetStreamError
from pydantic import ValidationError

from shared.bus import Bus
from shared.clock import is_set_within, sleep_or_wake
from shared.contracts.envelope import Producer, Receipt
from shared.errors import DomainError
from shared.json_text import read_json_text
from shared.topology import Consumes
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

IDLE_FACTOR = 30
"""How much rarer receipts are when all is in and nothing moves."""
MISSING_RANGES = 100


def receipt_subject(producer: str, consumer: str) -> str:
    return f"receipts.{producer}.{consumer}"


ADVANCE = """
WITH start AS (SELECT through FROM inbox_progress WHERE producer = :producer FOR UPDATE),
run AS (
    SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island
    FROM (SELECT DISTINCT seq FROM inbox, start WHERE producer = :producer AND seq > start.through) AS later
)
UPDATE inbox_progress
SET through = COALESCE((SELECT max(run.seq) FROM run, start WHERE run.island = start.through), through)
WHERE producer = :producer
RETURNING through
"""

MISSING = """
SELECT previous + 1 AS first, seq - 1 AS last
FROM (
    SELECT seq, lag(seq, 1, CAST(:through AS bigint)) OVER (ORDER BY seq) AS previous
    FROM inbox WHERE producer = :producer AND seq > :through
) AS later
WHERE seq > previous + 1
ORDER BY seq LIMIT :limit
"""


async def progress(tx: UnitOfWork, producer: str) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Recorded through, highest seen, and the missing ranges between the two."""
    await tx.execute(
        "INSERT INTO inbox_progress (producer, through) VALUES (:producer, 0) ON CONFLICT DO NOTHING",
        producer=producer,
    )
    through = int(await tx.scalar(ADVANCE, producer=producer))
    highest = await tx.scalar("SELECT max(seq) FROM inbox WHERE producer = :producer", producer=producer)
    rows = await tx.all(MISSING, producer=producer, through=through, limit=MISSING_RANGES)
    missing = tuple((int(row.first), int(row.last)) for row in rows)
    return through, max(int(highest or 0), through), missing


async def keep(tx: UnitOfWork, receipt: Receipt) -> None:
    """Remember what a consumer said last, and when by our own clock, which is what the relay compares with."""
    await tx.execute(
        """
        INSERT INTO receipt (consumer, through, highest, missing, drained, at)
        VALUES (:consumer, :through, :highest, CAST(:missing AS jsonb), :drained, :at)
        ON CONFLICT (consumer) DO UPDATE
        SET through = excluded.through, highest = excluded.highest, missing = excluded.missing,
            drained = excluded.drained, at = excluded.at
        """,
        consumer=receipt.consumer,
        through=receipt.through,
        highest=receipt.highest,
        missing=json.dumps(receipt.missing),
        drained=receipt.drained,
        at=tx.now,
    )


async def all_receipts(tx: UnitOfWork, producer: Producer) -> list[Receipt]:
    rows = await tx.all("SELECT consumer, through, highest, missing, drained, at FROM receipt")
    return [Receipt(producer=producer, **row._mapping) for row in rows]  # noqa: SLF001  # documented


class ReceiptSender:
    """Tells one producer how far this consumer is: soon after progress, rarely when idle."""

    def __init__(self, database: Database, bus: Bus, consumes: Consumes, *, interval: float) -> None:
        self._database = database
        self._bus = bus
        self._consumes = consumes
        self._interval = interval
        self.moved = asyncio.Event()
        """Set by the inbox after every batch."""
        self.through = 0

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            settled = False
            try:
                receipt = await self.send()
                settled = receipt.drained and not receipt.missing
            except Exception as error:  # noqa: BLE001  # a receipt may be lost; the next one tells the same
                log.debug("receipt not sent", consumer=self._consumes.durable, error=type(error).__name__)
            await is_set_within(stop, self._interval)
            await sleep_or_wake(self.moved, self._interval * ((IDLE_FACTOR if settled else 3) - 1))

    async def send(self) -> Receipt:
        """Compute and publish the receipt of this moment."""
        at = self._database.clock.now()
        drained = await self._drained()
        async with self._database.begin() as tx:
            self.through, highest, missing = await progress(tx, self._consumes.producer)
        receipt = Receipt.model_validate(
            {
                "consumer": self._consumes.consumer,
                "producer": self._consumes.producer,
                "through": self.through,
                "highest": highest,
                "missing": missing,
                "drained": drained,
                "at": at,
            }
        )
        subject = receipt_subject(self._consumes.producer, self._consumes.consumer)
        await self._bus.client.publish(subject, receipt.model_dump_json().encode())
        return receipt

    async def _drained(self) -> bool:
        try:
            info = await self._bus.js.consumer_info(self._consumes.stream, self._consumes.durable, timeout=2)
        except (JetStreamError, nats.errors.Error, TimeoutError):
            return False
        return not info.num_pending and not info.num_ack_pending


class ReceiptKeeper:
    """Keeps what this producer's consumers say, and wakes the relay when one of them misses something."""

    def __init__(self, database: Database, producer: str) -> None:
        self._database = database
        self._producer = producer

    async def listen(self, bus: Bus) -> None:
        await bus.subscribe(receipt_subject(self._producer, "*"), self._heard)

    async def _heard(self, message: Msg) -> None:
        try:
            receipt = read_json_text(message.data, Receipt)
            if message.subject != receipt_subject(receipt.producer, receipt.consumer):
                return
            async with self._database.begin() as tx:
                await keep(tx, receipt)
        except (ValidationError, DomainError):
            log.warning("unreadable receipt", subject=message.subject)
        except Exception as error:  # noqa: BLE001  # the next receipt tells the same
            log.debug("receipt not kept", error=type(error).__name__)
        else:
            self._database.committed.set()


async def outstanding(tx: UnitOfWork, consumers: Sequence[str]) -> dict[str, int]:
    """How many published-or-waiting events each consumer has not yet confirmed."""
    last = int(await tx.scalar("SELECT last_seq FROM outbox_head"))
    through = {
        row.consumer: int(row.through) for row in await tx.all("SELECT consumer, through FROM receipt")
    }
    return {consumer: max(last - through.get(consumer, 0), 0) for consumer in consumers}
