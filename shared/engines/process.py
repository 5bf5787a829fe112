"""Engines as child processes: started so that they cannot outlive us, stopped politely, found again when left over.

Each engine works in a folder of its own (its working directory), and no other process does; so whoever
still works there is a server of an earlier run, whatever the process ids of that time mean today.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from shared.engines import child
from shared.engines.errors import EngineError, Reason

POLL = 0.01
"""Seconds between two looks at something that takes tens of milliseconds."""


class Identity(StrEnum):
    """As whom an engine runs."""

    SELF = "self"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


class EngineProcess:
    """One running engine."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    async def exit_code(self) -> int:
        """Wait for the end of the process."""
        while (code := self._popen.poll()) is None:  # noqa: ASYNC110  # the kernel sets no asyncio.Event
            await asyncio.sleep(POLL)
        return code

    async def stop(self, *signals: signal.Signals, patience: float = 10.0) -> None:
        """Send each signal in turn until the process ends; the last word is SIGKILL."""
        for one in signals:
            self._popen.send_signal(one)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self.exit_code()
                    return
        self.kill()

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait()


def launch(
    command: Sequence[str | Path],
    *,
    folder: Path,
    log: Path,
    dies_by: signal.Signals,
    identity: Identity = Identity.SELF,
) -> EngineProcess:
    """Start `command` in `folder`; it gets `dies_by` when this process dies. Raises OSError.

    The kernel watches the *thread* that started a child, hence only the main thread may start one.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("engines are started by the main thread, or they would die with another one")
    watch = [sys.executable, "-I", "-S", child.__file__, str(os.getpid()), str(dies_by.value), identity]
    with log.open("ab") as output:
        popen = subprocess.Popen(  # noqa: S603  # programs of locked packages, no shell
            [*watch, *map(str, command)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for us; we stop the engines when the services are done with them
        )
    return EngineProcess(popen)


async def run(
    command: Sequence[str | Path], *, folder: Path, log: Path, identity: Identity = Identity.SELF
) -> int:
    """Run a short command to its end and return its exit code."""
    process = launch(command, folder=folder, log=log, dies_by=signal.SIGTERM, identity=identity)
    try:
        return await process.exit_code()
    except BaseException:
        process.kill()
        raise


def _environment() -> dict[str, str]:
    """Ours, without what would steer PostgreSQL's programs from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


async def outlive_leftovers(
    server: str, folder: Path, pid_file: Path, *, wait: float = 5.0, ask: float = 10.0
) -> None:
    """Wait for servers of a crashed run to leave `folder`, then ask them to stop; raise EngineError when they stay."""
    asked = False
    started = time.monotonic()
    while left := processes_in(folder, pid_file):
        waited = time.monotonic() - started
        if waited > wait and not asked:
            asked = True
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, signal.SIGINT)
        if waited > wait + ask:
            raise EngineError(
                Reason.LEFT_OVER,
                f"{server} of an earlier run (process {left[0]}) still works in {folder}; stop it and start again.",
            )
        await asyncio.sleep(5 * POLL)


def processes_in(folder: Path, pid_file: Path) -> list[int]:
    """The processes, other than this one, whose working directory is `folder`.

    Where the system does not tell working directories, the process that `pid_file` names if it is an engine.
    """
    if sys.platform == "linux":
        return [pid for pid in _all_pids() if pid != os.getpid() and _works_in(pid, folder)]
    else:  # noqa: RET505  # the type checker reads this form as a choice between systems
        return _named_engine(pid_file)


def _all_pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208  # 10× faster, names only


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:  # ended meanwhile, or somebody else's
        return False


def _named_engine(pid_file: Path) -> list[int]:
    try:
        pid = int(pid_file.read_text(encoding="ascii").split()[0])
        listing = subprocess.run(  # noqa: S603  # fixed command
            ["/bin/ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False
        )
    except (OSError, ValueError, IndexError):
        return []
    return [pid] if Path(listing.stdout.strip()).name in {"postgres", "nats-server"} else []
