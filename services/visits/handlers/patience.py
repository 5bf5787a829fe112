"""Slow down instead of locking out: whoever guesses waits longer each time, and nobody else does.

A try is counted before it is judged, for one thing from one place. The place of a browser that its person
signed in with before is that device, so that a stranger who knows a name cannot keep its bearer out.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.visits.store import accounts as store
from services.visits.store import devices
from shared.errors import TooMany
from shared.sessions import token_sha256
from shared.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What a request tells of where it comes from. The tokens are those of its cookies."""

    address: str
    user_agent: str = ""
    session_token: str | None = None
    known_token: str | None = None


async def place_of(browser: Browser, tx: UnitOfWork, *, person_id: UUID | None) -> str:
    """The person's own device if this is one of them, else the address. Nobody's devices are anybody's."""
    device = await devices.known(tx, token_sha256(browser.known_token or ""))
    own = device is not None and person_id in (None, device.person_id)
    return f"device {device.device_id}" if device is not None and own else f"address {browser.address}"


async def turn(database: Database, *what: str) -> str:
    """Count a try at `what`; the key to forgive it by. Raises TooMany when it comes too early."""
    who = hashlib.sha256("\n".join(what).encode()).hexdigest()
    async with database.begin() as tx:
        wait_until = await store.begin_try(tx, who)
    if wait_until is not None:
        raise _too_many(wait_until - tx.now)
    return who


async def forgive(who: str, tx: UnitOfWork) -> None:
    """The try was a good one."""
    await store.forgive_tries(tx, who)


def _too_many(wait: timedelta) -> TooMany:
    seconds = max(1, int(wait.total_seconds()) + 1)
    return TooMany(
        f"Sai nhiều lần liên tiếp; xin chờ {seconds} giây rồi thử lại.",
        f"Too many wrong tries; please wait {seconds} seconds.",
        retry_after=seconds,
    )
