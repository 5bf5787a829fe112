"""What a report is made of: a period as of a moment, counted from facts; and what is still open, cell by cell.

What happened after the moment is left out, and a duty is judged by the due date it had then. Restricted matters are in
no table; the figures count them in groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.feedback.domain.duty import Status
from services.feedback.views.duties import Shown, register
from services.feedback.views.figures import Figures, figures, midnight, states
from services.feedback.views.filters import Filters
from services.feedback.views.issues import SHOWN, IssueState
from services.feedback.views.issues import reach_of as reach_of_issues
from services.feedback.views.praise import Commended, Practice, commended_in, practices_in
from shared import directory
from shared.access import Principal
from shared.clock import local_date
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import IssueField
from shared.uow import UnitOfWork

MOST_LATE = 500
"""More than anybody reads in a report; the register has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """The duties of one kind that began in the period. `due`: what was done or fell due by then."""

    kind: DutyKind
    on_time: int
    late: int
    missing_overdue: int
    missing_not_due: int
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month of the period, by its first day."""

    first: date
    field_trips: int
    meetings_attended: int
    issues: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What was raised in one field, and how far it had come by then. A matter with several agencies is answered by all."""

    field: IssueField
    issues: int
    resolved_on_spot: int
    forwarded: int
    answered: int
    told_the_cell: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A period as of a moment."""

    committee: str
    figures: Figures
    punctuality: Sequence[Punctuality]
    months: Sequence[Month]
    fields: Sequence[Field]
    late: Sequence[Shown]
    commended: Sequence[Commended]
    practices: Sequence[Practice]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMatter:
    """Something a cell raised and has had no answer to. `promised_on`: the day an agency stands by."""

    issue_id: UUID
    unit_name: str
    attention: str | None
    """Why the cell is looked after, where it is."""
    last_day: date | None
    """Of the visits there."""
    title: str
    field: IssueField
    urgent: bool
    raised_at: datetime
    state: IssueState
    agencies: Sequence[str]
    due_on: date | None
    promised_on: date | None


async def report(
    tx: UnitOfWork, principal: Principal, as_of: datetime, first: date | None, last: date | None
) -> Report:
    """Of the reader's committee over inclusive local dates; without a first day from the first visit on."""
    committee_id = principal.committee_id
    found = await figures(tx, committee_id, as_of, first, last)
    since, until = found.period
    values = {
        "committee_id": committee_id,
        "as_of": as_of,
        "start": midnight(since),
        "end": midnight(until, after=1),
    }
    duties = await tx.first(_DUTIES, **values)
    if duties is None:
        raise AssertionError("an aggregate always has a row")
    past = None if as_of >= tx.now else as_of
    late = Filters(statuses=(Status.OVERDUE,), restricted=False, as_of=past)
    return Report(
        committee=await _name(tx, committee_id),
        figures=found,
        punctuality=[_punctuality(kind, duties._asdict()) for kind in DutyKind],
        months=[Month(**row._asdict()) for row in await tx.all(_MONTHS, **values)],
        fields=[
            Field(**row._asdict() | {"field": IssueField(row.field)})
            for row in await tx.all(_FIELDS, **values)
        ],
        late=await register(tx, principal, late, limit=MOST_LATE),
        commended=await commended_in(tx, committee_id, as_of, first=since, last=until),
        practices=await practices_in(tx, committee_id, as_of, first=since, last=until),
    )


async def open_matters(tx: UnitOfWork, principal: Principal) -> tuple[str, list[OpenMatter]]:
    """The committee's name, and what its cells wait for now: those in difficulties first, each from the oldest on."""
    rows = await tx.all(_OPEN, **reach_of_issues(principal))
    matters = [
        OpenMatter(
            **row._asdict() | {"field": IssueField(row.field or "other"), "state": IssueState(row.state)}
        )
        for row in rows
    ]
    return await _name(tx, principal.committee_id), matters


async def _name(tx: UnitOfWork, committee_id: UUID) -> str:
    names = await directory.unit_names(tx, [committee_id])
    return names.get(committee_id, "")


def _punctuality(kind: DutyKind, counted: dict[str, int]) -> Punctuality:
    return Punctuality(
        kind=kind,
        on_time=counted[f"{kind}_on_time"],
        late=counted[f"{kind}_late"],
        missing_overdue=counted[f"{kind}_missing_overdue"],
        missing_not_due=counted[f"{kind}_missing_not_due"],
        due=counted[f"{kind}_due_by_as_of"],
    )


