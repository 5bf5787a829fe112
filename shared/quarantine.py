"""Quarantine: messages nobody could apply, kept with their reason until a person decides (I9).

A held message never stops the next one. Replaying runs it through the same inbox again, for instance
after an upgrade that understands it; discarding keeps the row and says who decided.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.errors import Conflict, NotFound
from shared.uow import UnitOfWork


class Reason(StrEnum):
    """Why a message is held."""

    ENVELOPE = "envelope"
    """Its headers cannot be read."""
    FORGED = "forged"
    """Its headers and the subject it came on disagree about the producer."""
    SCHEMA = "schema"
    """Its body is not what its type promises."""
    UNKNOWN_VERSION = "unknown_version"
    """A newer version of a type we know; replay it after the upgrade."""
    FUTURE = "future"
    """It claims to come from a time that has not come."""
    ID_REUSED = "id_reused"
    """Its id already stands for another body."""
    REFUSED = "refused"
    """Its handler refuses it by a rule."""
    FAILED = "failed"
    """Its handler failed again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message on its way into quarantine. `detail` never holds values from the body."""

    consumer: str
    stream: str
    stream_seq: int
    subject: str
    headers: dict[str, str]
    payload: bytes
    reason: Reason
    detail: str
    deliveries: int

    @property
    def fingerprint(self) -> bytes:
        """The same message delivered or sent again is held once."""
        identity = json.dumps([self.subject, self.headers.get("ce-id", ""), self.reason]).encode()
        return hashlib.blake2b(identity + self.payload, digest_size=16).digest()


async def hold(tx: UnitOfWork, messages: Sequence[Held]) -> None:
    """Keep messages aside; one that is held already is held once."""
    if not messages:
        return
    await tx.execute(
        """
        INSERT INTO quarantine (consumer, stream, stream_seq, subject, headers, payload, reason, detail,
                                deliveries, held_at, fingerprint)
        SELECT DISTINCT ON (consumer, fingerprint) consumer, stream, stream_seq, subject,
               CAST(headers AS jsonb), payload, reason, detail, deliveries, :now, fingerprint
        FROM unnest(CAST(:consumers AS text[]), CAST(:streams AS text[]), CAST(:stream_seqs AS bigint[]),
                    CAST(:subjects AS text[]), CAST(:headers AS text[]), CAST(:payloads AS bytea[]),
                    CAST(:reasons AS text[]), CAST(:details AS text[]), CAST(:deliveries AS int[]),
                    CAST(:fingerprints AS bytea[]))
             AS held (consumer, stream, stream_seq, subject, headers, payload, reason, detail, deliveries,
                      fingerprint)
        ON CONFLICT (consumer, fingerprint) DO UPDATE SET deliveries = excluded.deliveries
        """,
        consumers=[held.consumer for held in messages],
        streams=[held.stream for held in messages],
        stream_seqs=[held.stream_seq for held in messages],
        subjects=[_storable(held.subject)[:300] for held in messages],
        headers=[json.dumps(_storable_headers(held.headers)) for held in messages],
        payloads=[held.payload for held in messages],
        reasons=[held.reason.value for held in messages],
        details=[_storable(held.detail)[:1000] for held in messages],
        deliveries=[held.deliveries for held in messages],
        fingerprints=[held.fingerprint for held in messages],
        now=tx.now,
    )


def _storable(text: str) -> str:
    """PostgreSQL's text knows neither NUL nor half a surrogate pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _storable_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {_storable(name): _storable(value) for name, value in headers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A held message as a person sees it in a list: no body."""

    id: int
    consumer: str
    stream: str
    stream_seq: int
    subject: str
    reason: str
    detail: str
    deliveries: int
    held_at: datetime
    status: str
    bytes: int


async def listing(tx: UnitOfWork, *, status: str = "held", limit: int = 200) -> list[HeldRow]:
    rows = await tx.all(
        """
        SELECT id, consumer, stream, stream_seq, subject, reason, detail, deliveries, held_at, status,
               octet_length(payload) AS bytes
        FROM quarantine WHERE status = :status ORDER BY id LIMIT :limit
        """,
        status=status,
        limit=limit,
    )
    return [HeldRow(**row._mapping) for row in rows]  # noqa: SLF001  # documented


async def producer_of(tx: UnitOfWork, held_id: int) -> str:
    """Whose stream a held message came from. Raises NotFound."""
    stream = await tx.scalar("SELECT stream FROM quarantine WHERE id = :id", id=held_id)
    if stream is None:
        raise NotFound(f"Không có bản tin cách ly số {held_id}", f"there is no quarantined message {held_id}")
    return str(stream).lower()


async def held_count(tx: UnitOfWork) -> int:
    return int(await tx.scalar("SELECT count(*) FROM quarantine WHERE status = 'held'"))


async def parked(tx: UnitOfWork, consumer: str, subjects: Sequence[str]) -> list[int]:
    """Held messages whose version was unknown and is one of `subjects` now, oldest first."""
    rows = await tx.all(
        """
        SELECT id FROM quarantine
        WHERE status = 'held' AND reason = :reason AND consumer = :consumer
          AND subject = ANY(CAST(:subjects AS text[]))
        ORDER BY id
        """,
        reason=Reason.UNKNOWN_VERSION.value,
        consumer=consumer,
        subjects=subjects,
    )
    return [int(row.id) for row in rows]


async def claim(tx: UnitOfWork, held_id: int) -> Any:
    """The row, locked, if it is still held. Raises NotFound or Conflict."""
    row = await tx.first("SELECT * FROM quarantine WHERE id = :id FOR UPDATE", id=held_id)
    if row is None:
        raise NotFound(f"Không có bản tin cách ly số {held_id}", f"there is no quarantined message {held_id}")
    if row.status != "held":
        raise Conflict(
            f"Bản tin {held_id} đã được xử lý ({row.status})", f"message {held_id} was already {row.status}"
        )
    return row


async def decide(tx: UnitOfWork, held_id: int, *, status: str, by: str) -> None:
    await tx.execute(
        "UPDATE quarantine SET status = :status, decided_at = :now, decided_by = :by WHERE id = :id",
        id=held_id,
        status=status,
        now=tx.now,
        by=by,
    )
    tx.audit(f"message.{status}", "quarantine", held_id, was={"status": "held"}, became={"status": status})


async def discard(tx: UnitOfWork, held_id: int, *, by: str) -> None:
    """A person decides that the message will never be applied. Raises NotFound or Conflict."""
    await claim(tx, held_id)
    await decide(tx, held_id, status="discarded", by=by)
