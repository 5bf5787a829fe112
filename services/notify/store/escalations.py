"""Escalations: one row per duty, locked in one order by whoever changes it."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify.domain.escalation import Duty, Escalation
from services.notify.domain.message import Reason
from services.notify.store.ladders import stored_ladder
from shared.contracts.feedback import DutyKind
from shared.uow import UnitOfWork

ESCALATIONS = "notify.escalation"
"""What a transaction touched, for those who wait for it after its commit."""


async def begin(tx: UnitOfWork, escalations: Sequence[Escalation]) -> None:
    """Make the rows that do not exist yet, so that all can be locked; they keep what is there."""
    await tx.execute(
        f"""
        INSERT INTO escalation ({_ESCALATION})
        SELECT {_ESCALATION} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({_ESCALATION_SHAPE})
        ORDER BY duty_id
        ON CONFLICT (duty_id) DO NOTHING
        """,
        rows=_json_rows(_row(each) | {"ladder": each.ladder.dump()} for each in escalations),
    )


async def lock(tx: UnitOfWork, duty_ids: Collection[UUID]) -> dict[UUID, Escalation]:
    """The escalations of these duties, locked in one order, so that two writers never wait for each other."""
    rows = await tx.all(
        f"SELECT {_ESCALATION} FROM escalation WHERE duty_id = ANY(:ids) ORDER BY duty_id FOR UPDATE",
        ids=list(duty_ids),
    )
    return {row.duty_id: _escalation(row) for row in rows}


@dataclass(frozen=True, slots=True)
class Due:
    """Escalations claimed for the clock, and those whose row cannot be read any more."""

    escalations: list[Escalation]
    unreadable: list[UUID]


async def claim_due(tx: UnitOfWork, limit: int) -> Due:
    """The escalations that have waited longest for the clock; those another sweeper holds are passed over."""
    rows = await tx.all(
        f"""
        SELECT {_ESCALATION} FROM escalation WHERE next_at <= :now
        ORDER BY next_at, duty_id LIMIT :limit FOR UPDATE SKIP LOCKED
        """,
        now=tx.now,
        limit=limit,
    )
    due = Due([], [])
    for row in rows:
        try:
            due.escalations.append(_escalation(row))
        except ValueError:
            due.unreadable.append(row.duty_id)
    return due


async def look_later(tx: UnitOfWork, duty_ids: Collection[UUID], at: datetime) -> None:
    """Let the clock pass these escalations over until then."""
    await tx.execute(
        "UPDATE escalation SET next_at = :at WHERE duty_id = ANY(:ids)", ids=list(duty_ids), at=at
    )


async def save(tx: UnitOfWork, escalations: Sequence[Escalation]) -> None:
    """Write locked escalations back."""
    if not escalations:
        return
    await tx.execute(
        f"""
        UPDATE escalation AS old SET {", ".join(f"{name} = row.{name}" for name in _CHANGING)}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({_ESCALATION_SHAPE})
        WHERE old.duty_id = row.duty_id
        """,
        rows=_json_rows(map(_row, escalations)),
    )
    tx.touched.add(ESCALATIONS)


async def next_due(tx: UnitOfWork) -> datetime | None:
    """When the next escalation wants the clock."""
    value: datetime | None = await tx.scalar(
        "SELECT next_at FROM escalation WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1"
    )
    return value


async def owned_by(tx: UnitOfWork, duty_id: UUID, person_id: UUID) -> Escalation | None:
    """The escalation of an open duty that this person owes, locked."""
    row = await tx.first(
        f"""
        SELECT {_ESCALATION} FROM escalation
        WHERE duty_id = :duty_id AND owner_person_id = :person_id AND stopped_reason IS NULL FOR UPDATE
        """,
        duty_id=duty_id,
        person_id=person_id,
    )
    return _escalation(row) if row else None


_COLUMNS = {
    "duty_id": "uuid",
    "duty_version": "int",
    "due_version": "int",
    "kind": "text",
    "committee_id": "uuid",
    "unit_id": "uuid",
    "owner_person_id": "uuid",
    "owner_unit_id": "uuid",
    "urgent": "bool",
    "restricted": "bool",
    "due_at": "timestamptz",
    "provisional": "bool",
    "days": "jsonb",
    "ladder": "jsonb",
    "rung": "int",
    "urgent_since": "timestamptz",
    "alarmed": "bool",
    "next_at": "timestamptz",
    "stopped_reason": "text",
}
_ESCALATION = ", ".join(_COLUMNS)
_ESCALATION_SHAPE = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_CHANGING = [name for name in _COLUMNS if name not in {"duty_id", "ladder"}]


def _json_rows(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows), default=str)


def _row(escalation: Escalation) -> dict[str, Any]:
    """What may change of an escalation; its ladder is frozen."""
    duty = escalation.duty
    return {
        "duty_id": duty.duty_id,
        "duty_version": duty.version,
        "due_version": duty.due_version,
        "kind": duty.kind,
        "committee_id": duty.committee_id,
        "unit_id": duty.unit_id,
        "owner_person_id": duty.owner_person_id,
        "owner_unit_id": duty.owner_unit_id,
        "urgent": duty.urgent,
        "restricted": duty.restricted,
        "due_at": duty.due_at,
        "provisional": duty.provisional,
        "days": {str(offset): day for offset, day in escalation.days.items()},
        "rung": escalation.rung,
        "urgent_since": escalation.urgent_since,
        "alarmed": escalation.alarmed,
        "next_at": escalation.next_at,
        "stopped_reason": duty.closed,
    }


def _escalation(row: Row[Any]) -> Escalation:
    return Escalation(
        duty=Duty(
            duty_id=row.duty_id,
            version=row.duty_version,
            due_version=row.due_version,
            kind=DutyKind(row.kind),
            committee_id=row.committee_id,
            unit_id=row.unit_id,
            owner_person_id=row.owner_person_id,
            owner_unit_id=row.owner_unit_id,
            urgent=row.urgent,
            restricted=row.restricted,
            due_at=row.due_at,
            provisional=row.provisional,
            closed=Reason(row.stopped_reason) if row.stopped_reason else None,
        ),
        ladder=stored_ladder(row.ladder),
        days={int(offset): date.fromisoformat(day) for offset, day in _json(row.days).items()},
        rung=row.rung,
        urgent_since=row.urgent_since,
        alarmed=row.alarmed,
    )


def _json(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored
