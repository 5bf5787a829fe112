"""Sessions: opened with a new token each time, kept awake by their person, closed for good.

A session says until when its person counts as having just proved who they are. A phone may have one of its
own beside it, which lasts longer and does less. The other services learn of each as an event.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.visits.handlers.witness import note
from services.visits.store import accounts as store
from services.visits.store import devices
from shared import directory
from shared.clock import local_date
from shared.contracts.visits import SessionChanged
from shared.ids import uuid7
from shared.sessions import new_token, token_sha256
from shared.uow import UnitOfWork

FRESH: Final = timedelta(minutes=5)
"""So long after a proof a dangerous act needs no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """How long a session lasts in all, and without its person; and that of a phone's own."""

    absolute: timedelta
    idle: timedelta
    device: timedelta = timedelta(days=180)

    def expiry(self, opened_at: datetime, seen_at: datetime) -> datetime:
        return min(opened_at + self.absolute, seen_at + self.idle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new session: the token for the browser, and when it ends at the latest."""

    token: str
    session_id: UUID
    person_id: UUID
    ends_at: datetime


async def open_session(
    person_id: UUID, lifetime: Lifetime, tx: UnitOfWork, *, fresh_until: datetime | None = None
) -> Opened:
    """A session of somebody who has just proved who they are, or did so until `fresh_until`."""
    session = SessionChanged(
        session_id=uuid7(),
        version=1,
        token_sha256="",
        person_id=person_id,
        opened_at=tx.now,
        expires_at=lifetime.expiry(tx.now, tx.now),
        fresh_until=fresh_until or tx.now + FRESH,
    )
    return await _open(session, tx, ends_at=tx.now + lifetime.absolute)


async def open_device_session(person_id: UUID, lifetime: Lifetime, tx: UnitOfWork) -> Opened:
    """What a phone may hold on its own: good for its queue and for what it shows."""
    ends_at = tx.now + lifetime.device
    session = SessionChanged(
        session_id=uuid7(),
        version=1,
        token_sha256="",
        person_id=person_id,
        opened_at=tx.now,
        expires_at=ends_at,
        device_only=True,
    )
    return await _open(session, tx, ends_at=ends_at)


async def keep_session(person_id: UUID, session_id: UUID, lifetime: Lifetime, tx: UnitOfWork) -> None:
    """Its person has been seen: the session may be idle anew. Told to the others once a day at most."""
    await devices.seen(tx, session_id, local_date(tx.now))
    for session in await store.lock_sessions(tx, person_id=person_id, session_ids=[session_id]):
        expires_at = lifetime.expiry(session.opened_at, tx.now)
        if expires_at - session.expires_at > min(timedelta(days=1), lifetime.idle / 4):
            await _change(session, tx, expires_at=expires_at)


async def close_sessions(
    person_id: UUID, tx: UnitOfWork, *, only: list[UUID] | None = None, but: UUID | None = None
) -> None:
    """Close all sessions of a person, `only` some or all `but` one; a phone's own too."""
    for session in await store.lock_sessions(tx, person_id=person_id, session_ids=only):
        if session.session_id != but:
            await _change(session, tx, closed_at=tx.now)
            await note(tx, "session.closed", person_id, kind="session", record_id=session.session_id)


async def close_session_of(token: str, tx: UnitOfWork) -> None:
    """Close whatever this token still opens."""
    found = await store.session_with(tx, token_sha256(token))
    if found is not None:
        await close_sessions(found.person_id, tx, only=[found.session_id])


async def _open(session: SessionChanged, tx: UnitOfWork, *, ends_at: datetime) -> Opened:
    token = new_token()
    opened = session.model_copy(update={"token_sha256": token_sha256(token)})
    await _tell(opened, tx)
    await note(
        tx,
        "session.opened",
        opened.person_id,
        kind="session",
        record_id=opened.session_id,
        became={"device_only": opened.device_only},
    )
    return Opened(token=token, session_id=opened.session_id, person_id=opened.person_id, ends_at=ends_at)


async def _change(session: SessionChanged, tx: UnitOfWork, **changes: datetime) -> None:
    await _tell(session.model_copy(update={"version": session.version + 1, **changes}), tx)


async def _tell(session: SessionChanged, tx: UnitOfWork) -> None:
    await directory.apply(tx, [session])
    tx.publish(session, key=session.session_id)
