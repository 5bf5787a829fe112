"""Requests share a transaction without ever sharing a failure."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.groupcommit import GroupCommit


class Ledger:
    """A commit that can be held back, refuses the command `bad`, and remembers every batch."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.kept: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0

    async def commit(self, commands: Sequence[str]) -> list[str]:
        self.batches.append(list(commands))
        self.started.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if "away" in commands:
                raise ConnectionError("the database is away")
            if "bad" in commands:
                raise ValueError("bad command")
            self.kept.extend(commands)
            return [command.upper() for command in commands]
        finally:
            self.at_once -= 1


async def test_a_lone_request_is_committed_at_once() -> None:
    """Nobody waits for company."""
    ledger = Ledger()
    group = GroupCommit(ledger.commit)

    outcome = await group.submit("a")

    assert outcome == "A"
    assert ledger.batches == [["a"]]


async def test_what_arrives_during_two_flushes_forms_the_next_batch() -> None:
    """At most two transactions are under way; the rest waits together and each gets its own outcome."""
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.commit)
    first = [asyncio.create_task(group.submit(name)) for name in ("a", "b")]
    await ledger.started.wait()

    rest = [asyncio.create_task(group.submit(f"c{n}")) for n in range(20)]
    await asyncio.sleep(0)
    ledger.gate.set()
    outcomes = await asyncio.gather(*first, *rest)

    assert outcomes == ["A", "B", *(f"C{n}" for n in range(20))]
    assert len(ledger.batches) <= 3
    assert ledger.most_at_once <= 2


async def test_a_batch_never_grows_past_its_limit() -> None:
    """A burst is cut into transactions of bounded size."""
    ledger = Ledger()
    group = GroupCommit(ledger.commit, batch=8)

    await asyncio.gather(*(group.submit(str(n)) for n in range(50)))

    assert max(map(len, ledger.batches)) <= 8
    assert sorted(ledger.kept, key=int) == [str(n) for n in range(50)]


async def test_one_bad_request_fails_alone() -> None:
    """A failed batch is redone one by one: only the guilty one hears of it."""
    ledger = Ledger()
    group = GroupCommit(ledger.commit)

    outcomes = await asyncio.gather(
        *(group.submit(name) for name in ("a", "b", "bad", "c")), return_exceptions=True
    )

    assert [outcome for outcome in outcomes if isinstance(outcome, str)] == ["A", "B", "C"]
    assert isinstance(outcomes[2], ValueError)
    assert sorted(ledger.kept) == ["a", "b", "c"]


async def test_an_error_of_everybody_is_not_tried_one_by_one() -> None:
    """When the database is away, each caller learns it from the one attempt that was made."""
    ledger = Ledger()
    group = GroupCommit(ledger.commit, everybody=lambda error: isinstance(error, ConnectionError))

    outcomes = await asyncio.gather(
        *(group.submit(name) for name in ("a", "away", "b")), return_exceptions=True
    )

    assert all(isinstance(outcome, ConnectionError) for outcome in outcomes)
    assert len(ledger.batches) == 1


async def test_a_caller_that_gives_up_takes_nothing_down() -> None:
    """Cancelling one waiting caller neither fails nor delays the others, and its command is not started."""
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.commit, flushes=1)
    under_way = asyncio.create_task(group.submit("a"))
    await ledger.started.wait()
    given_up = asyncio.create_task(group.submit("gone"))
    staying = asyncio.create_task(group.submit("b"))
    await asyncio.sleep(0)

    given_up.cancel()
    under_way.cancel()
    await asyncio.sleep(0)
    ledger.gate.set()

    assert await staying == "B"
    assert ledger.kept == ["a", "b"]
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_drain_waits_for_what_is_under_way() -> None:
    """A service that stops answers first those it has already taken in."""
    ledger = Ledger()
    ledger.gate.clear()
    group = GroupCommit(ledger.commit)
    waiting = asyncio.create_task(group.submit("a"))
    await ledger.started.wait()
    draining = asyncio.create_task(group.drain())
    await asyncio.sleep(0)
    assert not draining.done()

    ledger.gate.set()
    await draining

    assert waiting.done() or await waiting == "A"


async def test_a_request_that_comes_as_the_last_flush_ends_is_not_forgotten() -> None:
    """The answer of one request makes the next: whoever comes between the last look and the end is seen."""
    ledger = Ledger()
    group = GroupCommit(ledger.commit)

    async with asyncio.timeout(5):
        for number in range(100):
            await group.submit(str(number))

    assert ledger.kept == [str(number) for number in range(100)]
