"""The HTTP interface of visits under `/visits/api`, and the demo's one-time links under `/visits/sign-in`."""

from fastapi import APIRouter

from services.visits.api.absences import build_router as absences_router
from services.visits.api.account import build_router as account_router
from services.visits.api.behalf import build_router as behalf_router
from services.visits.api.bodies import build_router as bodies_router
from services.visits.api.calendar import build_router as calendar_router
from services.visits.api.confirmations import build_router as confirmations_router
from services.visits.api.directory import build_router as directory_router
from services.visits.api.doors import SignInWiring
from services.visits.api.evenings import build_router as evenings_router
from services.visits.api.invitations import build_router as invitations_router
from services.visits.api.phones import build_router as phones_router
from services.visits.api.photos import build_router as photos_router
from services.visits.api.plans import build_router as plans_router
from services.visits.api.privacy import build_router as privacy_router
from services.visits.api.queue_import import build_router as queue_import_router
from services.visits.api.reading import build_router as reading_router
from services.visits.api.registers import build_router as registers_router
from services.visits.api.sign_in import build_router as sign_in_router
from services.visits.api.today import build_router as today_router
from services.visits.api.visits import build_router as visits_router
from services.visits.metrics import VisitsMetrics
from shared.uow import Database


def build_routers(
    database: Database,
    *,
    metrics: VisitsMetrics,
    sign_in: SignInWiring,
    photos: bool,
) -> tuple[APIRouter, ...]:
    """Every route of the service, side by side, the busiest first: a request looks for its route in order."""
    return (
        visits_router(database, metrics),
        reading_router(database),
        behalf_router(database, metrics),
        confirmations_router(database),
        today_router(database),
        plans_router(database),
        photos_router(database, switched_on=photos),
        phones_router(database),
        directory_router(database),
        bodies_router(database),
        absences_router(database),
        evenings_router(database),
        privacy_router(database),
        sign_in_router(sign_in),
        account_router(sign_in),
        invitations_router(sign_in),
        queue_import_router(database),
        registers_router(database),
        calendar_router(database, sign_in.public_url),
    )
