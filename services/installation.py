"""An installation as a command sees it: its databases, its bus, its clock, and whether it is running.

Either a data folder with embedded servers (running beside us, or started for the command's length), or
servers named in the settings `VISITS_…`, `FEEDBACK_…`, `NOTIFY_…`.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import services.feedback.app
import services.notify.app
import services.visits.app
from services.feedback.contacts import new_key
from services.feedback.settings import FeedbackSettings
from services.notify.channels.push_crypto import new_push_key
from services.notify.settings import NotifySettings
from services.visits.settings import VisitsSettings
from shared import receipts, topology
from shared.bus import connect
from shared.clock import Clock, RehearsalClock, SystemClock
from shared.contracts.envelope import Producer
from shared.db import create_engine, migrate
from shared.engines import EmbeddedEngines, Engines, reach_engines
from shared.engines.datadir import write_private
from shared.service import Service
from shared.settings import ServiceSettings, from_values, read_settings
from shared.uow import Database

NAMES: tuple[Producer, ...] = ("visits", "feedback", "notify")
_MODELS: Mapping[Producer, type[ServiceSettings]] = {
    "visits": VisitsSettings,
    "feedback": FeedbackSettings,
    "notify": NotifySettings,
}
_BUILD: Mapping[Producer, Callable[[Any, Clock], Service]] = {
    "visits": services.visits.app.build,
    "feedback": services.feedback.app.build,
    "notify": services.notify.app.build,
}
MIGRATIONS: Mapping[Producer, Path] = {
    "visits": services.visits.app.MIGRATIONS,
    "feedback": services.feedback.app.MIGRATIONS,
    "notify": services.notify.app.MIGRATIONS,
}
_REHEARSAL_SESSION = 10 * 366 * 86_400
"""Seconds: whoever plays a year in a minute should not have to sign in every seven days of it."""
_NO_LIMITS = {"writes_per_minute": 0, "address_writes_per_minute": 0, "door_tries_per_minute": 0}


class NotConfirmed(Exception):
    """The services did not confirm in time that they have taken everything in."""


@dataclass(frozen=True, slots=True)
class Installation:
    """`ours` is true when we started the servers, so nobody else runs the services."""

    settings: Mapping[Producer, ServiceSettings]
    admin_nats_url: str
    clock: Clock
    ours: bool

    @asynccontextmanager
    async def database(self, name: Producer) -> AsyncIterator[Database]:
        """A connection pool to one service's database, for the length of the block."""
        engine = create_engine(self.settings[name].database_url.get_secret_value(), pool=2)
        try:
            yield Database(engine, self.clock)
        finally:
            await engine.dispose()

    def build(self, name: Producer) -> Service:
        return _BUILD[name](self.settings[name], self.clock)

    @asynccontextmanager
    async def services(self) -> AsyncIterator[dict[Producer, Service]]:
        """The three services, running in this process for the length of the block."""
        built = {name: self.build(name) for name in NAMES}
        async with AsyncExitStack() as stack:
            for service in built.values():
                await stack.enter_async_context(service.running())
            yield built

    async def migrate(self) -> list[str]:
        """Bring all three schemas and the streams to what this code needs; says what was done on NATS."""
        for name in NAMES:
            await migrate(self.settings[name].owner_url(f"{name.upper()}_"), MIGRATIONS[name])
        client = await connect(self.admin_nats_url, connect_timeout=5, max_reconnect_attempts=3)
        try:
            return await topology.apply(client.jetstream())
        finally:
            await client.close()

    async def settled(self, *, within: float) -> None:
        """Wait until every event published so far is confirmed by its consumers. Raises NotConfirmed."""
        try:
            async with asyncio.timeout(within):
                for name in NAMES:
                    await self._confirmed(name)
        except TimeoutError:
            raise NotConfirmed(
                f"the services have not confirmed everything within {within:.0f} s; nothing is lost, "
                "they take it in when they run"
            ) from None

    async def _confirmed(self, producer: Producer) -> None:
        consumers = [consumes.consumer for consumes in topology.CONSUMERS if consumes.producer == producer]
        async with self.database(producer) as database:
            while True:
                async with database.read() as tx:
                    if not any((await receipts.outstanding(tx, consumers)).values()):
                        return
                await asyncio.sleep(0.1)


