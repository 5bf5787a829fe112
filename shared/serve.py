"""One service as a process of its own: `serve` and `migrate`, with the settings of its environment."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import uvicorn

from shared import logs
from shared.clock import Clock, SystemClock
from shared.db import migrate
from shared.service import Service
from shared.settings import ServiceSettings, SettingsError, read_settings

S = TypeVar("S", bound=ServiceSettings)


def main(name: str, model: type[S], build: Callable[[S, Clock], Service], migrations: Path) -> None:
    """Run `python -m services.<name> serve|migrate`; wrong settings are named on the way out."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in {"serve", "migrate"}:
        sys.exit(f"usage: python -m services.{name} serve|migrate")
    try:
        settings = read_settings(model, f"{name.upper()}_")
    except SettingsError as wrong:
        sys.exit(str(wrong))
    logs.configure(settings.log_level)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        if command == "migrate":
            runner.run(migrate(settings.database_url.get_secret_value(), migrations))
        else:
            runner.run(_serve(settings, build))


async def _serve(settings: S, build: Callable[[S, Clock], Service]) -> None:
    """Answer HTTP until a signal comes, or until the bus is closed for good and a fresh process must try."""
    service = build(settings, SystemClock())
    server = uvicorn.Server(
        uvicorn.Config(
            service.app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    serving = asyncio.create_task(server.serve())
    closed = asyncio.create_task(service.bus.closed.wait())
    await asyncio.wait([serving, closed], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    if closed.done():
        sys.exit("the bus closed the connection for good")
    closed.cancel()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
