"""Authenticator apps and recovery codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """The secret in use, and one that is offered but not yet confirmed by a code."""

    secret: bytes | None
    confirmed_at: datetime | None
    last_step: int
    offered_secret: bytes | None


async def find(tx: UnitOfWork, person_id: UUID, *, lock: bool = False) -> Authenticator | None:
    row = await tx.first(
        "SELECT secret, confirmed_at, last_step, offered_secret FROM authenticator"
        f" WHERE person_id = :person_id {'FOR UPDATE' if lock else ''}",
        person_id=person_id,
    )
    return Authenticator(**row._asdict()) if row else None


async def offer(tx: UnitOfWork, person_id: UUID, secret: bytes) -> None:
    """A secret the person's app may take; the one in use stays until a code confirms this one."""
    await tx.execute(
        """
        INSERT INTO authenticator (person_id, offered_secret) VALUES (:person_id, :secret)
        ON CONFLICT (person_id) DO UPDATE SET offered_secret = excluded.offered_secret
        """,
        person_id=person_id,
        secret=secret,
    )


async def confirm(tx: UnitOfWork, person_id: UUID, *, step: int) -> None:
    """The offered secret is the one in use from now on."""
    await tx.execute(
        """
        UPDATE authenticator
        SET secret = offered_secret, confirmed_at = :now, last_step = :step, offered_secret = NULL
        WHERE person_id = :person_id
        """,
        person_id=person_id,
        step=step,
        now=tx.now,
    )


async def use_step(tx: UnitOfWork, person_id: UUID, step: int) -> None:
    await tx.execute(
        "UPDATE authenticator SET last_step = :step WHERE person_id = :person_id",
        person_id=person_id,
        step=step,
    )


async def remove(tx: UnitOfWork, person_id: UUID) -> None:
    for table in ("authenticator", "recovery_code"):
        await tx.execute(f"DELETE FROM {table} WHERE person_id = :person_id", person_id=person_id)


async def replace_recovery_codes(tx: UnitOfWork, person_id: UUID, digests: Sequence[str]) -> None:
    await tx.execute("DELETE FROM recovery_code WHERE person_id = :person_id", person_id=person_id)
    await tx.execute(
        """
        INSERT INTO recovery_code (code_sha256, person_id)
        SELECT digest, :person_id FROM unnest(CAST(:digests AS text[])) AS digest
        """,
        person_id=person_id,
        digests=list(digests),
    )


async def use_recovery_code(tx: UnitOfWork, person_id: UUID, digest: str) -> bool:
    used = await tx.execute(
        """
        UPDATE recovery_code SET used_at = :now
        WHERE code_sha256 = :digest AND person_id = :person_id AND used_at IS NULL
        """,
        digest=digest,
        person_id=person_id,
        now=tx.now,
    )
    return used.rowcount == 1


async def recovery_codes_left(tx: UnitOfWork, person_id: UUID) -> int:
    return int(
        await tx.scalar(
            "SELECT count(*) FROM recovery_code WHERE person_id = :person_id AND used_at IS NULL",
            person_id=person_id,
        )
    )
