"""`python -m services.visits serve|migrate`: this service alone, with the settings `VISITS_…`."""

import asyncio
import sys

import uvicorn

from services.visits.app import MIGRATIONS, build
from services.visits.settings import PREFIX, VisitsSettings
from shared import logs
from shared.clock import SystemClock
from shared.db import migrate
from shared.settings import SettingsError, read_settings


def main() -> None:
    """Run one command; wrong settings are named on the way out."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in {"serve", "migrate"}:
        sys.exit("usage: python -m services.visits serve|migrate")
    try:
        settings = read_settings(VisitsSettings, PREFIX)
    except SettingsError as wrong:
        sys.exit(str(wrong))
    logs.configure(settings.log_level)
    if command == "migrate":
        asyncio.run(migrate(settings.database_url.get_secret_value(), MIGRATIONS))
    else:
        asyncio.run(_serve(settings))


async def _serve(settings: VisitsSettings) -> None:
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


if __name__ == "__main__":
    main()
