"""Requests that wait at the same moment share one transaction.

Nobody waits for company: the first request is flushed at once, and what arrives meanwhile forms the next
batch. A second flush goes beside the first when enough wait to be worth a transaction of their own. One bad request must never fail its neighbours: a batch that fails is redone
one by one. A caller that gives up takes nothing down with it; what was already being written is written.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

Command = TypeVar("Command")
Outcome = TypeVar("Outcome")


class _Waiting(NamedTuple, Generic[Command, Outcome]):
    command: Command
    answer: "asyncio.Future[Outcome]"


def _never(_error: Exception) -> bool:
    return False


class GroupCommit(Generic[Command, Outcome]):
    """Gathers commands and hands them to `commit`, which returns one outcome for each, in order.

    `commit` is all or nothing: when it raises, nothing of its batch was recorded. `everybody` tells
    the errors that redoing one by one cannot cure (the database is away); those go to every waiting caller.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Command]], Awaitable[Sequence[Outcome]]],
        *,
        batch: int = 64,
        flushes: int = 2,
        worth: int = 16,
        everybody: Callable[[Exception], bool] = _never,
    ) -> None:
        self._commit = commit
        self._batch = batch
        self._flushes = flushes
        self._worth = worth
        self._everybody = everybody
        self._waiting: deque[_Waiting[Command, Outcome]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._flushing = 0
        """Flushes that will still look for what waits; a task may end a moment after its last look."""

    async def submit(self, command: Command) -> Outcome:
        """The outcome of `command`, once the transaction that carries it has been committed."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(command, answer))
        if not self._flushing or (self._flushing < self._flushes and len(self._waiting) >= self._worth):
            self._flushing += 1
            flush = asyncio.create_task(self._flush())
            self._running.add(flush)
            flush.add_done_callback(self._running.discard)
        return await answer

    async def drain(self) -> None:
        """Wait until everything submitted so far has been answered."""
        while self._running:
            await asyncio.wait(self._running)

    async def _flush(self) -> None:
        try:
            while batch := self._take():
                await self._answer(batch)
        finally:
            self._flushing -= 1

    def _take(self) -> list[_Waiting[Command, Outcome]]:
        batch: list[_Waiting[Command, Outcome]] = []
        while self._waiting and len(batch) < self._batch:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                batch.append(waiting)
        return batch

    async def _answer(self, batch: list[_Waiting[Command, Outcome]]) -> None:
        try:
            outcomes = await self._commit([waiting.command for waiting in batch])
        except Exception as error:  # noqa: BLE001  # the callers get it; this loop must go on for the others
            await self._answer_failure(batch, error)
        except BaseException:
            for waiting in batch:
                waiting.answer.cancel()
            raise
        else:
            for waiting, outcome in zip(batch, outcomes, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(outcome)

    async def _answer_failure(self, batch: list[_Waiting[Command, Outcome]], error: Exception) -> None:
        alone = len(batch) == 1 or self._everybody(error)
        for waiting in batch:
            if waiting.answer.done():
                continue
            if alone:
                waiting.answer.set_exception(error)
            else:
                await self._answer([waiting])
