"""What a phone keeps here: the key to what lies on it, how full its queue is, and the numbers that arrived."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from shared.uow import UnitOfWork

FEEDBACK: Final = "feedback"
"""The consumer whose receipt means that the committee has a visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """What a phone says of its own queue."""

    drafts: int
    ready: int
    failed: int
    refused: int
    highest_seq: int
    unsent: tuple[int, ...]
    let_go: tuple[int, ...]
    oldest_unsent_at: datetime | None
    free_bytes: int | None
    app_version: str
    device_at: datetime
    offset_ms: int | None


async def key(tx: UnitOfWork, person_id: UUID, device_id: str) -> bytes | None:
    found: bytes | None = await tx.scalar(
        "SELECT key FROM device_key WHERE person_id = :person_id AND device_id = :device_id",
        person_id=person_id,
        device_id=device_id,
    )
    return found


async def keys_of(tx: UnitOfWork, person_id: UUID) -> int:
    """How many phones of this person have a key."""
    return int(await tx.scalar("SELECT count(*) FROM device_key WHERE person_id = :id", id=person_id))


async def add_key(
    tx: UnitOfWork, person_id: UUID, device_id: str, *, committee_id: UUID, new_key: bytes
) -> bytes:
    """Keep a new key; the one that stands when another request was first."""
    await tx.execute(
        """
        INSERT INTO device_key (person_id, device_id, committee_id, key, made_at)
        VALUES (:person_id, :device_id, :committee_id, :key, :now) ON CONFLICT DO NOTHING
        """,
        person_id=person_id,
        device_id=device_id,
        committee_id=committee_id,
        key=new_key,
        now=tx.now,
    )
    standing = await key(tx, person_id, device_id)
    return new_key if standing is None else standing


async def missing(tx: UnitOfWork, person_id: UUID, device_id: str, highest: int, *, limit: int) -> list[int]:
    """The numbers of this phone up to `highest` under which nothing of this person arrived, the lowest first.

    What arrived and found its place taken is here too: it was kept beside the other content.
    """
    rows = await tx.all(
        """
        SELECT CAST(n AS bigint) AS n FROM generate_series(1, :highest) AS n
        EXCEPT (
            SELECT device_seq FROM visit_version JOIN visit USING (visit_id)
            WHERE device_id = :device_id AND visitor_id = :person_id
            UNION ALL
            SELECT device_seq FROM unheld_visit WHERE device_id = :device_id AND visitor_id = :person_id
            UNION ALL
            SELECT CAST(content -> 'device' ->> 'seq' AS bigint) FROM visit_conflict
            WHERE received_by = :person_id AND content -> 'device' ->> 'id' = :device_id
        )
        ORDER BY n LIMIT :limit
        """,
        person_id=person_id,
        device_id=device_id,
        highest=highest,
        limit=limit,
    )
    return [int(row.n) for row in rows]


async def keep_report(
    tx: UnitOfWork, person_id: UUID, device_id: str, report: DeviceReport, *, committee_id: UUID, gaps: int
) -> None:
    """What this phone said last; the latest answer alone is kept."""
    await tx.execute(
        """
        INSERT INTO device_report (person_id, device_id, committee_id, reported_at, drafts, ready, failed, refused,
                                   highest_seq, unsent, let_go, gaps, oldest_unsent_at, free_bytes, app_version,
                                   device_at, offset_ms)
        VALUES (:person_id, :device_id, :committee_id, :now, :drafts, :ready, :failed, :refused,
                :highest_seq, CAST(:unsent AS bigint[]), CAST(:let_go AS bigint[]), :gaps, :oldest_unsent_at,
                :free_bytes, :app_version, :device_at, :offset_ms)
        ON CONFLICT (person_id, device_id) DO UPDATE
        SET reported_at = excluded.reported_at, drafts = excluded.drafts, ready = excluded.ready,
            failed = excluded.failed, refused = excluded.refused, highest_seq = excluded.highest_seq,
            unsent = excluded.unsent, let_go = excluded.let_go, gaps = excluded.gaps,
            oldest_unsent_at = excluded.oldest_unsent_at, free_bytes = excluded.free_bytes,
            app_version = excluded.app_version, device_at = excluded.device_at, offset_ms = excluded.offset_ms
        """,
        person_id=person_id,
        device_id=device_id,
        committee_id=committee_id,
        now=tx.now,
        drafts=report.drafts,
        ready=report.ready,
        failed=report.failed,
        refused=report.refused,
        highest_seq=report.highest_seq,
        unsent=list(report.unsent),
        let_go=list(report.let_go),
        gaps=gaps,
        oldest_unsent_at=report.oldest_unsent_at,
        free_bytes=report.free_bytes,
        app_version=report.app_version,
        device_at=report.device_at,
        offset_ms=report.offset_ms,
    )


