"""How a figure is made: rounds in turn, medians, the worst round, and what the machine was like.

`interleave` runs the sides A-B-B-A, so that a noisy minute, and coming first, falls on all of them. `compare` turns the
rounds into one line of the table with a goal on the ratio; `limit` does it for a goal in plain units.
"""

import asyncio
import math
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

Measured = TypeVar("Measured")

ROUNDS = 5
QUICK_ROUNDS = 3
#: Two halves of one side's rounds further apart than this mean that the machine was not steady.
STEADY = 1.3


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound: a ratio (`×`) when the line has a peer, else in the unit of the line."""

    bound: float
    at_least: bool
    unit: str = "×"

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def worst(self, values: Sequence[float]) -> float:
        return min(values) if self.at_least else max(values)

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}".replace(" ×", "×")


def at_least(bound: float, unit: str = "×") -> Goal:
    return Goal(bound, at_least=True, unit=unit)


def at_most(bound: float, unit: str = "×") -> Goal:
    return Goal(bound, at_least=False, unit=unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table. `value` is what the goal judges: the median ratio, or our own median."""

    what: str
    unit: str
    ours: tuple[float, ...]
    goal: Goal
    value: float
    worst: float
    peer: str = ""
    theirs: tuple[float, ...] = ()

    @property
    def met(self) -> bool:
        return self.goal.met(self.value)

    @property
    def unsteady(self) -> str | None:
        """A sentence when one side drifted so far within its own rounds that the ratio is doubtful."""
        for side, rounds in (("ours", self.ours), (self.peer, self.theirs)):
            drift = halves_apart(rounds)
            if drift > STEADY:
                return f"{self.what}: the two halves of the rounds of {side} differ by {drift - 1:.0%}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one experiment found. `notes` are facts without a goal that a reader needs beside it."""

    id: str
    title: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = field(default=())


def compare(
    what: str, unit: str, *, ours: Sequence[float], peer: str, theirs: Sequence[float], goal: Goal
) -> Line:
    """Ours divided by the peer's, round by round; the goal is on the median of those ratios."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Line(
        what=what,
        unit=unit,
        ours=tuple(ours),
        goal=goal,
        value=statistics.median(ratios),
        worst=goal.worst(ratios),
        peer=peer,
        theirs=tuple(theirs),
    )


def limit(what: str, *, ours: Sequence[float], goal: Goal) -> Line:
    """Our own figure against a plain limit, where no peer would make sense."""
    return Line(
        what=what,
        unit=goal.unit,
        ours=tuple(ours),
        goal=goal,
        value=statistics.median(ours),
        worst=goal.worst(ours),
    )


async def interleave(
    rounds: int, sides: Mapping[str, Callable[[], Awaitable[Measured]]]
) -> dict[str, list[Measured]]:
    """Run every side once per round, there and back, `rounds` times."""
    measured: dict[str, list[Measured]] = {name: [] for name in sides}
    there = list(sides.items())
    for turn in range(rounds):
        for name, side in reversed(there) if turn % 2 else there:
            measured[name].append(await side())
    return measured


def rounds(*, quick: bool) -> int:
    return QUICK_ROUNDS if quick else ROUNDS


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that really was measured."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def halves_apart(values: Sequence[float]) -> float:
    """How far the medians of the first and the last half are apart, as a factor of at least one."""
    half = len(values) // 2
    if not half:
        return 1.0
    first, last = statistics.median(values[:half]), statistics.median(values[-half:])
    low, high = sorted((first, last))
    return high / low if low > 0 else 1.0


async def rate(count: Callable[[], Awaitable[int]], *, goal: int, seconds: float) -> float:
    """How many per second `count()` grows by, until it reaches `goal` or `seconds` are over.

    The time limit lets a slow peer be measured on a part of the work that a fast side finishes.
    """
    started = time.perf_counter()
    while True:
        asked = time.perf_counter()
        done, elapsed = await count(), time.perf_counter() - started
        if done >= goal or elapsed > seconds:
            return done / elapsed
        # Looking must not become a load of its own.
        await asyncio.sleep(max(0.02, 10 * (time.perf_counter() - asked)))


def fdatasync_rate(seconds: float = 0.5) -> float:
    """How often per second this disk makes 8 KiB durable: the ceiling under every honest commit."""
    with TemporaryDirectory(prefix="fdatasync-") as folder:
        file = os.open(Path(folder) / "log", os.O_RDWR | os.O_CREAT)
        try:
            os.posix_fallocate(file, 0, 16 << 20)
            page, done, started = os.urandom(8192), 0, time.perf_counter()
            while time.perf_counter() - started < seconds:
                os.pwrite(file, page, done % 2048 * 8192)
                os.fdatasync(file)
                done += 1
            return done / (time.perf_counter() - started)
        finally:
            os.close(file)
