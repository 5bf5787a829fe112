"""A phone in a village, and the thumb that holds it: a slow line and a slow processor, bytes, long tasks, taps."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from playwright.async_api import CDPSession, Locator, Page

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 kbit/s both ways, and 400 ms until the first byte of an answer."""
SLOW_PROCESSOR = 4
"""A phone of 200 dollars beside the machine that tests."""

_TASKS = "disabled-by-default-devtools.timeline"
_MARKS = "blink.user_timing"
_BEGUN = "the hand begins"


async def on_slow_3g(page: Page) -> None:
    """All that this page asks for comes over a slow line; its worker has a line of its own."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", dict(SLOW_3G))


async def on_a_slow_phone(page: Page) -> None:
    """Everything that runs takes four times as long."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})


@dataclass
class Traffic:
    """What came over the line for one page: bytes as they were sent, headers with them, by address."""

    answers: dict[str, float] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return round(sum(self.answers.values()))

    @property
    def requests(self) -> int:
        return len(self.answers)

    @classmethod
    async def of(cls, page: Page) -> "Traffic":
        """From now on."""
        traffic = cls()
        session: CDPSession = await page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", traffic._sent)
        session.on("Network.loadingFinished", traffic._arrived)
        await session.send("Network.enable")
        return traffic

    def _sent(self, event: dict[str, Any]) -> None:
        self._asked[event["requestId"]] = event["request"]["url"]

    def _arrived(self, event: dict[str, Any]) -> None:
        url = self._asked.get(event["requestId"], "?")
        self.answers[url] = self.answers.get(url, 0) + event["encodedDataLength"]


@asynccontextmanager
async def longest_task(page: Page) -> AsyncIterator[list[float]]:
    """The longest task of this page's own thread within the block, as a slow phone would feel it, in milliseconds.

    It is known when the block has ended. What counts is the processor time of the thread, so that a machine which
    does something else for a moment makes no task long.
    """
    browser = page.context.browser
    assert browser is not None
    found: list[float] = []
    await browser.start_tracing(page=page, categories=["-*", "__metadata", _TASKS, _MARKS])
    await page.evaluate(
        "(name) => void performance.mark(name)", _BEGUN
    )  # what follows the looking itself is not ours
    yield found
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    begun = next(event["ts"] for event in events if event["name"] == _BEGUN)
    tasks = [
        event["tdur"] / 1000 * SLOW_PROCESSOR
        for event in events
        if event["name"] == "RunTask"
        and event["ts"] > begun
        and "tdur" in event
        and (event["pid"], event["tid"]) in mains
    ]
    assert tasks
    found.append(max(tasks))


@dataclass
class Thumb:
    """Counts what a hand does. Letters are not counted; choosing from a list is two taps."""

    page: Page
    taps: int = 0
    seconds: float = 0.0
    _began: float = field(default_factory=perf_counter)

    def stop(self) -> None:
        """What it held is put down."""
        self.seconds = perf_counter() - self._began

    async def tap(self, what: Locator) -> None:
        self.taps += 1
        await what.click()

    async def write(self, where: Locator, words: str) -> None:
        """Into a field; no tap is needed where the focus is already."""
        if not await where.evaluate("(field) => field === document.activeElement"):
            await self.tap(where)
        await self.page.keyboard.type(words)

    async def choose(self, where: Locator, value: str) -> None:
        """Open the list, take one."""
        self.taps += 2
        await where.select_option(value)
