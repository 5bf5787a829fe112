"""`field-visits` as a person runs it: the command in a process of its own, on a data folder of its own."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from shared.engines import Identity, child
from tests.support.supervisor import REPOSITORY
from tests.support.wait import eventually

COMMAND = [sys.executable, "-m", "services"]
_SETTINGS = ("VISITS_", "FEEDBACK_", "NOTIFY_", "PORT")


@dataclass
class Up:
    """A running `field-visits up`, and what it has printed so far."""

    process: subprocess.Popen[str]
    data_dir: Path
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        found = re.search(r"^  (http://127\.0\.0\.1:\d+)/$", "\n".join(self.printed), re.MULTILINE)
        assert found, self.printed
        return found.group(1)

    @property
    def links(self) -> list[str]:
        """The one-time sign-in links, in the order in which they were printed."""
        return re.findall(r"http://\S+/visits/sign-in/\S+", "\n".join(self.printed))

    @property
    def engines(self) -> dict[str, int]:
        """The process ids of the servers."""
        record = json.loads((self.data_dir / "run.json").read_bytes())
        return {name: record[f"{name}_pid"] for name in ("postgres", "nats")}

    async def readiness(self, service: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.url, timeout=45) as client:
            return await client.get(f"/{service}/readyz")

    async def ready(self, *, within: float = 30.0) -> None:
        """Wait until all three services say so."""
        for service in ("visits", "feedback", "notify"):

            async def says_so(service: str = service) -> bool:
                answer = await self.readiness(service)
                assert answer.status_code == 200, answer.text
                return True

            await eventually(says_so, within, every=0.1)

    async def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(by)
        return await asyncio.to_thread(self.process.wait, 30)


@asynccontextmanager
async def up(
    data_dir: Path, *options: str, greeted: bool = True, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Up]:
    """`field-visits up` on any free port, greeted; whatever the test leaves of it is stopped."""
    command = [*COMMAND, "up", "--data-dir", str(data_dir), "--port", "0", *options]
    process = _started(command, settings or {})
    running = Up(process, data_dir)
    reading = asyncio.create_task(asyncio.to_thread(_read, running))
    try:
        if greeted:
            await eventually(lambda: _greeted(running), 90.0, every=0.05)
        yield running
    finally:
        if process.poll() is None:
            await running.stop()
        await reading


async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return await asyncio.to_thread(
        subprocess.run,
        [*COMMAND, *arguments],
        cwd=REPOSITORY,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def succeeds(*arguments: str) -> str:
    """One command that must end well; what it printed."""
    done = await run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def stats(data_dir: Path, *options: str) -> dict[str, Any]:
    """`field-visits stats --json`."""
    return dict(json.loads(await succeeds("stats", *options, "--json", "--data-dir", str(data_dir))))


def assert_one_sentence(refused: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command ended with 1 and one line for a person, which holds these words; no traceback."""
    assert refused.returncode == 1, refused
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    assert all(word in lines[0] for word in words), lines


def _started(command: list[str], settings: Mapping[str, str]) -> subprocess.Popen[str]:
    """The command as a process that dies with the test, if the test should die."""
    dies_with = [sys.executable, "-I", "-S", child.__file__, str(os.getpid()), str(signal.SIGKILL.value)]
    return subprocess.Popen(
        [*dies_with, Identity.SELF, *command],
        cwd=REPOSITORY,
        env=_environment() | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _greeted(running: Up) -> bool:
    if running.process.poll() is not None:
        raise RuntimeError("it ended before it greeted:\n" + "\n".join(running.printed))
    return any("Ctrl+C" in line for line in running.printed)


def _read(running: Up) -> None:
    assert running.process.stdout is not None
    with running.process.stdout as output:
        for line in output:
            running.printed.append(line.rstrip("\n"))


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
