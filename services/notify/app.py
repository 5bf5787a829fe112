"""Wires notify once: the only module that knows which classes stand behind which port."""

from datetime import timedelta
from pathlib import Path

import structlog

from services.notify.api import build_router
from services.notify.channels.base import Channel
from services.notify.channels.email import EmailChannel, MailServer
from services.notify.channels.inbox import InboxChannel
from services.notify.channels.push_crypto import PushKey
from services.notify.channels.push_services import PushServices
from services.notify.channels.webpush import PushChannel
from services.notify.clockwork import Clockwork
from services.notify.consumers import FROM_FEEDBACK, FROM_VISITS, Consumers
from services.notify.digests import Digests
from services.notify.metrics import NotifyMetrics
from services.notify.phones_api import Push
from services.notify.phones_api import build_router as phones_router
from services.notify.sender import Limits, Sender
from services.notify.settings import NotifySettings
from services.notify.store.phones import Rung, forget_leavers
from shared.clock import Clock, SystemClock
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
    push = _push(settings, service, metrics)
    channels: list[Channel] = [InboxChannel(), *([push.channel] if push else []), *_email(settings, clock)]
    sender = Sender(
        service.database,
        channels,
        metrics,
        public_url=settings.public_url,
        limits=Limits(
            workers=settings.mail_workers,
            lease=settings.lease,
            patience=timedelta(seconds=settings.push_patience),
        ),
    )
    clockwork = Clockwork(service.database, metrics, sender.ringing)
    digests = Digests(
        service.database, channels, metrics, public_url=settings.public_url, lease=settings.lease
    )
    consumers = Consumers(metrics, sender.ringing)
    service.consume("visits", consumers.handle, FROM_VISITS)
    service.consume("feedback", consumers.handle, FROM_FEEDBACK)
    service.loop("clockwork", clockwork.run)
    service.loop("digests", digests.run)
    service.loop("housekeeping", Housekeeping(service.name, service.database, [forget_leavers]).run)
    for name, run in sender.loops():
        service.loop(name, run)
    service.app.include_router(
        build_router(service.requests, ringing=sender.ringing, public_url=settings.public_url)
    )
    service.app.include_router(phones_router(service.requests, push))
    add_pages(service.app, service.name, WEB, sessions=service.sessions, clock=clock)
    return service


def _push(settings: NotifySettings, service: Service, metrics: NotifyMetrics) -> Push | None:
    if settings.push_key is None:
        log.info("reminders on phones are off: NOTIFY_PUSH_KEY is not set")
        return None
    key = PushKey.read(settings.push_key.get_secret_value())
    services = PushServices(
        [host.strip() for host in settings.push_hosts.split(",")], loopback=settings.push_loopback
    )
    channel = PushChannel(
        Rung(service.database, key),
        key,
        services,
        SystemClock(),  # push services live in the world's time, whatever a rehearsal plays
        contact=settings.push_contact
        or (settings.public_url if settings.secure else f"mailto:{settings.smtp_sender}"),
        timeout=settings.push_timeout,
        count=lambda outcome: metrics.push.labels(outcome).inc(),
    )
    return Push(key=key, services=services, channel=channel)


def _email(settings: NotifySettings, clock: Clock) -> list[Channel]:
    if settings.smtp_host is None:
        log.info("e-mail is off: NOTIFY_SMTP_HOST is not set")
        return []
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
    return [EmailChannel(server, clock)]
