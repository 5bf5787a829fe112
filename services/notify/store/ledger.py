"""The message ledger: what is told to whom, written once for ever, and what became of it.

Every change of a message's state leaves as a `MessageChanged` in the same transaction, because both are
written by the same few functions at the end of this module. A message that is being sent is under a lease;
leases run on the database's own clock, so that moving the rehearsal clock cannot end one.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify.domain.ladder import Notice
from services.notify.domain.message import INBOX, PUSH, Draft, Reason
from shared.access import Reach
from shared.contracts.feedback import DutyKind
from shared.contracts.notify import MessageChanged, MessageState
from shared.uow import UnitOfWork

MESSAGES = "notify.message"
"""What a transaction touched, for those who wait for it after its commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message taken to be sent, with what decides whether it still may be."""

    draft: Draft
    attempts: int
    lease: UUID | None
    taken_over: bool
    """Its former sender never said what became of it."""
    stopped: Reason | None
    current_due_version: int
    owned: bool
    """Whether the reader is who owes the duty."""
    days: frozenset[date]
    """The working days around its due date."""


async def write_messages(tx: UnitOfWork, drafts: Sequence[Draft]) -> list[Draft]:
    """Put messages into the ledger, each once for ever; the ones that were new."""
    if not drafts:
        return []
    rows = await tx.all(
        f"""
        INSERT INTO message ({DRAFT}, version, written_at, changed_at, attempts)
        SELECT {DRAFT}, 1, :now, :now, 0
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({_DRAFT_SHAPE})
        ON CONFLICT DO NOTHING
        RETURNING {ANNOUNCED}
        """,
        rows=json.dumps([_draft_row(draft) for draft in drafts], default=str),
        now=tx.now,
    )
    announce(tx, rows)
    written = {row.message_id for row in rows}
    return [draft for draft in drafts if draft.message_id in written]


async def suppress_waiting(
    tx: UnitOfWork, reasons: Mapping[UUID, Reason], *, alarms_too: bool = True
) -> list[Reason]:
    """Take back what waits about these duties. A message under a lease is left to its sender, who asks again."""
    return await _suppress(
        tx,
        """
        FROM unnest(CAST(:duties AS uuid[]), CAST(:reasons AS text[])) AS gone (duty_id, why)
        WHERE message.duty_id = gone.duty_id AND (:alarms_too OR notice <> 'urgent')
        """,
        duties=list(reasons),
        reasons=[reason.value for reason in reasons.values()],
        alarms_too=alarms_too,
    )


async def suppress_lower(tx: UnitOfWork, drafts: Sequence[Draft]) -> list[Reason]:
    """Take back what still waits for the people whom a higher rung now tells about the same duty."""
    return await _suppress(
        tx,
        """
        FROM (SELECT duty_id, person_id, rung, CAST(:why AS text) AS why
              FROM unnest(CAST(:duties AS uuid[]), CAST(:people AS uuid[]), CAST(:rungs AS text[]))
                   AS each (duty_id, person_id, rung)
              GROUP BY duty_id, person_id, rung) AS gone
        WHERE message.duty_id = gone.duty_id AND message.person_id = gone.person_id
          AND message.rung <> gone.rung AND notice IN ('reminder', 'overdue')
        """,
        duties=[draft.duty_id for draft in drafts],
        people=[draft.person_id for draft in drafts],
        rungs=[draft.rung for draft in drafts],
        why=Reason.SUPERSEDED,
    )


async def _suppress(tx: UnitOfWork, chosen: str, **values: Any) -> list[Reason]:
    # The duties stand twice: without the second mention a night's wave of waiting messages is joined row by row.
    rows = await tx.all(
        f"""
        UPDATE message SET state = 'suppressed', reason = gone.why, {CHANGED}
        {chosen} AND message.duty_id = ANY(CAST(:duties AS uuid[])) AND state = 'pending' AND {UNLEASED}
        RETURNING {ANNOUNCED}
        """,
        now=tx.now,
        **values,
    )
    announce(tx, rows)
    return [Reason(row.reason) for row in rows]


async def put_off(tx: UnitOfWork, duty_id: UUID, person_id: UUID, send_at: datetime) -> None:
    """Let what waits for a person about a duty wait until then."""
    await tx.execute(
        f"""
        UPDATE message SET send_at = greatest(send_at, :send_at)
        WHERE duty_id = :duty_id AND person_id = :person_id AND state = 'pending' AND {UNLEASED}
        """,
        duty_id=duty_id,
        person_id=person_id,
        send_at=send_at,
    )


async def told_of_old_date(tx: UnitOfWork, due_versions: Mapping[UUID, int]) -> dict[UUID, list[Draft]]:
    """Per duty, the overdue notices of earlier due dates that reached somebody, or may have."""
    rows = await tx.all(
        f"""
        SELECT DISTINCT ON (duty_id, person_id) {DRAFT}
        FROM message
        JOIN unnest(CAST(:duties AS uuid[]), CAST(:versions AS int[])) AS moved (id, now_at)
             ON moved.id = duty_id AND due_version < moved.now_at
        WHERE notice IN ('overdue', 'chased') AND (state IN ('sent', 'bundled', 'delivered', 'read') OR NOT {UNLEASED})
        ORDER BY duty_id, person_id, due_version DESC
        """,
        duties=list(due_versions),
        versions=list(due_versions.values()),
    )
    told: dict[UUID, list[Draft]] = {}
    for row in rows:
        told.setdefault(row.duty_id, []).append(draft_of(row))
    return told


async def claim_shown(tx: UnitOfWork, channels: Collection[str], *, limit: int) -> list[Claimed]:
    """The messages that have waited longest to be shown where the ledger itself delivers, for this transaction."""
    rows = await tx.all(
        f"""
        WITH due AS (
            SELECT message_id AS id FROM message
            WHERE state = 'pending' AND channel = ANY(:channels) AND send_at <= :now AND {UNLEASED}
            ORDER BY send_at, message_id LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE message SET attempts = attempts + 1 FROM due, escalation
        WHERE message_id = due.id AND escalation.duty_id = message.duty_id
        RETURNING {CLAIMED}, false AS taken_over
        """,
        channels=list(channels),
        now=tx.now,
        limit=limit,
    )
    return [claimed_of(row) for row in rows]


async def next_sending(tx: UnitOfWork, channels: Collection[str]) -> datetime | None:
    """When the next message wants to be sent that nobody is sending already."""
    value: datetime | None = await tx.scalar(
        f"SELECT min(send_at) FROM message WHERE state = 'pending' AND channel = ANY(:channels) AND {UNLEASED}",
        channels=list(channels),
    )
    return value


async def settle(
    tx: UnitOfWork,
    message_ids: Collection[UUID],
    lease: UUID | None,
    state: MessageState,
    reason: str,
    *,
    letter_id: UUID | None = None,
) -> int:
    """Record what became of claimed messages; those whose lease was lost are left alone. How many moved."""
    rows = await tx.all(
        f"""
        UPDATE message SET state = :state, reason = :reason, letter_id = CAST(:letter_id AS uuid),
            sent_at = CASE WHEN CAST(:state AS text) IN ('sent', 'bundled', 'delivered')
                           THEN CAST(:now AS timestamptz) END, {CHANGED}
        WHERE message_id = ANY(:ids) AND state = 'pending' AND lease IS NOT DISTINCT FROM CAST(:lease AS uuid)
        RETURNING {ANNOUNCED}
        """,
        ids=list(message_ids),
        lease=lease,
        state=state.value,
        reason=reason,
        letter_id=letter_id,
        now=tx.now,
    )
    announce(tx, rows)
    return len(rows)


# A message lives as long as its duty's escalation. Whoever may no longer know of the matter no longer sees
# that there was a message about it.
KNOWN = """
    EXISTS (SELECT FROM escalation WHERE escalation.duty_id = message.duty_id
            AND (NOT restricted OR :knows_all OR owner_person_id = CAST(:knows_own AS uuid)))
"""


def knows(restricted: Reach) -> dict[str, Any]:
    """The parameters of KNOWN, for a reader's reach among restricted matters."""
    return {"knows_all": restricted.all, "knows_own": restricted.person_id}


async def open_message(tx: UnitOfWork, message_id: UUID, person_id: UUID, restricted: Reach) -> bool:
    """Mark a message of this person's inbox as read, once; False when there is no such message."""
    rows = await tx.all(
        f"""
        UPDATE message SET state = 'read', reason = :reason, {CHANGED}
        WHERE message_id = :id AND person_id = :person_id AND channel = :inbox AND state = 'delivered'
          AND {KNOWN}
        RETURNING {ANNOUNCED}
        """,
        id=message_id,
        person_id=person_id,
        inbox=INBOX,
        **knows(restricted),
        reason=Reason.OPENED,
        now=tx.now,
    )
    announce(tx, rows)
    for row in rows:  # what rang for the same reason has done its work
        await seen(
            tx,
            "duty_id = :duty_id AND due_version = :due_version AND rung = :rung AND person_id = :person_id",
            duty_id=row.duty_id,
            due_version=row.due_version,
            rung=row.rung,
            person_id=person_id,
        )
    return bool(rows) or bool(
        await tx.scalar(
            f"SELECT 1 FROM message WHERE message_id = :id AND person_id = :person_id AND state = 'read' AND {KNOWN}",
            id=message_id,
            person_id=person_id,
            **knows(restricted),
        )
    )


async def open_shown(tx: UnitOfWork, rang: Row[Any]) -> None:
    """Mark what stands in the inbox as read because the same message was opened where it rang."""
    rows = await tx.all(
        f"""
        UPDATE message SET state = 'read', reason = :reason, {CHANGED}
        WHERE duty_id = :duty_id AND due_version = :due_version AND rung = :rung AND person_id = :person_id
          AND channel = :inbox AND state = 'delivered'
        RETURNING {ANNOUNCED}
        """,
        duty_id=rang.duty_id,
        due_version=rang.due_version,
        rung=rang.rung,
        person_id=rang.person_id,
        inbox=INBOX,
        reason=Reason.OPENED,
        now=tx.now,
    )
    announce(tx, rows)


async def seen(tx: UnitOfWork, chosen: str, **values: Any) -> Sequence[Row[Any]]:
    """Letters to phones that reached their reader; those that were not known to have done so before."""
    rows = await tx.all(
        f"""
        UPDATE message SET state = 'read', reason = :reason, {CHANGED}
        WHERE {chosen} AND channel = :push AND state IN ('sent', 'bundled')
        RETURNING {ANNOUNCED}
        """,
        push=PUSH,
        reason=Reason.OPENED,
        now=tx.now,
        **values,
    )
    announce(tx, rows)
    return rows


_DRAFT_COLUMNS = {
    "message_id": "uuid",
    "duty_id": "uuid",
    "due_version": "int",
    "rung": "text",
    "person_id": "uuid",
    "channel": "text",
    "committee_id": "uuid",
    "notice": "text",
    "duty_kind": "text",
    "due_at": "timestamptz",
    "provisional": "bool",
    "skipped": "text[]",
    "then_channels": "text[]",
    "send_at": "timestamptz",
    "state": "text",
    "reason": "text",
}
DRAFT = ", ".join(_DRAFT_COLUMNS)
_DRAFT_SHAPE = ", ".join(f"{name} {kind}" for name, kind in _DRAFT_COLUMNS.items())
UNLEASED = "(lease_until IS NULL OR lease_until < clock_timestamp())"
CHANGED = "version = version + 1, changed_at = :now, lease = NULL, lease_until = NULL"
ANNOUNCED = "message_id, version, message.duty_id, due_version, message.rung, message.person_id, channel, state, reason"
CLAIMED = (
    ", ".join(f"message.{name}" for name in _DRAFT_COLUMNS)
    + ", message.attempts, message.lease, escalation.stopped_reason, escalation.due_version AS current_due_version"
    + ", escalation.days, coalesce(escalation.owner_person_id = message.person_id, false) AS owned"
)


def announce(tx: UnitOfWork, rows: Iterable[Row[Any]]) -> None:
    """Tell what became of messages, and wake those who send."""
    for row in rows:
        tx.touched.add(MESSAGES)
        tx.publish(
            MessageChanged(
                message_id=row.message_id,
                version=row.version,
                duty_id=row.duty_id,
                due_version=row.due_version,
                rung=row.rung,
                person_id=row.person_id,
                channel=row.channel,
                state=MessageState(row.state),
                reason=row.reason,
                at=tx.now,
            ),
            key=row.duty_id,
        )


def _draft_row(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in _DRAFT_COLUMNS}


def draft_of(row: Row[Any]) -> Draft:
    values = {name: getattr(row, name) for name in _DRAFT_COLUMNS if name != "message_id"}
    return Draft(
        **values
        | {
            "notice": Notice(row.notice),
            "duty_kind": DutyKind(row.duty_kind),
            "skipped": tuple(row.skipped),
            "then_channels": tuple(row.then_channels),
            "state": MessageState(row.state),
        }
    )


def claimed_of(row: Row[Any]) -> Claimed:
    return Claimed(
        draft=draft_of(row),
        attempts=row.attempts,
        lease=row.lease,
        taken_over=row.taken_over,
        stopped=Reason(row.stopped_reason) if row.stopped_reason else None,
        current_due_version=row.current_due_version,
        owned=row.owned,
        days=days_of(row.days),
    )


def days_of(stored: Any) -> frozenset[date]:
    named = json.loads(stored) if isinstance(stored, str) else stored
    return frozenset(map(date.fromisoformat, named.values()))
