"""What a committee looks at first: new today, urgent, not visited, and how the weeks before went.

Like the figures, it counts what the committee was told of, reports and forwardings and answers alike, and leaves
restricted matters out. Every number here is a choice of the register, so that it can be opened.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.feedback.domain.punctuality import Cohort, Owed, cohorts
from shared.clock import LOCAL, local_date
from shared.uow import UnitOfWork

WEEKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Unvisited:
    """A cell that nobody of the committee attended since a day; the last times before, as far as known."""

    unit_id: UUID
    name: str
    parent_name: str | None
    last_attended: date | None
    last_trip: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """As of a moment. `newly_late`: fell due at the midnight before it and is still open."""

    as_of: datetime
    newly_late: int
    last_day: date
    """The last day of those that are newly late."""
    urgent_duties: int
    urgent_issues: int
    unvisited: int
    since: date
    """The first day of the year, from which visits to cells are looked for."""
    weeks: list[Cohort]


async def morning(tx: UnitOfWork, committee_id: UUID) -> Morning:
    """Of one committee, as of now."""
    today = local_date(tx.now)
    row = await tx.first(_COUNTS, committee_id=committee_id, now=tx.now, yesterday=today - timedelta(days=1))
    if row is None:
        raise AssertionError("an aggregate always has a row")
    owed = await tx.all(
        _OWED,
        committee_id=committee_id,
        first=today - timedelta(days=today.weekday(), weeks=WEEKS),
        last=today,
    )
    return Morning(
        as_of=tx.now,
        newly_late=row.newly_late,
        last_day=today - timedelta(days=1),
        urgent_duties=row.urgent_duties,
        urgent_issues=row.urgent_issues,
        unvisited=len(await unvisited(tx, committee_id)),
        since=_year(today),
        weeks=cohorts((Owed(**each._asdict()) for each in owed), WEEKS, today, tx.now),
    )


async def unvisited(tx: UnitOfWork, committee_id: UUID) -> list[Unvisited]:
    """The cells of today's register in which no meeting was attended this year, by name."""
    today = local_date(tx.now)
    since = _year(today)
    rows = await tx.all(
        _UNVISITED,
        committee_id=committee_id,
        today=today,
        now=tx.now,
        since=datetime(since.year, since.month, since.day, tzinfo=LOCAL),
    )
    return [
        Unvisited(
            unit_id=row.unit_id,
            name=row.name,
            parent_name=row.parent_name,
            last_attended=local_date(row.last_attended) if row.last_attended else None,
            last_trip=local_date(row.last_trip) if row.last_trip else None,
        )
        for row in rows
    ]


def _year(today: date) -> date:
    return today.replace(month=1, day=1)


_COUNTS = """
SELECT count(*) FILTER (WHERE due_at <= :now AND last_day = :yesterday) AS newly_late,
       count(*) FILTER (WHERE urgency = 'urgent') AS urgent_duties,
       count(DISTINCT issue_id) FILTER (WHERE urgency = 'urgent') AS urgent_issues
FROM duty WHERE committee_id = :committee_id AND closed_at IS NULL AND access_class = 'normal'
"""

_OWED = """
SELECT last_day, due_at, closed_at AS done_at FROM duty
WHERE committee_id = :committee_id AND access_class = 'normal' AND kind IN ('report', 'forward')
  AND closure IS DISTINCT FROM 'not_owed' AND last_day BETWEEN :first AND :last
"""

_UNVISITED = """
SELECT unit.unit_id, unit.name, above.name AS parent_name, been.last_attended, been.last_trip
FROM directory_unit AS unit
LEFT JOIN directory_unit AS above ON above.unit_id = unit.parent_id
LEFT JOIN (
    SELECT unit_id, max(started_at) FILTER (WHERE kind = 'meeting_attendance') AS last_attended,
           max(started_at) FILTER (WHERE kind = 'field_trip') AS last_trip
    FROM standing_visit AS visit WHERE committee_id = :committee_id AND started_at <= :now GROUP BY unit_id
) AS been ON been.unit_id = unit.unit_id
WHERE unit.committee_id = :committee_id AND unit.kind = 'party_cell'
  AND (unit.valid_from IS NULL OR unit.valid_from <= :today)
  AND (unit.valid_to IS NULL OR unit.valid_to >= :today)
  AND (been.last_attended IS NULL OR been.last_attended < :since)
ORDER BY unit.sort_key, unit.unit_id
"""
