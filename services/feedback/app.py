"""Wires feedback once: the only module that knows which classes stand behind which port."""

from pathlib import Path

from services.feedback.clockwork import Clockwork
from services.feedback.consumers import FROM_NOTIFY, FROM_VISITS, Consumer
from services.feedback.metrics import FeedbackMetrics
from services.feedback.settings import FeedbackSettings
from services.feedback.store.calendars import CalendarBook
from shared.clock import Clock
from shared.pages import add_pages
from shared.service import Service

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
WEB = Path(__file__).parent / "web"


def build(settings: FeedbackSettings, clock: Clock) -> Service:
    """The service, ready to run: HTTP, consumers and clockwork on one database and one book of calendars."""
    service = Service(
        "feedback",
        settings,
        clock,
        title="Bám cơ sở · feedback: what is owed",
        migrations=MIGRATIONS,
        patience=1.0,
    )
    book = CalendarBook()
    metrics = FeedbackMetrics(service.metrics, service.database, book)
    consumer = Consumer(book)
    service.consume("visits", consumer.handle, FROM_VISITS)
    service.consume("notify", consumer.handle, FROM_NOTIFY)
    service.loop("clockwork", Clockwork(service.database, book, metrics).run)
    add_pages(service.app, service.name, WEB, sessions=service.sessions, clock=clock)
    return service
