"""Who is behind a request: an opaque cookie, checked in any service against its own copy of the sessions.

The cookie holds 256 random bits; the database knows only their digest. Answers are kept for two seconds,
and dropped at once when this process commits a change of the session or the person, so that a session
closed anywhere is dead everywhere within five seconds. When the database is away nobody is let in.
"""

import asyncio
import hashlib
import re
import secrets
import time
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from fastapi import Request, Response

from shared.access import Principal
from shared.clock import local_date
from shared.directory import post_of_json
from shared.errors import SignInRequired
from shared.uow import Database

_REMEMBER = 2.0  # seconds; with the way of the event far below the promised five
_ENTRIES = 20_000
_WAITING = 64  # unknown tokens that may wait for their event at one time; the rest is answered at once
_FIRST_PAUSE = 0.02
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A token for a new session: 256 random bits for the cookie."""
    return secrets.token_urlsafe(32)


def token_sha256(token: str) -> str:
    """What a database may know of a token."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


class _Known(NamedTuple):
    """A session as last read; it may be used until `fresh_until` on the monotonic clock."""

    principal: Principal | None
    expires_at: datetime
    fresh_until: float


class Sessions:
    """The sessions of one service. `patience`: how long a token just handed out may take to be heard of."""

    def __init__(self, database: Database, *, secure: bool, patience: float = 1.0) -> None:
        self.cookie_name = "__Host-fv_session" if secure else "fv_session"
        self._database = database
        self._secure = secure
        self._patience = patience
        self._known: dict[str, _Known] = {}
        self._reading: dict[str, asyncio.Task[_Known | None]] = {}
        self._waiting = 0
        self._heard = asyncio.Event()
        database.after_commit.append(self._forget)

    async def of(self, request: Request) -> Principal:
        """The person behind a request. Raises SignInRequired."""
        return await self.principal(request.cookies.get(self.cookie_name))

    async def principal(self, token: str | None) -> Principal:
        """The person behind a token. Raises SignInRequired when it names no session that is open now."""
        if token is None or not _TOKEN.fullmatch(token):
            raise _sign_in()
        digest = token_sha256(token)
        known = self._known.get(digest)
        if known is None or known.fresh_until < time.monotonic():
            known = await self._read_once(digest) or await self._wait_for(digest)
        if known is None or known.principal is None or known.expires_at <= self._database.clock.now():
            raise _sign_in()
        return known.principal

    def set_cookie(self, response: Response, token: str, expires_at: datetime) -> None:
        """Hand a new token to the browser, to be kept for as long as our clock says; its own may differ."""
        response.set_cookie(
            self.cookie_name,
            token,
            max_age=int((expires_at - self._database.clock.now()).total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def clear_cookie(self, response: Response) -> None:
        response.delete_cookie(self.cookie_name, path="/", secure=self._secure, httponly=True, samesite="lax")

    async def _read_once(self, digest: str) -> _Known | None:
        """The same, by one read for all who ask meanwhile: a busy phone must not take every connection."""
        reading = self._reading.get(digest)
        if reading is None:
            reading = self._reading[digest] = asyncio.create_task(self._read(digest))
            reading.add_done_callback(lambda done: self._read_ended(digest, done))
        return await asyncio.shield(reading)

    def _read_ended(self, digest: str, done: asyncio.Task[_Known | None]) -> None:
        if self._reading.get(digest) is done:
            del self._reading[digest]

    async def _read(self, digest: str) -> _Known | None:
        """The session as it stands in the database, remembered for a moment; None when it is unknown."""
        read_at, heard = time.monotonic(), self._heard
        async with self._database.read() as tx:
            row = await tx.first(_SESSION, digest=digest)
            today = local_date(tx.now)
        if row is None:
            return None
        principal = None
        if row.closed_at is None:
            principal = Principal(
                person_id=row.person_id,
                committee_id=row.committee_id,
                session_id=row.session_id,
                full_name=row.full_name,
                posts=tuple(post_of_json(held) for held in row.posts),
                today=today,
            )
        known = _Known(principal, row.expires_at, read_at + _REMEMBER)
        if heard is self._heard:  # otherwise a change was committed meanwhile, and this may be older
            if len(self._known) >= _ENTRIES:
                self._known.clear()
            self._known[digest] = known
        return known

    async def _wait_for(self, digest: str) -> _Known | None:
        """A fresh sign-in may be here before its event: look again until patience ends."""
        if self._waiting >= _WAITING:
            return None
        self._waiting += 1
        try:
            until = time.monotonic() + self._patience
            pause = _FIRST_PAUSE
            while (left := until - time.monotonic()) > 0:
                await self._next_commit(min(pause, left))
                if known := await self._read(digest):
                    return known
                pause *= 2
        finally:
            self._waiting -= 1
        return None

    async def _next_commit(self, seconds: float) -> None:
        """Until this process commits a session, or so many seconds: another replica may have taken it in."""
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            pass

    def _forget(self, touched: set[UUID | str]) -> None:
        """Drop what a committed transaction changed: sessions by digest, people by id."""
        self._known = {
            digest: known
            for digest, known in self._known.items()
            if digest not in touched and not (known.principal and known.principal.person_id in touched)
        }
        self._reading.clear()  # what began before this commit may be older than it
        heard, self._heard = self._heard, asyncio.Event()
        heard.set()


_SESSION = """
SELECT session_id, person_id, committee_id, full_name, expires_at, closed_at,
       (SELECT coalesce(jsonb_agg(to_jsonb(post)), '[]')
        FROM directory_post AS post WHERE post.person_id = person.person_id) AS posts
FROM directory_session JOIN directory_person AS person USING (person_id)
WHERE token_sha256 = :digest
"""


def _sign_in() -> SignInRequired:
    return SignInRequired("Đồng chí cần đăng nhập.", "Sign in first.")
