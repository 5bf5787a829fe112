"""Embedded mode: real servers from wheels, three services and their pages behind one origin, one process.

Order: the port first (a busy one is told before anything starts), then the data folder and its servers,
schema and streams, services, the demo register into an empty installation, and last the addresses.
"""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from services.demo import demo_register
from services.demo.opening import demo_links, open_demo
from services.front import OneOrigin, front
from services.installation import (
    NotConfirmed,
    embedded_installation,
    kept_clock,
    kept_contact_key,
    kept_push_key,
)
from shared import collector, logs
from shared.clock import LOCAL, Clock, RehearsalClock
from shared.contracts.envelope import Producer
from shared.engines import EmbeddedEngines, EngineError, Reason, embedded_engines
from shared.serve import Server, bound, server_config
from shared.service import Service

log = structlog.get_logger()

HOST = "127.0.0.1"
DEMO_TAKEN_IN_WITHIN = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """What a person asked for. `port` 0 takes any free one; `now` starts the rehearsal clock."""

    data_dir: Path
    port: int
    demo: bool
    now: datetime | None
    log_level: str = "INFO"


async def up(wanted: Up, say: Say) -> None:
    """Run everything until told to stop (SIGINT, SIGTERM), even while starting. Raises EngineError, ClockError."""
    told = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, told.set)
    running = asyncio.create_task(_run(wanted, say))
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not running.done():
        running.cancel()
        say("  Đang dừng (stopping) …")
    with suppress(asyncio.CancelledError):
        await running


async def _run(wanted: Up, say: Say) -> None:
    listening = _listen(wanted.port)
    port = listening.getsockname()[1]
    public_url = f"http://{HOST}:{port}"
    async with AsyncExitStack() as stack:
        stack.callback(listening.close)
        engines = await stack.enter_async_context(embedded_engines(wanted.data_dir))
        stack.enter_context(_log_file(wanted.data_dir, wanted.log_level))
        clock = kept_clock(wanted.data_dir, wanted.now)
        installation = embedded_installation(
            engines,
            clock,
            public_url=public_url,
            contact_key=kept_contact_key(wanted.data_dir),
            photos=os.environ.get("VISITS_PHOTOS", "false"),
            **{"push_key": kept_push_key(wanted.data_dir), **_ringing_settings()},
        )
        await installation.migrate()
        services = await stack.enter_async_context(installation.services())
        if wanted.demo and await open_demo(services["visits"].database, demo_register(), say):
            with suppress(NotConfirmed):  # then it is taken in while people look around
                await installation.settled(within=DEMO_TAKEN_IN_WITHIN)
        watch = asyncio.create_task(_keep_alive(engines))
        stack.callback(watch.cancel)
        await _serve(services, clock, listening, public_url, say)


def _listen(port: int) -> socket.socket:
    try:
        return bound(HOST, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use by another program" if error.errno == errno.EADDRINUSE else "may not be used by you"
        raise EngineError(
            Reason.PORT_BUSY,
            f"Port {port} {why}; choose another: make run PORT=8081, or field-visits up --port 8081.",
        ) from None


def _ringing_settings() -> dict[str, Any]:
    """The SMTP server, if one is named, and what is said of push services: all of the world that is reached from here."""
    return {
        name.removeprefix("NOTIFY_").lower(): value
        for name, value in os.environ.items()
        if name.startswith(("NOTIFY_SMTP_", "NOTIFY_PUSH_"))
    }


@contextmanager
def _log_file(data_dir: Path, level: str) -> Iterator[None]:
    """Services log to the data folder, so that the terminal stays calm; the log of the last start is kept."""
    path = data_dir / "logs" / "services.log"
    if path.exists() and path.stat().st_size > 0:
        path.replace(path.with_suffix(".log.1"))
    with path.open("a", encoding="utf-8", buffering=1) as file:
        logs.configure(level, stream=file)
        yield


async def _keep_alive(engines: EmbeddedEngines) -> None:
    """Start a server again when it died although nobody asked it to; the services reconnect by themselves."""
    while True:
        await asyncio.sleep(0.5)
        for name, server in (("postgres", engines.postgres), ("nats", engines.nats)):
            if not server.alive:
                log.error("engine died, starting it again", engine=name)
                try:
                    await server.start()
                    engines.announce()
                except EngineError as error:
                    log.exception("engine does not start", engine=name, reason=error.reason)


async def _serve(
    services: dict[Producer, Service], clock: Clock, listening: socket.socket, public_url: str, say: Say
) -> None:
    """Answer HTTP until cancelled or until the bus is closed for good."""
    visits = services["visits"]
    page = front(
        clock, visits.sessions, visits.database, public_url=public_url, version=version("field-visits")
    )
    application = OneOrigin({name: service.app for name, service in services.items()}, page)
    server = Server(server_config(application, limit_concurrency=1_000), services.values())
    collector.look_seldom()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    others = [asyncio.create_task(service.bus.closed.wait()) for service in services.values()]
    greeting = asyncio.create_task(_greet(server, services["visits"], clock, public_url, say))
    try:
        await asyncio.wait([serving, *others], return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        for task in (*others, greeting):
            task.cancel()
        await serving


async def _greet(server: uvicorn.Server, visits: Service, clock: Clock, public_url: str, say: Say) -> None:
    """Tell the person at the terminal where to go, once somebody answers there."""
    while not server.started:  # noqa: ASYNC110  # uvicorn sets no event
        await asyncio.sleep(0.02)
    say(f"\n  Bám cơ sở · Field Visits {version('field-visits')}\n")
    say(f"  {public_url}/")
    if isinstance(clock, RehearsalClock):
        say(
            f"  Diễn tập, đồng hồ chỉ (rehearsal, the clock shows) {clock.now().astimezone(LOCAL):%d/%m/%Y %H:%M}"
        )
    links = await demo_links(visits.database)
    if links:
        say("\n  Đăng nhập một lần, mỗi vai một liên kết (one-time sign-in links, one for each role):\n")
        for link in links:
            say(f"  {link.role_vi:<28} {link.full_name:<24} {public_url}/visits/sign-in/{link.token}")
    say("\n  Dừng: Ctrl+C (stop). Dữ liệu ở lại trong thư mục dữ liệu (data stays in the data folder).\n")
