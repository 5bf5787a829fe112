"""One's own ways in and devices over HTTP. Changing them needs a proof of the last five minutes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.visits import handlers
from services.visits.api.doors import JustProved, SignedIn, SignInWiring
from services.visits.api.sign_in import shown_offer
from services.visits.handlers import Opened
from services.visits.schemas.sign_in import (
    AccountOut,
    AuthenticatorOut,
    CodeIn,
    DeviceList,
    DeviceOut,
    DeviceTokenIn,
    DeviceTokenOut,
    NewPasskeyIn,
    OptionsOut,
    PasskeyOut,
    PasswordIn,
    RecoveryCodesOut,
)
from services.visits.store.passkeys import Passkey
from shared import directory
from shared.access import Principal
from shared.directory import Person
from shared.errors import NotFound
from shared.http import json_body
from shared.uow import UnitOfWork


def build_router(wiring: SignInWiring) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["account"])
    _add_passkeys(router, wiring)
    _add_password(router, wiring)
    _add_devices(router, wiring)
    return router


def _add_passkeys(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.get("/account")
    async def get_account(principal: SignedIn) -> AccountOut:
        """The ways in that this person has."""
        async with database.read() as tx:
            standing = await handlers.standing(principal.person_id, tx)
            return AccountOut(
                passkey_host=wiring.party.name,
                passkeys=[_passkey(each) for each in await handlers.passkeys_of(principal.person_id, tx)],
                has_password=await handlers.has_password(principal.person_id, tx),
                authenticator=standing.confirmed,
                recovery_codes_left=standing.recovery_codes_left,
            )

    @router.post("/account/passkeys/options")
    async def ask_for_passkey(principal: JustProved) -> OptionsOut:
        """What the browser needs to make one more passkey."""

        async def ask(tx: UnitOfWork) -> OptionsOut:
            person = await _person(tx, principal)
            return OptionsOut(options=await handlers.ask_to_register(wiring.party, person, tx))

        return await database.run(ask)

    @router.post("/account/passkeys", status_code=201)
    async def add_passkey(
        principal: JustProved, body: Annotated[NewPasskeyIn, Depends(json_body(NewPasskeyIn))]
    ) -> PasskeyOut:
        """Keep the passkey that was just made."""
        passkey = await handlers.made_passkey(
            database, wiring.party, principal.person_id, body.credential, body.name
        )
        await database.run(lambda tx: handlers.keep_passkey(passkey, tx))
        return _passkey(passkey)

    @router.delete("/account/passkeys/{passkey_id}", status_code=204)
    async def remove_passkey(principal: JustProved, passkey_id: UUID) -> None:
        """Forget a passkey; never the last way in."""
        await database.run(lambda tx: handlers.remove_passkey(principal.person_id, passkey_id, tx))


def _add_password(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.put("/account/password", status_code=204)
    async def put_password(
        principal: JustProved, body: Annotated[PasswordIn, Depends(json_body(PasswordIn))]
    ) -> None:
        """Set one's own password; every other session of this person ends."""
        await handlers.set_password(
            database,
            wiring.passwords,
            person_id=principal.person_id,
            session_id=principal.session_id,
            password=body.password,
        )

    @router.post("/account/authenticator")
    async def offer_authenticator(principal: JustProved) -> AuthenticatorOut:
        """A secret for a new authenticator app; the old one counts until a code confirms this one."""

        async def offer(tx: UnitOfWork) -> AuthenticatorOut:
            return shown_offer(await handlers.offer_authenticator(await _person(tx, principal), tx))

        return await database.run(offer)

    @router.post("/account/authenticator/confirm")
    async def confirm_authenticator(
        request: Request, principal: JustProved, body: Annotated[CodeIn, Depends(json_body(CodeIn))]
    ) -> RecoveryCodesOut:
        """The app works: it counts from now on. The recovery codes are shown this once."""
        who = await handlers.take_turn(database, principal.person_id, wiring.browser(request))

        async def confirm(tx: UnitOfWork) -> list[str]:
            codes = await handlers.confirm_authenticator(principal.person_id, body.code, tx)
            await handlers.forgive(who, tx)
            return codes

        return RecoveryCodesOut(recovery_codes=await database.run(confirm))

    @router.delete("/account/authenticator", status_code=204)
    async def remove_authenticator(principal: JustProved) -> None:
        """Forget the authenticator and the recovery codes; never the last way in."""
        await database.run(lambda tx: handlers.remove_authenticator(principal.person_id, tx))


def _add_devices(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.get("/devices")
    async def list_devices(principal: SignedIn) -> DeviceList:
        """The browsers this person signed in with, the last used first."""
        async with database.read() as tx:
            found = await handlers.devices_of(principal.person_id, principal.session_id, tx)
        return DeviceList(
            devices=[
                DeviceOut(
                    device_id=each.device_id,
                    name=each.name,
                    first_seen=each.first_seen,
                    last_seen=each.last_seen,
                    signed_in=each.signed_in,
                    sends=each.sends,
                    current=each.current,
                )
                for each in found
            ]
        )

    @router.delete("/devices/{device_id}", status_code=204)
    async def sign_out_there(principal: JustProved, device_id: UUID) -> None:
        """End everything on that device, in all services; it is no longer known."""
        await database.run(lambda tx: handlers.revoke_device(principal.person_id, device_id, tx))

    @router.post("/devices/token", status_code=201)
    async def open_queue(
        request: Request,
        principal: SignedIn,
        body: Annotated[DeviceTokenIn, Depends(json_body(DeviceTokenIn))],
        response: Response,
    ) -> DeviceTokenOut:
        """A token of this phone's own: it sends the queue and reads what the phone shows, nothing else."""

        async def begin(tx: UnitOfWork) -> Opened:
            return await handlers.open_queue(
                principal.person_id, principal.session_id, wiring.browser(request), wiring.lifetime, tx
            )

        opened = await database.run(begin)
        if body.carrier == "bearer":
            return DeviceTokenOut(ends_at=opened.ends_at, token=opened.token)
        wiring.sessions.device_cookie.set(response, opened.token, wiring.lifetime.device)
        return DeviceTokenOut(ends_at=opened.ends_at, token=None)


async def _person(tx: UnitOfWork, principal: Principal) -> Person:
    person = await directory.person_by_id(tx, principal.person_id)
    if person is None:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    return person


def _passkey(passkey: Passkey) -> PasskeyOut:
    return PasskeyOut(
        passkey_id=passkey.passkey_id,
        name=passkey.name,
        added_at=passkey.added_at,
        last_used_at=passkey.last_used_at,
    )
