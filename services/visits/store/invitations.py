"""Invitations of the office: the digest of each link, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A way in for one person, once."""

    invitation_id: UUID
    committee_id: UUID
    person_id: UUID
    token_sha256: str
    issued_by: UUID | None
    expires_at: datetime


async def add(tx: UnitOfWork, invitation: Invitation) -> None:
    await tx.execute(
        """
        INSERT INTO invitation (invitation_id, committee_id, person_id, token_sha256, issued_by, issued_at,
                                expires_at)
        VALUES (:invitation_id, :committee_id, :person_id, :token_sha256, :issued_by, :now, :expires_at)
        """,
        invitation_id=invitation.invitation_id,
        committee_id=invitation.committee_id,
        person_id=invitation.person_id,
        token_sha256=invitation.token_sha256,
        issued_by=invitation.issued_by,
        expires_at=invitation.expires_at,
        now=tx.now,
    )


async def use(tx: UnitOfWork, token_sha256: str) -> UUID | None:
    """Use an invitation up; the person it is for, or None when it lets nobody in."""
    person_id: UUID | None = await tx.scalar(
        """
        UPDATE invitation SET used_at = :now
        WHERE token_sha256 = :token AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :now
        RETURNING person_id
        """,
        token=token_sha256,
        now=tx.now,
    )
    return person_id


async def open_ones(tx: UnitOfWork, committee_id: UUID) -> Sequence[Row[Any]]:
    """The invitations of a committee that still let somebody in, the latest first."""
    return await tx.all(
        """
        SELECT invitation_id, person_id, code, full_name, issued_at, expires_at
        FROM invitation JOIN directory_person AS person USING (person_id)
        WHERE invitation.committee_id = :committee_id AND used_at IS NULL AND revoked_at IS NULL
          AND expires_at > :now
        ORDER BY issued_at DESC, invitation_id
        """,
        committee_id=committee_id,
        now=tx.now,
    )


async def revoke(tx: UnitOfWork, committee_id: UUID, invitation_id: UUID) -> bool:
    """False when the committee has no such invitation that is still open."""
    revoked = await tx.execute(
        """
        UPDATE invitation SET revoked_at = :now
        WHERE invitation_id = :id AND committee_id = :committee_id AND used_at IS NULL AND revoked_at IS NULL
        """,
        id=invitation_id,
        committee_id=committee_id,
        now=tx.now,
    )
    return revoked.rowcount == 1


async def revoke_all_of(tx: UnitOfWork, person_id: UUID) -> None:
    await tx.execute(
        """
        UPDATE invitation SET revoked_at = :now
        WHERE person_id = :person_id AND used_at IS NULL AND revoked_at IS NULL
        """,
        person_id=person_id,
        now=tx.now,
    )
