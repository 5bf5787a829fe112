"""Letters to the outside: what leaves for one person on one channel, under a lease, and what became of it.

Who may decide about a person's letters holds a lock for as long as the transaction, and nothing is decided while
a letter to them is under way: two replicas never make two bundles of one morning. What a bundle is, `domain.bundle` says; nothing about it is stored but the
letter in which each message left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.notify.domain.bundle import Bundle, Postponed, Waiting, bundle
from services.notify.domain.ladder import Notice
from services.notify.domain.message import PUSH, Draft, Reason
from services.notify.domain.window import Quiet
from services.notify.store import ledger
from services.notify.store.ledger import (
    CHANGED,
    CLAIMED,
    DRAFT,
    UNLEASED,
    Claimed,
    announce,
    claimed_of,
    days_of,
    draft_of,
)
from shared.uow import UnitOfWork

_MAY_BE_DECIDED = """
    (notice = 'urgent' OR NOT EXISTS (
        SELECT FROM message AS under_way
        WHERE under_way.person_id = message.person_id AND under_way.channel = message.channel
          AND under_way.state = 'pending' AND under_way.lease_until >= clock_timestamp()
          AND under_way.notice <> 'urgent'))
"""
_FORGOTTEN = timedelta(days=7)
"""What nobody looked at for so long is not told elsewhere any more; higher rungs have come meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Somebody for whom messages of a channel are due."""

    person_id: UUID
    channel: str


async def who_waits(tx: UnitOfWork, channels: Collection[str]) -> list[Waits]:
    """Those whose messages have waited longest, each once."""
    rows = await tx.all(
        f"""
        SELECT person_id, channel FROM message
        WHERE state = 'pending' AND channel = ANY(:channels) AND send_at <= :now AND {UNLEASED}
          AND {_MAY_BE_DECIDED}
        ORDER BY send_at, message_id LIMIT 64
        """,
        channels=list(channels),
        now=tx.now,
    )
    return list(dict.fromkeys(Waits(person_id=row.person_id, channel=row.channel) for row in rows))


async def take_turn(tx: UnitOfWork, waits: Waits) -> bool:
    """Whether this transaction may decide about a person's letters; nobody else does before it ends."""
    key = f"letter {waits.person_id} {waits.channel}"
    return bool(await tx.scalar("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))", key=key))


async def letters_since(tx: UnitOfWork, waits: Waits, since: datetime) -> int:
    """How many letters left for a person on a channel, alarms aside."""
    return int(
        await tx.scalar(
            """
            SELECT count(DISTINCT letter_id) FROM message
            WHERE person_id = :person_id AND channel = :channel AND letter_id IS NOT NULL
              AND sent_at >= :since AND notice <> 'urgent'
            """,
            person_id=waits.person_id,
            channel=waits.channel,
            since=since,
        )
    )


async def claim_bundle(
    tx: UnitOfWork, waits: Waits, *, since: datetime, quiet: Quiet, lease: UUID, seconds: float
) -> tuple[list[Claimed], int]:
    """What leaves for a person now in one letter, under a lease; and how many messages were put off.

    A letter bears the id of the message that leads it. What was on its way before leads again, whatever has
    joined it since: a letter that may have arrived already comes under the same id.
    """
    rows = await tx.all(
        f"""
        SELECT message_id, notice, attempts > 0 AS tried, lease IS NOT NULL AS taken_over, escalation.days,
               notice = 'chased' OR notice = 'overdue' AND NOT EXISTS (
                    SELECT FROM message AS told
                    WHERE told.duty_id = message.duty_id AND told.due_version = message.due_version
                      AND told.person_id = message.person_id AND told.channel = message.channel
                      AND told.notice = 'overdue' AND told.letter_id IS NOT NULL) AS first_late
        FROM message JOIN escalation USING (duty_id)
        WHERE person_id = :person_id AND channel = :channel AND state = 'pending' AND send_at <= :now
          AND {UNLEASED} AND {_MAY_BE_DECIDED}
        ORDER BY attempts = 0, written_at, message_id LIMIT 500 FOR UPDATE OF message SKIP LOCKED
        """,
        person_id=waits.person_id,
        channel=waits.channel,
        now=tx.now,
    )
    if not rows:
        return [], 0
    decided = bundle(
        [
            Waiting(
                message_id=row.message_id,
                notice=Notice(row.notice),
                first_late=row.first_late,
                tried=row.tried,
                days=days_of(row.days),
            )
            for row in rows
        ],
        tx.now,
        letters_today=await letters_since(tx, waits, since),
        rings=waits.channel == PUSH,
        quiet=quiet,
    )
    await _postpone(tx, decided.later)
    taken_over = {row.message_id for row in rows if row.taken_over}
    return await _claim(tx, decided, lease, seconds, taken_over), len(decided.later)