@asynccontextmanager
async def installation(data_dir: Path) -> AsyncIterator[Installation]:
    """The installation that the settings name, or the one in `data_dir`. Raises EngineError, SettingsError."""
    if "VISITS_DATABASE_URL" in os.environ or "VISITS_DATABASE_URL_FILE" in os.environ:
        settings = {name: read_settings(_MODELS[name], f"{name.upper()}_") for name in NAMES}
        admin = os.environ.get("NATS_ADMIN_URL") or settings["visits"].nats_url.get_secret_value()
        yield Installation(settings, admin, SystemClock(), ours=False)
        return
    async with reach_engines(data_dir) as engines:
        found = embedded_installation(
            engines,
            kept_clock(data_dir),
            public_url="http://127.0.0.1:8080",
            contact_key=kept_contact_key(data_dir),
        )
        if found.ours:
            await found.migrate()
        yield found


def embedded_installation(
    engines: Engines,
    clock: Clock,
    *,
    public_url: str,
    contact_key: str = "",
    photos: str = "false",
    limited: bool = True,
    **notify: Any,
) -> Installation:
    """The installation on these servers; `photos` is `VISITS_PHOTOS` as somebody set it, `notify`
    are settings of that service, such as its mail server.

    Who plays a year in a minute writes faster than people do: a rehearsal has no limits on writes, and so has
    whoever says so.
    """
    own: dict[Producer, dict[str, Any]] = {
        "visits": {"direct_links": True, "photos": photos},
        "feedback": {"contact_key": contact_key},
        "notify": notify,
    }
    if isinstance(clock, RehearsalClock):
        own["visits"] |= {"session_lasts": _REHEARSAL_SESSION, "session_idle": _REHEARSAL_SESSION}
    common = {} if limited and not isinstance(clock, RehearsalClock) else _NO_LIMITS
    settings: dict[Producer, ServiceSettings] = {
        name: from_values(
            _MODELS[name],
            database_url=engines.postgres.dsn(name),
            owner_database_url=engines.postgres.owner_dsn(name),
            nats_url=engines.nats.url(name),
            public_url=public_url,
            **common,
            **own[name],
        )
        for name in NAMES
    }
    return Installation(settings, engines.nats.admin_url, clock, ours=isinstance(engines, EmbeddedEngines))


def kept_contact_key(data_dir: Path) -> str:
    """The key of a data folder for the contacts of citizens, made at the first call."""
    kept = data_dir / "secrets" / "feedback-contact-key"
    if not kept.exists():
        write_private(kept, new_key("1"))
    return kept.read_text(encoding="ascii").strip()


def kept_push_key(data_dir: Path) -> str:
    """The key of a data folder towards push services, made at the first call."""
    kept = data_dir / "secrets" / "notify-push-key"
    if not kept.exists():
        write_private(kept, new_push_key())
    return kept.read_text(encoding="ascii").strip()


def kept_clock(data_dir: Path, now: datetime | None = None) -> Clock:
    """The clock of a data folder: real, or for ever a rehearsal once `now` was given.

    A folder that was rehearsed goes on where its clock stood. Raises ClockError when `now` lies before that.
    """
    kept = data_dir / "clock.json"
    ahead = json.loads(kept.read_text(encoding="utf-8"))["ahead_seconds"] if kept.exists() else None
    if ahead is None and now is None:
        return SystemClock()
    real = SystemClock()
    clock = RehearsalClock(real.now() + timedelta(seconds=ahead) if ahead is not None else _aware(now))
    if ahead is not None and now is not None:
        clock.move_to(now)

    def keep() -> None:
        ahead_now = (clock.now() - real.now()).total_seconds()
        write_private(kept, json.dumps({"ahead_seconds": ahead_now}))

    clock.on_jump(keep)
    if data_dir.is_dir() and now is not None:
        keep()
    return clock


def _aware(now: datetime | None) -> datetime:
    if now is None:
        raise AssertionError("a rehearsal clock needs an instant")
    return now


def unconnected(**settings: Any) -> list[Service]:
    """The three services as built for nothing: documents and routes can be read, nothing is reached."""
    nowhere = {"database_url": "postgresql://nobody@127.0.0.1:1/none", "nats_url": "nats://127.0.0.1:1"}
    return [_BUILD[name](from_values(_MODELS[name], **nowhere, **settings), SystemClock()) for name in NAMES]
