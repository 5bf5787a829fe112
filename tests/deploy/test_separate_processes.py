"""The Compose file without containers: same scripts, same commands, same names, on embedded engines.

PostgreSQL gets its roles from init.sh, NATS its rights from nats.conf, each process the environment of its
container. What the demo register brings in travels through all three with no more rights than those.
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import httpx2

from services import demo
from shared.engines import DataDir, start_postgres
from shared.engines.postgres import free_port
from tests.support.deployment import (
    SERVICES,
    bus_with_rights,
    compose,
    environment_of,
    give_databases,
    point_secrets_at,
)
from tests.support.servers import temporary_folder
from tests.support.wait import eventually

STOPS_WITHIN = 20
"""Seconds; Docker waits for 30."""


@asynccontextmanager
async def engines_of_the_deployment() -> AsyncIterator[Path]:
    """Both engines with the deployment's own roles and rights; yields the folder of secrets."""
    with temporary_folder() as folder, DataDir.claim(folder / "data") as data:
        postgres = await start_postgres(data, durable=False)
        try:
            await _drop_what_embedded_mode_made(postgres.admin_dsn)
            async with bus_with_rights(folder) as nats:
                secrets = folder / "run" / "secrets"
                await give_databases(postgres.admin_dsn, secrets)
                point_secrets_at(secrets, postgres_port=postgres.port, nats_port=nats.port)
                yield secrets
            assert "Violation" not in (folder / "nats.log").read_text(), "a service lacks a right on the bus"
        finally:
            await postgres.stop()


async def _drop_what_embedded_mode_made(admin_dsn: str) -> None:
    """An empty cluster, as init.sh finds it in a container."""
    connection = await asyncpg.connect(admin_dsn)
    for service in SERVICES:
        await connection.execute(f"DROP DATABASE {service}")
        await connection.execute(f"DROP ROLE {service}, {service}_owner")
    await connection.close()


async def start(command: list[str], environment: Mapping[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.DEVNULL,
    )


async def as_migrate(secrets: Path, *arguments: str) -> int:
    """`docker compose run --rm migrate field-visits …`; its exit code."""
    process = await start(["-m", "services", *arguments], environment_of("migrate", secrets))
    return await process.wait()


@asynccontextmanager
async def serving(service: str, secrets: Path) -> AsyncIterator[tuple[Process, str]]:
    """A service as its container runs it; yields the process and its address."""
    port, prefix = free_port(), service.upper()
    environment = environment_of(service, secrets) | {
        f"{prefix}_HOST": "127.0.0.1",
        f"{prefix}_PORT": str(port),
    }
    process = await start(["-m", f"services.{service}", "serve"], environment)
    try:
        yield process, f"http://127.0.0.1:{port}/{service}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def refusal_to_serve(service: str, secrets: Path) -> str:
    """What a service says that does not start."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", f"services.{service}", "serve"),
        env={"PATH": os.environ["PATH"], **environment_of(service, secrets), f"{service.upper()}_PORT": "0"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    return said.decode().strip()


def shown_of(process: Process, secrets: Path) -> set[str]:
    """The secrets that whoever lists processes would read: in the arguments or in the environment of one."""
    about = Path("/proc") / str(process.pid)
    listed = (about / "environ").read_bytes() + (about / "cmdline").read_bytes()
    assert b"_FILE=" in listed
    kept = {path.name: path.read_bytes().strip() for path in secrets.iterdir()}
    passwords = {name: re.sub(rb"^.*://[^:@/]*:?|@.*$", b"", text) or text for name, text in kept.items()}
    assert len(passwords) > 10
    return {name for name, text in passwords.items() if text and text in listed}


async def ready(client: httpx2.AsyncClient, address: str) -> bool:
    try:
        answer = await client.get(f"{address}/readyz")
    except httpx2.TransportError:
        return False
    assert answer.status_code == 200, answer.text
    return True


async def metric(client: httpx2.AsyncClient, address: str, name: str) -> float:
    page = (await client.get(f"{address}/metrics")).text
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(name))


async def test_three_processes_work_with_the_rights_of_the_deployment_and_stop_when_told() -> None:
    """Migrate, start, import, deliver to each other, and leave within 20 s of SIGTERM with exit code 0.

    Nobody who lists the processes meanwhile sees a secret (ASVS 13.3.1).
    """
    async with AsyncExitStack() as stack:
        secrets = await stack.enter_async_context(engines_of_the_deployment())
        client = await stack.enter_async_context(httpx2.AsyncClient())
        refused = await refusal_to_serve("visits", secrets)
        assert refused.startswith("the database stands at no revision")
        assert refused.endswith("run `field-visits migrate`")
        assert await as_migrate(secrets, *compose()["services"]["migrate"]["command"][1:]) == 0
        running = {name: await stack.enter_async_context(serving(name, secrets)) for name in SERVICES}
        for _, address in running.values():
            await eventually(partial(ready, client, address), 60)

        for process, _ in running.values():
            assert shown_of(process, secrets) == set()
        assert await as_migrate(secrets, "import", str(Path(demo.__file__).parent)) == 0

        assert await metric(client, running["visits"][1], "relay_published_events_total") > 0
        assert await metric(client, running["feedback"][1], "feedback_open_duties") > 0
        assert await metric(client, running["notify"][1], 'inbox_messages_total{outcome="applied"') > 0
        for process, _ in running.values():
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOPS_WITHIN):
            codes = [await process.wait() for process, _ in running.values()]
        assert codes == [0, 0, 0]
