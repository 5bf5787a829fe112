"""Devices: where a person is signed in, recognised by a token of their own, signed out from anywhere.

The token of a known device opens nothing. What a phone may do without its person is a session of its own,
tied to the device and dead with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.visits.domain.device_names import device_name
from services.visits.handlers.patience import Browser
from services.visits.handlers.sessions import (
    Lifetime,
    Opened,
    close_session_of,
    close_sessions,
    open_device_session,
    open_session,
)
from services.visits.handlers.witness import note
from services.visits.store import accounts
from services.visits.store import devices as store
from shared.clock import local_date
from shared.errors import NotFound, SignInRequired
from shared.ids import uuid7
from shared.sessions import new_token, token_sha256
from shared.uow import UnitOfWork

KNOWN_FOR: Final = timedelta(days=400)
"""So long a browser remembers that it was here; each sign-in begins it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Somebody is in: their session, and the token by which this browser is known from now on."""

    opened: Opened
    known_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser in the list of its person. `sends`: it holds a token of its own for its queue."""

    device_id: UUID
    name: str
    first_seen: date
    last_seen: date
    signed_in: bool
    sends: bool
    current: bool


async def enter(
    person_id: UUID,
    browser: Browser,
    lifetime: Lifetime,
    tx: UnitOfWork,
    *,
    fresh_until: datetime | None = None,
) -> Entered:
    """Open a session on this browser; the one it had ends, whoever's it was. Raises SignInRequired."""
    if await accounts.is_closed(tx, person_id):
        raise refused()
    if browser.session_token is not None:
        await close_session_of(browser.session_token, tx)
    device_id, known_token = await _recognise(person_id, browser, tx)
    opened = await open_session(person_id, lifetime, tx, fresh_until=fresh_until)
    await store.attach(tx, opened.session_id, device_id)
    return Entered(opened=opened, known_token=known_token)


def refused() -> SignInRequired:
    """One answer to every proof that proves nothing."""
    return SignInRequired("Không đăng nhập được bằng cách này.", "This does not sign you in.")


async def open_queue(
    person_id: UUID, session_id: UUID, browser: Browser, lifetime: Lifetime, tx: UnitOfWork
) -> Opened:
    """A token of the phone's own for its queue; the one it had is dead."""
    device_id = await store.of_session(tx, session_id)
    if device_id is None:
        device_id, _ = await _recognise(person_id, browser, tx)
    await _close_queues(person_id, device_id, tx)
    opened = await open_device_session(person_id, lifetime, tx)
    await store.attach(tx, opened.session_id, device_id)
    return opened


async def leave(person_id: UUID, session_id: UUID, tx: UnitOfWork) -> None:
    """Sign out here: this session, and what the phone could do on its own."""
    device_id = await store.of_session(tx, session_id)
    on_device = await store.sessions_on(tx, device_id) if device_id else ()
    await close_sessions(person_id, tx, only=[session_id, *on_device])


async def revoke_device(person_id: UUID, device_id: UUID, tx: UnitOfWork) -> None:
    """Sign out there: everything that was opened on that device, in all services. Raises NotFound."""
    if not await store.revoke(tx, person_id, device_id):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    await note(tx, "device.revoked", person_id, kind="device", record_id=device_id)
    await close_sessions(person_id, tx, only=list(await store.sessions_on(tx, device_id)))


async def devices_of(person_id: UUID, session_id: UUID, tx: UnitOfWork) -> Sequence[Device]:
    here = await store.of_session(tx, session_id)
    return [
        Device(**row._asdict(), current=row.device_id == here) for row in await store.of_person(tx, person_id)
    ]


async def _recognise(person_id: UUID, browser: Browser, tx: UnitOfWork) -> tuple[UUID, str]:
    """The device this is, new unless the person signed in with it before; and its token."""
    today = local_date(tx.now)
    if browser.known_token is not None:
        device = await store.known(tx, token_sha256(browser.known_token))
        if device is not None and device.person_id == person_id:
            return device.device_id, browser.known_token
    device_id, token = uuid7(), new_token()
    await store.add(
        tx,
        device_id,
        person_id=person_id,
        token_sha256=token_sha256(token),
        name=device_name(browser.user_agent),
        seen=today,
    )
    return device_id, token


async def _close_queues(person_id: UUID, device_id: UUID, tx: UnitOfWork) -> None:
    on_device = list(await store.sessions_on(tx, device_id))
    queues = [
        session.session_id
        for session in await accounts.lock_sessions(tx, person_id=person_id, session_ids=on_device)
        if session.device_only
    ]
    await close_sessions(person_id, tx, only=queues)
