"""How a loop of this service waits: until it is woken, until it must stop, or until its time has come."""

import asyncio

LONGEST = 30.0
"""A loop looks again after this many seconds, whoever forgot to wake it."""
SHORTEST = 0.05
"""What is due but held by another replica is not asked for in a tight loop."""


async def pause(stop: asyncio.Event, wake: asyncio.Event, seconds: float | None) -> None:
    """Wait for `wake` (and clear it), for `stop`, or for some seconds; None is as long as may be."""
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(wake.wait())]
    bounded = LONGEST if seconds is None else min(max(seconds, SHORTEST), LONGEST)
    try:
        await asyncio.wait(waits, timeout=bounded, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    wake.clear()
