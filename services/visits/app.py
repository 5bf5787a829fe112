"""Wires visits once: the only module that knows which classes stand behind which port."""

from datetime import timedelta
from pathlib import Path

from services.visits import consumers
from services.visits.api import build_routers
from services.visits.handlers import Lifetime, Passwords
from services.visits.metrics import VisitsMetrics
from services.visits.settings import VisitsSettings
from shared.clock import Clock
from shared.pages import add_pages
from shared.service import Service

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
    routers = build_routers(
        service.requests,
        metrics=VisitsMetrics(service.metrics),
        sessions=service.sessions,
        passwords=Passwords(settings.sign_in_parallel),
        lifetime=Lifetime(
            absolute=timedelta(seconds=settings.session_lasts),
            idle=timedelta(seconds=settings.session_idle),
        ),
    )
    for router in routers:
        service.app.include_router(router)
    add_pages(service.app, service.name, WEB, sessions=service.sessions, clock=clock)
    return service