async def news(
    tx: UnitOfWork, person_id: UUID, device_id: str, *, drafts: int, unsent: int, at_latest: datetime
) -> int | None:
    """The version under which to tell of this phone, or None when the same was told after `at_latest`."""
    version: int | None = await tx.scalar(
        """
        UPDATE device_report
        SET told_version = told_version + 1, told_at = :now, told_drafts = :drafts, told_unsent = :unsent
        WHERE person_id = :person_id AND device_id = :device_id
          AND ((told_drafts, told_unsent) IS DISTINCT FROM (CAST(:drafts AS int), CAST(:unsent AS int))
               OR told_at <= :at_latest)
        RETURNING told_version
        """,
        person_id=person_id,
        device_id=device_id,
        drafts=drafts,
        unsent=unsent,
        at_latest=at_latest,
        now=tx.now,
    )
    return version


async def own(tx: UnitOfWork, person_id: UUID, visit_ids: Collection[UUID]) -> list[UUID]:
    """Those of these visits that are this person's."""
    rows = await tx.execute(
        "SELECT visit_id FROM visit WHERE visitor_id = :person_id AND visit_id = ANY(CAST(:ids AS uuid[]))",
        person_id=person_id,
        ids=list(visit_ids),
    )
    return list(rows.scalars())


async def seen_by_committee(tx: UnitOfWork, visit_ids: Collection[UUID]) -> list[UUID]:
    """Those of these visits whose latest event lies within what feedback says it has recorded.

    The numbers are gap-free, so everything through a receipt is a fact. `tx` is the service's own.
    """
    rows = await tx.execute(
        """
        SELECT told.key FROM (
            SELECT key, max(seq) AS last FROM outbox WHERE key = ANY(CAST(:keys AS text[])) GROUP BY key
        ) AS told JOIN receipt ON consumer = :consumer AND last <= through
        """,
        keys=[str(visit_id) for visit_id in visit_ids],
        consumer=FEEDBACK,
    )
    return [UUID(seen) for seen in rows.scalars()]


async def reports(tx: UnitOfWork) -> Row[Any]:
    """For operators: numbers lost on the way, the oldest unsent record, phones that are silent for a day with some."""
    return (
        await tx.execute(
            """
            SELECT coalesce(sum(gaps), 0) AS gaps,
                   min(oldest_unsent_at) AS oldest_unsent_at,
                   count(*) FILTER (
                       WHERE cardinality(unsent) > 0 AND reported_at < CAST(:now AS timestamptz) - interval '1 day'
                   ) AS silent
            FROM device_report
            """,
            now=tx.now,
        )
    ).one()


async def of_committee(tx: UnitOfWork, committee_id: UUID, *, limit: int) -> Sequence[Row[Any]]:
    """What the phones of a committee said last, those with the oldest unsent record first."""
    return await tx.all(
        """
        SELECT device_report.*, person.code, person.full_name
        FROM device_report JOIN directory_person AS person USING (person_id)
        WHERE device_report.committee_id = :committee_id
        ORDER BY oldest_unsent_at NULLS LAST, reported_at LIMIT :limit
        """,
        committee_id=committee_id,
        limit=limit,
    )
