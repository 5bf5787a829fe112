"""Where issues went and what came back: forwardings, acknowledgements, answers, replies to the cell, extensions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """One issue passed on to one agency, as it now stands."""

    forwarding_id: UUID
    issue_id: UUID
    agency_unit_id: UUID | None
    sent_at: datetime
    number: str
    proof: str
    source: str
    recorded_by: UUID | None
    recorded_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: UUID | None = None
    answered_at: datetime | None = None
    answer_number: str | None = None
    answer_summary: str | None = None
    answer_recorded_by: UUID | None = None
    answer_recorded_at: datetime | None = None
    answer_duty_id: UUID
    refused_at: datetime | None = None


_COLUMNS = """forwarding_id, issue_id, agency_unit_id, sent_at, number, proof, source, recorded_by, recorded_at,
acknowledged_at, acknowledged_by, answered_at, answer_number, answer_summary, answer_recorded_by,
answer_recorded_at, answer_duty_id, refused_at"""


async def of_issue(tx: UnitOfWork, issue_id: UUID) -> list[Forwarding]:
    """Every forwarding of the issue, the first one first. Lock the issue before relying on it."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM forwarding WHERE issue_id = :issue_id ORDER BY sent_at, forwarding_id",
        issue_id=issue_id,
    )
    return [_forwarding(row) for row in rows]


async def open_of(tx: UnitOfWork, issue_ids: Collection[UUID]) -> list[Forwarding]:
    """What these issues wait for: neither answered nor refused."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM forwarding
        WHERE issue_id = ANY(CAST(:ids AS uuid[])) AND answered_at IS NULL AND refused_at IS NULL
        ORDER BY sent_at, forwarding_id
        """,
        ids=list(issue_ids),
    )
    return [_forwarding(row) for row in rows]


async def find(tx: UnitOfWork, forwarding_id: UUID) -> Forwarding | None:
    row = await tx.first(
        f"SELECT {_COLUMNS} FROM forwarding WHERE forwarding_id = :forwarding_id",
        forwarding_id=forwarding_id,
    )
    return _forwarding(row) if row else None


async def first_sent(tx: UnitOfWork, issue_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each of these issues was first forwarded by the office, if it was."""
    rows = await tx.all(
        """
        SELECT issue_id, min(sent_at) AS sent_at FROM forwarding
        WHERE issue_id = ANY(CAST(:ids AS uuid[])) AND source = 'office' GROUP BY issue_id
        """,
        ids=list(issue_ids),
    )
    return {row.issue_id: row.sent_at for row in rows}


async def insert(tx: UnitOfWork, forwarding: Forwarding) -> None:
    await tx.execute(
        """
        INSERT INTO forwarding (forwarding_id, issue_id, agency_unit_id, sent_at, number, proof, source,
                                recorded_by, recorded_at, answer_duty_id)
        VALUES (:forwarding_id, :issue_id, :agency_unit_id, :sent_at, :number, :proof, :source,
                :recorded_by, :recorded_at, :answer_duty_id)
        """,
        forwarding_id=forwarding.forwarding_id,
        issue_id=forwarding.issue_id,
        agency_unit_id=forwarding.agency_unit_id,
        sent_at=forwarding.sent_at,
        number=forwarding.number,
        proof=forwarding.proof,
        source=forwarding.source,
        recorded_by=forwarding.recorded_by,
        recorded_at=forwarding.recorded_at,
        answer_duty_id=forwarding.answer_duty_id,
    )


async def record_register(tx: UnitOfWork, rows: Sequence[Forwarding]) -> None:
    """Write what a paper register says; a newer version of the register replaces what an older one said."""
    await tx.execute(
        """
        INSERT INTO forwarding (forwarding_id, issue_id, agency_unit_id, sent_at, answered_at,
                                answer_duty_id, number, proof, source, recorded_at)
        SELECT new.*, '', '', 'register', :now
        FROM unnest(CAST(:forwarding_id AS uuid[]), CAST(:issue_id AS uuid[]), CAST(:agency AS uuid[]),
                    CAST(:sent_at AS timestamptz[]), CAST(:answered_at AS timestamptz[]),
                    CAST(:answer_duty_id AS uuid[])) AS new
        ON CONFLICT (forwarding_id) DO UPDATE SET
            agency_unit_id = excluded.agency_unit_id, sent_at = excluded.sent_at,
            answered_at = excluded.answered_at
        """,
        forwarding_id=[row.forwarding_id for row in rows],
        issue_id=[row.issue_id for row in rows],
        agency=[row.agency_unit_id for row in rows],
        sent_at=[row.sent_at for row in rows],
        answered_at=[row.answered_at for row in rows],
        answer_duty_id=[row.answer_duty_id for row in rows],
        now=tx.now,
    )


async def withdraw_register(tx: UnitOfWork, forwarding_ids: Collection[UUID]) -> None:
    """Drop what a newer version of a register no longer says."""
    await tx.execute(
        "DELETE FROM forwarding WHERE forwarding_id = ANY(CAST(:ids AS uuid[])) AND source = 'register'",
        ids=list(forwarding_ids),
    )


async def acknowledge(tx: UnitOfWork, forwarding_id: UUID, *, at: datetime, by: UUID) -> None:
    await tx.execute(
        """
        UPDATE forwarding SET acknowledged_at = :at, acknowledged_by = :by
        WHERE forwarding_id = :forwarding_id AND acknowledged_at IS NULL
        """,
        forwarding_id=forwarding_id,
        at=at,
        by=by,
    )


async def answer(
    tx: UnitOfWork, forwarding_id: UUID, *, at: datetime, number: str, summary: str, by: UUID
) -> None:
    await tx.execute(
        """
        UPDATE forwarding
        SET answered_at = :at, answer_number = :number, answer_summary = :summary,
            answer_recorded_by = :by, answer_recorded_at = :now
        WHERE forwarding_id = :forwarding_id
        """,
        forwarding_id=forwarding_id,
        at=at,
        number=number,
        summary=summary,
        by=by,
        now=tx.now,
    )


async def refuse(tx: UnitOfWork, forwarding_id: UUID) -> None:
    """The agency is not competent; its answer is waited for no longer."""
    await tx.execute(
        "UPDATE forwarding SET refused_at = :now WHERE forwarding_id = :id", id=forwarding_id, now=tx.now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer as it was carried back to the cell."""

    issue_id: UUID
    replied_at: datetime
    summary: str
    recorded_by: UUID
    recorded_at: datetime


async def reply_of(tx: UnitOfWork, issue_id: UUID) -> Reply | None:
    row = await tx.first("SELECT * FROM reply WHERE issue_id = :issue_id", issue_id=issue_id)
    return Reply(**row._mapping) if row else None  # noqa: SLF001  # Row's documented mapping


async def insert_reply(tx: UnitOfWork, reply: Reply) -> None:
    await tx.execute(
        """
        INSERT INTO reply (issue_id, replied_at, summary, recorded_by, recorded_at)
        VALUES (:issue_id, :replied_at, :summary, :recorded_by, :recorded_at)
        """,
        issue_id=reply.issue_id,
        replied_at=reply.replied_at,
        summary=reply.summary,
        recorded_by=reply.recorded_by,
        recorded_at=reply.recorded_at,
    )


def _forwarding(row: Row[Any]) -> Forwarding:
    return Forwarding(**row._asdict())
