"""Quotas: nobody, and no address, writes faster than people write; who does is told when to come back.

A bucket of tokens per person and per address, in this process alone: with n replicas behind one address the
limit is n times as high, which is enough against a runaway phone or a script, and costs no round trip. A
request is counted before its body is read, so that nothing of a refused one is stored. Time is the machine's
monotonic clock: moving the rehearsal clock neither fills nor empties a bucket.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from math import ceil
from uuid import UUID

from shared.errors import TooMany

_BUCKETS = 20_000
"""Full ones are forgotten first; they say nothing."""


@dataclass(slots=True)
class Allowance:
    """So many writes a minute, and as many at once; 0 is no limit."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    """Key to the tokens it had, and when that was."""

    def wait(self, key: Hashable) -> float:
        """Take a token, or say how many seconds it takes until there is one."""
        if not self.per_minute:
            return 0.0
        now, rate = self.clock(), self.per_minute / 60
        tokens, at = self._buckets.get(key, (float(self.per_minute), now))
        tokens = min(self.per_minute, tokens + (now - at) * rate)
        if tokens < 1:
            return (1 - tokens) / rate
        if key not in self._buckets and len(self._buckets) >= _BUCKETS:
            self._forget(now, rate)
        self._buckets[key] = (tokens - 1, now)
        return 0.0

    def _forget(self, now: float, rate: float) -> None:
        self._buckets = {
            key: (tokens, at)
            for key, (tokens, at) in self._buckets.items()
            if tokens + (now - at) * rate < self.per_minute
        }
        if len(self._buckets) >= _BUCKETS:
            self._buckets.clear()


class Quotas:
    """What one process lets through: writes of a person, writes from an address, tries at the door."""

    def __init__(self, *, person: int = 0, address: int = 0, door: int = 0) -> None:
        self._person = Allowance(person)
        self._address = Allowance(address)
        self._door = Allowance(door)

    def write(self, address: str, person_id: UUID) -> None:
        """Count a write of somebody signed in. Raises TooMany."""
        _refuse(max(self._person.wait(person_id), self._address.wait(address)))

    def knock(self, address: str) -> None:
        """Count a write of somebody unknown, such as a try to sign in. Raises TooMany."""
        _refuse(self._door.wait(address))


def _refuse(seconds: float) -> None:
    if seconds > 0:
        wait = max(1, ceil(seconds))
        raise TooMany(
            f"Gửi quá nhiều trong một phút; chưa ghi nhận gì, xin thử lại sau {wait} giây.",
            f"Too many requests in a minute; nothing was recorded, please try again in {wait} seconds.",
            retry_after=wait,
        )
