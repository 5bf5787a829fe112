"""Frozen sheets, edition after edition, and what members said to their records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row

from services.feedback.domain.evaluation import Facts
from shared.uow import UnitOfWork

_FACTS: Final = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A sheet as it was frozen; `edition` counts those of one member and period."""

    sheet_id: UUID
    committee_id: UUID
    person_id: UUID
    period: str
    edition: int
    method: int
    facts: Facts
    frozen_at: datetime
    frozen_by: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What the member said; `body` is empty once its time is over."""

    period: str
    body: str
    made_at: datetime


async def lock(tx: UnitOfWork, person_id: UUID, period: str) -> None:
    """Until the end of the transaction nobody else freezes this sheet: editions follow one another."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(:sheet, 0))", sheet=f"{person_id} {period}"
    )


async def insert(tx: UnitOfWork, sheet: Frozen) -> bool:
    """Keep it; False when its id, or its edition, is taken."""
    written = await tx.execute(
        """
        INSERT INTO evaluation_sheet (sheet_id, committee_id, person_id, period, edition, method, facts,
                                      frozen_at, frozen_by)
        VALUES (:sheet_id, :committee_id, :person_id, :period, :edition, :method, CAST(:facts AS jsonb),
                :frozen_at, :frozen_by)
        ON CONFLICT DO NOTHING
        """,
        sheet_id=sheet.sheet_id,
        committee_id=sheet.committee_id,
        person_id=sheet.person_id,
        period=sheet.period,
        edition=sheet.edition,
        method=sheet.method,
        facts=_FACTS.dump_json(sheet.facts).decode(),
        frozen_at=sheet.frozen_at,
        frozen_by=sheet.frozen_by,
    )
    return written.rowcount == 1


async def find(tx: UnitOfWork, sheet_id: UUID) -> Frozen | None:
    row = await tx.first(f"{_SHEET} WHERE sheet_id = :sheet_id", sheet_id=sheet_id)
    return _frozen(row) if row else None


async def newest(tx: UnitOfWork, committee_id: UUID, person_id: UUID, period: str) -> Frozen | None:
    """The edition that holds."""
    row = await tx.first(
        f"""
        {_SHEET} WHERE committee_id = :committee_id AND person_id = :person_id AND period = :period
        ORDER BY edition DESC LIMIT 1
        """,
        committee_id=committee_id,
        person_id=person_id,
        period=period,
    )
    return _frozen(row) if row else None


async def editions(tx: UnitOfWork, committee_id: UUID, period: str) -> dict[UUID, tuple[int, datetime]]:
    """Per member the number and the moment of the newest edition."""
    rows = await tx.all(
        """
        SELECT DISTINCT ON (person_id) person_id, edition, frozen_at FROM evaluation_sheet
        WHERE committee_id = :committee_id AND period = :period ORDER BY person_id, edition DESC
        """,
        committee_id=committee_id,
        period=period,
    )
    return {row.person_id: (row.edition, row.frozen_at) for row in rows}


async def objections(
    tx: UnitOfWork, committee_id: UUID, person_id: UUID, *, first: date, last: date
) -> Sequence[Objection]:
    """What the member said to periods that begin within these days, in the order in which it was said."""
    rows = await tx.all(
        """
        SELECT period, body, made_at FROM objection
        WHERE committee_id = :committee_id AND person_id = :person_id AND first_day BETWEEN :first AND :last
        ORDER BY made_at, objection_id
        """,
        committee_id=committee_id,
        person_id=person_id,
        first=first,
        last=last,
    )
    return [Objection(**row._asdict()) for row in rows]


_SHEET = """
SELECT sheet_id, committee_id, person_id, period, edition, method, facts, frozen_at, frozen_by
FROM evaluation_sheet
"""


def _frozen(row: Row[Any]) -> Frozen:
    values = row._asdict()
    return Frozen(**values | {"facts": _FACTS.validate_python(values["facts"])})
