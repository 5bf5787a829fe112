"""A tiny supervisor, as systemd or Kubernetes would be: whatever ends is started again, on the same port."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from shared.engines import Identity, child

REPOSITORY = Path(__file__).parents[2]
RESTART_PAUSE = 0.2
_DIES_WITH = [sys.executable, "-I", "-S", child.__file__]


class Supervised:
    """One process that is kept alive until the end of the block."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = [sys.executable, *arguments]
        self._environment = os.environ | environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self.starts = 0

    async def __aenter__(self) -> Self:
        self._start()
        self._watch = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watch is not None
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        process = self._running
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self._command} did not stop within 20 s of SIGTERM") from None

    def kill(self) -> None:
        """As the machine would for want of memory."""
        self._running.kill()

    @property
    def alive(self) -> bool:
        return self._running.poll() is None

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def _start(self) -> None:
        self.starts += 1
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_DIES_WITH, str(os.getpid()), str(signal.SIGKILL.value), Identity.SELF, *self._command],
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def _keep(self) -> None:
        while True:
            if not self.alive:
                await asyncio.sleep(RESTART_PAUSE)
                self._start()
            await asyncio.sleep(0.05)
