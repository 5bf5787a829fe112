"""Wires feedback once: the only module that knows which parts stand behind which port."""

from pathlib import Path

from services.feedback import MIGRATIONS
from services.feedback.api import build_router
from services.feedback.clockwork import Clockwork
from services.feedback.consumers import FROM_NOTIFY, FROM_VISITS, Consumer
from services.feedback.contacts import ContactKeys
from services.feedback.handlers.erasure import SealAnew, erase_contacts, erase_late_texts
from services.feedback.handlers.ways import tell_untold_ways
from services.feedback.live import Live
from services.feedback.metrics import FeedbackMetrics
from services.feedback.settings import FeedbackSettings
from services.feedback.store.calendars import CalendarBook
from shared.clock import Clock
from shared.documents import Layout
from shared.housekeeping import Housekeeping, Job
from shared.pages import add_pages
from shared.service import Service

WEB = Path(__file__).parent / "web"


def build(settings: FeedbackSettings, clock: Clock) -> Service:
    """The service, ready to run: HTTP, consumers and clockwork on one database."""
    service = Service(
        "feedback",
        settings,
        clock,
        title="Bám cơ sở · feedback: what is owed",
        migrations=MIGRATIONS,
        patience=1.0,
    )
    book = CalendarBook()
    consumer = Consumer(book)
    clockwork = Clockwork(service.database, book, FeedbackMetrics(service.metrics, service.database, book))
    service.consume("visits", consumer.handle, FROM_VISITS)
    service.consume("notify", consumer.handle, FROM_NOTIFY)
    service.loop("clockwork", clockwork.run)
    live = Live(service.database, service.closing)
    service.loop("live", live.run)
    keys = ContactKeys.parse(settings.contact_key.get_secret_value())
    layout = Layout(margins=settings.document_margins, place=settings.document_place)
    jobs: list[Job] = [erase_late_texts, erase_contacts, SealAnew(keys), tell_untold_ways]
    service.loop("housekeeping", Housekeeping(service.name, service.database, jobs).run)
    service.app.include_router(build_router(service.requests, book, keys, live, layout))
    add_pages(service.app, service.name, WEB, sessions=service.sessions, clock=clock)
    return service


__all__ = ["MIGRATIONS", "WEB", "build"]
