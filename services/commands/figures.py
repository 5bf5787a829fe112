"""`field-visits stats`: the figures of one committee, from feedback's facts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.feedback import views
from services.installation import installation
from shared import directory
from shared.clock import LOCAL, local_date
from shared.errors import invalid
from shared.uow import UnitOfWork


async def figures(
    *, data_dir: Path, as_of: datetime | None, first: date | None, last: date | None, committee: str | None
) -> dict[str, Any]:
    """The figures as of an instant (the end of the period, else now) over a period of local dates."""
    async with installation(data_dir) as found, found.database("feedback") as database, database.read() as tx:
        at = as_of or (min(_end_of(last), tx.now) if last else tx.now)
        committee_id = await _committee(tx, committee, first, last, at)
        return _shown(await views.figures(tx, committee_id, at, first, last))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), LOCAL)


async def _committee(
    tx: UnitOfWork, code: str | None, first: date | None, last: date | None, at: datetime
) -> UUID:
    """The committee named, or the only one there is, or the only one with visits in the period.

    Without a period, the year of `at` tells a committee at work from the register of a closed term.
    """
    committees = await directory.committees(tx)
    if code is not None:
        committees = [unit for unit in committees if unit.code == code]
    if len(committees) > 1:
        year = local_date(at).year
        period = first or date(year, 1, 1), last or date(year, 12, 31)
        committees = [unit for unit in committees if await _visited(tx, unit, at, period)]
    if len(committees) == 1:
        return committees[0].unit_id
    known = ", ".join(_codes(await directory.committees(tx))) or "–"
    raise invalid(
        "/committee",
        "unclear",
        vi=f"Chưa rõ cấp ủy nào; chọn một bằng --committee: {known}",
        en=f"which committee is meant is not clear; name one with --committee: {known}",
        value=code,
    )


async def _visited(tx: UnitOfWork, unit: directory.Unit, at: datetime, period: tuple[date, date]) -> bool:
    counts = (await views.figures(tx, unit.unit_id, at, *period)).counts
    return counts.field_trips + counts.meetings_attended > 0


def _shown(found: views.Figures) -> dict[str, Any]:
    return {
        "as_of": found.as_of.astimezone(LOCAL).isoformat(),
        "period": [day.isoformat() for day in found.period],
        "rule": found.rule,
        "days": found.days,
        "suppressed": views.suppressed(found),
        **asdict(found.counts),
    }


def _codes(units: Sequence[directory.Unit]) -> list[str]:
    return [unit.code for unit in units]
