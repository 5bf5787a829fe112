"""The HTTP interface of feedback under `/feedback/api`."""

from fastapi import APIRouter

from services.feedback.api.calendar import build_router as calendar_router
from services.feedback.api.cells import build_router as cells_router
from services.feedback.api.clusters import build_router as clusters_router
from services.feedback.api.coverage import build_router as coverage_router
from services.feedback.api.duties import build_router as duties_router
from services.feedback.api.evaluations import build_router as evaluations_router
from services.feedback.api.exports import build_router as exports_router
from services.feedback.api.extensions import build_router as extensions_router
from services.feedback.api.figures import build_router as figures_router
from services.feedback.api.grid import build_router as grid_router
from services.feedback.api.inbox import build_router as inbox_router
from services.feedback.api.issues import build_router as issues_router
from services.feedback.api.live import build_router as live_router
from services.feedback.api.morning import build_router as morning_router
from services.feedback.api.praise import build_router as praise_router
from services.feedback.api.privacy import build_router as privacy_router
from services.feedback.api.register import build_router as register_router
from services.feedback.api.reports import build_router as reports_router
from services.feedback.contacts import ContactKeys
from services.feedback.live import Live
from services.feedback.store.calendars import CalendarBook
from shared.documents import Layout
from shared.uow import Database


def build_router(
    database: Database, book: CalendarBook, keys: ContactKeys, live: Live, layout: Layout
) -> APIRouter:
    """Every route of the service."""
    router = APIRouter(prefix="/feedback/api")
    for part in (
        duties_router,
        extensions_router,
        exports_router,
        register_router,
        issues_router,
        inbox_router,
        cells_router,
        calendar_router,
    ):
        router.include_router(part(database, book))
    router.include_router(clusters_router(database))
    router.include_router(grid_router(database))
    router.include_router(coverage_router(database))
    router.include_router(reports_router(database, layout))
    router.include_router(praise_router(database))
    router.include_router(evaluations_router(database, layout))
    router.include_router(figures_router(database, book, live))
    router.include_router(morning_router(database, live))
    router.include_router(live_router(database.clock, live))
    router.include_router(privacy_router(database, book, keys))
    return router
