"""Who is behind a request: an opaque token, checked in any service against its own copy of the sessions.

A token is 256 random bits in a cookie; the database knows only their digest. A phone may hold a second one,
also as `Authorization: Bearer`, for a session that is good for its queue and little else. Answers are kept
for two seconds, and dropped at once when this process commits a change of the session or the person, so that
a session closed anywhere is dead everywhere within five seconds. Whoever holds no post today is nobody.
When the database is away nobody is let in.
"""

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
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


class Cookie:
    """A cookie no script reads and no other site sends; with HTTPS bound to our host."""

    def __init__(self, name: str, *, secure: bool) -> None:
        self.name = f"__Host-{name}" if secure else name
        self._secure = secure

    def of(self, request: Request) -> str | None:
        """Its token, if it holds something that may be one."""
        return _token(request.cookies.get(self.name))

    def set(self, response: Response, token: str, lasts: timedelta) -> None:
        response.set_cookie(
            self.name,
            token,
            max_age=int(lasts.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/", secure=self._secure, httponly=True, samesite="lax")


class _Known(NamedTuple):
    """A session as last read; it may be used until `good_until` on the monotonic clock."""

    principal: Principal | None
    expires_at: datetime
    good_until: float


class Sessions:
    """The sessions of one service. `patience`: how long a token just handed out may take to be heard of."""

    def __init__(self, database: Database, *, secure: bool, patience: float = 1.0) -> None:
        self.cookie = Cookie("fv_session", secure=secure)
        self.device_cookie = Cookie("fv_device", secure=secure)
        self._database = database
        self._patience = patience
        self._known: dict[str, _Known] = {}
        self._reading: dict[str, asyncio.Task[_Known | None]] = {}
        self._waiting = 0
        self._heard = asyncio.Event()
        database.after_commit.append(self._forget)

    @property
    def cookie_name(self) -> str:
        return self.cookie.name

    async def of(self, request: Request) -> Principal:
        """The person behind a request, or their phone. Raises SignInRequired."""
        for token in self._tokens(request):
            principal = await self._principal(token)
            if principal is not None:
                return principal
        raise _sign_in()

    async def principal(self, token: str | None) -> Principal:
        """The person behind a token. Raises SignInRequired when it names no session that is open now."""
        shown = _token(token)
        principal = await self._principal(shown) if shown else None
        if principal is None:
            raise _sign_in()
        return principal

    def _tokens(self, request: Request) -> Iterator[str]:
        """What the request shows, the best first."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        shown = (
            self.cookie.of(request),
            _token(bearer) if scheme.lower() == "bearer" else None,
            self.device_cookie.of(request),
        )
        return (token for token in shown if token is not None)

    async def _principal(self, token: str) -> Principal | None:
        digest = token_sha256(token)
        known = self._known.get(digest)
        if known is None or known.good_until < time.monotonic():
            known = await self._read_once(digest) or await self._wait_for(digest)
        if known is None or known.expires_at <= self._database.clock.now():
            return None
        return known.principal

    def set_cookie(self, response: Response, token: str, expires_at: datetime) -> None:
        """Hand a new token to the browser, to be kept for as long as our clock says; its own may differ."""
        self.cookie.set(response, token, expires_at - self._database.clock.now())

    def clear_cookie(self, response: Response) -> None:
        self.cookie.clear(response)

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
        principal = Principal(
            person_id=row.person_id,
            committee_id=row.committee_id,
            session_id=row.session_id,
            full_name=row.full_name,
            posts=tuple(post_of_json(held) for held in row.posts),
            today=today,
            device_only=row.device_only,
            fresh=row.fresh_until is not None and tx.now < row.fresh_until,
        )
        lets_in = row.closed_at is None and bool(principal.held)
        known = _Known(principal if lets_in else None, row.expires_at, read_at + _REMEMBER)
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
SELECT session_id, person_id, committee_id, full_name, expires_at, closed_at, device_only, fresh_until,
       (SELECT coalesce(jsonb_agg(to_jsonb(post)), '[]')
        FROM directory_post AS post WHERE post.person_id = person.person_id) AS posts
FROM directory_session JOIN directory_person AS person USING (person_id)
WHERE token_sha256 = :digest
"""


def _token(shown: str | None) -> str | None:
    """What was shown, if it has the form of a token: anything else is refused without asking anybody."""
    return shown if shown is not None and _TOKEN.fullmatch(shown) else None


def _sign_in() -> SignInRequired:
    return SignInRequired("Đồng chí cần đăng nhập.", "Sign in first.")
