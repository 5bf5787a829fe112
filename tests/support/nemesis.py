"""The nemesis: kills what serves, in an order drawn from a seed, and tells how far it has come."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.support.cluster import Cluster

KINDS = ("visits", "feedback", "notify", "relay", "nats", "postgres")
PAUSES = (0.5, 2.5)
"""Seconds between two faults, drawn evenly."""


@dataclass
class Nemesis:
    """Faults in a drawn order; each kind as often as the others, and once the loss of a whole stream."""

    cluster: Cluster
    rng: random.Random
    each: int
    done: Counter[str] = field(default_factory=Counter)
    _began: float = field(default_factory=time.monotonic)
    _share: float = 0.0
    _next_at: float = 0.0

    @property
    def progress(self) -> float:
        """From 0 at the first pause to 1 after the last fault, growing between two faults as well."""
        pause_left = max(self._next_at - time.monotonic(), 0.0) / PAUSES[1]
        return min(self._share + (1 - pause_left) / self._planned, 1.0) if self._share < 1 else 1.0

    async def turn(self, place: float) -> None:
        """Wait until the faults have come this far: so visits flow during all of them."""
        while self.progress < place:  # noqa: ASYNC110  # it also grows with the time
            await asyncio.sleep(0.05)

    async def run(self) -> None:
        """All faults, one after the other; what was killed runs again, or is being started, before the next."""
        kinds = [kind for kind in KINDS for _ in range(self.each)]
        self.rng.shuffle(kinds)
        kinds.insert(len(kinds) // 2, "stream")
        for number, kind in enumerate(kinds):
            pause = self.rng.uniform(*PAUSES)
            self._next_at = time.monotonic() + pause
            await asyncio.sleep(pause)
            await self._strike(kind)
            self.done[kind] += 1
            self._share = (number + 1) / len(kinds)

    @property
    def _planned(self) -> int:
        return len(KINDS) * self.each + 1

    async def _strike(self, kind: str) -> None:
        strikes: dict[str, Callable[[], Awaitable[None]]] = {
            "nats": self._kill_nats,
            "postgres": self._kill_postgres,
            "relay": self._depose_relay,
            "stream": self._delete_stream,
        }
        if kind in strikes:
            await strikes[kind]()
        else:
            await self._kill_service(kind)

    async def _kill_service(self, kind: str) -> None:
        process = next(process for name, process in self.cluster.processes.items() if name == kind)
        while not process.alive:  # noqa: ASYNC110  # the supervisor starts it
            await asyncio.sleep(0.05)
        process.kill()

    async def _kill_nats(self) -> None:
        self.cluster.engines.nats.kill()
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        await self.cluster.restart(self.cluster.engines.nats)

    async def _kill_postgres(self) -> None:
        self.cluster.engines.postgres.kill()
        await self.cluster.restart(self.cluster.engines.postgres)

    async def _depose_relay(self) -> None:
        await self.cluster.depose_relay(self.rng.choice(("visits", "feedback", "notify")))

    async def _delete_stream(self) -> None:
        await self.cluster.delete_stream("VISITS")
