"""The three services as they run, each on a database of its own, without a bus: events are carried by hand.

Sessions, people and visits come about in visits and reach the others as the events they are, so that every
service decides from its own copy. Two committees live in each of the three databases.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import services.feedback.app
import services.notify.app
import services.visits.app
from services.feedback.contacts import new_key
from services.feedback.settings import FeedbackSettings
from services.notify.settings import NotifySettings
from services.visits.settings import VisitsSettings
from shared.acting import Acting, acting_as
from shared.clock import LOCAL, RehearsalClock
from shared.contracts.envelope import Producer
from shared.db import migrate
from shared.service import Service
from shared.settings import from_values
from tests.conftest import Fresh
from tests.matrix.asking import ORIGIN, Answer, ask

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=LOCAL)
"""A Sunday; what was due on Thursday has been told to its owner and the office on Friday."""
NO_LIMITS = {"writes_per_minute": 0, "address_writes_per_minute": 0, "door_tries_per_minute": 0}
PROVIDER = {
    "oidc_issuer": "http://127.0.0.1:1",
    "oidc_client_id": "field-visits",
    "oidc_client_secret": "a-secret-that-nobody-uses",
}
"""Names an outside provider that is away, so that its routes are there as well."""


async def migrate_visits(dsn: str) -> None:
    await migrate(dsn, services.visits.app.MIGRATIONS)


async def migrate_feedback(dsn: str) -> None:
    await migrate(dsn, services.feedback.app.MIGRATIONS)


async def migrate_notify(dsn: str) -> None:
    await migrate(dsn, services.notify.app.MIGRATIONS)


@dataclass
class World:
    """The running services, and how far each one's events were carried to the others."""

    clock: RehearsalClock
    services: Mapping[Producer, Service]
    tokens: dict[str, str] = field(default_factory=dict)
    """Persona to the token of their session."""
    _carried: dict[Producer, int] = field(default_factory=dict)

    @property
    def visits(self) -> Service:
        return self.services["visits"]

    @property
    def feedback(self) -> Service:
        return self.services["feedback"]

    @property
    def notify(self) -> Service:
        return self.services["notify"]

    async def ask(
        self, who: str, method: str, path: str, *, body: Any = None, query: str = "", token: str | None = None
    ) -> Answer:
        """One request of somebody, at the service to which the path belongs."""
        service = next(each for name, each in self.services.items() if path.startswith(f"/{name}/"))
        return await ask(
            service.app, method, path, token=token or self.tokens.get(who), body=body, query=query
        )

    async def must(self, who: str, method: str, path: str, body: Any = None, query: str = "") -> Answer:
        """The same, of something that has to succeed."""
        answer = await self.ask(who, method, path, body=body, query=query)
        assert answer.status < 300, (who, method, path, answer.text)
        return answer

    async def carry(self) -> None:
        """Hand over what left each service since the last time, until nothing leaves any more."""
        while await self._carry_once():
            pass

    async def _carry_once(self) -> bool:
        moved = False
        for producer, service in self.services.items():
            since = self._carried.get(producer, 0)
            async with service.database.read() as tx:
                rows = await tx.all(
                    "SELECT seq, subject, payload FROM outbox WHERE seq > :since ORDER BY seq", since=since
                )
            if rows:
                self._carried[producer], moved = rows[-1].seq, True
                for consumer in self.services.values():
                    await self._take(consumer, producer, rows)
        return moved

    async def _take(self, consumer: Service, producer: Producer, rows: Sequence[Any]) -> None:
        inbox = consumer.inboxes.get(producer)
        if inbox is None:
            return
        events = [
            inbox.known[row.subject].model_validate_json(row.payload)
            for row in rows
            if row.subject in inbox.known
        ]
        with acting_as(Acting(machine=consumer.name)):
            async with consumer.database.begin() as tx:
                await inbox.handler(events, tx)

    async def rows(self, service: Producer, statement: str, **values: Any) -> Sequence[Any]:
        async with self.services[service].database.read() as tx:
            return await tx.all(statement, **values)

    async def id_of(self, service: Producer, statement: str, **values: Any) -> UUID:
        """The one id that a question has for an answer."""
        (row,) = await self.rows(service, statement, **values)
        return UUID(str(row[0]))

    async def close(self) -> None:
        for service in self.services.values():
            await service.dispose()


async def in_turns(works: Iterable[Coroutine[Any, Any, T]], *, at_once: int = 6) -> list[T]:
    """Everything, a few at a time: no more than a service has connections for.

    Each is taken up only when its turn has come, and the first failure ends all of them, so that none is left over
    to trouble the next test.
    """
    turns = iter(enumerate(works))
    done: dict[int, T] = {}

    async def take_turns() -> None:
        for number, work in turns:
            done[number] = await work

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(take_turns())
    return [done[number] for number in range(len(done))]


async def open_world(database: Fresh, now: datetime = NOW) -> World:
    """The services on fresh databases, with nobody in them."""
    clock = RehearsalClock(now)
    common = {"nats_url": "nats://127.0.0.1:1", "public_url": ORIGIN, "database_pool": 6, **NO_LIMITS}
    return World(
        clock,
        {
            "visits": services.visits.app.build(
                from_values(
                    VisitsSettings,
                    database_url=await database("visits", migrate_visits),
                    direct_links=True,
                    photos=True,
                    **PROVIDER,
                    **common,
                ),
                clock,
            ),
            "feedback": services.feedback.app.build(
                from_values(
                    FeedbackSettings,
                    database_url=await database("feedback", migrate_feedback),
                    contact_key=new_key("1"),
                    **common,
                ),
                clock,
            ),
            "notify": services.notify.app.build(
                from_values(NotifySettings, database_url=await database("notify", migrate_notify), **common),
                clock,
            ),
        },
    )
