"""What the directory keeps only here: dated names, successions, assignments, quotas, reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.visits.domain.cadence import Quota
from services.visits.domain.reach import Reach
from shared.contracts.visits import Period, UnitChanged, VisitKind
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A member is asked to go to a unit, or is in charge of it, for a time."""

    assignment_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    unit_id: UUID
    duty: str
    valid_from: date
    valid_to: date | None
    basis_document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """Units give way to others on a day: a merger, a division, or both."""

    succession_id: UUID
    committee_id: UUID
    predecessors: frozenset[UUID]
    successors: frozenset[UUID]
    effective_on: date
    basis_document: str


async def lock_committee(tx: UnitOfWork, committee_id: UUID) -> None:
    """One writer of a committee's directory at a time: versions are counted without gaps or twins."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7))", key=str(committee_id))


async def keep_unit_versions(
    tx: UnitOfWork, events: Sequence[UnitChanged], *, effective_on: date | None, by: UUID | None
) -> None:
    """Remember what units were called, and since when."""
    await tx.execute(
        """
        INSERT INTO unit_version (unit_id, version, code, name, kind, parent_id, effective_on, recorded_by,
                                  recorded_at)
        SELECT u.unit_id, u.version, u.code, u.name, u.kind, u.parent_id, :effective_on, :by, :now
        FROM unnest(CAST(:unit_ids AS uuid[]), CAST(:versions AS int[]), CAST(:codes AS text[]),
                    CAST(:names AS text[]), CAST(:kinds AS text[]), CAST(:parent_ids AS uuid[]))
             AS u (unit_id, version, code, name, kind, parent_id)
        """,
        unit_ids=[event.unit_id for event in events],
        versions=[event.version for event in events],
        codes=[event.code for event in events],
        names=[event.name for event in events],
        kinds=[event.kind for event in events],
        parent_ids=[event.parent_id for event in events],
        effective_on=effective_on,
        by=by,
        now=tx.now,
    )


async def bearers_of_unit_code(tx: UnitOfWork, committee_id: UUID, code: str) -> Sequence[UUID]:
    """The units that still stand, or stood to the last, under this code."""
    rows = await tx.execute(
        "SELECT unit_id FROM directory_unit"
        " WHERE committee_id = :committee_id AND code = :code AND valid_to IS NULL",
        committee_id=committee_id,
        code=code,
    )
    return rows.scalars().all()


async def bearers_of_person_code(tx: UnitOfWork, committee_id: UUID, code: str) -> Sequence[UUID]:
    rows = await tx.execute(
        "SELECT person_id FROM directory_person WHERE committee_id = :committee_id AND code = :code",
        committee_id=committee_id,
        code=code,
    )
    return rows.scalars().all()


async def add_succession(tx: UnitOfWork, succession: Succession, *, by: UUID) -> bool:
    """Record a merger or division; False when something was recorded under this id before."""
    added = await tx.execute(
        """
        INSERT INTO succession (succession_id, committee_id, effective_on, predecessors, successors,
                                basis_document, recorded_by, recorded_at)
        VALUES (:succession_id, :committee_id, :effective_on, :predecessors, :successors, :basis_document,
                :by, :now)
        ON CONFLICT DO NOTHING
        """,
        succession_id=succession.succession_id,
        committee_id=succession.committee_id,
        effective_on=succession.effective_on,
        predecessors=sorted(succession.predecessors),
        successors=sorted(succession.successors),
        basis_document=succession.basis_document,
        by=by,
        now=tx.now,
    )
    return added.rowcount == 1


async def succession(tx: UnitOfWork, succession_id: UUID) -> Succession | None:
    """What stands under this id; None also when that is another committee's."""
    row = await tx.first(
        """
        SELECT succession_id, committee_id, effective_on, predecessors, successors, basis_document
        FROM succession WHERE succession_id = :id
        """,
        id=succession_id,
    )
    if row is None:
        return None
    return Succession(
        succession_id=row.succession_id,
        committee_id=row.committee_id,
        effective_on=row.effective_on,
        predecessors=frozenset(row.predecessors),
        successors=frozenset(row.successors),
        basis_document=row.basis_document,
    )


async def assignment(tx: UnitOfWork, assignment_id: UUID) -> Assignment | None:
    row = await tx.first(
        """
        SELECT assignment_id, version, committee_id, person_id, unit_id, duty, valid_from, valid_to,
               basis_document
        FROM assignment WHERE assignment_id = :id FOR UPDATE
        """,
        id=assignment_id,
    )
    return Assignment(**row._asdict()) if row else None


