"""Why the embedded servers could not start, in one sentence a person can act on.

The reason is for code and tests, the message for the person; neither ever holds a secret.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path


class Reason(StrEnum):
    """What stood in the way."""

    IN_USE = "in-use"
    NOT_A_FOLDER = "not-a-folder"
    UNWRITABLE = "unwritable"
    NO_SPACE = "no-space"
    PORT_BUSY = "port-busy"
    NO_PROGRAM = "no-program"
    ROOT_REFUSED = "root-refused"
    LEFT_OVER = "left-over"
    OTHER_VERSION = "other-version"
    SECRETS_LOST = "secrets-lost"
    FAILED = "failed"


class EngineError(Exception):
    """The embedded servers cannot run; `reason` says which kind, the message says it all."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system says about `folder` into an EngineError."""
    try:
        yield
    except OSError as error:
        raise from_os(error, folder) from error


def from_os(error: OSError, folder: Path) -> EngineError:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return no_space(folder)
        case errno.ENOTDIR | errno.EEXIST | errno.EISDIR:
            return EngineError(
                Reason.NOT_A_FOLDER, f"The data folder {folder} is not a folder; choose another one."
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return EngineError(
                Reason.UNWRITABLE, f"The data folder {folder} cannot be written to ({error.strerror})."
            )
        case _:
            return EngineError(Reason.FAILED, f"The data folder {folder} cannot be used: {error}.")


def no_space(folder: Path) -> EngineError:
    return EngineError(
        Reason.NO_SPACE, f"The disk that holds {folder} is full; free some space and start again."
    )


def from_log(server: str, folder: Path, log: Path, since: int = 0) -> EngineError:
    """Why a server gave up, by what it wrote last; on a full disk it could not even write that."""
    said = read_log(log, since)
    if tells_of_full_disk(said) or shutil.disk_usage(log.parent).free < _ROOM_TO_COMPLAIN:
        return no_space(folder)
    complaints = [line for line in said.splitlines() if any(mark in line for mark in _COMPLAINTS)]
    complaint = _without_prefix(complaints[-1]) if complaints else "it said nothing"
    reason = Reason.UNWRITABLE if any(mark in complaint for mark in _REFUSED) else Reason.FAILED
    return EngineError(reason, f"{server} did not start in {folder}: {complaint} (log: {log}).")


def tells_of_full_disk(said: str) -> bool:
    return any(mark in said for mark in _DISK_FULL)


def read_log(log: Path, since: int = 0) -> str:
    try:
        return log.read_bytes()[since:].decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


_DISK_FULL = (
    "No space left on device",
    "no space left on device",
    "Disk quota exceeded",
    "Check free disk space",
)
_ROOM_TO_COMPLAIN = 100_000
_REFUSED = ("Permission denied", "permission denied", "Read-only file system", "read-only file system")
_COMPLAINTS = ("FATAL", "PANIC", "[FTL]", "[ERR]", "error:", "could not", "nats-server:")


def _without_prefix(line: str) -> str:
    for mark in ("FATAL:", "PANIC:", "[FTL]", "[ERR]", "error:"):
        _, found, rest = line.partition(mark)
        if found:
            return rest.strip().rstrip(".")
    return line.strip().rstrip(".")
