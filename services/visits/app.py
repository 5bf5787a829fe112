"""Wires visits once: the only module that knows which classes stand behind which port."""

from datetime import timedelta
from pathlib import Path

from services.visits import consumers
from services.visits.api import build_routers
from services.visits.api.doors import SignInWiring
from services.visits.handlers import Lifetime, Passwords, Provider, ProviderSettings, RelyingParty
from services.visits.handlers.erasure import erase_expired
from services.visits.handlers.objections import erase_objections
from services.visits.handlers.telling import tell_untold
from services.visits.handlers.undo import forget_former_contents
from services.visits.metrics import VisitsMetrics
from services.visits.settings import PREFIX, VisitsSettings
from shared.clock import Clock
from shared.housekeeping import Housekeeping, Job
from shared.pages import add_pages
from shared.service import Service
from shared.settings import SettingsError

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
WEB = Path(__file__).parent / "web"


def build(settings: VisitsSettings, clock: Clock) -> Service:
    """The service, ready to run: HTTP and what it learns from feedback, on one database."""
    service = Service(
        "visits",
        settings,
        clock,
        title="Bám cơ sở · visits: what happened",
        migrations=MIGRATIONS,
        patience=0,
    )
    service.consume("feedback", consumers.handle, consumers.FROM_FEEDBACK)
    jobs: list[Job] = [erase_expired, erase_objections, forget_former_contents, tell_untold]
    service.loop("housekeeping", Housekeeping(service.name, service.database, jobs).run)
    metrics = VisitsMetrics(service.metrics, service.database)
    routers = build_routers(
        service.requests,
        metrics=metrics,
        sign_in=_sign_in(service, settings, metrics),
        photos=settings.photos,
    )
    for router in routers:
        service.app.include_router(router)
    offers = ["photos"] if settings.photos else []
    add_pages(service.app, service.name, WEB, sessions=service.sessions, clock=clock, offers=offers)
    return service


def _sign_in(service: Service, settings: VisitsSettings, metrics: VisitsMetrics) -> SignInWiring:
    """The ways in, on the service's own database: whoever signs in belongs to no committee yet."""
    return SignInWiring(
        database=service.database,
        metrics=metrics,
        sessions=service.sessions,
        passwords=Passwords(settings.sign_in_parallel),
        lifetime=Lifetime(
            absolute=timedelta(seconds=settings.session_lasts),
            idle=timedelta(seconds=settings.session_idle),
            device=timedelta(seconds=settings.device_lasts),
        ),
        party=RelyingParty.at(settings.public_url),
        provider=_provider(settings),
        public_url=settings.public_url,
        direct_links=settings.direct_links,
    )


def _provider(settings: VisitsSettings) -> Provider | None:
    """The outside provider, if the settings name one. Raises SettingsError when its extra is not installed."""
    if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
        return None
    provider = ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        code_claim=settings.oidc_code_claim,
        public_url=settings.public_url,
    )
    try:
        return Provider(provider)
    except ImportError:
        raise SettingsError(
            f"{PREFIX}OIDC_ISSUER: needs the extra `oidc`: pip install 'field-visits[oidc]'"
        ) from None
