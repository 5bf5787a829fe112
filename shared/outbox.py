"""The outbox: events written with the state they tell of, numbered without gaps.

`outbox_head` is one row whose lock a writer takes with its last statement and holds to its commit:
numbers follow commits, so the relay can read "everything after n" and miss nothing, and a missing
number at a consumer proves a lost message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from shared import audit
from shared.contracts.envelope import MAX_SEQUENCE

if TYPE_CHECKING:
    from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An event waiting for its transaction's end."""

    event_id: UUID
    subject: str
    key: str
    payload: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    seq: int
    event_id: UUID
    subject: str
    key: str
    occurred_at: datetime
    traceparent: str | None
    payload: str


_INSERT = """
INSERT INTO outbox (seq, event_id, subject, key, occurred_at, payload, traceparent)
SELECT head.base + e.n, e.event_id, e.subject, e.key, :now, e.payload, e.traceparent
FROM head, unnest(CAST(:event_ids AS uuid[]), CAST(:subjects AS text[]), CAST(:keys AS text[]),
                  CAST(:payloads AS text[]), CAST(:traceparents AS text[]))
     WITH ORDINALITY AS e (event_id, subject, key, payload, traceparent, n)
"""
_HEAD = "head AS (UPDATE outbox_head SET last_seq = last_seq + :count RETURNING last_seq - :count AS base)"
APPEND = f"WITH {_HEAD} {_INSERT}"
APPEND_AUDITED = f"WITH {audit.LINK}, {_HEAD} {_INSERT}"


async def append(tx: "UnitOfWork", events: Sequence[Pending], acts: Sequence[audit.Act] = ()) -> None:
    """Write `events` in order and take their numbers, and the audit of the same transaction with them.

    Must be the transaction's last statement.
    """
    audited = audit.values(acts, tx.now) if acts else {"now": tx.now}
    await tx.execute(
        APPEND_AUDITED if acts else APPEND,
        count=len(events),
        **audited,
        event_ids=[event.event_id for event in events],
        subjects=[event.subject for event in events],
        keys=[event.key for event in events],
        payloads=[event.payload for event in events],
        traceparents=[event.traceparent for event in events],
    )


async def published_through(tx: "UnitOfWork") -> int:
    return int(await tx.scalar("SELECT published_seq FROM outbox_relay"))


async def last_seq(tx: "UnitOfWork") -> int:
    return int(await tx.scalar("SELECT last_seq FROM outbox_head"))


# `before` is the size of the rows in front of a row: one row always passes, more while they are small.
NEXT = """
SELECT seq, event_id, subject, key, occurred_at, traceparent, payload
FROM (
    SELECT *, sum(octet_length(payload)) OVER (ORDER BY seq) - octet_length(payload) AS before
    FROM (SELECT * FROM outbox WHERE seq BETWEEN :first AND :last ORDER BY seq LIMIT :limit) AS next
) AS measured
WHERE before < :bytes
ORDER BY seq
"""


async def after(tx: "UnitOfWork", seq: int, limit: int, size: int) -> list[OutboxRow]:
    """The next rows after `seq`, in order: at most `limit`, and not much more than `size` bytes."""
    return await between(tx, seq + 1, MAX_SEQUENCE, limit, size)


async def between(tx: "UnitOfWork", first: int, last: int, limit: int, size: int) -> list[OutboxRow]:
    """Rows of a closed range, in order, bounded in the same way."""
    rows = await tx.all(NEXT, first=first, last=last, limit=limit, bytes=size)
    return [OutboxRow(*columns) for columns in map(tuple, rows)]


async def mark_published(tx: "UnitOfWork", *, was: int, now_at: int) -> bool:
    """Move the watermark by compare-and-set; False when another relay got here first."""
    moved = await tx.execute(
        "UPDATE outbox_relay SET published_seq = :now_at, published_at = :at WHERE published_seq = :was",
        was=was,
        now_at=now_at,
        at=tx.now,
    )
    return moved.rowcount == 1
