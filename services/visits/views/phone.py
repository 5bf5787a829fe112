"""Everything that a member's phone shows of its member's own work, read in one moment and sent in one answer.

Restricted issues are there by their class and their moments; their words are read one by one, because every
reading of them is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.cadence import Count
from services.visits.store.ways import RETURNS
from services.visits.views import own_cadence
from services.visits.views.plans import Shown, Suggestion, evening_ahead, plans, suggestions
from services.visits.views.profiles import Profile, assigned_units, profiles
from services.visits.views.ways import IssueState, IssueWay, own_ways
from shared.access import Reach
from shared.clock import local_date
from shared.contracts.visits import VisitKind
from shared.directory import Person
from shared.uow import UnitOfWork

VISITS_SHOWN: Final = 20
DUTIES_SHOWN: Final = 200
CLOSED_FOR: Final = timedelta(days=90)
"""A matter that is closed stays on the phone for so long."""
LOOKING_BACK: Final = timedelta(days=400)
PLANS_BACK: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One member's own work as it stands."""

    duties: Sequence[Row[Any]]
    cadence: dict[VisitKind, list[Count]]
    visits: Sequence[Row[Any]]
    issues: Sequence[IssueWay]
    returned: Sequence[Row[Any]]
    places: Sequence[Profile]
    plans: Sequence[Shown]
    next_evening: date
    suggestions: Sequence[Suggestion]

    @property
    def answers(self) -> list[UUID]:
        """The issues whose answer is to be carried back to the cell."""
        return [
            each.row.issue_id for each in self.issues if each.is_open and each.state is IssueState.ANSWERED
        ]


async def phone(tx: UnitOfWork, person: Person) -> Phone:
    """What is owed, what was done, where one goes next."""
    today = local_date(tx.now)
    evening = await evening_ahead(tx, person.committee_id)
    year = await own_cadence(tx, person, today.year)
    issues = await own_ways(tx, person.person_id, since=tx.now - LOOKING_BACK)
    return Phone(
        duties=await _duties(tx, person.person_id),
        cadence={
            kind: [count for count in counts if count.first <= today <= count.last]
            for kind, counts in year.items()
        },
        visits=await _visits(tx, person.person_id),
        issues=[each for each in issues if each.is_open or each.row.raised_at >= tx.now - CLOSED_FOR],
        returned=await _returned(tx, person.person_id),
        places=await profiles(tx, await assigned_units(tx, person.person_id)),
        plans=[
            each
            for each in await plans(tx, _own(person), first=today - LOOKING_BACK, limit=500)
            if each.state in ("ahead", "to_log") or each.plan.day >= today - PLANS_BACK
        ],
        next_evening=evening,
        suggestions=await suggestions(tx, person.person_id, evening),
    )


def _own(person: Person) -> Reach:
    return Reach(committee_id=person.committee_id, all=False, person_id=person.person_id, unit_ids=())


async def _duties(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """One's own open duties with their visit, their issue and the last extension asked for; late ones lead."""
    return await tx.all(
        """
        SELECT d.*, u.code AS unit_code, u.name AS unit_name, v.kind AS visit_kind, v.started_at,
               CASE WHEN i.access_class = 'normal' THEN i.title END AS issue_title, i.access_class,
               x.extension_id, x.days AS extension_days, x.granted AS extension_granted, x.note AS extension_note,
               x.asked_at AS extension_asked_at
        FROM duty_copy AS d
             LEFT JOIN directory_unit AS u USING (unit_id)
             LEFT JOIN visit AS v USING (visit_id)
             LEFT JOIN issue AS i ON i.issue_id = d.issue_id
             LEFT JOIN LATERAL (SELECT * FROM extension_copy AS e WHERE e.duty_id = d.duty_id
                                ORDER BY asked_at DESC, extension_id LIMIT 1) AS x ON true
        WHERE d.owner_person_id = :person_id AND d.closed_at IS NULL
        ORDER BY d.due_at, d.duty_id LIMIT :limit
        """,
        person_id=person_id,
        limit=DUTIES_SHOWN,
    )


async def _visits(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """One's own last visits; those with edits in conflict are there however old they are."""
    return await tx.all(
        """
        SELECT v.*, u.code AS unit_code, u.name AS unit_name,
               (SELECT count(*) FROM issue WHERE issue.visit_id = v.visit_id AND withdrawn_in IS NULL) AS issue_count,
               EXISTS (SELECT FROM visit_merge AS m WHERE m.visit_id = v.visit_id AND m.fields <> '{}'
                       AND m.settled_at IS NULL) AS in_conflict
        FROM standing_visit AS v JOIN directory_unit AS u USING (unit_id)
        WHERE v.visitor_id = :person_id AND (
            v.visit_id IN (SELECT visit_id FROM standing_visit WHERE visitor_id = :person_id
                           ORDER BY started_at DESC, visit_id DESC LIMIT :limit)
            OR v.visit_id IN (SELECT visit_id FROM visit_merge WHERE fields <> '{}' AND settled_at IS NULL))
        ORDER BY v.started_at DESC, v.visit_id DESC
        """,
        person_id=person_id,
        limit=VISITS_SHOWN,
    )


async def _returned(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """Reports that were returned and wait for their correction, the longest waiting first."""
    return await tx.all(
        f"""
        {RETURNS} WHERE v.visitor_id = :person_id AND v.withdrawn_at IS NULL
          AND coalesce(v.report_version, 0) <= r.report_version
        ORDER BY r.returned_at, r.return_id
        """,
        person_id=person_id,
    )
