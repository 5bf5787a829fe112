"""What is too weak for a real installation: told at the start, setting by setting, and the start refused.

An installation is real when it is reached by HTTPS, or by any name that is not this machine's own. Within one
host, or a network that somebody answers for (`TRUSTED_NETWORK`), the engines may be spoken to in the clear.
"""

import ipaddress
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

WEAK_BELOW = 12
"""A password in an address has at least this many characters; one that is not there is somebody else's matter."""
_GUESSED = (
    *("admin", "changeme", "default", "example", "feedback", "field-visits", "guest", "letmein", "nats"),
    *(
        "notify",
        "password",
        "passw0rd",
        "postgres",
        "qwerty",
        "secret",
        "test",
        "visits",
        "welcome",
        "matkhau",
    ),
)
_VERIFIED = ("verify-full", "verify-ca")


def weak_password(password: str) -> str | None:
    """Why this is no password for a machine; None when it will do. Never repeats it."""
    if len(password) < WEAK_BELOW:
        return f"its password is shorter than {WEAK_BELOW} characters; deploy/secrets.sh makes good ones"
    rest = password.casefold()
    for known in sorted(_GUESSED, key=len, reverse=True):
        rest = rest.replace(known, "")
    if len(rest.strip("0123456789!@#$%^&*()-_=+.,? ")) < 4 or len(set(password)) < 6:
        return "its password is one that people guess; deploy/secrets.sh makes good ones"
    return None


def is_loopback(host: str | None) -> bool:
    """Whether what is sent there stays on this machine."""
    if host is None or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_real(public_url: str) -> bool:
    parts = urlsplit(public_url)
    return parts.scheme == "https" or not is_loopback(parts.hostname)


def weak_public_url(public_url: str) -> str | None:
    parts = urlsplit(public_url)
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        return "must begin with https:// where others than this machine reach it"
    return None


def weak_database(url: str, *, trusted_network: bool) -> Iterator[str]:
    """What is wrong with a real installation's address of PostgreSQL."""
    parts = urlsplit(url)
    if parts.password is not None and (why := weak_password(unquote(parts.password))):
        yield why
    if not (trusted_network or is_loopback(parts.hostname) or _verifies(parts)):
        yield "speaks in the clear to another machine: add ?ssl=verify-full, or answer for it with TRUSTED_NETWORK"


def weak_bus(url: str, *, trusted_network: bool) -> Iterator[str]:
    """What is wrong with a real installation's address of NATS."""
    parts = urlsplit(url)
    if not parts.username:
        yield "has no seed to sign in with; deploy/secrets.sh makes good ones"
    if not (trusted_network or is_loopback(parts.hostname) or parts.scheme == "tls"):
        yield "speaks in the clear to another machine: write tls://, or answer for it with TRUSTED_NETWORK"


def _verifies(parts: SplitResult) -> bool:
    return any(mode in _VERIFIED for mode in parse_qs(parts.query).get("ssl", []))
