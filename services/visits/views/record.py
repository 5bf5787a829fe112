"""One's own record of a year: what is held, how it stands against the quota, and questions to oneself.

Read by its owner alone. The questions are reckoned here and now and leave nothing behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.visits.domain.cadence import Count
from services.visits.domain.formality import Question, Told, questions
from services.visits.store import objections
from services.visits.store.objections import Objection
from services.visits.views import own_cadence
from shared.contracts.visits import VisitKind
from shared.directory import Person
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How much of one's own activity in a year is kept."""

    field_trips: int
    meetings: int
    units: int
    versions: int
    issues: int
    reports: int
    reports_on_time: int
    reports_late: int
    reports_owed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    held: Held
    cadence: dict[VisitKind, list[Count]]
    questions: Sequence[Question]
    objections: Sequence[Objection]


async def own_record(tx: UnitOfWork, person: Person, year: int) -> Record:
    """Everything on the page of one's own record."""
    return Record(
        held=await _held(tx, person, year),
        cadence=await own_cadence(tx, person, year),
        questions=questions(await _told(tx, person, year), assigned=await _assigned(tx, person, year)),
        objections=await objections.of_committee(
            tx, person.committee_id, person_id=person.person_id, limit=100
        ),
    )


async def _held(tx: UnitOfWork, person: Person, year: int) -> Held:
    row = await tx.first(
        """
        WITH mine AS (
            SELECT * FROM standing_visit WHERE visitor_id = :person_id AND day BETWEEN :first AND :last
        ),
        owed AS (
            SELECT duty.closed_at, duty.due_at, duty.closure
            FROM duty_copy AS duty JOIN mine USING (visit_id)
            WHERE duty.kind = 'report' AND duty.owner_person_id = :person_id
        )
        SELECT (SELECT count(*) FILTER (WHERE kind = 'field_trip') FROM mine) AS field_trips,
               (SELECT count(*) FILTER (WHERE kind = 'meeting_attendance') FROM mine) AS meetings,
               (SELECT count(DISTINCT unit_id) FROM mine) AS units,
               (SELECT count(*) FROM visit_version JOIN mine USING (visit_id)) AS versions,
               (SELECT count(*) FROM issue JOIN mine USING (visit_id) WHERE withdrawn_in IS NULL) AS issues,
               (SELECT count(*) FROM mine WHERE report_version IS NOT NULL) AS reports,
               (SELECT count(*) FROM owed WHERE closure = 'done' AND closed_at < due_at) AS reports_on_time,
               (SELECT count(*) FROM owed WHERE closure = 'done' AND closed_at >= due_at) AS reports_late,
               (SELECT count(*) FROM owed WHERE closed_at IS NULL) AS reports_owed
        """,
        person_id=person.person_id,
        first=date(year, 1, 1),
        last=date(year, 12, 31),
    )
    if row is None:
        raise AssertionError("unreachable")
    return Held(**row._asdict())


async def _told(tx: UnitOfWork, person: Person, year: int) -> list[Told]:
    """One's own visits of the year; registers of the past were not written by their visitors."""
    rows = await tx.all(
        """
        SELECT v.visit_id, v.unit_id, v.started_at, v.ended_at, v.accepted_at, v.report_filed_at,
               v.kind = 'meeting_attendance' AS meeting, w.device_id IS NOT NULL AS by_phone,
               (SELECT count(*) FROM issue WHERE issue.visit_id = v.visit_id AND withdrawn_in IS NULL) AS raised,
               coalesce(nullif(r.summary, ''), w.content ->> 'notes', '') AS text
        FROM standing_visit AS v
             LEFT JOIN report_version AS r ON r.visit_id = v.visit_id AND r.version = v.report_version
             LEFT JOIN visit_version AS w ON w.visit_id = v.visit_id AND w.version = v.version
        WHERE v.visitor_id = :person_id AND v.day BETWEEN :first AND :last AND NOT v.history
        """,
        person_id=person.person_id,
        first=date(year, 1, 1),
        last=date(year, 12, 31),
    )
    return [Told(**row._asdict()) for row in rows]


async def _assigned(tx: UnitOfWork, person: Person, year: int) -> int:
    return int(
        await tx.scalar(
            """
            SELECT count(DISTINCT unit_id) FROM assignment
            WHERE person_id = :person_id AND valid_from <= :last AND coalesce(valid_to, :last) >= :first
            """,
            person_id=person.person_id,
            first=date(year, 1, 1),
            last=date(year, 12, 31),
        )
    )
