"""The desk hears that something changed: soon, of its own committee only, and never after the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from services.feedback.live import Live
from shared.contracts.notify import DutyAcknowledged
from shared.contracts.visits import DeviceSeen
from tests.feedback.desk import NEIGHBOUR, Desk
from tests.feedback.given import CLERK, COMMITTEE, MEMBER, NOW, Feedback, id_of, visit


@pytest.fixture
async def live(feedback: Feedback) -> AsyncIterator[Live]:
    async with running(feedback) as begun:
        yield begun


@asynccontextmanager
async def running(feedback: Feedback, closing: asyncio.Event | None = None) -> AsyncIterator[Live]:
    live, stop = Live(feedback.database, closing or asyncio.Event()), asyncio.Event()
    loop = asyncio.create_task(live.run(stop))
    try:
        yield live
    finally:
        stop.set()
        await loop


class Ear:
    """One listener, as a page is one."""

    def __init__(self, live: Live) -> None:
        self.changes = 0
        self.ended = asyncio.Event()
        self._here = asyncio.Event()
        self._more = asyncio.Condition()
        self._live = live

    async def listen(self, committee_id: object) -> None:
        async for changed in self._live.changes(committee_id):  # type: ignore[arg-type]  # an id
            self._here.set()
            async with self._more:
                self.changes += changed
                self._more.notify_all()
        self.ended.set()

    async def here(self) -> None:
        await asyncio.wait_for(self._here.wait(), 10)

    async def hears(self, changes: int) -> None:
        async with asyncio.timeout(10), self._more:
            await self._more.wait_for(lambda: self.changes >= changes)


@asynccontextmanager
async def listening(live: Live, committee_id: object) -> AsyncIterator[Ear]:
    ear = Ear(live)
    task = asyncio.create_task(ear.listen(committee_id))
    await ear.here()
    await live.settled()
    try:
        yield ear
    finally:
        task.cancel()


async def test_a_change_rings_its_own_committee_only(feedback: Feedback, live: Live) -> None:
    """A visit of ours is heard here; next door nothing is heard, not even that something happened."""
    async with listening(live, COMMITTEE) as ours, listening(live, NEIGHBOUR) as theirs:
        await feedback.take(visit("evening"))
        await ours.hears(1)
        await feedback.take(visit("theirs", committee_id=NEIGHBOUR))
        await theirs.hears(1)

    assert (ours.changes, theirs.changes) == (1, 1)


async def test_what_is_taken_in_and_told_no_further_rings_too(feedback: Feedback, live: Live) -> None:
    """A phone that says how full its queue is, and a message that reached somebody: nothing of them is published."""
    await feedback.take(visit("evening"))
    (duty,) = await feedback.duties()
    phone = DeviceSeen(
        phone_id=id_of("phone"),
        version=1,
        committee_id=NEIGHBOUR,
        person_id=MEMBER,
        seen_at=NOW,
        drafts=0,
        unsent=1,
    )
    on_it = DutyAcknowledged(duty_id=duty.duty_id, person_id=MEMBER, until=date(2026, 10, 9), at=NOW)
    async with listening(live, COMMITTEE) as ours, listening(live, NEIGHBOUR) as theirs:
        await feedback.take(on_it)
        await ours.hears(1)
        await feedback.take(phone)
        await theirs.hears(1)

    assert (ours.changes, theirs.changes) == (1, 1)


async def test_what_another_replica_does_is_heard_too(feedback: Feedback, live: Live) -> None:
    """Two processes on one database: what one writes, the listeners of the other hear."""
    async with (
        running(feedback) as other,
        listening(live, COMMITTEE) as here,
        listening(other, COMMITTEE) as there,
    ):
        await feedback.take(visit("evening"))
        await here.hears(1)
        await there.hears(1)


async def test_an_answer_is_worked_out_once_for_each_change(feedback: Feedback, live: Live) -> None:
    """However many desks ask at once; a change makes it be worked out anew, and a failure is not kept."""
    worked: list[str] = []

    async def work(what: str = "answer") -> str:
        worked.append(what)
        await asyncio.sleep(0)
        return what

    async def fails() -> str:
        raise ValueError("away")

    async with listening(live, COMMITTEE) as ear:
        answers = await asyncio.gather(*(live.once(COMMITTEE, "figures", work) for _ in range(200)))
        assert (set(answers), worked) == ({"answer"}, ["answer"])

        await feedback.take(visit("evening"))
        await ear.hears(1)
        assert await live.once(COMMITTEE, "figures", work) == "answer"
        assert len(worked) == 2

        with pytest.raises(ValueError, match="away"):
            await live.once(COMMITTEE, "other", fails)
        assert await live.once(COMMITTEE, "other", work) == "answer"


async def test_with_nobody_listening_nothing_is_kept(live: Live) -> None:
    """Nobody looks for changes then, so that an answer of a moment ago may be wrong."""
    worked: list[int] = []

    async def work() -> int:
        worked.append(1)
        return len(worked)

    assert [await live.once(COMMITTEE, "figures", work) for _ in range(2)] == [1, 2]


async def test_whoever_listens_is_let_go_when_the_process_leaves(feedback: Feedback) -> None:
    """A stream that would never end by itself does not keep the process from stopping."""
    closing = asyncio.Event()
    async with running(feedback, closing) as live, listening(live, COMMITTEE) as ear:
        closing.set()
        await asyncio.wait_for(ear.ended.wait(), 10)


async def test_without_a_stream_the_time_is_told(desk: Desk) -> None:
    """Whoever does not ask for events gets the one thing an event holds."""
    assert (await desk.read(CLERK, "/live"))["now"].startswith("2026-10-06T01:00:0")
