"""The last steps of a process before it becomes an engine; runs as a script, knows nothing of the project.

    python child.py PARENT SIGNAL IDENTITY PROGRAM [ARGUMENT…]

Lays down root (PostgreSQL refuses it), asks the kernel to send SIGNAL when PARENT dies, so that even
`kill -9` leaves no orphan, then turns into PROGRAM under the same process id. A script of its own, and not
a hook between fork and exec, because Python code in a forked copy of a threaded process may hang.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

IDENTITY_REFUSED = 125
"""Exit code: the kernel does not let this process take the wanted identity."""
PROGRAM_REFUSED = 126
"""Exit code: the program cannot be run by the wanted identity."""

NOBODY = 65534
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def become(parent: int, death_signal: int, identity: str, command: list[str]) -> int:
    """Never returns when all goes well."""
    try:
        take_identity(identity)
    except OSError as error:
        return _refuse(IDENTITY_REFUSED, f"cannot run as {identity}: {error.strerror}")
    if sys.platform == "linux":
        # After the change of identity, which would clear it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            return _refuse(1, "the parent is gone already")
    try:
        os.execv(command[0], command)  # noqa: S606  # the program was chosen by the launcher, no shell is wanted
    except OSError as error:
        return _refuse(PROGRAM_REFUSED, f"cannot run {command[0]}: {error.strerror}")


def take_identity(identity: str) -> None:
    match identity:
        case "namespace":
            _enter_user_namespace()
        case "nobody":
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)


def _enter_user_namespace() -> None:
    """Be an ordinary account of this machine in one's own eyes, and oneself in everyone else's.

    Files keep their owner. The account has to have a name, because initdb looks it up.
    """
    inside = min({account.pw_uid for account in pwd.getpwall()} - {0, NOBODY}, default=NOBODY)
    maps = {
        "setgroups": "deny",
        "uid_map": f"{inside} {os.geteuid()} 1",
        "gid_map": f"{inside} {os.getegid()} 1",
    }
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for name, text in maps.items():
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")


def _refuse(code: int, message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