async def put_assignment(tx: UnitOfWork, assignment: Assignment, *, by: UUID) -> None:
    await tx.execute(
        """
        INSERT INTO assignment (assignment_id, version, committee_id, person_id, unit_id, duty, valid_from,
                                valid_to, basis_document, recorded_by, recorded_at, told)
        VALUES (:assignment_id, :version, :committee_id, :person_id, :unit_id, :duty, :valid_from, :valid_to,
                :basis_document, :by, :now, true)
        ON CONFLICT (assignment_id) DO UPDATE SET
            version = excluded.version, person_id = excluded.person_id, unit_id = excluded.unit_id,
            duty = excluded.duty, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
            basis_document = excluded.basis_document, recorded_by = excluded.recorded_by,
            recorded_at = excluded.recorded_at, told = true
        """,
        assignment_id=assignment.assignment_id,
        version=assignment.version,
        committee_id=assignment.committee_id,
        person_id=assignment.person_id,
        unit_id=assignment.unit_id,
        duty=assignment.duty,
        valid_from=assignment.valid_from,
        valid_to=assignment.valid_to,
        basis_document=assignment.basis_document,
        by=by,
        now=tx.now,
    )


async def put_quota(
    tx: UnitOfWork, quota_id: UUID, committee_id: UUID, quota: Quota, *, basis_document: str
) -> int | None:
    """Set the quota that begins on a day; its version, or None when another of this kind begins on the same day."""
    put = await tx.execute(
        """
        INSERT INTO quota (quota_id, committee_id, kind, period, min_count, valid_from, basis_document, told)
        SELECT :quota_id, :committee_id, :kind, :period, :min_count, :valid_from, :basis_document, true
        WHERE NOT EXISTS (SELECT FROM quota WHERE committee_id = :committee_id AND kind = :kind
                          AND valid_from = :valid_from AND quota_id <> :quota_id)
        ON CONFLICT (quota_id) DO UPDATE SET
            kind = excluded.kind, period = excluded.period, min_count = excluded.min_count,
            valid_from = excluded.valid_from, basis_document = excluded.basis_document,
            version = quota.version + 1, told = true
        WHERE quota.committee_id = excluded.committee_id
        RETURNING version
        """,
        quota_id=quota_id,
        committee_id=committee_id,
        kind=quota.kind.value,
        period=quota.period.value,
        min_count=quota.min_count,
        valid_from=quota.valid_from,
        basis_document=basis_document,
    )
    version: int | None = put.scalar()
    return version


async def put_reach(tx: UnitOfWork, reach_id: UUID, committee_id: UUID, reach: Reach) -> bool:
    """Set how deep a body reaches from a day on; False when another rule about it begins on the same day."""
    put = await tx.execute(
        """
        INSERT INTO reach (reach_id, committee_id, body, deepest, valid_from, basis_document)
        SELECT :reach_id, :committee_id, CAST(:body AS text), :deepest, :valid_from, :basis_document
        WHERE NOT EXISTS (SELECT FROM reach WHERE committee_id = :committee_id AND valid_from = :valid_from
                          AND body IS NOT DISTINCT FROM CAST(:body AS text) AND reach_id <> :reach_id)
        ON CONFLICT (reach_id) DO UPDATE SET
            body = excluded.body, deepest = excluded.deepest, valid_from = excluded.valid_from,
            basis_document = excluded.basis_document
        WHERE reach.committee_id = excluded.committee_id
        """,
        reach_id=reach_id,
        committee_id=committee_id,
        body=reach.body,
        deepest=reach.deepest,
        valid_from=reach.valid_from,
        basis_document=reach.basis_document,
    )
    return put.rowcount == 1


async def reaches(tx: UnitOfWork, committee_id: UUID) -> list[Reach]:
    """Every rule the committee ever set."""
    rows = await tx.all(
        "SELECT body, deepest, valid_from, basis_document FROM reach WHERE committee_id = :committee_id",
        committee_id=committee_id,
    )
    return [Reach(**row._asdict()) for row in rows]


async def depth_of(tx: UnitOfWork, committee_id: UUID, unit_id: UUID) -> int | None:
    """How far a unit is below the committee's root as the tree now stands; None when it is not below it."""
    depth: int | None = await tx.scalar(
        """
        WITH RECURSIVE above AS (
            SELECT unit_id, parent_id, 0 AS depth FROM directory_unit WHERE unit_id = :unit_id
            UNION ALL
            SELECT parent.unit_id, parent.parent_id, depth + 1
            FROM above JOIN directory_unit AS parent ON parent.unit_id = above.parent_id
        ) CYCLE unit_id SET round USING path
        SELECT depth FROM above WHERE unit_id = :committee_id AND NOT round
        """,
        unit_id=unit_id,
        committee_id=committee_id,
    )
    return depth


async def quotas(tx: UnitOfWork, committee_id: UUID) -> list[Quota]:
    rows = await tx.all(
        "SELECT kind, period, min_count, valid_from FROM quota WHERE committee_id = :committee_id",
        committee_id=committee_id,
    )
    return [
        Quota(
            kind=VisitKind(row.kind),
            period=Period(row.period),
            min_count=row.min_count,
            valid_from=row.valid_from,
        )
        for row in rows
    ]
