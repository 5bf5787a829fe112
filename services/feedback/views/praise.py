"""Commendations and good practices of a committee in one list, the newest first; no count of anybody's.

Where a practice came from is told to whoever may read the visit; what was revoked, to whoever reads all and to those
whom it was about. A practice whose matter has become restricted is in no list, and one whose texts are erased neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from services.feedback.views.figures import midnight
from services.feedback.views.filters import Named
from services.feedback.views.grid import memberships_of
from services.feedback.views.search import MOST_WORDS
from shared import directory
from shared.access import RULES, Principal
from shared.clock import local_date
from shared.text import fold
from shared.uow import UnitOfWork


class PraiseKind(StrEnum):
    """What is praised: somebody for what they did, or a way of doing things."""

    COMMENDATION = "commendation"
    GOOD_PRACTICE = "good_practice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Praise:
    """A commendation, or a good practice as its newest version has it."""

    kind: PraiseKind
    id: UUID
    day: date
    unit_id: UUID | None
    unit_name: str | None
    person_id: UUID | None
    person_name: str | None
    title: str
    text: str
    deciding_body: str
    document_number: str
    recorded_by_name: str | None
    recorded_at: datetime
    version: int
    changed_at: datetime
    visit_id: UUID | None
    issue_id: UUID | None
    revoked_at: datetime | None
    revocation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a good practice."""

    version: int
    unit_id: UUID
    unit_name: str | None
    title: str
    body: str
    recorded_by_name: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Commended:
    """A commendation on paper."""

    decided_on: date
    subject: str
    reason: str
    deciding_body: str
    document_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A good practice on paper."""

    recorded_on: date
    unit_name: str
    title: str
    body: str


async def page(
    tx: UnitOfWork,
    principal: Principal,
    *,
    kind: PraiseKind | None,
    unit_id: UUID | None,
    typed: str,
    after: UUID | None,
    limit: int,
) -> tuple[list[Praise], int]:
    """What the filters let through, and how much that is; the next page starts after the last id of this one."""
    chosen: dict[str, Any] = _reach(principal) | {
        "kind": kind,
        "unit_id": unit_id,
        "words": fold(typed).split()[:MOST_WORDS],
    }
    rows = await tx.all(
        f"""
        {_CHOSEN} SELECT {_SHOWN} FROM chosen
        WHERE CAST(:after AS uuid) IS NULL
           OR (day, recorded_at, id) < (SELECT day, recorded_at, id FROM chosen WHERE id = :after)
        ORDER BY day DESC, recorded_at DESC, id DESC LIMIT :limit
        """,
        **chosen,
        after=after,
        limit=limit,
    )
    total = await tx.scalar(f"{_CHOSEN} SELECT count(*) FROM chosen", **chosen)
    return [_praise(row) for row in rows], int(total)


async def one(tx: UnitOfWork, principal: Principal, kind: PraiseKind, id_: UUID) -> Praise | None:
    """It, if the list would show it."""
    row = await tx.first(
        f"{_CHOSEN} SELECT {_SHOWN} FROM chosen WHERE id = :id",
        **_reach(principal),
        kind=kind,
        unit_id=None,
        words=[],
        id=id_,
    )
    return _praise(row) if row else None


async def versions(tx: UnitOfWork, principal: Principal, practice_id: UUID) -> list[Version]:
    """The versions of a practice that the list shows, the newest first; else none."""
    if await one(tx, principal, PraiseKind.GOOD_PRACTICE, practice_id) is None:
        return []
    rows = await tx.all(
        f"""
        SELECT practice.version, unit_id, unit.name AS unit_name, title, body, recorder.full_name AS recorded_by_name,
               recorded_at
        FROM good_practice AS practice
        LEFT JOIN directory_unit AS unit USING (unit_id)
        LEFT JOIN directory_person AS recorder ON recorder.person_id = recorded_by
        WHERE practice_id = :practice_id AND {_READABLE}
        ORDER BY practice.version DESC
        """,
        practice_id=practice_id,
    )
    return [Version(**row._asdict()) for row in rows]


async def names(tx: UnitOfWork, principal: Principal) -> tuple[list[Named], list[Named]]:
    """Units that stand today, and whoever sits or sat on the committee, in Vietnamese order."""
    units = await directory.units(tx, principal.committee_id)
    people = await directory.people(tx, principal.committee_id)
    return (
        [Named(id=unit.unit_id, name=unit.name) for unit in units if unit.stands(local_date(tx.now))],
        [Named(id=each.person_id, name=each.full_name) for each in people if memberships_of(each)],
    )


async def commended_in(
    tx: UnitOfWork, committee_id: UUID, as_of: datetime, *, first: date, last: date
) -> Sequence[Commended]:
    """What was decided within these days, as known at the moment, in the order in which it was decided."""
    rows = await tx.all(
        """
        SELECT decided_on, coalesce(unit.name, person.full_name, '') AS subject, reason, deciding_body,
               document_number
        FROM commendation
        LEFT JOIN directory_unit AS unit USING (unit_id)
        LEFT JOIN directory_person AS person USING (person_id)
        WHERE commendation.committee_id = :committee_id AND decided_on BETWEEN :first AND :last
          AND recorded_at <= :as_of AND (revoked_at IS NULL OR revoked_at > :as_of)
        ORDER BY decided_on, recorded_at, commendation_id
        """,
        committee_id=committee_id,
        as_of=as_of,
        first=first,
        last=last,
    )
    return [Commended(**row._asdict()) for row in rows]


async def practices_in(
    tx: UnitOfWork, committee_id: UUID, as_of: datetime, *, first: date, last: date
) -> Sequence[Practice]:
    """What was recorded first within these local days, in the version that stood at the moment."""
    rows = await tx.all(
        f"""
        WITH stood AS (
            SELECT DISTINCT ON (practice_id) *, min(recorded_at) OVER (PARTITION BY practice_id) AS first_at
            FROM good_practice
            WHERE committee_id = :committee_id AND recorded_at <= :as_of
            ORDER BY practice_id, version DESC
        )
        SELECT CAST(first_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) AS recorded_on,
               coalesce(unit.name, '') AS unit_name, title, body
        FROM stood AS practice LEFT JOIN directory_unit AS unit USING (unit_id)
        WHERE first_at >= :start AND first_at < :end AND {_READABLE}
        ORDER BY first_at, practice_id
        """,
        committee_id=committee_id,
        as_of=as_of,
        start=midnight(first),
        end=midnight(last, after=1),
    )
    return [Practice(**row._asdict()) for row in rows]


def _reach(principal: Principal) -> dict[str, Any]:
    """What is not for everybody: whoever may read the visits of a committee, of a person, of a unit."""
    reach = RULES.read_visits.reach(principal)
    return {
        "committee_id": reach.committee_id,
        "all": reach.all,
        "person_ids": reach.person_ids,
        "unit_ids": list(reach.unit_ids),
    }


def _praise(row: Row[Any]) -> Praise:
    values = row._asdict()
    return Praise(**values | {"kind": PraiseKind(values["kind"])})


_READABLE: Final = """title <> '' AND NOT EXISTS (
    SELECT FROM issue WHERE issue.issue_id = practice.issue_id AND access_class <> 'normal')"""
_CHOSEN = f"""
WITH praised AS (
    SELECT 'commendation' AS kind, commendation_id AS id, decided_on AS day, unit_id, person_id, '' AS title,
           reason AS text, deciding_body, document_number, recorded_by, recorded_at, 1 AS version,
           recorded_at AS changed_at, CAST(NULL AS uuid) AS visit_id, CAST(NULL AS uuid) AS issue_id,
           revoked_at, revocation, folded
    FROM commendation
    WHERE committee_id = :committee_id
      AND (revoked_at IS NULL OR :all OR person_id = ANY(CAST(:person_ids AS uuid[]))
           OR unit_id = ANY(CAST(:unit_ids AS uuid[])))
    UNION ALL
    SELECT 'good_practice', practice_id, CAST(first_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date), unit_id, NULL,
           title, body, '', '', recorded_by, first_at, version, recorded_at, visit_id, issue_id, NULL, NULL, folded
    FROM (SELECT DISTINCT ON (practice_id) *, min(recorded_at) OVER (PARTITION BY practice_id) AS first_at
          FROM good_practice WHERE committee_id = :committee_id
          ORDER BY practice_id, version DESC) AS practice
    WHERE {_READABLE}
),
chosen AS (
    SELECT praised.*, unit.name AS unit_name, person.full_name AS person_name,
           recorder.full_name AS recorded_by_name
    FROM praised
    LEFT JOIN directory_unit AS unit ON unit.unit_id = praised.unit_id
    LEFT JOIN directory_person AS person ON person.person_id = praised.person_id
    LEFT JOIN directory_person AS recorder ON recorder.person_id = praised.recorded_by
    WHERE (CAST(:kind AS text) IS NULL OR praised.kind = :kind)
      AND (CAST(:unit_id AS uuid) IS NULL OR praised.unit_id = :unit_id)
      AND NOT EXISTS (
          SELECT FROM unnest(CAST(:words AS text[])) AS word
          WHERE strpos(concat_ws(' ', praised.folded, unit.folded, person.folded), word) = 0)
)
"""
_SHOWN = """
kind, id, day, unit_id, unit_name, person_id, person_name, title, text, deciding_body, document_number,
recorded_by_name, recorded_at, version, changed_at, revoked_at, revocation,
(SELECT visit_id FROM visit WHERE visit.visit_id = chosen.visit_id
     AND (:all OR visitor_id = ANY(CAST(:person_ids AS uuid[]))
          OR visit.unit_id = ANY(CAST(:unit_ids AS uuid[])))) AS visit_id,
(SELECT issue_id FROM issue JOIN visit USING (visit_id) WHERE issue.issue_id = chosen.issue_id AND NOT removed
     AND (:all OR visitor_id = ANY(CAST(:person_ids AS uuid[]))
          OR visit.unit_id = ANY(CAST(:unit_ids AS uuid[])))) AS issue_id
"""
