"""A member's sheet as it would be frozen now, from the same facts as the grid and the figures."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.feedback.domain.evaluation import Asked, Commended, Excused, Facts, Kept, Went
from services.feedback.store import commendations as commendation_store
from services.feedback.views.figures import midnight, states
from services.feedback.views.grid import evidence, grid, memberships_of
from shared import directory
from shared.clock import local_date
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import AbsenceReason
from shared.directory import Person
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of whom a sheet is made."""

    person_id: UUID
    full_name: str


async def members(tx: UnitOfWork, committee_id: UUID, *, first: date, last: date) -> list[Member]:
    """Whoever sat on the committee at some time of the period, in Vietnamese order."""
    return [
        Member(person_id=person.person_id, full_name=person.full_name)
        for person in await directory.people(tx, committee_id)
        if _sat(person, first, last)
    ]


async def draft(tx: UnitOfWork, person: Person, *, first: date, last: date) -> Facts:
    """The sheet of these local days as of now: what comes later, and what was restricted, is not in it."""
    committee_id = person.committee_id
    year = await grid(tx, committee_id, first.year, person_ids=[person.person_id])
    counted = await tx.first(
        _KEPT,
        committee_id=committee_id,
        person_id=person.person_id,
        start=midnight(first),
        end=midnight(last, after=1),
        as_of=tx.now,
    )
    if counted is None:
        raise AssertionError("an aggregate always has a row")
    numbers = counted._asdict()
    visits = await evidence(
        tx, committee_id, person.person_id, first=first, last=min(last, local_date(tx.now))
    )
    return Facts(
        as_of=tx.now,
        full_name=person.full_name,
        asked=[
            Asked(
                kind=kind,
                period=cell.span.period,
                first=cell.span.first,
                done=cell.done,
                required=cell.required,
                standing=cell.standing,
            )
            for line in year.lines
            for kind, cells in line.cells.items()
            for cell in cells
            if first <= cell.span.first <= last
        ],
        kept=[
            Kept(
                kind=kind,
                on_time=numbers[f"{kind}_on_time"],
                late=numbers[f"{kind}_late"],
                missing_overdue=numbers[f"{kind}_missing_overdue"],
                missing_not_due=numbers[f"{kind}_missing_not_due"],
            )
            for kind in _OWN
        ],
        excused=[
            Excused(month=month, reason=AbsenceReason(reason))
            for line in year.lines
            for month, reason in sorted(line.excused.items())
            if first <= month <= last
        ],
        visits=[
            Went(
                visit_id=each.visit_id,
                kind=each.kind,
                started_at=each.started_at,
                unit_name=each.unit_name,
                assigned=each.assigned,
            )
            for each in visits
        ],
        commended=[
            Commended(
                commendation_id=each.commendation_id,
                decided_on=each.decided_on,
                reason=each.reason,
                deciding_body=each.deciding_body,
                document_number=each.document_number,
            )
            for each in await commendation_store.of_person(
                tx, committee_id, person.person_id, first=first, last=last
            )
        ],
    )


def _sat(person: Person, first: date, last: date) -> bool:
    return any(
        (each.first is None or each.first <= last) and (each.last is None or each.last >= first)
        for each in memberships_of(person)
    )


_OWN = (DutyKind.REPORT, DutyKind.FORWARD)
_KEPT = f"""
WITH owed AS (
    SELECT duty.kind, CASE WHEN duty.closed_at <= :as_of THEN duty.closed_at END AS done_at, duty.due_at
    FROM duty JOIN visit USING (visit_id)
    WHERE duty.committee_id = :committee_id AND duty.owner_person_id = :person_id
      AND duty.kind IN ('report', 'forward') AND duty.access_class = 'normal'
      AND duty.closure IS DISTINCT FROM 'not_owed'
      AND started_at >= :start AND started_at < :end AND started_at <= :as_of
)
SELECT {states("report")}, {states("forward")} FROM owed
"""
