"""What screens read: lists by cursor, one visit, one's own duties and cadence.

Every list takes a `Reach`, so that a reader is shown what the policy allows and nothing tells them of the
rest. Restricted text leaves only for who may read it.
"""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.absences import excused_months
from services.visits.domain.cadence import Count, Membership, cadence
from services.visits.domain.visit import Issue
from services.visits.store import absences, drafts, merges, photos, remarks
from services.visits.store import directory as store
from services.visits.store import ways as way_store
from services.visits.store.drafts import Draft
from services.visits.store.merges import Merged
from services.visits.store.photos import Kept
from services.visits.store.remarks import Remark
from services.visits.store.visits import issue_of
from shared import directory
from shared.access import Place, Principal, Reach
from shared.contracts.visits import Role, VisitKind
from shared.directory import Person
from shared.errors import invalid
from shared.text import fold, person_sort_key
from shared.uow import UnitOfWork

Unsettled = Literal["waiting", "rejected", "disputed"]
"""A record that not everybody stands by: its visitor has not approved it, has rejected it, or its cell disputes it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and where the next ones begin."""

    rows: Sequence[Row[Any]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFilter:
    unit_id: UUID | None = None
    visitor_id: UUID | None = None
    kind: VisitKind | None = None
    first: date | None = None
    last: date | None = None
    state: Unsettled | None = None
    """Only what waits for its member's word; or only what the cell does not agree with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeVisit:
    """One visit with all that was ever said of it."""

    visit: Row[Any]
    issues: Sequence[Issue]
    versions: Sequence[Row[Any]]
    reports: Sequence[Row[Any]]
    drafts: Sequence[Draft]
    remarks: Sequence[Remark]
    names: Mapping[UUID, str]
    merges: Sequence[Merged]
    returns: Sequence[Row[Any]]
    photos: Sequence[Kept]

    @property
    def place(self) -> Place:
        return Place(
            committee_id=self.visit.committee_id,
            person_ids=frozenset({self.visit.visitor_id}),
            unit_ids=frozenset({self.visit.unit_id}),
        )


async def visits(
    tx: UnitOfWork, reach: Reach, wanted: VisitFilter, *, restricted: Reach, cursor: str | None, limit: int
) -> Page:
    """Visits within reach, the latest first. Only what was asked stands in the query, for an index to serve it.

    Issues of restricted classes count only within the second reach.
    """
    after_at, after_id = _visit_cursor(cursor)
    conditions: list[tuple[str, dict[str, Any]]] = [
        ("v.committee_id = :committee_id", {"committee_id": reach.committee_id}),
        ("v.unit_id = :unit_id", {"unit_id": wanted.unit_id}),
        ("v.visitor_id = :visitor_id", {"visitor_id": wanted.visitor_id}),
        ("v.kind = :kind", {"kind": wanted.kind}),
        ("v.day >= :first", {"first": wanted.first}),
        ("v.day <= :last", {"last": wanted.last}),
        ("(v.started_at, v.visit_id) < (:after_at, :after_id)", {"after_at": after_at, "after_id": after_id}),
    ]
    conditions = [each for each in conditions if None not in each[1].values()]
    conditions.append(("v.withdrawn_at IS NULL", {}))
    if wanted.state == "waiting":
        conditions.append((_WAITING, {"people": reach.person_ids}))
    elif wanted.state == "rejected":
        conditions.append((_REJECTED, {"people": reach.person_ids}))
    elif wanted.state == "disputed":
        conditions.append(("v.disputed_at IS NOT NULL", {}))
    if not reach.all:
        conditions.append(
            (
                "(v.visitor_id = ANY(CAST(:person_ids AS uuid[])) OR v.unit_id = ANY(CAST(:unit_ids AS uuid[])))",
                {"person_ids": reach.person_ids, "unit_ids": list(reach.unit_ids)},
            )
        )
    rows = await tx.all(
        f"{_VISIT} WHERE {' AND '.join(text for text, _ in conditions)}"
        " ORDER BY v.started_at DESC, v.visit_id DESC LIMIT :limit",
        limit=limit + 1,
        **_knows(restricted),
        **{name: value for _, values in conditions for name, value in values.items()},
    )
    return _page(rows, limit, lambda row: f"{row.started_at.isoformat()} {row.visit_id}")


async def whole_visit(tx: UnitOfWork, visit_id: UUID, *, restricted: Reach) -> WholeVisit | None:
    """One visit; its line is written for the reader, its issues and versions are still all there."""
    visit = await tx.first(_VISIT + "WHERE v.visit_id = :visit_id", visit_id=visit_id, **_knows(restricted))
    if visit is None:
        return None
    issues = await tx.all(
        "SELECT * FROM issue WHERE visit_id = :visit_id AND withdrawn_in IS NULL ORDER BY position",
        visit_id=visit_id,
    )
    versions = await tx.all(
        "SELECT * FROM visit_version WHERE visit_id = :visit_id ORDER BY version", visit_id=visit_id
    )
    reports = await tx.all(
        "SELECT * FROM report_version WHERE visit_id = :visit_id ORDER BY version", visit_id=visit_id
    )
    drafted = await drafts.of_visit(tx, visit_id)
    said = await remarks.of_visit(tx, visit_id)
    people = {row.recorded_by for row in versions} | {row.filed_by for row in reports}
    people |= {draft.drafted_by for draft in drafted} | {remark.said_by for remark in said}
    return WholeVisit(
        visit=visit,
        issues=[issue_of(row) for row in issues],
        versions=versions,
        reports=reports,
        drafts=drafted,
        remarks=said,
        names=await directory.person_names(tx, people),
        merges=await merges.of_visit(tx, visit_id),
        returns=await way_store.returns_of(tx, visit_id),
        photos=await photos.of_visit(tx, visit_id),
    )


async def served(tx: UnitOfWork, principal: Principal) -> list[Person]:
    """The members whom somebody serves today, as a Vietnamese reader would sort them."""
    people = await directory.people_by_ids(tx, principal.served)
    return sorted(people.values(), key=lambda person: (person_sort_key(person.full_name), person.person_id))


async def duties(tx: UnitOfWork, person_id: UUID, *, closed: bool, limit: int) -> Sequence[Row[Any]]:
    """One's own duties: the open ones, the latest due first in line; or the closed ones, newest first."""
    which, order = ("IS NOT NULL", "closed_at DESC") if closed else ("IS NULL", "due_at")
    return await tx.all(
        f"""
        SELECT d.*, u.code AS unit_code, u.name AS unit_name
        FROM duty_copy AS d LEFT JOIN directory_unit AS u USING (unit_id)
        WHERE owner_person_id = :person_id AND closed_at {which} ORDER BY {order}, duty_id LIMIT :limit
        """,
        person_id=person_id,
        limit=limit,
    )


async def own_cadence(tx: UnitOfWork, person: Person, year: int) -> dict[VisitKind, list[Count]]:
    """Done and required in each period of a year, for each kind of visit."""
    rows = await tx.all(
        "SELECT kind, day FROM standing_visit WHERE visitor_id = :person_id AND day BETWEEN :first AND :last",
        person_id=person.person_id,
        first=date(year, 1, 1),
        last=date(year, 12, 31),
    )
    quotas = await store.quotas(tx, person.committee_id)
    excused = excused_months(await absences.of_person(tx, person.person_id))
    memberships = [
        Membership(first=post.valid_from, last=post.valid_to)
        for post in person.posts
        if post.role in _MEMBERS
    ]
    return {
        kind: cadence(
            year,
            kind,
            quotas=quotas,
            days=[row.day for row in rows if row.kind == kind],
            memberships=memberships,
            excused=excused,
        )
        for kind in VisitKind
    }


async def units(
    tx: UnitOfWork, committee_id: UUID, *, search: str, kind: str | None, cursor: str | None, limit: int
) -> Page:
    """Units of the committee in Vietnamese order; the search knows neither case nor marks."""
    after_key, after_id = _sorted_cursor(cursor)
    rows = await tx.all(
        """
        SELECT u.*, parent.code AS parent_code
        FROM directory_unit AS u LEFT JOIN directory_unit AS parent ON parent.unit_id = u.parent_id
        WHERE u.committee_id = :committee_id AND u.folded LIKE :pattern
          AND (CAST(:kind AS text) IS NULL OR u.kind = :kind)
          AND (CAST(:after_key AS text) IS NULL OR (u.sort_key, u.unit_id) > (:after_key, :after_id))
        ORDER BY u.sort_key, u.unit_id LIMIT :limit
        """,
        committee_id=committee_id,
        pattern=_pattern(search),
        kind=kind,
        after_key=after_key,
        after_id=after_id,
        limit=limit + 1,
    )
    return _page(rows, limit, lambda row: f"{row.unit_id} {row.sort_key}")


async def people(tx: UnitOfWork, committee_id: UUID, *, search: str, cursor: str | None, limit: int) -> Page:
    """People of the committee by given name; the search knows neither case nor marks."""
    after_key, after_id = _sorted_cursor(cursor)
    rows = await tx.all(
        """
        SELECT p.*, (SELECT coalesce(jsonb_agg(to_jsonb(post) ORDER BY post.valid_from, post.post_id), '[]')
                     FROM directory_post AS post WHERE post.person_id = p.person_id) AS posts
        FROM directory_person AS p
        WHERE p.committee_id = :committee_id AND p.folded LIKE :pattern
          AND (CAST(:after_key AS text) IS NULL OR (p.sort_key, p.person_id) > (:after_key, :after_id))
        ORDER BY p.sort_key, p.person_id LIMIT :limit
        """,
        committee_id=committee_id,
        pattern=_pattern(search),
        after_key=after_key,
        after_id=after_id,
        limit=limit + 1,
    )
    return _page(rows, limit, lambda row: f"{row.person_id} {row.sort_key}")


async def assignments(
    tx: UnitOfWork, committee_id: UUID, *, person_id: UUID | None, unit_id: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Who is asked to go where, by member or by unit, the newest first."""
    return await tx.all(
        """
        SELECT a.*, p.code AS person_code, p.full_name, u.code AS unit_code, u.name AS unit_name
        FROM assignment AS a
             JOIN directory_person AS p USING (person_id) JOIN directory_unit AS u USING (unit_id)
        WHERE a.committee_id = :committee_id
          AND (CAST(:person_id AS uuid) IS NULL OR a.person_id = :person_id)
          AND (CAST(:unit_id AS uuid) IS NULL OR a.unit_id = :unit_id)
        ORDER BY a.valid_from DESC, a.assignment_id DESC LIMIT :limit
        """,
        committee_id=committee_id,
        person_id=person_id,
        unit_id=unit_id,
        limit=limit,
    )


async def quotas(tx: UnitOfWork, committee_id: UUID) -> Sequence[Row[Any]]:
    """Every quota a committee ever set, in order."""
    return await tx.all(
        "SELECT * FROM quota WHERE committee_id = :committee_id ORDER BY kind, valid_from",
        committee_id=committee_id,
    )


async def reaches(tx: UnitOfWork, committee_id: UUID) -> Sequence[Row[Any]]:
    """Every rule on how deep assignments may go that a committee ever set, in order."""
    return await tx.all(
        "SELECT * FROM reach WHERE committee_id = :committee_id ORDER BY body NULLS FIRST, valid_from",
        committee_id=committee_id,
    )


async def unit_codes(tx: UnitOfWork, unit_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.all(
        "SELECT unit_id, code FROM directory_unit WHERE unit_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(unit_ids),
    )
    return {row.unit_id: row.code for row in rows}


# What was written for a member and waits for their word: the visit itself, or the newest draft of its report, of
# which only they and whoever writes for them may know.
_WAITING = """
(v.approval = 'waiting' OR v.visitor_id = ANY(CAST(:people AS uuid[])) AND (
    SELECT d.approved IS NULL AND d.drafted_at > coalesce(v.report_filed_at, '-infinity')
    FROM report_draft AS d WHERE d.visit_id = v.visit_id ORDER BY d.drafted_at DESC, d.draft_id DESC LIMIT 1))
"""
# What the member sent back to who wrote it: the visit itself, or the newest draft of its report.
_REJECTED = """
(v.approval = 'rejected' OR v.visitor_id = ANY(CAST(:people AS uuid[])) AND (
    SELECT NOT d.approved AND d.drafted_at > coalesce(v.report_filed_at, '-infinity')
    FROM report_draft AS d WHERE d.visit_id = v.visit_id ORDER BY d.drafted_at DESC, d.draft_id DESC LIMIT 1))
"""
_MEMBERS = frozenset({Role.COMMITTEE_MEMBER, Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE})

# What a reader may not know of is as if it had never been raised: a meeting that brought nothing else
# says that it brought nothing.
_VISIT = """
SELECT v.approval, v.disputed_at, writer.person_id AS writer_id, writer.code AS writer_code,
       writer.full_name AS writer_name, v.visit_id, v.committee_id, v.unit_id, v.visitor_id, v.version, v.kind, v.started_at, v.ended_at,
       v.meeting_kind, v.history, v.accepted_at, v.report_filed_at, v.erased_at,
       v.withdrawn_at,
       u.code AS unit_code, u.name AS unit_name, p.code AS visitor_code, p.full_name AS visitor_name,
       known.issue_count,
       v.nothing_raised OR (v.kind = 'meeting_attendance' AND NOT v.history AND known.issue_count = 0)
           AS nothing_raised
FROM visit AS v JOIN directory_unit AS u USING (unit_id)
     JOIN directory_person AS p ON p.person_id = v.visitor_id
     LEFT JOIN visit_version AS said
            ON v.approval IS NOT NULL AND said.visit_id = v.visit_id AND said.version = v.version
     LEFT JOIN directory_person AS writer ON writer.person_id = said.recorded_by
     CROSS JOIN LATERAL (
         SELECT count(*) AS issue_count FROM issue
         WHERE issue.visit_id = v.visit_id AND withdrawn_in IS NULL
           AND (access_class = 'normal' OR :knows_all OR v.visitor_id = CAST(:knows_own AS uuid))) AS known
"""


def _knows(restricted: Reach) -> dict[str, Any]:
    return {"knows_all": restricted.all, "knows_own": restricted.person_id}


def _page(rows: Sequence[Row[Any]], limit: int, key: Any) -> Page:
    shown = rows[:limit]
    return Page(shown, _encode(key(shown[-1])) if len(rows) > limit else None)


def _pattern(search: str) -> str:
    literal = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    first, _, second = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(" ")
    return first, second


def _visit_cursor(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    if cursor is None:
        return None, None
    try:
        started_at, visit_id = _decode(cursor)
        return datetime.fromisoformat(started_at), UUID(visit_id)
    except (ValueError, binascii.Error):
        raise _bad_cursor() from None


def _sorted_cursor(cursor: str | None) -> tuple[str | None, UUID | None]:
    if cursor is None:
        return None, None
    try:
        thing_id, sort_key = _decode(cursor)
        return sort_key, UUID(thing_id)
    except (ValueError, binascii.Error):
        raise _bad_cursor() from None


def _bad_cursor() -> Exception:
    return invalid(
        "/query/cursor",
        "bad-cursor",
        vi="Con trỏ trang không đọc được; hãy mở lại danh sách.",
        en="The cursor cannot be read; open the list again.",
    )
