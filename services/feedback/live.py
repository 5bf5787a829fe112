"""The desk hears that something changed, never what: it asks again, as itself, and sees what it may.

One loop looks for news while anybody listens, whichever replica or committee they come from: what was
published, noted in the audit or taken in since the last look. Answers that cost something and are the same for
everybody of a committee are worked out once for each change, however many desks ask.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from shared.clock import is_set_within
from shared.uow import Database

T = TypeVar("T")

LOOK_EVERY = 0.2
AT_MOST_EVERY = 0.5
"""Seconds between two rings for one listener: a busy evening is a few rings a second, not hundreds."""
STILL_HERE_EVERY = 5.0
"""Seconds after which a listener hears something even when nothing happened: proxies close what is silent,
and whoever was signed out meanwhile must not go on listening for longer than the promised five seconds."""
STALE_AFTER = 5.0
ASLEEP_FOR = 1.0
TOO_MANY_TO_READ = 1_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What was there at a look."""

    published: int
    noted: int
    rung: Mapping[UUID, int]
    """The bell of each committee, for what came in and was published no further."""


@dataclass(slots=True)
class _Answer:
    """An answer being worked out or kept: for which turn of its committee, and until when."""

    turn: int
    good_until: float
    working: "asyncio.Task[Any]"


@dataclass(slots=True)
class _Committee:
    turn: int = 0
    bells: set[asyncio.Event] = field(default_factory=set)
    answers: dict[object, _Answer] = field(default_factory=dict)


class Live:
    """Who listens, and what they share. `closing` ends every listener's stream."""

    def __init__(self, database: Database, closing: asyncio.Event) -> None:
        self._database = database
        self._closing = closing
        self._committees: defaultdict[UUID, _Committee] = defaultdict(_Committee)
        self._somebody = asyncio.Event()
        self._heard: Heard | None = None
        self._looked = asyncio.Event()

    async def settled(self) -> None:
        """Until a look has been made from which changes are counted."""
        await self._looked.wait()

    @property
    def listeners(self) -> int:
        return sum(len(each.bells) for each in self._committees.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Look for news until `stop`; with nobody listening, sleep."""
        while not stop.is_set():
            if self._closing.is_set():
                self._ring_everybody()
            elif self.listeners:
                await self._look()
            else:
                self._forget()
                await is_set_within(self._somebody, ASLEEP_FOR)
            await is_set_within(stop, LOOK_EVERY)

    async def changes(self, committee_id: UUID) -> AsyncIterator[bool]:
        """True after every change of the committee, False at first and now and then; ends with the process.

        The first word comes after the look from which changes are counted: whoever asks upon it misses nothing.
        """
        bell = asyncio.Event()
        committee = self._committees[committee_id]
        committee.bells.add(bell)
        self._somebody.set()
        try:
            while not (self._looked.is_set() or self._closing.is_set()):
                await is_set_within(self._looked, AT_MOST_EVERY)
            changed = False
            while not self._closing.is_set():
                yield changed
                await is_set_within(self._closing, AT_MOST_EVERY)
                changed = await is_set_within(bell, STILL_HERE_EVERY - AT_MOST_EVERY)
                bell.clear()
        finally:
            committee.bells.discard(bell)

    async def once(self, committee_id: UUID, question: object, work: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question that is the same for all who may ask it in this committee.

        `question` names it with everything that it depends on. Worked out once for each change and at most
        five seconds old; with nobody listening, worked out anew, because then nobody looks for changes.
        """
        committee = self._committees.get(committee_id)
        if committee is None or not committee.bells or self._heard is None:
            return await work()
        kept = committee.answers.get(question)
        if kept is None or kept.turn != committee.turn or kept.good_until < time.monotonic():
            kept = _Answer(committee.turn, time.monotonic() + STALE_AFTER, asyncio.create_task(_of(work)))
            committee.answers[question] = kept
        try:
            answer: T = await asyncio.shield(kept.working)
        except Exception:
            committee.answers.pop(question, None)
            raise
        return answer

    async def _look(self) -> None:
        async with self._database.read() as tx:
            row = await tx.first(_HEADS)
            if row is None:
                raise AssertionError("the heads always have a row")
            rung = {each.committee_id: each.rung for each in await tx.all(_BELLS)}
            heard, before = Heard(row.published, row.noted, rung), self._heard
            if before is None or heard == before:
                self._heard = heard
                self._looked.set()
                return
            many = heard.published - before.published + heard.noted - before.noted
            news = (
                set(self._committees)
                if many > TOO_MANY_TO_READ
                else {each.committee_id for each in await tx.all(_NEWS, **_since(before))}
            )
        news |= {each for each in heard.rung if heard.rung[each] != before.rung.get(each)}
        self._heard = heard
        for committee_id in news & self._committees.keys():
            committee = self._committees[committee_id]
            committee.turn += 1
            committee.answers.clear()
            _ring(committee)

    def _ring_everybody(self) -> None:
        for committee in self._committees.values():
            _ring(committee)

    def _forget(self) -> None:
        self._committees.clear()
        self._heard = None
        self._looked.clear()
        self._somebody.clear()


def _ring(committee: _Committee) -> None:
    for bell in committee.bells:
        bell.set()


def _since(before: Heard) -> dict[str, int]:
    return {"published": before.published, "noted": before.noted}


async def _of(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


_HEADS = """
SELECT outbox_head.last_seq AS published, audit_head.last_seq AS noted FROM outbox_head, audit_head
"""

_BELLS = "SELECT committee_id, rung FROM committee_bell"

_NEWS = """
SELECT CAST(coalesce(told #>> '{duty,committee_id}', told #>> '{duties,0,committee_id}') AS uuid) AS committee_id
FROM outbox, LATERAL (SELECT CAST(payload AS jsonb) AS told) AS read WHERE seq > :published
UNION
SELECT committee_id FROM audit WHERE seq > :noted
"""
