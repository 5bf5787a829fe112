"""Passwords: kept as argon2id, checked in threads, the second choice after passkeys."""

import asyncio
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from services.visits.domain.passwords import LONGEST, broken_password, composed
from services.visits.handlers.sessions import close_sessions
from services.visits.handlers.witness import note
from services.visits.store import accounts as store
from shared.errors import Invalid
from shared.sessions import new_token
from shared.uow import Database, UnitOfWork


class Passwords:
    """argon2id in threads, so many at one time: a burst of sign-ins must not stop the visits."""

    def __init__(self, parallel: int) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
        self._turn = asyncio.Semaphore(parallel)
        self._of_nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, composed(password))

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the one that was hashed; None costs the same and never fits."""
        if self._of_nobody is None:
            self._of_nobody = await self.hash(new_token())
        async with self._turn:
            fits = await asyncio.to_thread(
                self._verify, password_hash or self._of_nobody, composed(password[:LONGEST])
            )
        return fits and password_hash is not None

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


async def has_password(person_id: UUID, tx: UnitOfWork) -> bool:
    return await store.has_password(tx, person_id)


async def set_password(
    database: Database, passwords: Passwords, *, person_id: UUID, password: str, session_id: UUID | None
) -> None:
    """Set one's own password; every other session of the person ends. Raises Invalid."""
    broken = broken_password(composed(password))
    if broken is not None:
        raise Invalid(broken.vi, broken.en, errors=(broken,))
    password_hash = await passwords.hash(password)
    async with database.begin() as tx:
        await store.set_password(tx, person_id, password_hash)
        await note(tx, "password.set", person_id)
        await close_sessions(person_id, tx, but=session_id)
