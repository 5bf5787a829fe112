"""A service as a process of its own: `python -m services.<name> serve|migrate`, with settings from the environment.

Whatever keeps it from starting is said in a line or two and ends it with 1: a supervisor starts it again,
a person reads why. Told to stop (SIGTERM, SIGINT), it answers what it has taken in and ends with 0.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from shared import collector, logs
from shared.clock import Clock, SystemClock
from shared.db import SchemaError, database_away, migrate
from shared.service import Service
from shared.settings import S, ServiceSettings, SettingsError, read_settings


def main(name: str, model: type[S], build: Callable[[S, Clock], Service], migrations: Path) -> None:
    """Run `python -m services.<name> serve|migrate`."""
    prefix = f"{name.upper()}_"
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in {"serve", "migrate"}:
        sys.exit(f"usage: python -m services.{name} serve|migrate")
    try:
        settings = read_settings(model, prefix)
        logs.configure(settings.log_level)
        if command == "migrate":
            _run(migrate(settings.owner_url(prefix), migrations))
        else:
            _run(_serve(build(settings, SystemClock()), _listen(settings, prefix)))
    except (SettingsError, SchemaError) as wrong:
        sys.exit(str(wrong))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        if not database_away(error):
            raise
        sys.exit(f"{prefix}DATABASE_URL: the database does not answer ({type(error).__name__})")


def _run(work: Coroutine[Any, Any, None]) -> None:
    factory = None
    with contextlib.suppress(ImportError):  # there is no uvloop on Windows
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


def bound(host: str, port: int) -> socket.socket:
    """A socket to hand to a server; port 0 is any free one. Raises OSError and leaves nothing open.

    It names its protocol, because only of such sockets asyncio turns off the waiting for more to send, and
    an answer in two pieces would come forty milliseconds late.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _listen(settings: ServiceSettings, prefix: str) -> socket.socket:
    """The port first, so that a busy one is told before anything starts."""
    try:
        return bound(settings.host, settings.port)
    except OSError as error:
        raise SettingsError(
            f"{prefix}PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from None


class Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would end the process by them before everything is in order.

    Before it waits for the answers it has begun it tells the services, because some answers never end by
    themselves: the desks that listen.
    """

    def __init__(self, config: uvicorn.Config, services: Iterable[Service]) -> None:
        super().__init__(config)
        self._services = tuple(services)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for service in self._services:
            service.closing.set()
        await super().shutdown(sockets)


def server_config(app: ASGIApp, *, trusted_proxies: str = "", **more: Any) -> uvicorn.Config:
    """How HTTP is served, everywhere; a proxy is believed only when it is named."""
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        timeout_graceful_shutdown=10,
        **more,
    )


async def _serve(service: Service, listening: socket.socket) -> None:
    """Answer until a signal comes, or until the bus is closed for good and a fresh process must try."""
    server = Server(server_config(service.app, trusted_proxies=service.settings.trusted_proxies), [service])
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
    with listening:
        async with service.running():
            collector.look_seldom()
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            closed = asyncio.create_task(service.bus.closed.wait())
            await asyncio.wait([serving, closed], return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            closed.cancel()
            await serving
    if service.bus.closed.is_set():
        sys.exit("the bus closed the connection for good")
