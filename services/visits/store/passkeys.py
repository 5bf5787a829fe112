"""Passkeys as public keys, and the challenges that wait for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A key of one person. `sign_count` is what its authenticator counted last; many count nothing."""

    passkey_id: UUID
    credential_id: bytes
    person_id: UUID
    name: str
    public_key: bytes
    sign_count: int
    added_at: datetime
    last_used_at: datetime | None = None


_COLUMNS = "passkey_id, credential_id, person_id, name, public_key, sign_count, added_at, last_used_at"


async def add(tx: UnitOfWork, passkey: Passkey) -> bool:
    """False when this credential is known already."""
    added = await tx.execute(
        """
        INSERT INTO passkey (passkey_id, credential_id, person_id, name, public_key, sign_count, added_at)
        VALUES (:passkey_id, :credential_id, :person_id, :name, :public_key, :sign_count, :added_at)
        ON CONFLICT (credential_id) DO NOTHING
        """,
        passkey_id=passkey.passkey_id,
        credential_id=passkey.credential_id,
        person_id=passkey.person_id,
        name=passkey.name,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
        added_at=passkey.added_at,
    )
    return added.rowcount == 1


async def of_person(tx: UnitOfWork, person_id: UUID) -> Sequence[Passkey]:
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM passkey WHERE person_id = :person_id ORDER BY added_at, passkey_id",
        person_id=person_id,
    )
    return [Passkey(**row._asdict()) for row in rows]


async def lock(tx: UnitOfWork, credential_id: bytes) -> Passkey | None:
    """The passkey with this credential, for its counter to be moved."""
    row = await tx.first(
        f"SELECT {_COLUMNS} FROM passkey WHERE credential_id = :credential_id FOR UPDATE",
        credential_id=credential_id,
    )
    return Passkey(**row._asdict()) if row else None


async def used(tx: UnitOfWork, passkey_id: UUID, *, sign_count: int) -> None:
    await tx.execute(
        "UPDATE passkey SET sign_count = :sign_count, last_used_at = :now WHERE passkey_id = :passkey_id",
        passkey_id=passkey_id,
        sign_count=sign_count,
        now=tx.now,
    )


async def remove(tx: UnitOfWork, person_id: UUID, passkey_id: UUID) -> bool:
    removed = await tx.execute(
        "DELETE FROM passkey WHERE passkey_id = :passkey_id AND person_id = :person_id",
        passkey_id=passkey_id,
        person_id=person_id,
    )
    return removed.rowcount == 1


async def ask(tx: UnitOfWork, challenge: bytes, *, person_id: UUID | None, expires_at: datetime) -> None:
    await tx.execute("DELETE FROM passkey_challenge WHERE expires_at <= :now", now=tx.now)
    await tx.execute(
        """
        INSERT INTO passkey_challenge (challenge, person_id, expires_at)
        VALUES (:challenge, :person_id, :expires_at)
        """,
        challenge=challenge,
        person_id=person_id,
        expires_at=expires_at,
    )


async def take_challenge(tx: UnitOfWork, challenge: bytes, *, person_id: UUID | None) -> bool:
    """Use a challenge up; False when it was never asked, not of this person, answered before, or is too old."""
    taken = await tx.execute(
        """
        DELETE FROM passkey_challenge
        WHERE challenge = :challenge AND person_id IS NOT DISTINCT FROM :person_id AND expires_at > :now
        """,
        challenge=challenge,
        person_id=person_id,
        now=tx.now,
    )
    return taken.rowcount == 1