def period_of(as_of: datetime, first: date | None, last: date | None) -> tuple[date | None, date | None]:
    """A period that ends on the day of the moment at the latest: nothing after it is known."""
    until = local_date(as_of)
    return first, min(last, until) if last else until


_MADE = """
made AS (
    SELECT visit_id, kind, date_trunc('month', started_at AT TIME ZONE 'Asia/Ho_Chi_Minh') AS month FROM visit
    WHERE committee_id = :committee_id AND started_at >= :start AND started_at < :end AND started_at <= :as_of
      AND (withdrawn_at IS NULL OR withdrawn_at > :as_of)
)
"""
_DUTIES = f"""
WITH {_MADE},
moved AS (
    SELECT DISTINCT ON (duty_id) duty_id, due_at FROM duty_due WHERE at <= :as_of
    ORDER BY duty_id, due_version DESC
),
owed AS (
    SELECT duty.kind, CASE WHEN duty.closed_at <= :as_of THEN duty.closed_at END AS done_at,
           coalesce(moved.due_at, duty.first_due_at) AS due_at
    FROM duty JOIN made USING (visit_id) LEFT JOIN moved USING (duty_id)
    WHERE duty.access_class = 'normal' AND duty.closure IS DISTINCT FROM 'not_owed'
      AND (duty.kind IN ('report', 'forward') OR duty.opened_at <= :as_of)
)
SELECT {states("report")}, {states("forward")}, {states("answer")}, {states("reply_to_cell")} FROM owed
"""
_MONTHS = f"""
WITH {_MADE},
raised AS (
    SELECT visit_id, count(*) AS issues FROM issue JOIN made USING (visit_id)
    WHERE NOT removed AND access_class = 'normal' GROUP BY visit_id
)
SELECT CAST(month AS date) AS first,
       count(*) FILTER (WHERE kind = 'field_trip') AS field_trips,
       count(*) FILTER (WHERE kind = 'meeting_attendance') AS meetings_attended,
       CAST(coalesce(sum(issues), 0) AS bigint) AS issues
FROM made LEFT JOIN raised USING (visit_id) GROUP BY month ORDER BY month
"""
_FIELDS = f"""
WITH {_MADE}
SELECT coalesce(field, 'other') AS field, count(*) AS issues,
       count(*) FILTER (WHERE resolved_on_spot) AS resolved_on_spot,
       count(*) FILTER (WHERE way.asked > 0) AS forwarded,
       count(*) FILTER (WHERE way.asked > 0 AND way.answered = way.asked) AS answered,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM reply WHERE reply.issue_id = issue.issue_id AND replied_at <= :as_of)) AS told_the_cell
FROM issue JOIN made USING (visit_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS asked, count(*) FILTER (WHERE answered_at <= :as_of) AS answered
    FROM forwarding
    WHERE forwarding.issue_id = issue.issue_id AND sent_at <= :as_of
      AND (refused_at IS NULL OR refused_at > :as_of)) AS way
WHERE NOT removed AND access_class = 'normal'
GROUP BY 1 ORDER BY 1
"""
_OPEN = f"""
WITH shown AS ({SHOWN})
SELECT issue_id, coalesce(shown.unit_name, '') AS unit_name, unit.attention,
       (SELECT CAST(max(started_at) AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) FROM standing_visit AS visit
        WHERE visit.unit_id = shown.unit_id) AS last_day,
       coalesce(title, '') AS title, field, urgency = 'urgent' AS urgent, raised_at, state,
       ARRAY(SELECT agency.name FROM forwarding JOIN directory_unit AS agency ON agency.unit_id = agency_unit_id
             WHERE forwarding.issue_id = shown.issue_id AND refused_at IS NULL
             ORDER BY agency.sort_key) AS agencies,
       (SELECT min(duty.last_day) FROM duty
        WHERE duty.issue_id = shown.issue_id AND duty.closed_at IS NULL) AS due_on,
       (SELECT promised_on FROM agency_note AS said
        WHERE said.issue_id = shown.issue_id AND said.kind = 'promise'
        ORDER BY said_at DESC LIMIT 1) AS promised_on
FROM shown LEFT JOIN directory_unit AS unit USING (unit_id)
WHERE shown.access_class = 'normal'
  AND state NOT IN ('replied_to_cell', 'settled', 'resolved_on_spot')
ORDER BY unit.attention IS NULL, unit.sort_key, raised_at, issue_id
"""
