"""Revisions of the calendar of days off: each is written once and never changed, so it is read once.

A revision in force is the highest approved one. The cache is keyed by number and asks for the number in
force in each transaction, so that no process reckons with a calendar that another has replaced.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.feedback.domain import Calendar, calendar_from_document, moments
from shared.contracts.feedback import Moments
from shared.uow import UnitOfWork

_DATING = 7142050114  # an advisory lock, not the relay's or the migration's: shared by who dates duties, alone for who changes the calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision with who proposed and approved it; approved and never undone, or still a draft."""

    number: int
    document: dict[str, Any]
    notice: str
    proposed_by: UUID | None
    proposed_at: datetime | None
    approved_by: UUID | None
    approved_at: datetime | None
    earlier_confirmed_by: UUID | None
    earlier_confirmed_at: datetime | None


class CalendarBook:
    """The calendars of one database. Approved revisions never change, so each is parsed once a process."""

    def __init__(self) -> None:
        self._calendars: dict[int, Calendar] = {}
        self._moments: dict[tuple[int, date], tuple[Moments, str]] = {}

    async def in_force(self, tx: UnitOfWork, *, as_of: datetime | None = None) -> Calendar:
        """The calendar in force, to show something by it; or the one that was, at a past instant."""
        return await self.revision(tx, await number_in_force(tx, as_of=as_of))

    async def to_date_with(self, tx: UnitOfWork) -> Calendar:
        """The calendar in force, to date duties with: no other is approved before this transaction ends.

        Otherwise a duty dated meanwhile by the old calendar would be seen by nobody who moves duties.
        """
        await tx.execute(f"SELECT pg_advisory_xact_lock_shared({_DATING})")
        return await self.in_force(tx)

    async def revision(self, tx: UnitOfWork, number: int) -> Calendar:
        """The approved calendar of that number."""
        if number not in self._calendars:
            document = await tx.scalar(
                "SELECT document FROM calendar_revision WHERE number = :number AND approved_at IS NOT NULL",
                number=number,
            )
            if document is None:
                raise LookupError(f"calendar revision {number} is not approved")
            self._calendars[number] = calendar_from_document(document)
        return self._calendars[number]

    async def load(self, tx: UnitOfWork, numbers: Iterable[int]) -> dict[int, Calendar]:
        return {number: await self.revision(tx, number) for number in numbers}

    def moments(self, number: int, last_day: date) -> Moments:
        """The working days around a last day, by a revision already loaded."""
        return self._around(number, last_day)[0]

    def moments_json(self, number: int, last_day: date) -> str:
        """The same as JSON; thousands of duties share one last day."""
        return self._around(number, last_day)[1]

    def _around(self, number: int, last_day: date) -> tuple[Moments, str]:
        known = self._moments.get((number, last_day))
        if known is None:
            around = Moments(days=moments(last_day, self._calendars[number]))
            known = self._moments[number, last_day] = around, around.model_dump_json()
        return known


async def number_in_force(tx: UnitOfWork, *, as_of: datetime | None = None) -> int:
    """The highest approved number; of an instant before any approval, the calendar that came with the system."""
    return int(
        await tx.scalar(
            """
            SELECT coalesce(max(number) FILTER (WHERE :as_of >= approved_at OR CAST(:as_of AS timestamptz) IS NULL),
                            min(number))
            FROM calendar_revision WHERE approved_at IS NOT NULL
            """,
            as_of=as_of,
        )
    )


async def find(tx: UnitOfWork, number: int) -> Revision | None:
    row = await tx.first("SELECT * FROM calendar_revision WHERE number = :number", number=number)
    return Revision(**row._mapping) if row else None  # noqa: SLF001  # Row's documented mapping


async def all_revisions(tx: UnitOfWork) -> list[Revision]:
    rows = await tx.all("SELECT * FROM calendar_revision ORDER BY number DESC")
    return [Revision(**row._mapping) for row in rows]  # noqa: SLF001  # Row's documented mapping


async def lock(tx: UnitOfWork) -> None:
    """One writer of revisions at a time, and nobody who dates duties beside it."""
    await tx.execute(f"SELECT pg_advisory_xact_lock({_DATING})")


async def propose(tx: UnitOfWork, number: int, document: dict[str, Any], notice: str, *, by: UUID) -> None:
    """Write a draft, or replace the draft that stood under this number."""
    await tx.execute(
        """
        INSERT INTO calendar_revision (number, document, notice, proposed_by, proposed_at)
        VALUES (:number, CAST(:document AS jsonb), :notice, :by, :now)
        ON CONFLICT (number) DO UPDATE
        SET document = excluded.document, notice = excluded.notice,
            proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at
        WHERE calendar_revision.approved_at IS NULL
        """,
        number=number,
        document=json.dumps(document),
        notice=notice,
        by=by,
        now=tx.now,
    )


async def approve(tx: UnitOfWork, number: int, *, by: UUID) -> None:
    await tx.execute(
        """
        UPDATE calendar_revision SET approved_by = :by, approved_at = :now
        WHERE number = :number AND approved_at IS NULL
        """,
        number=number,
        by=by,
        now=tx.now,
    )


async def confirm_earlier(tx: UnitOfWork, number: int, *, by: UUID) -> None:
    """A person took it upon them that due dates come earlier."""
    await tx.execute(
        """
        UPDATE calendar_revision SET earlier_confirmed_by = :by, earlier_confirmed_at = :now
        WHERE number = :number AND earlier_confirmed_at IS NULL
        """,
        number=number,
        by=by,
        now=tx.now,
    )
