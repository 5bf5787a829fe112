"""Sign-in over HTTP: the session cookie, the one-time links, and one's own password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from services.visits import handlers
from services.visits.handlers import Lifetime, Opened, Passwords
from services.visits.metrics import VisitsMetrics
from services.visits.schemas import PasswordIn, SessionOut, SignInIn
from shared.access import RULES, Principal, allow, public
from shared.errors import SignInRequired, TooMany
from shared.http import json_body
from shared.sessions import Sessions
from shared.uow import Database

SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]


def build_router(
    database: Database,
    metrics: VisitsMetrics,
    sessions: Sessions,
    passwords: Passwords,
    lifetime: Lifetime,
) -> APIRouter:
    router = APIRouter(prefix="/visits", tags=["sign-in"])

    @router.post("/api/session", status_code=201, dependencies=[Depends(public)])
    async def sign_in(
        request: Request, body: Annotated[SignInIn, Depends(json_body(SignInIn))], response: Response
    ) -> SessionOut:
        """Sign in with code and password. Wrong tries slow down this account from this address only."""
        address = request.client.host if request.client else ""
        try:
            opened = await handlers.sign_in(
                database, passwords, lifetime, login=body.login, password=body.password, address=address
            )
        except (SignInRequired, TooMany) as refused:
            metrics.sign_ins.labels("slowed" if isinstance(refused, TooMany) else "refused").inc()
            raise
        return await _open(response, opened)

    @router.get("/sign-in/{token}", dependencies=[Depends(public)], status_code=303, response_class=Response)
    async def use_link(token: Annotated[str, Path(max_length=100)]) -> Response:
        """Open a session by a one-time link and go home."""
        try:
            async with database.begin() as tx:
                opened = await handlers.use_sign_in_link(token, lifetime, tx)
        except SignInRequired as refused:
            metrics.sign_ins.labels("refused").inc()
            return Response(_NO_LINK.format(vi=refused.vi, en=refused.en), 401, media_type="text/html")
        response = RedirectResponse("/", 303)
        await _open(response, opened)
        return response

    @router.get("/api/session")
    async def who_am_i(principal: SignedIn) -> SessionOut:
        """Who is signed in. Asking keeps the session from falling asleep."""
        await database.run(
            lambda tx: handlers.keep_session(principal.person_id, principal.session_id, lifetime, tx)
        )
        return _session(principal)

    @router.delete("/api/session", status_code=204)
    async def sign_out(principal: SignedIn, response: Response) -> None:
        """End this session, here and in every service."""
        await database.run(
            lambda tx: handlers.close_sessions(principal.person_id, tx, session_id=principal.session_id)
        )
        sessions.clear_cookie(response)

    @router.put("/api/account/password", status_code=204)
    async def put_password(
        principal: SignedIn, body: Annotated[PasswordIn, Depends(json_body(PasswordIn))]
    ) -> None:
        """Set one's own password; every other session of this person ends."""
        await handlers.set_password(
            database,
            passwords,
            person_id=principal.person_id,
            session_id=principal.session_id,
            password=body.password,
        )

    async def _open(response: Response, opened: Opened) -> SessionOut:
        metrics.sign_ins.labels("opened").inc()
        sessions.set_cookie(response, opened.token, opened.ends_at)
        return _session(await sessions.principal(opened.token))

    return router


def _session(principal: Principal) -> SessionOut:
    return SessionOut(
        person_id=principal.person_id,
        full_name=principal.full_name,
        committee_id=principal.committee_id,
        roles=sorted(principal.roles),
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
