"""Identifiers: time-ordered UUIDs (RFC 9562, version 7) minted where a thing originates."""

import os
import time
from uuid import UUID, uuid5


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def derived_id(parent: UUID, *names: str) -> UUID:
    """The same UUID for the same parent and names, so that a repeated message makes no second row."""
    return uuid5(parent, "/".join(names))
