"""Good practices: each version is kept beside those before it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.text import fold
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodPractice:
    """One version of what was done well at a unit; a practice that came from an issue names its visit too."""

    practice_id: UUID
    version: int
    committee_id: UUID
    unit_id: UUID
    title: str
    body: str
    visit_id: UUID | None
    issue_id: UUID | None
    recorded_by: UUID
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOrigin:
    """A visit that a practice may have come from; `erased`: its texts are gone."""

    visit_id: UUID
    committee_id: UUID
    unit_id: UUID
    visitor_id: UUID
    erased: bool


_COLUMNS = """practice_id, version, committee_id, unit_id, title, body, visit_id, issue_id, recorded_by,
recorded_at"""


async def insert(tx: UnitOfWork, practice: GoodPractice) -> bool:
    """Keep this version; False when it is taken."""
    written = await tx.execute(
        """
        INSERT INTO good_practice (practice_id, version, committee_id, unit_id, title, body, visit_id, issue_id,
                                   folded, recorded_by, recorded_at)
        VALUES (:practice_id, :version, :committee_id, :unit_id, :title, :body, :visit_id, :issue_id,
                :folded, :recorded_by, :recorded_at)
        ON CONFLICT (practice_id, version) DO NOTHING
        """,
        practice_id=practice.practice_id,
        version=practice.version,
        committee_id=practice.committee_id,
        unit_id=practice.unit_id,
        title=practice.title,
        body=practice.body,
        visit_id=practice.visit_id,
        issue_id=practice.issue_id,
        folded=fold(f"{practice.title} {practice.body}"),
        recorded_by=practice.recorded_by,
        recorded_at=practice.recorded_at,
    )
    return written.rowcount == 1


async def find(tx: UnitOfWork, practice_id: UUID, version: int) -> GoodPractice | None:
    row = await tx.first(
        f"SELECT {_COLUMNS} FROM good_practice WHERE practice_id = :practice_id AND version = :version",
        practice_id=practice_id,
        version=version,
    )
    return GoodPractice(**row._asdict()) if row else None


async def newest_version(tx: UnitOfWork, practice_id: UUID) -> int:
    """0 when nothing is known of it."""
    return int(
        await tx.scalar(
            "SELECT coalesce(max(version), 0) FROM good_practice WHERE practice_id = :practice_id",
            practice_id=practice_id,
        )
    )


async def origin(tx: UnitOfWork, visit_id: UUID) -> VisitOrigin | None:
    row = await tx.first(
        """
        SELECT visit_id, committee_id, unit_id, visitor_id, erased_at IS NOT NULL AS erased FROM visit
        WHERE visit_id = :visit_id
        """,
        visit_id=visit_id,
    )
    return VisitOrigin(**row._asdict()) if row else None
