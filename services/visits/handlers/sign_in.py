"""Opening and closing sessions: by password, by a one-time link, and what a password may be.

An unknown login costs the same time and gets the same answer as a wrong password. Guessing is slowed down
for one account from one address, so that nobody can lock a colleague out. Only digests of tokens are
stored; the token itself goes to the browser once.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from services.visits.domain.passwords import LONGEST, broken_password, composed
from services.visits.store import accounts as store
from shared import directory
from shared.contracts.visits import SessionChanged
from shared.errors import Invalid, NotFound, SignInRequired, TooMany
from shared.ids import uuid7
from shared.sessions import new_token, token_sha256
from shared.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """How long a session lasts in all, and without its person."""

    absolute: timedelta
    idle: timedelta

    def expiry(self, opened_at: datetime, seen_at: datetime) -> datetime:
        return min(opened_at + self.absolute, seen_at + self.idle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new session: the token for the browser, and when it ends at the latest."""

    token: str
    person_id: UUID
    ends_at: datetime


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
        if password_hash is None and self._of_nobody is None:
            self._of_nobody = await self.hash(new_token())
        async with self._turn:
            fits = await asyncio.to_thread(
                self._verify, password_hash or self._of_nobody or "", composed(password[:LONGEST])
            )
        return fits and password_hash is not None

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


async def sign_in(
    database: Database,
    passwords: Passwords,
    lifetime: Lifetime,
    *,
    login: str,
    password: str,
    address: str,
) -> Opened:
    """Open a session by password. Raises SignInRequired, or TooMany when this pair has to wait.

    1. The try is counted, before anything is judged. 2. The password is checked outside of any transaction.
    3. Who gets in is forgiven the tries and gets a session with a new token.
    """
    who = hashlib.sha256(f"{login.casefold()}\n{address}".encode()).hexdigest()
    async with database.begin() as tx:
        wait_until = await store.begin_try(tx, who)
        accounts = await store.accounts_named(tx, login)
    if wait_until is not None:
        raise _too_many(wait_until - tx.now)
    account = accounts[0] if len(accounts) == 1 else None
    if not await passwords.fits(password, account.password_hash if account else None) or account is None:
        raise SignInRequired("Sai tên đăng nhập hoặc mật khẩu.", "Wrong login or password.")
    async with database.begin() as tx:
        await store.forgive_tries(tx, who)
        return await open_session(account.person_id, lifetime, tx)


async def open_session(person_id: UUID, lifetime: Lifetime, tx: UnitOfWork) -> Opened:
    """A new session with a new token; the other services learn of it as an event."""
    token = new_token()
    await _change(
        SessionChanged(
            session_id=uuid7(),
            version=1,
            token_sha256=token_sha256(token),
            person_id=person_id,
            opened_at=tx.now,
            expires_at=lifetime.expiry(tx.now, tx.now),
        ),
        tx,
    )
    return Opened(token=token, person_id=person_id, ends_at=tx.now + lifetime.absolute)


async def keep_session(person_id: UUID, session_id: UUID, lifetime: Lifetime, tx: UnitOfWork) -> None:
    """Its person has been seen: the session may be idle anew. Told to the others once a day at most."""
    for session in await store.lock_sessions(tx, person_id=person_id, session_id=session_id):
        expires_at = lifetime.expiry(session.opened_at, tx.now)
        if expires_at - session.expires_at > min(timedelta(days=1), lifetime.idle / 4):
            await _change(
                session.model_copy(update={"version": session.version + 1, "expires_at": expires_at}), tx
            )


async def close_sessions(
    person_id: UUID, tx: UnitOfWork, *, session_id: UUID | None = None, but: UUID | None = None
) -> None:
    """Close one session, or all of a person's `but` one."""
    for session in await store.lock_sessions(tx, person_id=person_id, session_id=session_id):
        if session.session_id != but:
            await _change(
                session.model_copy(update={"version": session.version + 1, "closed_at": tx.now}), tx
            )


async def issue_sign_in_link(person_id: UUID, valid_for: timedelta, tx: UnitOfWork) -> str:
    """A token that signs this person in once, at `/visits/sign-in/{token}`. Raises NotFound."""
    if await directory.person_by_id(tx, person_id) is None:
        raise NotFound("Không có người này.", "There is no such person.")
    token = new_token()
    await store.add_link(tx, token_sha256(token), person_id, tx.now + valid_for)
    return token


async def use_sign_in_link(token: str, lifetime: Lifetime, tx: UnitOfWork) -> Opened:
    """Open a session by a link, which is used up by it. Raises SignInRequired for any that does not work."""
    person_id = await store.use_link(tx, hashlib.sha256(token.encode()).hexdigest())
    if person_id is None:
        raise SignInRequired(
            "Đường dẫn đăng nhập đã dùng hoặc hết hạn. Đồng chí hãy xin Văn phòng đường dẫn mới.",
            "This sign-in link was used or has expired. Please ask the office for a new one.",
        )
    return await open_session(person_id, lifetime, tx)


async def set_password(
    database: Database, passwords: Passwords, *, person_id: UUID, session_id: UUID, password: str
) -> None:
    """Set one's own password; every other session of the person ends. Raises Invalid."""
    broken = broken_password(composed(password))
    if broken is not None:
        raise Invalid(broken.vi, broken.en, errors=(broken,))
    password_hash = await passwords.hash(password)
    async with database.begin() as tx:
        await store.set_password(tx, person_id, password_hash)
        await close_sessions(person_id, tx, but=session_id)


async def _change(session: SessionChanged, tx: UnitOfWork) -> None:
    await directory.apply(tx, [session])
    tx.publish(session, key=session.session_id)


def _too_many(wait: timedelta) -> TooMany:
    seconds = max(1, int(wait.total_seconds()) + 1)
    return TooMany(
        f"Sai nhiều lần liên tiếp; xin chờ {seconds} giây rồi thử lại.",
        f"Too many wrong tries; please wait {seconds} seconds.",
        retry_after=seconds,
    )
