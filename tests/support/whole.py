"""All three services wired as they run, on real databases, with the made-up ward in them and no bus.

Events are carried by hand, so that everything stands still between two requests. The services live in the
event loop of a thread of their own: tools that know nothing of asyncio ask them like any other function.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx2
from starlette.types import ASGIApp, Message

from services.demo import demo_register
from services.demo.opening import COMMITTEE, open_demo
from services.feedback.app import build as build_feedback
from services.feedback.clockwork import Clockwork as FeedbackClockwork
from services.feedback.contacts import new_key
from services.feedback.metrics import FeedbackMetrics
from services.feedback.settings import FeedbackSettings
from services.feedback.store.calendars import CalendarBook
from services.installation import MIGRATIONS, NAMES
from services.notify.app import build as build_notify
from services.notify.clockwork import Clockwork as NotifyClockwork
from services.notify.metrics import NotifyMetrics
from services.notify.settings import NotifySettings
from services.visits.app import build as build_visits
from services.visits.handlers import PutPerson, put_person
from services.visits.handlers.sessions import Lifetime, open_device_session, open_session
from services.visits.settings import VisitsSettings
from shared.acting import Acting, acting_as
from shared.clock import LOCAL, RehearsalClock
from shared.contracts.envelope import Producer
from shared.contracts.visits import PostHeld, Role
from shared.db import migrate
from shared.ids import derived_id
from shared.metrics import Metrics
from shared.service import Service
from shared.settings import from_values
from tests.support.edge import ORIGIN
from tests.support.servers import Databases
from tests.support.ward import person_id, unit_id

T = TypeVar("T")

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
"""A Friday of the register, with duties done, owed and overdue."""
PEOPLE = {
    Role.OFFICE_CLERK: "VP1",
    Role.COMMITTEE_MEMBER: "M12",
    Role.PERMANENT_BOARD: "M01",
    Role.STANDING_COMMITTEE: "M04",
    Role.INSPECTOR: "KT1",
    Role.AGENCY: "CQ1",
    Role.CELL_SECRETARY: "CB1",
    Role.OPS: "QT1",
    Role.ASSISTANT: "GV1",
}
"""One person of each role in the made-up ward, by code; its register has no assistants."""
LIFETIME = Lifetime(absolute=timedelta(days=400), idle=timedelta(days=400))


async def migrate_visits(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS["visits"])


async def migrate_feedback(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS["feedback"])


async def migrate_notify(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS["notify"])


@dataclass
class Whole:
    """The services by name, and who is signed in: the token of each role's person."""

    services: Mapping[Producer, Service]
    dsns: Mapping[Producer, str]
    loop: asyncio.AbstractEventLoop
    tokens: dict[Role, str] = field(default_factory=dict)
    _carried: dict[Producer, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))

    def wait(self, doing: Coroutine[Any, Any, T]) -> T:
        """What comes of `doing` over there, for whoever lives here."""
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(300)

    async def sign_in(self, role: Role) -> str:
        """A new session of the person of this role, fresh as long as the clock stands still, known everywhere."""
        visits = self.services["visits"]
        async with visits.database.begin() as tx:
            opened = await open_session(person_id(PEOPLE[role]), LIFETIME, tx)
        await self.carry()
        self.tokens[role] = opened.token
        return opened.token

    async def sign_in_phone(self, role: Role) -> str:
        """What the phone of this person may hold on its own."""
        async with self.services["visits"].database.begin() as tx:
            opened = await open_device_session(person_id(PEOPLE[role]), LIFETIME, tx)
        await self.carry()
        return opened.token

    async def ring(self) -> None:
        """What the clocks of feedback and notify do: announce what is due, write who is told."""
        database, book = self.services["feedback"].database, CalendarBook()
        announced = FeedbackMetrics(Metrics("feedback"), database, book)
        await FeedbackClockwork(database, book, announced).sweep()
        await self.carry()
        database = self.services["notify"].database
        told = NotifyMetrics(Metrics("notify"), database)
        await NotifyClockwork(database, told, ["email"]).sweep()
        await self.carry()

    async def carry(self) -> None:
        """Take every event that waits to whoever reads it, until nothing is left."""
        while any([await self._carry_of(producer) for producer in NAMES]):
            pass

    async def _carry_of(self, producer: Producer) -> bool:
        async with self.services[producer].database.read() as tx:
            rows = await tx.all(
                "SELECT seq, subject, payload FROM outbox WHERE seq > :after ORDER BY seq LIMIT 200",
                after=self._carried[producer],
            )
        if not rows:
            return False
        for service in self.services.values():
            inbox = service.inboxes.get(producer)
            if inbox is None:
                continue
            events = [
                inbox.known[row.subject].model_validate_json(row.payload)
                for row in rows
                if row.subject in inbox.known
            ]
            async with service.database.begin() as tx:
                with acting_as(Acting(machine=service.name)):
                    await inbox.handler(events, tx)
        self._carried[producer] = rows[-1].seq
        return True

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the service that the first segment names; of a stream without end, how it begins."""
        service = self.services[request.url.path.split("/", 2)[1]]  # type: ignore[index]  # a name of NAMES
        return await answer_of(service.app, request)


def _assistant() -> PutPerson:
    """Somebody who records for the member."""
    code, committee = PEOPLE[Role.ASSISTANT], unit_id(COMMITTEE)
    post = PostHeld(
        post_id=derived_id(person_id(code), Role.ASSISTANT),
        role=Role.ASSISTANT,
        body="committee_office",
        title="Chuyên viên giúp việc",
        unit_id=committee,
        serves=(person_id(PEOPLE[Role.COMMITTEE_MEMBER]),),
    )
    return PutPerson(
        person_id=person_id(code), committee_id=committee, code=code, full_name="Đặng Thị Thu", posts=(post,)
    )


async def answer_of(app: ASGIApp, request: httpx2.Request) -> httpx2.Response:
    """What the application answers, without a server; whoever listens to events leaves as soon as they begin."""
    asked, left = False, asyncio.Event()
    start: Message = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await left.wait()
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": request.content, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            if any(value.startswith(b"text/event-stream") for _, value in message["headers"]):
                left.set()
        else:
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                left.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
    await app(scope, receive, send)
    return httpx2.Response(
        start["status"], headers=start["headers"], content=b"".join(chunks), request=request
    )


@contextmanager
def whole(databases: Databases) -> Iterator[Whole]:
    """The ward on fresh databases, everybody signed in; gone at the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="the three services", daemon=True)
    thread.start()

    def wait(doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, loop).result(300)

    try:
        dsns = wait(_databases(databases))
        world = wait(_wired(dsns, loop))
        yield world
        for service in world.services.values():
            wait(service.dispose())
        for dsn in dsns.values():
            wait(databases.drop(dsn))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _databases(databases: Databases) -> dict[Producer, str]:
    return {
        "visits": await databases.fresh("visits", migrate_visits),
        "feedback": await databases.fresh("feedback", migrate_feedback),
        "notify": await databases.fresh("notify", migrate_notify),
    }


async def _wired(dsns: dict[Producer, str], loop: asyncio.AbstractEventLoop) -> Whole:
    clock = RehearsalClock(NOW)
    common: dict[str, Any] = {
        "nats_url": "nats://127.0.0.1:1",
        "public_url": ORIGIN,
        "writes_per_minute": 0,
        "address_writes_per_minute": 0,
        "door_tries_per_minute": 0,
    }
    visits = from_values(
        VisitsSettings, database_url=dsns["visits"], direct_links=True, photos=True, **common
    )
    feedback = from_values(
        FeedbackSettings, database_url=dsns["feedback"], contact_key=new_key("1"), **common
    )
    notify = from_values(NotifySettings, database_url=dsns["notify"], smtp_host="127.0.0.1", **common)
    services: dict[Producer, Service] = {
        "visits": build_visits(visits, clock),
        "feedback": build_feedback(feedback, clock),
        "notify": build_notify(notify, clock),
    }
    world = Whole(services, dsns, loop)
    await open_demo(services["visits"].database, demo_register(), say=lambda _: None)
    async with services["visits"].database.begin() as tx:
        await put_person(_assistant(), tx)
    await world.carry()
    await world.ring()
    for role in PEOPLE:
        await world.sign_in(role)
    return world
