"""The figures of a committee over a period, as of a moment: counted from facts, never from stored states.

What happened after the moment does not exist yet. A duty is judged by the due date it had then. What fell due
and was not done stays in the count, so nobody looks better by never answering: on time is measured against
everything that was done or fell due, and not against what was closed.

Issues of restricted classes are in no total, so that no subtraction finds them. They have a figure of their
own, made of closed calendar quarters in which there were at least five: quarters do not overlap and do not
grow, so that no two questions about them differ by less than five.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.feedback.domain.deadline import VIETNAM
from services.feedback.domain.terms import in_force
from services.feedback.store import policies as policy_store
from shared.clock import local_date
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind
from shared.uow import UnitOfWork

FEWEST = 5
"""Restricted matters are counted in groups of at least so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted. `…_due_by_as_of` is what was done or fell due by then: the measure of punctuality.

    `restricted_issues` is None when no closed quarter of the period had as many as `FEWEST`.
    """

    members: int
    grassroots_organisations: int
    party_cells: int
    model_cells: int
    field_trips: int
    meetings_attended: int
    members_with_a_trip_every_month: int
    cells_never_attended: int
    most_attended_cell: int
    meetings_to_model_cells: int
    issues: int
    issues_resolved_on_spot: int
    issues_urgent: int
    restricted_issues: int | None
    report_on_time: int
    report_late: int
    report_missing_overdue: int
    report_missing_not_due: int
    report_due_by_as_of: int
    forward_on_time: int
    forward_late: int
    forward_missing_overdue: int
    forward_missing_not_due: int
    forward_due_by_as_of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts with what they speak of: the moment, the inclusive local dates, the policy on reports then."""

    as_of: datetime
    period: tuple[date, date]
    rule: str
    days: int
    counts: Counts


async def figures(
    tx: UnitOfWork,
    committee_id: UUID | None,
    as_of: datetime,
    first: date | None = None,
    last: date | None = None,
) -> Figures:
    """Of one committee, or of all in this installation; without a first day, from the first visit on."""
    first = first or await _first_visit(tx, committee_id, as_of) or local_date(as_of)
    last = last or local_date(as_of)
    await tx.plan_for_values()
    row = await tx.first(
        _FIGURES,
        committee=committee_id,
        as_of=as_of,
        first=first,
        until=min(last, local_date(as_of)),
        start=midnight(first),
        end=midnight(last, after=1),
        fewest=FEWEST,
    )
    if row is None:
        raise AssertionError("an aggregate always has a row")
    committees = [] if committee_id is None else [committee_id]
    policy = in_force(
        await policy_store.of_committees(tx, committees),
        committee_id,
        DutyKind.REPORT,
        VisitKind.MEETING_ATTENDANCE,
        local_date(as_of),
    )
    return Figures(
        as_of=as_of,
        period=(first, last),
        rule=policy.rule.value,
        days=policy.days,
        counts=Counts(**row._mapping),  # noqa: SLF001  # Row's documented mapping
    )


def suppressed(found: Figures) -> dict[str, str]:
    """Which figures are not told, and why."""
    return {"restricted_issues": f"<{FEWEST}"} if found.counts.restricted_issues is None else {}


async def _first_visit(tx: UnitOfWork, committee_id: UUID | None, as_of: datetime) -> date | None:
    started = await tx.scalar(
        """
        SELECT min(started_at) FROM visit
        WHERE (CAST(:committee AS uuid) IS NULL OR committee_id = :committee) AND started_at <= :as_of
          AND (withdrawn_at IS NULL OR withdrawn_at > :as_of)
        """,
        committee=committee_id,
        as_of=as_of,
    )
    return local_date(started) if started else None


def midnight(day: date, *, after: int = 0) -> datetime:
    """When so many days after a local day begin."""
    return datetime.combine(day + timedelta(days=after), time(), VIETNAM)


def states(kind: str) -> str:
    """Counting rows of (kind, done_at, due_at), as known at the moment asked about."""
    return ", ".join(
        f"count(*) FILTER (WHERE kind = '{kind}' AND {condition}) AS {kind}_{name}"
        for name, condition in (
            ("on_time", "done_at < due_at"),
            ("late", "done_at >= due_at"),
            ("missing_overdue", "done_at IS NULL AND due_at <= :as_of"),
            ("missing_not_due", "done_at IS NULL AND due_at > :as_of"),
            ("due_by_as_of", "(done_at IS NOT NULL OR due_at <= :as_of)"),
        )
    )


