"""Waiting for what another task, process or server will do, bounded and without guessing how long it takes."""

# ruff: noqa: ASYNC109  # the bound is a parameter because a test names its own

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

PATIENCE = 45.0
"""Seconds. What is waited for takes a fraction of it, also where two cores do the work of many; a failure takes it all."""


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]], timeout: float = ..., *, every: float = ...
) -> T: ...
@overload
async def eventually(condition: Callable[[], T], timeout: float = ..., *, every: float = ...) -> T: ...
async def eventually(
    condition: Callable[[], Any],
    timeout: float = PATIENCE,
    *,
    every: float = 0.01,
) -> Any:
    """Call `condition` until it returns something truthy, and return that.

    It may be sync or async, and may say "not yet" by an AssertionError; the last one is the failure's reason.
    """
    until = time.monotonic() + timeout
    while True:
        reason: AssertionError | None = None
        try:
            outcome = condition()
            if inspect.isawaitable(outcome):
                outcome = await outcome
            if outcome:
                return outcome
        except AssertionError as not_yet:
            reason = not_yet
        if time.monotonic() > until:
            raise AssertionError(f"not true within {timeout} s: {_name(condition)}") from reason
        await asyncio.sleep(every)


def _name(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
