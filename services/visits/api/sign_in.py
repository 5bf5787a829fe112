"""The ways in over HTTP: passkey, password and code, invitation, outside provider, and the demo's links.

Everything here is open to who is not signed in, and this is all that is. A first proof answers 202 and puts
the browser on the doorstep; only a second one, or a passkey, answers 201 with a session.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.visits import handlers
from services.visits.api.doors import SignedIn, SignInWiring, qr_code, session_of
from services.visits.handlers import AtDoor, Entered, Provider, Step
from services.visits.schemas.sign_in import (
    AuthenticatorOut,
    CodeIn,
    CredentialIn,
    DoorOut,
    DoorsOut,
    InvitationIn,
    JourneyOut,
    NewPasskeyIn,
    OptionsOut,
    PasswordIn,
    SessionOut,
    SignedInOut,
    SignInIn,
)
from shared.access import public
from shared.errors import Conflict, DomainError, SignInRequired, TooMany
from shared.http import json_body
from shared.uow import UnitOfWork

PUBLIC = [Depends(public)]


def build_router(wiring: SignInWiring) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["sign-in"])
    _add_session(router, wiring)
    _add_first_passkey(router, wiring)
    _add_password_and_code(router, wiring)
    _add_passkey(router, wiring)
    if wiring.provider is not None:
        _add_provider(router, wiring, wiring.provider)
    outer = APIRouter()
    outer.include_router(router)
    if wiring.direct_links:
        _add_direct_links(outer, wiring)
    return outer


@contextmanager
def _counted(wiring: SignInWiring) -> Iterator[None]:
    """Count who is refused or slowed down at a door."""
    try:
        yield
    except (SignInRequired, TooMany) as refused:
        wiring.count_refusal(refused)
        raise


def _add_session(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.get("/sign-in", dependencies=PUBLIC)
    async def doors(request: Request) -> DoorsOut:
        """The ways in here, and whether this browser has begun one of them."""
        door = None
        if (token := wiring.door_cookie.of(request)) is not None:
            async with database.read() as tx:
                try:
                    door = _door(await handlers.at_door(token, tx))
                except SignInRequired:
                    door = None
        return DoorsOut(passkey_host=wiring.party.name, provider=wiring.provider is not None, door=door)

    @router.post("/session", status_code=202, dependencies=PUBLIC)
    async def sign_in(
        request: Request, body: Annotated[SignInIn, Depends(json_body(SignInIn))], response: Response
    ) -> DoorOut:
        """The first of two proofs: code and password. Wrong tries slow down this account from here only."""
        with _counted(wiring):
            token = await handlers.knock(
                database,
                wiring.passwords,
                login=body.login,
                password=body.password,
                browser=wiring.browser(request),
            )
        return await _stand(token, response)

    @router.post("/invitations/accept", status_code=202, dependencies=PUBLIC)
    async def accept_invitation(
        request: Request, body: Annotated[InvitationIn, Depends(json_body(InvitationIn))], response: Response
    ) -> DoorOut:
        """Use an invitation up. Its person then makes a way in of their own."""
        with _counted(wiring):
            token = await handlers.accept_invitation(database, body.token, wiring.browser(request))
        return await _stand(token, response)

    @router.get("/session")
    async def who_am_i(principal: SignedIn) -> SessionOut:
        """Who is signed in. Asking keeps the session from falling asleep."""
        await database.run(
            lambda tx: handlers.keep_session(principal.person_id, principal.session_id, wiring.lifetime, tx)
        )
        return session_of(principal)

    @router.delete("/session", status_code=204)
    async def sign_out(principal: SignedIn, response: Response) -> None:
        """End this session and what this device could send on its own, here and in every service."""
        await database.run(lambda tx: handlers.leave(principal.person_id, principal.session_id, tx))
        wiring.sessions.clear_cookie(response)
        wiring.sessions.device_cookie.clear(response)

    async def _stand(token: str, response: Response) -> DoorOut:
        wiring.door_cookie.set(response, token, handlers.DOORSTEP_LASTS)
        async with database.read() as tx:
            return _door(await handlers.at_door(token, tx))


def _add_first_passkey(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.post("/doorstep/passkey/options", dependencies=PUBLIC)
    async def ask_for_passkey(request: Request) -> OptionsOut:
        """What the browser needs to make a first passkey."""

        async def ask(tx: UnitOfWork) -> OptionsOut:
            at = await handlers.enrolling(wiring.door_cookie.of(request), tx)
            return OptionsOut(options=await handlers.ask_to_register(wiring.party, at.person, tx))

        return await database.run(ask)

    @router.post("/doorstep/passkey", status_code=201, dependencies=PUBLIC)
    async def enter_by_new_passkey(
        request: Request, body: Annotated[NewPasskeyIn, Depends(json_body(NewPasskeyIn))], response: Response
    ) -> SignedInOut:
        """Keep the passkey that was just made, and open a session."""
        token = wiring.door_cookie.of(request)
        async with database.read() as tx:
            person_id = (await handlers.enrolling(token, tx)).person.person_id
        passkey = await handlers.made_passkey(database, wiring.party, person_id, body.credential, body.name)

        async def enter(tx: UnitOfWork) -> Entered:
            at = await handlers.enrolling(token, tx)
            await handlers.keep_passkey(passkey, tx)
            return await handlers.step_in(at, wiring.browser(request), wiring.lifetime, tx)

        return await wiring.let_in(response, await database.run(enter))


def _add_password_and_code(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.put("/doorstep/password", status_code=204, dependencies=PUBLIC)
    async def put_first_password(
        request: Request, body: Annotated[PasswordIn, Depends(json_body(PasswordIn))]
    ) -> None:
        """A password for who was invited; an authenticator app comes next."""
        async with database.read() as tx:
            at = await handlers.enrolling(wiring.door_cookie.of(request), tx)
        await handlers.set_password(
            database,
            wiring.passwords,
            person_id=at.person.person_id,
            password=body.password,
            session_id=None,
        )

    @router.post("/doorstep/authenticator", dependencies=PUBLIC)
    async def offer_first_authenticator(request: Request) -> AuthenticatorOut:
        """A secret for the authenticator app of who has a password and no second factor."""

        async def offer(tx: UnitOfWork) -> AuthenticatorOut:
            at = await handlers.enrolling(wiring.door_cookie.of(request), tx)
            if not at.has_password:
                raise Conflict("Hãy đặt mật khẩu trước.", "Set a password first.")
            return shown_offer(await handlers.offer_authenticator(at.person, tx))

        return await database.run(offer)

    @router.post("/doorstep/code", status_code=201, dependencies=PUBLIC)
    async def enter_by_code(
        request: Request, body: Annotated[CodeIn, Depends(json_body(CodeIn))], response: Response
    ) -> SignedInOut:
        """The second proof: a code of the app, or a recovery code; at first the code that confirms the app."""
        token, browser = wiring.door_cookie.of(request), wiring.browser(request)
        async with database.read() as tx:
            person_id = (await handlers.at_door(token, tx)).person.person_id
        codes: list[str] = []

        async def enter(tx: UnitOfWork) -> Entered:
            nonlocal codes
            at = await handlers.at_door(token, tx)
            if at.step is Step.ENROL:
                codes = await handlers.confirm_authenticator(person_id, body.code, tx)
            else:
                await handlers.check_code(person_id, body.code, tx)
            await handlers.forgive(who, tx)
            return await handlers.step_in(at, browser, wiring.lifetime, tx)

        with _counted(wiring):
            who = await handlers.take_turn(database, person_id, browser)
            entered = await database.run(enter)
        session = await wiring.let_in(response, entered)
        return session.model_copy(update={"recovery_codes": codes})


def _add_passkey(router: APIRouter, wiring: SignInWiring) -> None:
    database = wiring.database

    @router.post("/session/passkey/options", dependencies=PUBLIC)
    async def ask_who() -> OptionsOut:
        """What the browser needs to sign somebody in by a passkey; it knows best who that may be."""

        async def ask(tx: UnitOfWork) -> OptionsOut:
            return OptionsOut(options=await handlers.ask_who(wiring.party, tx))

        return await database.run(ask)

    @router.post("/session/passkey", status_code=201, dependencies=PUBLIC)
    async def sign_in_by_passkey(
        request: Request, body: Annotated[CredentialIn, Depends(json_body(CredentialIn))], response: Response
    ) -> SignedInOut:
        """Sign in by a passkey, which is both proofs in one."""
        with _counted(wiring):
            entered = await handlers.sign_in_by_passkey(
                database, wiring.party, body.credential, wiring.browser(request), wiring.lifetime
            )
        return await wiring.let_in(response, entered)


def _add_provider(router: APIRouter, wiring: SignInWiring, provider: Provider) -> None:
    database = wiring.database

    @router.post("/session/provider", dependencies=PUBLIC)
    async def leave_for_provider(response: Response) -> JourneyOut:
        """Begin a sign-in with the outside provider."""
        async with database.begin() as tx:
            token, location = await provider.begin(tx)
        wiring.journey_cookie.set(response, token, handlers.JOURNEY_LASTS)
        return JourneyOut(location=location)

    @router.get("/session/provider", dependencies=PUBLIC, status_code=303, response_class=Response)
    async def back_from_provider(
        request: Request,
        state: Annotated[str, Query(max_length=200)] = "",
        code: Annotated[str, Query(max_length=4000)] = "",
    ) -> Response:
        """Where the provider sends people back to; then home, or to the page that says what went wrong."""
        try:
            with _counted(wiring):
                entered = await handlers.arrive(
                    database,
                    provider,
                    token=wiring.journey_cookie.of(request),
                    state=state,
                    code=code,
                    browser=wiring.browser(request),
                    lifetime=wiring.lifetime,
                )
        except DomainError:
            return RedirectResponse("/visits/#provider-refused", 303)
        response = RedirectResponse("/", 303)
        await wiring.let_in(response, entered)
        wiring.journey_cookie.clear(response)
        return response


def _add_direct_links(router: APIRouter, wiring: SignInWiring) -> None:
    @router.get(
        "/visits/sign-in/{token}",
        dependencies=PUBLIC,
        status_code=303,
        response_class=Response,
        include_in_schema=False,
    )
    async def use_link(request: Request, token: Annotated[str, Path(max_length=100)]) -> Response:
        """Open a session by a one-time link of the demo and go home."""
        try:
            with _counted(wiring):
                async with wiring.database.begin() as tx:
                    entered = await handlers.use_sign_in_link(
                        token, wiring.browser(request), wiring.lifetime, tx
                    )
        except SignInRequired as refused:
            return Response(_NO_LINK.format(vi=refused.vi, en=refused.en), 401, media_type="text/html")
        response = RedirectResponse("/", 303)
        await wiring.let_in(response, entered)
        return response


def shown_offer(offer: handlers.Offer) -> AuthenticatorOut:
    return AuthenticatorOut(secret=offer.secret, uri=offer.uri, qr=qr_code(offer.uri))


def _door(at: AtDoor) -> DoorOut:
    return DoorOut(
        full_name=at.person.full_name,
        came_by=at.doorstep.came_by,
        step=at.step,
        has_password=at.has_password,
    )


_NO_LINK = """<!doctype html>
<html lang="vi">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Đường dẫn không dùng được · Bám cơ sở</title>
    <link rel="icon" href="/visits/web/shared/mark.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/visits/web/shared/tokens.css">
    <link rel="stylesheet" href="/visits/web/shared/base.css">
    <link rel="stylesheet" href="/visits/web/page.css">
  </head>
  <body>
    <main>
      <div class="stack sign-in">
        <h1>Đường dẫn không dùng được</h1>
        <div class="notice warn close"><p>{vi}</p><p class="quiet" lang="en">{en}</p></div>
        <p><a class="button first" href="/">Về trang đầu</a></p>
      </div>
    </main>
  </body>
</html>
"""
