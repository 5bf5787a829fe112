"""A push service on this machine, and the browsers behind it: takes letters as FCM does, and reads them as a phone does.

The receiver's side is written from RFC 8291 on its own, so that it shares nothing with the sender's.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey


def packed(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """A subscription as `pushManager.subscribe` makes it, and what the service worker would get."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "keys": {"p256dh": packed(self.point), "auth": packed(self.auth)},
            "label": "Chrome trên Android",
        }

    def read(self, body: bytes) -> bytes:
        """The text of a letter (RFC 8188 and 8291), its padding taken off."""
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self.key.exchange(ec.ECDH(), public)
        secret = _expand(_extract(self.auth, shared), b"WebPush: info\0" + self.point + theirs, 32)
        extracted = _extract(salt, secret)
        key = _expand(extracted, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _expand(extracted, b"Content-Encoding: nonce\0", 12)
        text, mark, padding = AESGCM(key).decrypt(nonce, sealed, b"").rpartition(b"\x02")
        assert mark == b"\x02"
        assert padding.strip(b"\0") == b""
        return text

    def told(self, body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read(body))
        return found


def _extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.new(salt, secret, hashlib.sha256).digest()


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


@dataclass
class Taken:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Answers as told per path, 201 otherwise; `hang` answers nothing until it is released."""

    url: str = ""
    answers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    taken: list[Taken] = field(default_factory=list)
    hang: set[str] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def browser(self, name: str = "phone") -> Browser:
        return Browser(f"{self.url}/push/{name}")

    def to(self, browser: Browser) -> list[Taken]:
        return [each for each in self.taken if f"{self.url}{each.path}" == browser.endpoint]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            path = head[0].split(" ")[1]
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.taken.append(Taken(path, headers, body))
            if path in self.hang:
                await self.released.wait()
            answer = self.answers[path].pop(0) if self.answers[path] else "201 Created"
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            writer.close()


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    service = PushService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield service
        service.released.set()


def vapid(taken: Taken) -> tuple[dict[str, Any], str]:
    """The claims of a request's signature, proved with the key beside it; and that key."""
    scheme, _, rest = taken.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    point = unpacked(parts["k"])
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": packed(point[1:33]), "y": packed(point[33:])})
    return dict(jwt.decode(parts["t"], key, algorithms=["ES256"]).claims), parts["k"]
