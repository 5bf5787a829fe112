"""The whole system in one process on a rehearsal clock: real servers, three services, one origin over real HTTP.

People act in it by HTTP alone, each with a browser of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
import uvicorn

from services.feedback.contacts import new_key
from services.front import OneOrigin, front
from services.installation import Installation, embedded_installation
from shared.clock import LOCAL, RehearsalClock
from shared.engines import embedded_engines
from shared.serve import bound
from tests.support.servers import temporary_folder
from tests.support.smtp import PostOffice, post_office
from tests.support.wait import eventually
from tests.support.ward import NEW_YEAR, links_for, open_ward

Json = dict[str, Any]


def local(text: str) -> datetime:
    """`local("2026-10-05 19:00")`, an instant told as in Từ Sơn."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@dataclass
class Rehearsal:
    """The ward with its people and no visit, and a clock that a person moves."""

    url: str
    installation: Installation
    office: PostOffice
    _browsers: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    async def person(self, code: str) -> httpx2.AsyncClient:
        """The browser of a person, signed in by a one-time link the first time."""
        if code not in self._browsers:
            await self.people([code])
        return self._browsers[code]

    async def people(self, codes: Sequence[str]) -> None:
        """Sign in many at once."""
        for code, link in zip(codes, await links_for(self.installation, codes), strict=True):
            # Without certificates to load: they take longer than all the rest, and there is no HTTPS here.
            browser = httpx2.AsyncClient(base_url=self.url, timeout=45, verify=False)
            assert (await browser.get(link)).status_code == 303
            self._browsers[code] = browser

    async def move_clock(self, to: str) -> None:
        """Anybody may move the clock of a rehearsal; here the operator does."""
        operator = await self.person("QT1")
        answer = await operator.post("/ops/clock", json={"now": local(to).isoformat()})
        assert answer.status_code == 200, answer.text

    async def get(self, code: str, path: str) -> Json:
        """What a person sees there."""
        answer = await (await self.person(code)).get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def put(self, code: str, path: str, body: Json, *, method: str = "PUT") -> Json:
        """What a person does there, accepted."""
        answer = await (await self.person(code)).request(method, path, json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def duties(self, code: str, *, count: int) -> dict[str, Json]:
        """A person's duties in feedback by kind, once there are so many."""

        async def all_here() -> dict[str, Json]:
            duties = (await self.get(code, "/feedback/api/duties"))["duties"]
            assert len(duties) == count, [duty["kind"] for duty in duties]
            return {duty["kind"]: duty for duty in duties}

        return await eventually(all_here, every=0.05)

    async def inbox(self, code: str, notice: str, *, count: int) -> list[Json]:
        """A person's messages of one kind, once there are so many."""

        async def all_here() -> list[Json]:
            messages = (await self.get(code, "/notify/api/inbox"))["messages"]
            found = [message for message in messages if message["notice"] == notice]
            assert len(found) == count, [(message["rung"], message["duty_id"]) for message in messages]
            return found or [{}]

        found = await eventually(all_here, every=0.05)
        return found if count else []

    async def close(self) -> None:
        for browser in self._browsers.values():
            await browser.aclose()


@asynccontextmanager
async def rehearsal() -> AsyncIterator[Rehearsal]:
    """Everything up, on New Year's Day of the demo's year."""
    listening = bound("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    clock = RehearsalClock(NEW_YEAR)
    with temporary_folder() as folder, listening:
        async with post_office() as office, embedded_engines(folder / "data", durable=False) as engines:
            found = embedded_installation(
                engines, clock, public_url=url, contact_key=new_key("1"), **office.settings()
            )
            await found.migrate()
            await open_ward(found)
            async with found.services() as services:
                visits = services["visits"]
                page = front(clock, visits.sessions, visits.database, public_url=url, version="test")
                origin = OneOrigin({name: service.app for name, service in services.items()}, page)
                server = uvicorn.Server(uvicorn.Config(origin, lifespan="off", log_config=None))
                serving = asyncio.create_task(server.serve(sockets=[listening]))
                system = Rehearsal(url, found, office)
                try:
                    await found.settled(within=30)
                    yield system
                finally:
                    await system.close()
                    server.should_exit = True
                    await serving
