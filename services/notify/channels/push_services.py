"""Where a letter for a phone may go: push services we know, by HTTPS, at public addresses.

The endpoint of a subscription is a URL that a browser gave us, so that it could name anything, our own network
too. The host must be on the list, its name is resolved once, every address it has must be public, and the
connection goes to the address that was looked at. Redirects are not followed.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

KNOWN: Final = (
    "fcm.googleapis.com",  # Chrome, Edge on Android, Samsung Internet, Cốc Cốc
    "*.push.services.mozilla.com",  # Firefox
    "*.push.apple.com",  # Safari; iPhones once the page is on the home screen
    "*.notify.windows.com",  # Edge on Windows
)
"""`*.` stands for one or more names before the rest."""
LONGEST: Final = 1000


class ForeignEndpoint(ValueError):
    """An address we never send to. `reason` is a code that may be shown and logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An endpoint as it is connected to: by address, the name beside it for TLS and for the server."""

    url: str
    host: str
    name: str
    audience: str


class PushServices:
    """The services an installation sends to. `loopback`: this machine too, without TLS, for tests."""

    def __init__(self, hosts: Iterable[str] = KNOWN, *, loopback: bool = False) -> None:
        self._hosts = tuple(hosts)
        self._loopback = loopback

    def check(self, endpoint: str) -> SplitResult:
        """The parts of an endpoint we send to. Raises ForeignEndpoint; asks no name server."""
        try:
            parts = urlsplit(endpoint)
            port = parts.port
        except ValueError:
            raise ForeignEndpoint("not_an_address") from None
        if len(endpoint) > LONGEST or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
            raise ForeignEndpoint("not_an_address")
        if self._loopback and parts.scheme == "http" and parts.hostname == "127.0.0.1" and not parts.username:
            return parts
        if parts.scheme != "https" or port not in (None, 443):
            raise ForeignEndpoint("not_https")
        if parts.username is not None or parts.password is not None or "@" in parts.netloc:
            raise ForeignEndpoint("not_an_address")
        if not any(_fits(parts.hostname or "", host) for host in self._hosts):
            raise ForeignEndpoint("unknown_service")
        return parts

    async def resolve(self, endpoint: str) -> Target:
        """Where to connect. Raises ForeignEndpoint, and OSError when the name cannot be resolved now."""
        parts = self.check(endpoint)
        name = parts.hostname or ""
        local = parts.scheme == "http"
        address = name if local else await _public_address(name)
        shown = f"[{address}]" if ":" in address else address
        port = f":{parts.port}" if local and parts.port else ""
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(
            url=f"{parts.scheme}://{shown}{port}{path}",
            host=f"{name}{port}",
            name=name,
            audience=f"{parts.scheme}://{name}{port}",
        )


async def _public_address(name: str) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(name, 443, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(map(is_public, addresses)):
        raise ForeignEndpoint("private_address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is out in the world, however it is written."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = ip.ipv4_mapped or ip.sixtofour if isinstance(ip, ipaddress.IPv6Address) else None
    return ip.is_global and not ip.is_multicast and (inner is None or is_public(str(inner)))


def _fits(name: str, host: str) -> bool:
    return name.endswith(host[1:]) if host.startswith("*.") else name == host
