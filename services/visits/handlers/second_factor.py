"""The authenticator app: offered, confirmed by its first code, asked for at the door; recovery codes beside it.

A code is taken once. Codes for one person are counted together wherever they come from, except from the
person's own devices: who has stolen a password gets no faster by having many addresses.
"""

from dataclasses import dataclass
from uuid import UUID

from services.visits.domain.second_factor import (
    enrolment_uri,
    looks_like_recovery,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_digest,
    secret_text,
)
from services.visits.handlers import patience
from services.visits.handlers.passkeys import last_way_in
from services.visits.handlers.patience import Browser
from services.visits.handlers.witness import note
from services.visits.store import passkeys
from services.visits.store import second_factors as store
from shared.directory import Person
from shared.errors import Conflict, SignInRequired, invalid
from shared.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an authenticator app is set up with: typed, or read as a QR code."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether an authenticator is set up, and how many recovery codes are left."""

    confirmed: bool
    recovery_codes_left: int


async def offer_authenticator(person: Person, tx: UnitOfWork) -> Offer:
    """A new secret to set an app up with; it counts once a code confirms it."""
    secret = new_secret()
    await store.offer(tx, person.person_id, secret)
    await note(tx, "authenticator.offered", person.person_id)
    return Offer(secret=secret_text(secret), uri=enrolment_uri(secret, person.code))


async def take_turn(database: Database, person_id: UUID, browser: Browser) -> str:
    """Count a try at this person's codes. Raises TooMany."""
    async with database.read() as tx:
        place = await patience.place_of(browser, tx, person_id=person_id)
    return await patience.turn(database, "code", str(person_id), place if place.startswith("device") else "")


async def confirm_authenticator(person_id: UUID, code: str, tx: UnitOfWork) -> list[str]:
    """The app works: it counts from now on. The recovery codes, shown this once. Raises Conflict, Invalid."""
    found = await store.find(tx, person_id, lock=True)
    if found is None or found.offered_secret is None:
        raise Conflict("Chưa có mã nào để xác nhận.", "No authenticator was offered.")
    step = matching_step(found.offered_secret, code, at=tx.now, after=0)
    if step is None:
        raise invalid(
            "/code",
            "wrong-code",
            vi="Mã chưa đúng. Kiểm tra giờ trên điện thoại rồi nhập mã mới.",
            en="The code is wrong. Check the phone's clock and type a new one.",
        )
    await store.confirm(tx, person_id, step=step)
    codes = new_recovery_codes()
    await store.replace_recovery_codes(tx, person_id, [recovery_digest(code) for code in codes])
    await note(tx, "authenticator.confirmed", person_id)
    return codes


async def check_code(person_id: UUID, code: str, tx: UnitOfWork) -> None:
    """Take a code of the app, or a recovery code. Raises SignInRequired."""
    if not await _takes(person_id, code, tx):
        raise SignInRequired("Mã không đúng hoặc đã dùng.", "The code is wrong or was used.")


async def standing(person_id: UUID, tx: UnitOfWork) -> Standing:
    found = await store.find(tx, person_id)
    return Standing(
        confirmed=found is not None and found.secret is not None,
        recovery_codes_left=await store.recovery_codes_left(tx, person_id),
    )


async def remove_authenticator(person_id: UUID, tx: UnitOfWork) -> None:
    """Raises Conflict when no passkey would be left either."""
    if not await passkeys.of_person(tx, person_id):
        raise last_way_in()
    await store.remove(tx, person_id)
    await note(tx, "authenticator.removed", person_id)


async def _takes(person_id: UUID, code: str, tx: UnitOfWork) -> bool:
    if looks_like_recovery(code):
        return await store.use_recovery_code(tx, person_id, recovery_digest(code))
    found = await store.find(tx, person_id, lock=True)
    if found is None or found.secret is None:
        return False
    step = matching_step(found.secret, code, at=tx.now, after=found.last_step)
    if step is not None:
        await store.use_step(tx, person_id, step)
    return step is not None