async def _claim(
    tx: UnitOfWork, decided: Bundle, lease: UUID, seconds: float, taken_over: Collection[UUID]
) -> list[Claimed]:
    rows = await tx.all(
        f"""
        UPDATE message SET attempts = attempts + 1, lease = :lease,
            lease_until = clock_timestamp() + make_interval(secs => :seconds)
        FROM escalation
        WHERE message_id = ANY(:ids) AND escalation.duty_id = message.duty_id
        RETURNING {CLAIMED}, message_id = ANY(:taken_over) AS taken_over
        """,
        ids=list(decided.now),
        lease=lease,
        seconds=seconds,
        taken_over=list(taken_over),
    )
    order = {message_id: place for place, message_id in enumerate(decided.now)}
    return sorted(map(claimed_of, rows), key=lambda each: order[each.draft.message_id])


async def _postpone(tx: UnitOfWork, later: Sequence[Postponed]) -> None:
    if later:
        await tx.execute(
            """
            UPDATE message SET send_at = put.send_at, reason = put.reason, lease = NULL, lease_until = NULL
            FROM unnest(CAST(:ids AS uuid[]), CAST(:at AS timestamptz[]), CAST(:why AS text[]))
                 AS put (id, send_at, reason)
            WHERE message_id = put.id
            """,
            ids=[each.message_id for each in later],
            at=[each.send_at for each in later],
            why=[each.reason.value for each in later],
        )


async def claimed_again(tx: UnitOfWork, claimed: Sequence[Claimed]) -> list[Claimed]:
    """The same messages as they stand just before sending; none when their lease was lost."""
    rows = await tx.all(
        f"""
        SELECT {CLAIMED}, false AS taken_over
        FROM message JOIN escalation ON escalation.duty_id = message.duty_id
        WHERE message_id = ANY(:ids) AND state = 'pending' AND lease = :lease
          AND lease_until > clock_timestamp()
        """,
        ids=[each.draft.message_id for each in claimed],
        lease=claimed[0].lease,
    )
    again = {row.message_id: claimed_of(row) for row in rows}
    return [again[each.draft.message_id] for each in claimed if each.draft.message_id in again]


async def try_later(
    tx: UnitOfWork, message_ids: Collection[UUID], lease: UUID | None, send_at: datetime, why: str
) -> int:
    """Hand claimed messages back with what kept them; those whose lease was lost are left alone. How many moved."""
    moved = await tx.execute(
        """
        UPDATE message SET send_at = :send_at, reason = :why, lease = NULL, lease_until = NULL
        WHERE message_id = ANY(:ids) AND state = 'pending' AND lease = :lease
        """,
        ids=list(message_ids),
        lease=lease,
        send_at=send_at,
        why=why,
    )
    return moved.rowcount


async def give_up_unseen(tx: UnitOfWork, before: datetime, today: date, *, limit: int) -> list[Draft]:
    """Letters to phones that nobody looked at since `before`, and that have another channel to go to.

    Whoever opened the message, said "I am on it", or has nothing to do any more is not told again.
    """
    rows = await tx.all(
        f"""
        WITH unseen AS (
            SELECT message_id AS id FROM message JOIN escalation USING (duty_id)
            WHERE channel = 'webpush' AND state IN ('sent', 'bundled') AND then_channels <> '{{}}'
              AND sent_at <= :before AND sent_at > :long_ago AND stopped_reason IS NULL
              AND (message.due_version = escalation.due_version OR notice = 'urgent')
              AND NOT EXISTS (SELECT FROM acknowledgement AS own WHERE own.duty_id = message.duty_id
                              AND own.person_id = message.person_id AND until >= :today)
            ORDER BY sent_at, message_id LIMIT :limit FOR UPDATE OF message SKIP LOCKED
        )
        UPDATE message SET state = 'failed', reason = :reason, {CHANGED} FROM unseen WHERE message_id = unseen.id
        RETURNING {DRAFT}, version
        """,
        before=before,
        long_ago=before - _FORGOTTEN,
        today=today,
        limit=limit,
        reason=Reason.NOT_SEEN,
        now=tx.now,
    )
    announce(tx, rows)
    return [draft_of(row) for row in rows]


async def see_letter(tx: UnitOfWork, letter_id: UUID, person_id: UUID) -> None:
    """The person looked at a letter on their phone: what it told of has reached them.

    A letter of one message is that message; one of several counted them only, so that each waits to be opened.
    """
    rows = await ledger.seen(
        tx, "letter_id = :letter_id AND person_id = :person_id", letter_id=letter_id, person_id=person_id
    )
    if len(rows) == 1:
        await ledger.open_shown(tx, rows[0])
