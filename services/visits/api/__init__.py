"""The HTTP interface of visits under `/visits/api`, and the one-time links under `/visits/sign-in`."""

from fastapi import APIRouter

from services.visits.api.bodies import build_router as bodies_router
from services.visits.api.directory import build_router as directory_router
from services.visits.api.reading import build_router as reading_router
from services.visits.api.sign_in import build_router as sign_in_router
from services.visits.api.visits import build_router as visits_router
from services.visits.handlers import Lifetime, Passwords
from services.visits.metrics import VisitsMetrics
from shared.sessions import Sessions
from shared.uow import Database


def build_routers(
    database: Database,
    *,
    metrics: VisitsMetrics,
    sessions: Sessions,
    passwords: Passwords,
    lifetime: Lifetime,
) -> tuple[APIRouter, ...]:
    """Every route of the service, side by side, the busiest first: a request looks for its route in order."""
    return (
        visits_router(database, metrics),
        reading_router(database),
        directory_router(database),
        bodies_router(database),
        sign_in_router(database, metrics, sessions, passwords, lifetime),
    )
