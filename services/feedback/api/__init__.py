"""The HTTP interface of feedback under `/feedback/api`."""

from fastapi import APIRouter

from services.feedback.api.calendar import build_router as calendar_router
from services.feedback.api.duties import build_router as duties_router
from services.feedback.api.figures import build_router as figures_router
from services.feedback.api.issues import build_router as issues_router
from services.feedback.api.privacy import build_router as privacy_router
from services.feedback.contacts import ContactKeys
from services.feedback.store.calendars import CalendarBook
from shared.uow import Database


def build_router(database: Database, book: CalendarBook, keys: ContactKeys) -> APIRouter:
    """Every route of the service."""
    router = APIRouter(prefix="/feedback/api")
    for part in (duties_router, issues_router, calendar_router, figures_router):
        router.include_router(part(database, book))
    router.include_router(privacy_router(database, book, keys))
    return router
