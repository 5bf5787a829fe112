"""Photographs of issues, as rows of their own: bytes, and what they are of. A visit stands with or without them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.visits import AccessClass
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A photograph without its picture; `sha256` is of what was sent."""

    photo_id: UUID
    visit_id: UUID
    issue_id: UUID
    sha256: str
    size: int
    kept_at: datetime


_COLUMNS = "photo_id, visit_id, issue_id, sha256, length(picture) AS size, kept_at"


async def class_of_issue(tx: UnitOfWork, visit_id: UUID, issue_id: UUID) -> AccessClass | None:
    """Who may know of an issue of this visit, also one that was taken out since; None when there is none."""
    found = await tx.scalar(
        "SELECT access_class FROM issue WHERE visit_id = :visit_id AND issue_id = :issue_id",
        visit_id=visit_id,
        issue_id=issue_id,
    )
    return None if found is None else AccessClass(found)


async def add(
    tx: UnitOfWork, *, photo_id: UUID, visit_id: UUID, issue_id: UUID, sha256: str, picture: bytes, by: UUID
) -> bool:
    """Keep a photograph; False when its id is taken."""
    written = await tx.execute(
        """
        INSERT INTO visit_photo (photo_id, visit_id, issue_id, sha256, picture, kept_by, kept_at)
        VALUES (:photo_id, :visit_id, :issue_id, :sha256, :picture, :by, :now)
        ON CONFLICT (photo_id) DO NOTHING
        """,
        photo_id=photo_id,
        visit_id=visit_id,
        issue_id=issue_id,
        sha256=sha256,
        picture=picture,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def of_visit(tx: UnitOfWork, visit_id: UUID) -> list[Kept]:
    """Every photograph of a visit, in the order in which they came."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM visit_photo WHERE visit_id = :visit_id ORDER BY kept_at, photo_id",
        visit_id=visit_id,
    )
    return [Kept(**row._asdict()) for row in rows]


async def picture(tx: UnitOfWork, photo_id: UUID, *, issue_id: UUID) -> bytes | None:
    found = await tx.scalar(
        "SELECT picture FROM visit_photo WHERE photo_id = :photo_id AND issue_id = :issue_id",
        photo_id=photo_id,
        issue_id=issue_id,
    )
    return None if found is None else bytes(found)