_FIGURES = f"""
WITH member AS (
    SELECT DISTINCT person_id FROM directory_post
    WHERE (CAST(:committee AS uuid) IS NULL OR committee_id = :committee)
      AND role IN ('committee_member', 'permanent_board', 'standing_committee')
      AND (valid_from IS NULL OR valid_from <= :until) AND (valid_to IS NULL OR valid_to >= :first)
),
unit AS (
    SELECT unit_id, kind, kind = 'party_cell' AS is_cell,
           coalesce(kind = 'party_cell' AND recognition = 'model', false) AS is_model
    FROM directory_unit
    WHERE (CAST(:committee AS uuid) IS NULL OR committee_id = :committee)
      AND (valid_from IS NULL OR valid_from <= :until) AND (valid_to IS NULL OR valid_to >= :until)
),
made AS MATERIALIZED (
    SELECT visit_id, committee_id, visitor_id, unit_id, kind, started_at FROM visit
    WHERE (CAST(:committee AS uuid) IS NULL OR committee_id = :committee)
      AND started_at >= :start AND started_at < :end AND started_at <= :as_of
      AND (withdrawn_at IS NULL OR withdrawn_at > :as_of)
),
month_with_trip AS (
    SELECT visitor_id, count(*) AS months
    FROM (SELECT DISTINCT visitor_id, date_trunc('month', started_at AT TIME ZONE 'Asia/Ho_Chi_Minh')
          FROM made WHERE kind = 'field_trip') AS of_month
         JOIN member ON member.person_id = of_month.visitor_id
    GROUP BY visitor_id
),
attended AS (
    SELECT unit_id, count(*) AS meetings FROM made WHERE kind = 'meeting_attendance' GROUP BY unit_id
),
raised AS (
    SELECT resolved_on_spot, urgency FROM issue JOIN made USING (visit_id)
    WHERE NOT removed AND access_class = 'normal'
),
restricted AS MATERIALIZED ( -- few, and found first
    SELECT visit_id FROM issue WHERE NOT removed AND access_class <> 'normal'
),
restricted_quarter AS (
    SELECT count(*) AS issues
    FROM restricted JOIN made USING (visit_id),
         LATERAL (SELECT date_trunc('quarter', made.started_at AT TIME ZONE 'Asia/Ho_Chi_Minh') AS begins) AS quarter
    WHERE begins >= CAST(:first AS date)
      AND begins + interval '3 months' <= CAST(:until AS date) + interval '1 day'
      AND begins + interval '3 months' <= CAST(:as_of AS timestamptz) AT TIME ZONE 'Asia/Ho_Chi_Minh'
    GROUP BY made.committee_id, begins
    HAVING count(*) >= :fewest
),
moved AS MATERIALIZED (
    SELECT DISTINCT ON (duty_id) duty_id, due_at FROM duty_due WHERE at <= :as_of
    ORDER BY duty_id, due_version DESC
),
owed AS (
    SELECT duty.kind, CASE WHEN duty.closed_at <= :as_of THEN duty.closed_at END AS done_at,
           coalesce(moved.due_at, duty.first_due_at) AS due_at
    FROM duty JOIN made USING (visit_id) LEFT JOIN moved USING (duty_id)
    WHERE duty.kind IN ('report', 'forward') AND duty.access_class = 'normal'
      AND duty.closure IS DISTINCT FROM 'not_owed'
)
SELECT *
FROM (SELECT count(*) AS members FROM member) AS a,
     (SELECT count(*) FILTER (WHERE kind = 'grassroots_organisation') AS grassroots_organisations,
             count(*) FILTER (WHERE is_cell) AS party_cells,
             count(*) FILTER (WHERE is_model) AS model_cells,
             count(*) FILTER (WHERE is_cell AND meetings IS NULL) AS cells_never_attended,
             coalesce(max(meetings) FILTER (WHERE is_cell), 0) AS most_attended_cell,
             CAST(coalesce(sum(meetings) FILTER (WHERE is_model), 0) AS bigint) AS meetings_to_model_cells
      FROM unit LEFT JOIN attended USING (unit_id)) AS b,
     (SELECT count(*) FILTER (WHERE kind = 'field_trip') AS field_trips,
             count(*) FILTER (WHERE kind = 'meeting_attendance') AS meetings_attended FROM made) AS c,
     (SELECT count(*) AS members_with_a_trip_every_month FROM month_with_trip
      WHERE months = (SELECT count(*) FROM generate_series(
          date_trunc('month', CAST(:first AS timestamp)), date_trunc('month', CAST(:until AS timestamp)),
          interval '1 month'))) AS d,
     (SELECT count(*) AS issues,
             count(*) FILTER (WHERE resolved_on_spot) AS issues_resolved_on_spot,
             count(*) FILTER (WHERE urgency = 'urgent') AS issues_urgent FROM raised) AS e,
     (SELECT CAST(sum(issues) AS bigint) AS restricted_issues FROM restricted_quarter) AS r,
     (SELECT {states("report")}, {states("forward")} FROM owed) AS f
"""
