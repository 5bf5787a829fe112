"""A phone in a village, and the thumb that holds it: a slow line and a slow processor, bytes, long tasks, taps."""

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

_LONG_TASKS = """() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
        for (const task of list.getEntries()) window.longTasks.push(Math.round(task.duration));
    }).observe({ type: "longtask" });
}"""


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
async def long_tasks(page: Page) -> AsyncIterator[list[int]]:
    """The tasks of more than 50 ms that ran within the block, in milliseconds; known when it has ended."""
    found: list[int] = []
    await page.evaluate(_LONG_TASKS)
    yield found
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)))")
    found.extend(await page.evaluate("window.longTasks"))


@dataclass
class Thumb:
    """Counts what a hand does. Letters are not counted; choosing from a list is two taps."""

    page: Page
    taps: int = 0
    began: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        return perf_counter() - self.began

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
