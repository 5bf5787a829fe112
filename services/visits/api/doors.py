"""What the routes of signing in share: the wiring, the cookies, and who stands where."""

from dataclasses import dataclass
from typing import Annotated

import segno
from fastapi import Depends, Request, Response

from services.visits import handlers
from services.visits.handlers import Browser, Entered, Lifetime, Passwords, Provider, RelyingParty
from services.visits.metrics import VisitsMetrics
from services.visits.schemas.sign_in import SessionOut, SignedInOut
from shared.access import RULES, Principal, allow
from shared.errors import DomainError, TooMany
from shared.sessions import Cookie, Sessions
from shared.uow import Database

SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]
JustProved = Annotated[Principal, Depends(allow(RULES.change_sign_in))]


@dataclass(frozen=True, kw_only=True)
class SignInWiring:
    """What every way in needs. `provider` is None unless the settings name one."""

    database: Database
    metrics: VisitsMetrics
    sessions: Sessions
    passwords: Passwords
    lifetime: Lifetime
    party: RelyingParty
    provider: Provider | None
    public_url: str
    direct_links: bool

    def cookie(self, name: str) -> Cookie:
        return Cookie(name, secure=self.public_url.startswith("https://"))

    @property
    def door_cookie(self) -> Cookie:
        """Held by who stands on the doorstep."""
        return self.cookie("fv_door")

    @property
    def known_cookie(self) -> Cookie:
        """Held by a browser its person signed in with before."""
        return self.cookie("fv_known")

    @property
    def journey_cookie(self) -> Cookie:
        """Held by who is on the way to the outside provider."""
        return self.cookie("fv_journey")

    def browser(self, request: Request) -> Browser:
        return Browser(
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
            session_token=self.sessions.cookie.of(request),
            known_token=self.known_cookie.of(request),
        )

    async def let_in(self, response: Response, entered: Entered) -> SignedInOut:
        """Hand the browser its new session, and what it is known by."""
        self.metrics.sign_ins.labels("opened").inc()
        self.sessions.set_cookie(response, entered.opened.token, entered.opened.ends_at)
        self.known_cookie.set(response, entered.known_token, handlers.KNOWN_FOR)
        self.door_cookie.clear(response)
        session = session_of(await self.sessions.principal(entered.opened.token))
        return SignedInOut(**session.model_dump())

    def count_refusal(self, refused: DomainError) -> None:
        self.metrics.sign_ins.labels("slowed" if isinstance(refused, TooMany) else "refused").inc()


def session_of(principal: Principal) -> SessionOut:
    return SessionOut(
        person_id=principal.person_id,
        full_name=principal.full_name,
        committee_id=principal.committee_id,
        roles=sorted(principal.roles),
    )


def qr_code(text: str) -> str:
    """The text as a picture a phone reads, as the address of an `<img>`."""
    return segno.make(text, micro=False).svg_data_uri(scale=6, dark="#000", light="#fff")
