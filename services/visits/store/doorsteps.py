"""People at the door: the first proof is given, the second is not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorstep:
    """Somebody at the door, and how they came there: by `invitation` or by `password`."""

    token_sha256: str
    person_id: UUID
    came_by: str


async def add(tx: UnitOfWork, doorstep: Doorstep, *, expires_at: datetime) -> None:
    await tx.execute("DELETE FROM doorstep WHERE expires_at <= :now", now=tx.now)
    await tx.execute(
        """
        INSERT INTO doorstep (token_sha256, person_id, came_by, expires_at)
        VALUES (:token_sha256, :person_id, :came_by, :expires_at)
        """,
        token_sha256=doorstep.token_sha256,
        person_id=doorstep.person_id,
        came_by=doorstep.came_by,
        expires_at=expires_at,
    )


async def find(tx: UnitOfWork, token_sha256: str) -> Doorstep | None:
    row = await tx.first(
        "SELECT token_sha256, person_id, came_by FROM doorstep"
        " WHERE token_sha256 = :token AND expires_at > :now",
        token=token_sha256,
        now=tx.now,
    )
    return Doorstep(**row._asdict()) if row else None


async def leave(tx: UnitOfWork, token_sha256: str) -> bool:
    """Step in; False when another request with the same token was faster."""
    gone = await tx.execute(
        "DELETE FROM doorstep WHERE token_sha256 = :token AND expires_at > :now",
        token=token_sha256,
        now=tx.now,
    )
    return gone.rowcount == 1
