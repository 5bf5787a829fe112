"""The way in: a first proof brings somebody to the doorstep, a second one opens a session.

Nobody is half signed in: who stands on the doorstep has no session that any rule would have to doubt, only
a token that the few steps here take. An unknown login costs the same time and gets the same answer as a
wrong password.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.visits.handlers import patience
from services.visits.handlers.devices import Entered, enter, refused
from services.visits.handlers.passwords import Passwords
from services.visits.handlers.patience import Browser
from services.visits.handlers.sessions import Lifetime
from services.visits.handlers.witness import note
from services.visits.store import accounts as store
from services.visits.store import doorsteps, passkeys, second_factors
from services.visits.store.doorsteps import Doorstep
from shared import directory
from shared.directory import Person
from shared.errors import Conflict, NotFound, SignInRequired
from shared.sessions import new_token, token_sha256
from shared.uow import Database, UnitOfWork

DOORSTEP_LASTS: Final = timedelta(minutes=15)


class Step(StrEnum):
    """What somebody on the doorstep has to do."""

    ENROL = "enrol"
    CODE = "code"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtDoor:
    """Somebody on the doorstep, what is asked of them, and whether they have a password."""

    doorstep: Doorstep
    person: Person
    step: Step
    has_password: bool


async def knock(
    database: Database, passwords: Passwords, *, login: str, password: str, browser: Browser
) -> str:
    """The first proof is a password. The token of a place on the doorstep; raises SignInRequired, TooMany.

    1. The try is counted, before anything is judged. 2. The password is checked outside of any transaction.
    """
    async with database.read() as tx:
        accounts = await store.accounts_named(tx, login)
        account = accounts[0] if len(accounts) == 1 else None
        place = await patience.place_of(browser, tx, person_id=account.person_id if account else None)
    who = await patience.turn(database, "password", login.casefold(), place)
    if not await passwords.fits(password, account.password_hash if account else None) or account is None:
        raise SignInRequired("Sai tên đăng nhập hoặc mật khẩu.", "Wrong login or password.")
    async with database.begin() as tx:
        await patience.forgive(who, tx)
        return await stand_at_door(account.person_id, "password", tx)


async def stand_at_door(person_id: UUID, came_by: str, tx: UnitOfWork) -> str:
    """A place on the doorstep; its token goes to the browser."""
    token = new_token()
    doorstep = Doorstep(token_sha256=token_sha256(token), person_id=person_id, came_by=came_by)
    await doorsteps.add(tx, doorstep, expires_at=tx.now + DOORSTEP_LASTS)
    return token


async def at_door(token: str | None, tx: UnitOfWork) -> AtDoor:
    """Who stands there with this token. Raises SignInRequired."""
    doorstep = await doorsteps.find(tx, token_sha256(token)) if token else None
    person = await directory.person_by_id(tx, doorstep.person_id) if doorstep else None
    if doorstep is None or person is None:
        raise SignInRequired("Đồng chí hãy đăng nhập lại từ đầu.", "Please begin to sign in again.")
    return AtDoor(
        doorstep=doorstep,
        person=person,
        step=await _step_of(doorstep, tx),
        has_password=await store.has_password(tx, person.person_id),
    )


async def enrolling(token: str | None, tx: UnitOfWork) -> AtDoor:
    """The same, for whoever has to make a way in. Raises Conflict for who has one and must use it."""
    found = await at_door(token, tx)
    if found.step is not Step.ENROL:
        raise Conflict(
            "Đồng chí đã có cách xác nhận; hãy dùng cách đó.", "You have a second factor; please use it."
        )
    return found


async def step_in(at: AtDoor, browser: Browser, lifetime: Lifetime, tx: UnitOfWork) -> Entered:
    """The second proof was given: the place on the doorstep is left for a session. Raises SignInRequired."""
    if not await doorsteps.leave(tx, at.doorstep.token_sha256):
        raise refused()
    return await enter(at.person.person_id, browser, lifetime, tx)


async def _step_of(doorstep: Doorstep, tx: UnitOfWork) -> Step:
    """Whoever comes by password must use the factor they have; an invitation makes a new one."""
    if doorstep.came_by == "invitation":
        return Step.ENROL
    authenticator = await second_factors.find(tx, doorstep.person_id)
    if authenticator is not None and authenticator.secret is not None:
        return Step.CODE
    return Step.PASSKEY if await passkeys.of_person(tx, doorstep.person_id) else Step.ENROL


# --- One-time links that open a session directly: the demo's, on one's own machine only -------------------


async def issue_sign_in_link(person_id: UUID, valid_for: timedelta, tx: UnitOfWork) -> str:
    """A token that signs this person in once, at `/visits/sign-in/{token}`. Raises NotFound."""
    if await directory.person_by_id(tx, person_id) is None:
        raise NotFound("Không có người này.", "There is no such person.")
    token = new_token()
    await store.add_link(tx, token_sha256(token), person_id, tx.now + valid_for)
    await note(tx, "link.issued", person_id)
    return token


async def use_sign_in_link(token: str, browser: Browser, lifetime: Lifetime, tx: UnitOfWork) -> Entered:
    """Open a session by a link, which is used up by it. Raises SignInRequired for any that does not work.

    Who came so has no factor to prove themselves again by, and counts as fresh for as long as it lasts.
    """
    person_id = await store.use_link(tx, hashlib.sha256(token.encode()).hexdigest())
    if person_id is None:
        raise SignInRequired(
            "Đường dẫn đăng nhập đã dùng hoặc hết hạn. Đồng chí hãy xin Văn phòng đường dẫn mới.",
            "This sign-in link was used or has expired. Please ask the office for a new one.",
        )
    return await enter(person_id, browser, lifetime, tx, fresh_until=tx.now + lifetime.absolute)
