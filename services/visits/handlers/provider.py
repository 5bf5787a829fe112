"""Sign-in with an outside OpenID Connect provider: authorization code with PKCE, nonce and state.

The browser that left is the one that comes back (its cookie), with the state we gave it; the token is
signed by the provider, for us, about this journey, just now. Its subject is whoever the office says, or,
where the settings name a claim for it, the person whose code the claim holds. Nobody is created here.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from services.visits.handlers.devices import Entered, enter, refused
from services.visits.handlers.patience import Browser
from services.visits.handlers.sessions import FRESH, Lifetime
from services.visits.handlers.witness import note
from services.visits.store import providers as store
from services.visits.store.providers import Journey
from shared.audit import digest
from shared.errors import Conflict, Unavailable
from shared.sessions import new_token, token_sha256
from shared.uow import Database, UnitOfWork

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

JOURNEY_LASTS: Final = timedelta(minutes=10)
CALLBACK: Final = "/visits/api/session/provider"
_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
_LEEWAY: Final = 60  # seconds by which clocks may differ
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Who the provider is and who we are to it. `code_claim` names the claim that holds a person's code."""

    issuer: str
    client_id: str
    client_secret: str
    code_claim: str | None
    public_url: str

    @property
    def redirect_uri(self) -> str:
        return self.public_url.rstrip("/") + CALLBACK


class Provider:
    """The provider as we know it: what it published about itself, asked for once and again when keys changed."""

    def __init__(self, settings: ProviderSettings) -> None:
        import httpx2  # the extra `oidc`
        import joserfc  # noqa: F401  # missing at the start rather than at the first sign-in

        self.settings = settings
        self._client = httpx2.AsyncClient(timeout=_PATIENCE, follow_redirects=False)
        self._published: Mapping[str, Any] | None = None

    async def begin(self, tx: UnitOfWork) -> tuple[str, str]:
        """A journey to the provider: the token for the browser, and the address to go to. Raises Unavailable."""
        published = await self._metadata()
        token, state, nonce, verifier = (new_token() for _ in range(4))
        journey = Journey(
            token_sha256=token_sha256(token), state_sha256=token_sha256(state), nonce=nonce, verifier=verifier
        )
        await store.begin(tx, journey, expires_at=tx.now + JOURNEY_LASTS)
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
            "max_age": str(int(FRESH.total_seconds())),
        }
        return token, f"{published['authorization_endpoint']}?{urlencode(asked)}"

    async def claims(self, journey: Journey, code: str, *, now: datetime) -> Mapping[str, Any]:
        """What the provider says of whoever came back with `code`. Raises SignInRequired, Unavailable."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        raw = await self._exchange(code, journey.verifier)
        try:
            token = jwt.decode(raw, await self._keys(), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": self.settings.issuer},
                aud={"essential": True, "value": self.settings.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": journey.nonce},
            ).validate(token.claims)
        except (JoseError, ValueError) as error:
            self._published = None  # its keys may have changed; the next journey asks again
            raise refused() from error
        if token.claims.get("azp", self.settings.client_id) != self.settings.client_id:
            raise refused()
        return token.claims

    async def _exchange(self, code: str, verifier: str) -> str:
        """The provider's token for an authorization code."""
        published = await self._metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_uri,
            "code_verifier": verifier,
        }
        answer = await self._ask(
            "POST",
            published["token_endpoint"],
            data=form,
            auth=(self.settings.client_id, self.settings.client_secret),
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise refused()
        return token

    async def _keys(self) -> "KeySet":
        from joserfc.jwk import KeySet

        published = await self._metadata()
        keys: Any = await self._ask("GET", published["jwks_uri"])
        return KeySet.import_key_set(keys)

    async def _metadata(self) -> Mapping[str, Any]:
        if self._published is None:
            address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            published = await self._ask("GET", address)
            if published.get("issuer") != self.settings.issuer:
                raise _away()
            self._published = published
        return self._published

    async def _ask(self, method: str, address: str, **options: Any) -> Mapping[str, Any]:
        """A JSON object from the provider; a refusal of ours is no sign-in, anything else its absence."""
        import httpx2

        try:
            answer = await self._client.request(method, address, **options)
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _away() from error
        if answer.status_code in (400, 401):
            raise refused()
        if answer.status_code != 200 or not isinstance(body, dict):
            raise _away()
        return body


async def arrive(
    database: Database,
    provider: Provider,
    *,
    token: str | None,
    state: str,
    code: str,
    browser: Browser,
    lifetime: Lifetime,
) -> Entered:
    """Somebody is back from the provider. Raises SignInRequired, Unavailable.

    Fresh from the moment the provider itself saw them, which may lie before their journey.
    """
    async with database.begin() as tx:
        journey = await store.end(tx, token_sha256(token or ""), hashlib.sha256(state.encode()).hexdigest())
    if journey is None:
        raise refused()
    claims = await provider.claims(journey, code, now=tx.now)
    async with database.begin() as tx:
        person_id = await _person_of(claims, provider.settings, tx)
        if person_id is None:
            raise refused()
        return await enter(person_id, browser, lifetime, tx, fresh_until=_seen_at(claims) + FRESH)


async def link_subject(
    person_id: UUID, settings: ProviderSettings, subject: str, tx: UnitOfWork, *, by: UUID
) -> None:
    """The office says whom a subject of the provider is. Raises Conflict."""
    if not await store.link(tx, settings.issuer, subject, person_id, by=by):
        raise Conflict("Tài khoản này đã gắn với người khác.", "This subject is somebody else already.")
    await note(tx, "subject.linked", person_id, became={"subject": digest(settings.issuer + subject)})


async def _person_of(claims: Mapping[str, Any], settings: ProviderSettings, tx: UnitOfWork) -> UUID | None:
    linked = await store.person_of(tx, settings.issuer, str(claims["sub"]))
    if linked is not None or settings.code_claim is None:
        return linked
    bearers = await store.people_with_code(tx, str(claims.get(settings.code_claim, "")))
    return bearers[0] if len(bearers) == 1 else None


def _seen_at(claims: Mapping[str, Any]) -> datetime:
    """When the provider saw the person; long ago if it does not say."""
    seen = claims.get("auth_time")
    return datetime.fromtimestamp(seen if isinstance(seen, int) else 0, UTC)


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _away() -> Unavailable:
    return Unavailable(
        "Chưa liên lạc được với nơi xác thực bên ngoài.", "The outside provider does not answer."
    )
