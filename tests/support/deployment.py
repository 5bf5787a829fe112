"""The deployment as the tests read it: the Compose file, generated secrets, and the bus with its real rights."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.engines.nats import NatsAddress, find_program
from shared.engines.postgres import free_port, programs_folder
from shared.nkeys import split_seed
from tests.support.wait import eventually

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
SERVICES = ("visits", "feedback", "notify")
SITE_HOST = "bamcoso.example.vn"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def compose() -> Any:
    return load(ROOT / "docker-compose.yml")


def make_secrets(folder: Path) -> None:
    subprocess.run([DEPLOY / "secrets.sh", folder], check=True, capture_output=True)


def environment_of(container: str, secrets: Path) -> dict[str, str]:
    """What the container would get, with /run/secrets where `secrets` is; what comes from .env is not set."""
    declared: Mapping[str, Any] = compose()["services"][container].get("environment", {})
    return {
        name: _filled(str(value)).replace("/run/secrets", str(secrets))
        for name, value in declared.items()
        if value is not None
    }


def _filled(value: str) -> str:
    return f"{value[: value.index('${')]}{SITE_HOST}" if "${SITE_HOST" in value else value


def bus_configuration(root: Path) -> Path:
    """nats.conf and its secrets where the container has them, below `root`, and so its store."""
    make_secrets(root / "run" / "secrets")
    conf = root / "etc" / "nats" / "nats.conf"
    conf.parent.mkdir(parents=True)
    text = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    conf.write_text(text.replace('store_dir: "/data"', f'store_dir: "{root}/data"'), encoding="utf-8")
    return conf


@asynccontextmanager
async def bus_with_rights(root: Path) -> AsyncIterator[NatsAddress]:
    """A server run with the deployment's own nats.conf; only addresses and the store differ."""
    conf, port = bus_configuration(root), free_port()
    arguments = ("-c", str(conf), "-a", "127.0.0.1", "-p", str(port), "-m", str(free_port()))
    with (root / "nats.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(find_program(), *arguments, stdout=log, stderr=log)
    try:
        await eventually(lambda: _listens(port))
        yield NatsAddress(port, 0, bus_seeds(root / "run" / "secrets"))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def bus_seeds(secrets: Path) -> dict[str, str]:
    urls = {user: (secrets / f"nats_{user}_url").read_text() for user in ("admin", *SERVICES)}
    return {user: str(split_seed(url)[1]) for user, url in urls.items()}


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def give_databases(admin_dsn: str, secrets: Path) -> None:
    """Run init.sh of the deployment with the psql that came with the embedded server."""
    address, _, _ = admin_dsn.removeprefix("postgresql://").rpartition("/")
    user_and_password, _, host_and_port = address.rpartition("@")
    user, _, password = user_and_password.partition(":")
    host, _, port = host_and_port.partition(":")
    process = await asyncio.create_subprocess_exec(
        DEPLOY / "postgres" / "init.sh",
        env={
            "PATH": f"{programs_folder()}{os.pathsep}{os.environ['PATH']}",
            "POSTGRES_USER": user,
            "PGPASSWORD": password,
            "PGHOST": host,
            "PGPORT": port,
            "SECRETS_DIR": str(secrets),
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise AssertionError(f"init.sh failed: {said.decode()}")


def point_secrets_at(secrets: Path, *, postgres_port: int, nats_port: int) -> None:
    """The addresses in the secrets name the containers; make them name the servers of a test."""
    for path in [*secrets.glob("*_database_url"), *secrets.glob("nats_*_url")]:
        text = path.read_text()
        path.chmod(0o600)
        path.write_text(
            text.replace("@postgres:5432", f"@127.0.0.1:{postgres_port}").replace(
                "@nats:4222", f"@127.0.0.1:{nats_port}"
            )
        )
