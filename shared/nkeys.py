"""Who somebody is on the bus: an Ed25519 key as NATS writes it. The seed is the secret, the server knows the rest.

A seed begins with SU, what others may know of it with U. The server sends a nonce, whoever connects signs it,
and nothing that could be used again ever travels.
"""

import base64
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SEED = 18 << 3
_USER = 20 << 3
_RAW = 32
_POLYNOMIAL = 0x1021


class NkeyError(ValueError):
    """The text is no seed of a user; the message never repeats it."""


@dataclass(frozen=True, slots=True)
class Nkey:
    """A user's key."""

    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: str) -> Self:
        """The key of a seed such as `SUAA…`. Raises NkeyError."""
        try:
            written = base64.b32decode(seed.encode("ascii") + b"=" * (-len(seed) % 8))
        except ValueError:
            raise NkeyError("a seed is written in the letters A to Z and the digits 2 to 7") from None
        body, check = written[:-2], written[-2:]
        if len(body) != _RAW + 2 or body[:2] != _prefix() or check != _checksum(body):
            raise NkeyError("this is not the seed of a user of the bus")
        return cls(Ed25519PrivateKey.from_private_bytes(body[2:]))

    @property
    def seed(self) -> str:
        return _written(_prefix() + self._key.private_bytes_raw())

    @property
    def public(self) -> str:
        """What the server is told of it."""
        return _written(bytes([_USER]) + self._key.public_key().public_bytes_raw())

    def sign(self, nonce: bytes) -> bytes:
        return self._key.sign(nonce)


def split_seed(url: str) -> tuple[str, str | None]:
    """`nats://SUAA…@host:4222` in two: where the server is, and the seed to show it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", parts.username


def _prefix() -> bytes:
    return bytes([_SEED | _USER >> 5, (_USER & 31) << 3])


def _written(body: bytes) -> str:
    return base64.b32encode(body + _checksum(body)).decode("ascii").rstrip("=")


def _checksum(body: bytes) -> bytes:
    """CRC-16 as XMODEM has it, the low byte first."""
    rest = 0
    for byte in body:
        rest ^= byte << 8
        for _ in range(8):
            rest = (rest << 1 ^ _POLYNOMIAL if rest & 0x8000 else rest << 1) & 0xFFFF
    return rest.to_bytes(2, "little")
