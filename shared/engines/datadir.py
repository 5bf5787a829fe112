"""The data folder: everything an embedded installation keeps, owned by one running instance at a time.

    lock         held by the owner, names its process          run.json   where the servers listen while up
    secrets/     one generated secret a file, made once       logs/      of this start and the one before
    postgres/    the cluster                                   nats/      streams and the server's config

The folder is ours alone (0700) when we make it; its parents are never touched. The lock is the kernel's,
so it goes with its owner, however that ends.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.engines.errors import EngineError, Reason, explained
from shared.nkeys import Nkey
from shared.rights import OWNER

if sys.platform != "win32":
    import fcntl

SERVICES = ("visits", "feedback", "notify")
"""Who gets a database and a bus user; each one of its own."""

ADMIN = "admin"
"""The role that may do everything, in PostgreSQL as on the bus."""

FREE_SPACE_TO_BEGIN = 300_000_000
"""Bytes: a fresh cluster takes 40 MB, its write-ahead log grows, and a year of a ward fits in the rest."""


def owner_of(service: str) -> str:
    """The role that the tables of a service belong to."""
    return f"{service}{OWNER}"


class RunRecord(BaseModel):
    """Where the servers of a running instance are. Holds no secret."""

    model_config = ConfigDict(frozen=True)

    pid: int
    pid_started: int
    started_at: AwareDatetime
    postgres_pid: int
    postgres_port: int
    nats_pid: int
    nats_port: int
    nats_monitor_port: int


class DataDir:
    """A data folder. `claim` gives the owner's view; a plain `DataDir(path)` is for looking at what runs."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.postgres = self.root / "postgres"
        self.nats = self.root / "nats"
        self.logs = self.root / "logs"
        self.secrets = self.root / "secrets"

    @classmethod
    @contextmanager
    def claim(cls, root: Path, *, free_space: int = FREE_SPACE_TO_BEGIN) -> Iterator[Self]:
        """Own the folder for the length of the block. Raises EngineError."""
        data = cls(root)
        lock = data.take(free_space=free_space)
        try:
            yield data
        finally:
            os.close(lock)

    def take(self, *, free_space: int = FREE_SPACE_TO_BEGIN) -> int:
        """Make the folder if need be and lock it; closing the returned descriptor gives it back."""
        with explained(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._lock(lock)
            self._require_space(free_space)
            with explained(self.root):
                for folder in (self.logs, self.secrets, self.nats):
                    folder.mkdir(mode=0o700, exist_ok=True)
        except BaseException:
            os.close(lock)
            raise
        return lock

    def _lock(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "starting"
            raise EngineError(
                Reason.IN_USE,
                f"The data folder {self.root} is in use by another Field Visits (process {owner}); "
                "stop that one or choose another folder.",
            ) from None
        with explained(self.root):
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)

    def _require_space(self, wanted: int) -> None:
        free = shutil.disk_usage(self.root).free
        if not self.postgres.exists() and free < wanted:
            raise EngineError(
                Reason.NO_SPACE,
                f"The disk that holds {self.root} has {free // 1_000_000} MB free; "
                f"a new installation needs {wanted // 1_000_000} MB.",
            )

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        """The secret called `name`, made at the first call: a password, unless said otherwise."""
        path = self.secrets / name
        with explained(self.root):
            if not path.exists():
                write_private(path, make())
            return path.read_text(encoding="ascii").strip()

    def seeds(self) -> dict[str, str]:
        """One key for each user of the bus."""
        return {
            user: self.secret(f"nats-{user}-seed", lambda: Nkey.new().seed) for user in (ADMIN, *SERVICES)
        }

    def postgres_passwords(self) -> dict[str, str]:
        """One for each role: the administrator's, and two for each service."""
        roles = (ADMIN, *SERVICES, *map(owner_of, SERVICES))
        return {role: self.secret(f"postgres-{role}") for role in roles}

    def fresh_log(self, name: str) -> Path:
        """An empty log for a server about to start; only the log before it is kept, so logs stay bounded."""
        path = self.logs / f"{name}.log"
        with explained(self.root), suppress(FileNotFoundError):
            path.replace(path.with_suffix(".log.1"))
        return path

    def announce(self, record: RunRecord) -> None:
        """Tell commands beside us where the servers are."""
        with explained(self.root):
            write_private(self._run_file, record.model_dump_json(indent=2))

    def withdraw(self) -> None:
        with explained(self.root):
            self._run_file.unlink(missing_ok=True)

    def running(self) -> RunRecord | None:
        """The instance that runs on this folder now; None when none does or its record is of a dead one."""
        try:
            record = RunRecord.model_validate_json(self._run_file.read_bytes())
        except (OSError, ValidationError):
            return None
        if start_of(record.pid) != record.pid_started:
            return None
        return record if _alive(record.postgres_pid) and _alive(record.nats_pid) else None

    @property
    def _run_file(self) -> Path:
        return self.root / "run.json"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all, even when the power goes."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor, not a path
        file.write(text + "\n")
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)


def run_record(started_at: datetime, *, postgres: tuple[int, int], nats: tuple[int, int, int]) -> RunRecord:
    """The record of this process, which owns these servers (process id, then ports)."""
    return RunRecord(
        pid=os.getpid(),
        pid_started=start_of(os.getpid()),
        started_at=started_at,
        postgres_pid=postgres[0],
        postgres_port=postgres[1],
        nats_pid=nats[0],
        nats_port=nats[1],
        nats_monitor_port=nats[2],
    )


def start_of(pid: int) -> int:
    """When process `pid` started, in ticks since boot, so that a used-again id is told apart; -1 for none.

    0 where the system does not tell.
    """
    if not _alive(pid):
        return -1
    if sys.platform != "linux":
        return 0
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return -1
    return int(stat.rpartition(")")[2].split()[19])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
