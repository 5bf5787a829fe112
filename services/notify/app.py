"""Wires notify once: the only module that knows which classes stand behind which port."""

from pathlib import Path

import structlog

from services.notify.api import build_router
from services.notify.channels.base import Channel
from services.notify.channels.email import EmailChannel, MailServer
from services.notify.channels.inbox import InboxChannel
from services.notify.clockwork import Clockwork
from services.notify.consumers import FROM_FEEDBACK, FROM_VISITS, Consumers
from services.notify.metrics import NotifyMetrics
from services.notify.sender import Limits, Sender
from services.notify.settings import NotifySettings
from shared.clock import Clock
from shared.housekeeping import Housekeeping
from shared.pages import add_pages
from shared.service import Service

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
WEB = Path(__file__).parent / "web"

log = structlog.get_logger()


def build(settings: NotifySettings, clock: Clock) -> Service:
    """The service, ready to run: HTTP and page, consumers, clockwork and sender on one database."""
    service = Service(
        "notify",
        settings,
        clock,
        title="Bám cơ sở · notify: who is told",
        migrations=MIGRATIONS,
        patience=1.0,
    )
    metrics = NotifyMetrics(service.metrics, service.database)
    sender = Sender(
        service.database,
        _channels(settings, clock),
        metrics,
        public_url=settings.public_url,
        limits=Limits(workers=settings.mail_workers, lease=settings.lease),
    )
    clockwork = Clockwork(service.database, metrics, sender.ringing)
    consumers = Consumers(metrics, sender.ringing)
    service.consume("visits", consumers.handle, FROM_VISITS)
    service.consume("feedback", consumers.handle, FROM_FEEDBACK)
    service.loop("clockwork", clockwork.run)
    service.loop("housekeeping", Housekeeping(service.name, service.database).run)
    for name, run in sender.loops():
        service.loop(name, run)
    service.app.include_router(
        build_router(service.requests, ringing=sender.ringing, public_url=settings.public_url)
    )
    add_pages(service.app, service.name, WEB, sessions=service.sessions, clock=clock)
    return service


def _channels(settings: NotifySettings, clock: Clock) -> list[Channel]:
    if settings.smtp_host is None:
        log.info("e-mail is off: NOTIFY_SMTP_HOST is not set; people are told in their inbox only")
        return [InboxChannel()]
    password = settings.smtp_password
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        timeout=settings.smtp_timeout,
    )
    return [InboxChannel(), EmailChannel(server, clock)]
