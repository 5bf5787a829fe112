"""Passkeys: registered by who is at the door or freshly signed in, and a way in by themselves.

The key never leaves the person's device, which also checks finger, face or PIN (user verification). Our
question is random, short-lived and answered once; the answer must be for our own name and origin; a counter
that goes back means a copy, and is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json_dict, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.visits.handlers import patience
from services.visits.handlers.devices import Entered, enter, refused
from services.visits.handlers.patience import Browser
from services.visits.handlers.sessions import Lifetime
from services.visits.handlers.witness import note
from services.visits.store import accounts, second_factors
from services.visits.store import passkeys as store
from services.visits.store.passkeys import Passkey
from shared.directory import Person
from shared.errors import Conflict, NotFound, invalid
from shared.ids import uuid7
from shared.uow import Database, UnitOfWork

ANSWER_WITHIN: Final = timedelta(minutes=5)
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks: the name that passkeys are bound to, and the one origin their answers may come from."""

    name: str
    origin: str

    @classmethod
    def at(cls, public_url: str) -> "RelyingParty":
        """Bound to the host of the public address. Passkeys know no IP addresses: this machine is localhost."""
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        name = "localhost" if _is_this_machine(host) else host
        port = f":{parts.port}" if parts.port else ""
        return cls(name, f"{parts.scheme}://{name}{port}")


async def ask_to_register(party: RelyingParty, person: Person, tx: UnitOfWork) -> dict[str, Any]:
    """What the browser's `parseCreationOptionsFromJSON` takes."""
    known = await store.of_person(tx, person.person_id)
    options = webauthn.generate_registration_options(
        rp_id=party.name,
        rp_name="Bám cơ sở",
        user_id=person.person_id.bytes,
        user_name=person.code,
        user_display_name=person.full_name,
        timeout=_milliseconds(ANSWER_WITHIN),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
    )
    await store.ask(tx, options.challenge, person_id=person.person_id, expires_at=tx.now + ANSWER_WITHIN)
    return options_to_json_dict(options)


async def made_passkey(
    database: Database, party: RelyingParty, person_id: UUID, credential: Mapping[str, Any], name: str
) -> Passkey:
    """A new passkey from the browser's answer, not yet kept. Raises Invalid."""
    challenge = await _answered(database, credential, person_id=person_id)
    try:
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.name,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception as error:  # a stranger's bytes may break any parser on the way; none of it is a passkey
        raise _no_passkey() from error
    return Passkey(
        passkey_id=uuid7(),
        credential_id=verified.credential_id,
        person_id=person_id,
        name=name,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        added_at=database.clock.now(),
    )


async def keep_passkey(passkey: Passkey, tx: UnitOfWork) -> None:
    """Add it to the person's. Raises Conflict."""
    if len(await store.of_person(tx, passkey.person_id)) >= _MOST or not await store.add(tx, passkey):
        raise Conflict(
            "Khóa này đã được đăng ký, hoặc đồng chí đã có quá nhiều khóa.",
            "This passkey is registered already, or there are too many.",
        )
    await note(tx, "passkey.added", passkey.person_id, kind="passkey", record_id=passkey.passkey_id)


async def passkeys_of(person_id: UUID, tx: UnitOfWork) -> Sequence[Passkey]:
    return await store.of_person(tx, person_id)


async def remove_passkey(person_id: UUID, passkey_id: UUID, tx: UnitOfWork) -> None:
    """Raises NotFound, or Conflict when no other way in would be left."""
    others = [each for each in await store.of_person(tx, person_id) if each.passkey_id != passkey_id]
    if not await store.remove(tx, person_id, passkey_id):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    authenticator = await second_factors.find(tx, person_id)
    by_code = authenticator is not None and authenticator.secret is not None
    if not others and not (by_code and await accounts.has_password(tx, person_id)):
        raise last_way_in()
    await note(tx, "passkey.removed", person_id, kind="passkey", record_id=passkey_id)


def last_way_in() -> Conflict:
    """Whoever removes their last factor locks themselves out."""
    return Conflict(
        "Đây là cách đăng nhập cuối cùng; hãy thêm cách khác trước khi xóa.",
        "This is your last way in; add another before you remove it.",
    )


async def ask_who(party: RelyingParty, tx: UnitOfWork) -> dict[str, Any]:
    """What the browser's `parseRequestOptionsFromJSON` takes; the person chooses among their own keys."""
    options = webauthn.generate_authentication_options(
        rp_id=party.name,
        timeout=_milliseconds(ANSWER_WITHIN),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    await store.ask(tx, options.challenge, person_id=None, expires_at=tx.now + ANSWER_WITHIN)
    return options_to_json_dict(options)


async def sign_in_by_passkey(
    database: Database,
    party: RelyingParty,
    credential: Mapping[str, Any],
    browser: Browser,
    lifetime: Lifetime,
) -> Entered:
    """Open a session by the browser's answer. Raises SignInRequired for any that does not fit, TooMany."""
    shown = str(credential.get("id", ""))[:2_000]
    async with database.read() as tx:
        place = await patience.place_of(browser, tx, person_id=None)
    who = await patience.turn(database, "passkey", shown, place)
    challenge = await _answered(database, credential, person_id=None)
    async with database.begin() as tx:
        passkey = await store.lock(tx, _bytes_of(shown))
        if passkey is None:
            raise refused()
        try:
            verified = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=party.name,
                expected_origin=party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except Exception as error:  # as above: whatever it was, it proves nobody
            raise refused() from error
        await store.used(tx, passkey.passkey_id, sign_count=verified.new_sign_count)
        await patience.forgive(who, tx)
        return await enter(passkey.person_id, browser, lifetime, tx)


async def _answered(database: Database, credential: Mapping[str, Any], *, person_id: UUID | None) -> bytes:
    """The question this answers, used up whatever comes of the answer. Raises Invalid or SignInRequired."""
    try:
        client_data = base64url_to_bytes(credential["response"]["clientDataJSON"])
        challenge = parse_client_data_json(client_data).challenge
    except Exception as error:  # as above
        raise _no_passkey() if person_id else refused() from error
    async with database.begin() as tx:
        if not await store.take_challenge(tx, challenge, person_id=person_id):
            raise _no_passkey() if person_id else refused()
    return challenge


def _no_passkey() -> Exception:
    return invalid(
        "/credential",
        "not-a-passkey",
        vi="Khóa chưa được đăng ký; đồng chí hãy làm lại.",
        en="The passkey was not registered; please try again.",
    )


def _bytes_of(credential_id: str) -> bytes:
    try:
        return base64url_to_bytes(credential_id)
    except ValueError:
        return b""


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _milliseconds(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)
