"""A running service: its database, its bus, its loops, and the order in which they start and stop.

HTTP answers as soon as PostgreSQL does; the bus may come later, because the outbox waits for it.
Nothing here knows what a service is about.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import asyncapi, inbox, outbox, quarantine, receipts, relay
from shared.access import public
from shared.acting import Acting, acting_as
from shared.bus import Bus
from shared.clock import Clock, SystemClock, is_set_within
from shared.contracts import EVENTS
from shared.contracts.envelope import Event, Producer
from shared.db import check_schema, create_engine
from shared.http import create_api
from shared.http.audit import build_router as audit_router
from shared.http.quotas import Quotas
from shared.inbox import Handler, Inbox
from shared.metrics import Metrics
from shared.receipts import ReceiptKeeper, ReceiptSender
from shared.relay import Relay
from shared.sessions import Sessions
from shared.settings import ServiceSettings
from shared.topology import CONSUMERS, Consumes, Reconciler
from shared.tracing import Tracing
from shared.uow import Database

log = structlog.get_logger()

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""A loop of a service: runs until the event is set."""

STOP_WITHIN = 6.0
"""Seconds for the loops; the bus and the database have their own, twenty in all."""
CLOCKS_APART = 5.0
"""Seconds between two clocks after which they are told to disagree."""
SILENT_AFTER = 30.0
"""Seconds without a word from JetStream after which a consumer is not ready (it hears one every five)."""


class Readiness(BaseModel):
    """Whether a service can do its work, and by part what keeps it from that."""

    ready: bool
    problems: dict[str, str]


class Service:
    """One service, wired once by its `build`."""

    def __init__(
        self,
        name: Producer,
        settings: ServiceSettings,
        clock: Clock,
        *,
        title: str,
        migrations: Path,
        patience: float,
    ) -> None:
        self.name: Producer = name
        self.settings = settings
        self.title = title
        self.migrations = migrations
        self.clock = clock
        self.metrics = Metrics(name)
        self.tracing = Tracing.from_environment(name)
        self.database = Database(
            create_engine(settings.database_url.get_secret_value(), pool=settings.database_pool), clock
        )
        self.requests = self.database.for_requests(
            create_engine(
                settings.database_url.get_secret_value(), pool=settings.database_pool, requests=True
            )
        )
        self.sessions = Sessions(self.database, secure=settings.secure, patience=patience)
        self.bus = Bus(settings.nats_url.get_secret_value(), name)
        self.reads = tuple(consumes for consumes in CONSUMERS if consumes.consumer == name)
        self.reconciler = Reconciler(
            name,
            self.reads,
            interval=settings.reconcile_interval,
            wake=self.bus.refusal,
            made_again=self._receipts_are_due,
        )
        self.relay = Relay(
            database=self.database,
            bus=self.bus,
            producer=name,
            metrics=relay.Metrics.on(self.metrics.registry),
            resend_after=settings.resend_after,
        )
        self.inboxes: dict[str, Inbox] = {}
        self._inbox_metrics = inbox.Metrics.on(self.metrics.registry)
        self._keeper = ReceiptKeeper(self.database, name)
        self._loops: list[tuple[str, Loop]] = [
            ("relay", self._with_bus(self.relay.run)),
            ("parked", self._replay_parked),
        ]
        self._senders: list[ReceiptSender] = []
        self.closing = asyncio.Event()
        """Set when the server is told to stop, before it waits for the answers it has begun."""
        self._stop = asyncio.Event()
        self._bus_up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.app = create_api(
            name,
            title=title,
            version=version("field-visits"),
            metrics=self.metrics,
            tracing=self.tracing,
            public_url=settings.public_url,
            sessions=self.sessions,
            quotas=Quotas(
                person=settings.writes_per_minute,
                address=settings.address_writes_per_minute,
                door=settings.door_tries_per_minute,
            ),
            lifespan=self._lifespan,
        )
        self._add_endpoints()
        self._add_gauges()
        self.app.include_router(audit_router(name, self.requests))

    def consume(self, producer: Producer, handler: Handler, events: Sequence[type[Event]]) -> None:
        """Take in `events` of `producer` with `handler`; other types of it are recorded and passed over."""
        consumes = Consumes(self.name, producer)
        taken = Inbox(
            database=self.database,
            consumes=consumes,
            known={event.subject: event for event in events},
            handler=handler,
            metrics=self._inbox_metrics,
            tracing=self.tracing,
        )
        self.inboxes[producer] = taken
        sender = ReceiptSender(self.database, self.bus, consumes, interval=self.settings.receipt_interval)
        sender.moved = taken.moved
        self._senders.append(sender)
        self._loops.append((f"receipts-{producer}", self._with_bus(sender.run)))

        @self.bus.broker.events(consumes)
        async def take(messages: list[Any]) -> None:
            await taken.receive(messages)

    def loop(self, name: str, run: Loop) -> None:
        """Run a loop for as long as the service runs; one that fails is counted and begun again."""
        self._loops.append((name, run))

    async def problems(self) -> dict[str, str]:
        """What keeps this service from being ready, by part; empty when it is."""
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(3), self.database.engine.connect() as connection:
                if (apart := await self._clocks_apart(connection)) > CLOCKS_APART:
                    found["clock"] = f"{apart:.1f} s from the database's"
                await check_schema(connection, self.migrations)
        except Exception as error:  # noqa: BLE001  # whatever it is, the database part is not ready
            found["database"] = f"{type(error).__name__}"
        if not self.bus.connected or not self._bus_up.is_set():
            found["bus"] = "not connected"
        elif self.reconciler.in_the_way:
            found["topology"] = "; ".join(
                f"{each.what}: {each.detail}" for each in self.reconciler.in_the_way
            )
        else:
            for subscriber in self.bus.subscribers:
                if subscriber.refused:
                    found[subscriber.durable] = "refused by JetStream"
                elif subscriber.silent_for > SILENT_AFTER:
                    found[subscriber.durable] = f"silent for {subscriber.silent_for:.0f} s"
        return found

    async def _clocks_apart(self, connection: AsyncConnection) -> float:
        """Seconds between our clock and the database's, whose leases run by it; a rehearsal has a time of its own."""
        if not isinstance(self.clock, SystemClock):
            return 0.0
        theirs: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return abs((self.clock.now() - theirs).total_seconds())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Service"]:
        """Everything of this service, for the length of the block."""
        async with self.database.engine.connect() as connection:
            await check_schema(connection, self.migrations)
        self._tasks = [
            asyncio.create_task(self._keep_bus(), name=f"{self.name}-bus"),
            *(
                asyncio.create_task(self._supervise(name, run), name=f"{self.name}-{name}")
                for name, run in self._loops
            ),
        ]
        try:
            yield self
        finally:
            await self._shut_down()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        async with self.running():
            yield

    async def _keep_bus(self) -> None:
        if not await self.bus.start(self._stop):
            return
        await self._keeper.listen(self.bus)
        self._bus_up.set()
        await asyncio.gather(self.reconciler.run(self.bus.js, self._stop), self._watch_bus())

    async def _watch_bus(self) -> None:
        """A connection that ended for good (a wrong password after a restart) ends the process, which comes back."""
        await _first(self.bus.closed, self._stop)
        if not self._stop.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    async def _replay_parked(self, stop: asyncio.Event) -> None:
        """Newer messages than the last version of this service could read are applied by the first that can."""
        for taken in self.inboxes.values():
            replayed = await taken.replay_understood()
            if replayed:
                log.info("parked messages replayed", consumer=taken.consumes.durable, count=replayed)
        await stop.wait()

    def _receipts_are_due(self) -> None:
        for sender in self._senders:
            sender.moved.set()

    def _with_bus(self, run: Loop) -> Loop:
        """A loop that begins when the bus is up."""

        async def begin(stop: asyncio.Event) -> None:
            await _first(self._bus_up, stop)
            if not stop.is_set():
                await run(stop)

        return begin

    async def _supervise(self, name: str, run: Loop) -> None:
        while not self._stop.is_set():
            try:
                with acting_as(Acting(machine=self.name)):
                    await run(self._stop)
            except Exception:
                log.exception("loop failed, beginning again", service=self.name, loop=name)
                self._loop_failures.labels(name).inc()
                await is_set_within(self._stop, 1)

    async def _shut_down(self) -> None:
        """Let loops finish and cut those that do not; then leave the bus, then the database."""
        self._stop.set()
        if self.bus.started:
            await self.bus.leave()
        for taken in self.inboxes.values():
            taken.stop()
        for sleeper in (self.database.committed, self.bus.refusal):
            sleeper.set()
        self._receipts_are_due()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.bus.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self.dispose()
        await asyncio.to_thread(self.tracing.close)

    async def dispose(self) -> None:
        """Leave the database."""
        await self.requests.engine.dispose()
        await self.database.engine.dispose()

    def _add_endpoints(self) -> None:
        app, base = self.app, f"/{self.name}"

        @app.get(f"{base}/healthz", dependencies=[Depends(public)], tags=["operations"])
        async def healthz() -> dict[str, str]:
            """The process answers."""
            return {"status": "alive"}

        @app.get(
            f"{base}/readyz",
            dependencies=[Depends(public)],
            responses={503: {"model": Readiness, "description": "Not ready"}},
            tags=["operations"],
        )
        async def readyz(response: Response) -> Readiness:
            """Database, bus, streams and consumers are as they should be; 503 names the part that is not."""
            found = await self.problems()
            response.status_code = 503 if found else 200
            return Readiness(ready=not found, problems=found)

        @app.get(f"{base}/api/asyncapi.json", dependencies=[Depends(public)], tags=["operations"])
        async def asyncapi_json() -> dict[str, Any]:
            """What this service publishes and reads."""
            return self.asyncapi

    @cached_property
    def asyncapi(self) -> dict[str, Any]:
        """The service's AsyncAPI document, made once: anybody may ask for it, as often as they like."""
        publishes = [event for event in EVENTS.values() if event.subject.startswith(f"{self.name}.")]
        reads = [event for taken in self.inboxes.values() for event in taken.known.values()]
        return asyncapi.document(
            self.name, title=self.title, version=version("field-visits"), publishes=publishes, reads=reads
        )

    def _add_gauges(self) -> None:
        metrics = self.metrics
        self.bus.refused = metrics.counter(
            "bus_permission_violations", "Acts that the bus refused because this service has no right to them"
        ).inc
        self._loop_failures = metrics.counter(
            "loop_failures", "Loops that failed and were begun again", labels=("loop",)
        )
        metrics.at_scrape(
            "readiness_problems", "What keeps this process from being ready", self._unready, labels=("part",)
        )
        metrics.at_scrape("outbox_waiting_events", "Events not yet published", self._waiting)
        metrics.at_scrape(
            "outbox_oldest_age_seconds", "Age of the oldest unpublished event", self._oldest_age
        )
        metrics.at_scrape(
            "receipt_lag_events",
            "Published events a consumer has not confirmed",
            self._lag,
            labels=("consumer",),
        )
        metrics.at_scrape("quarantine_held_messages", "Messages waiting for a person's decision", self._held)
        metrics.at_scrape(
            "topology_differences", "Streams and consumers not as they should be", self._differing
        )

    async def _unready(self) -> Mapping[tuple[str, ...], float]:
        return {(part,): 1.0 for part in await self.problems()}

    async def _waiting(self) -> float:
        async with self.database.read() as tx:
            return await outbox.last_seq(tx) - await outbox.published_through(tx)

    async def _oldest_age(self) -> float:
        async with self.database.read() as tx:
            oldest = await tx.scalar(
                "SELECT occurred_at FROM outbox, outbox_relay WHERE seq > published_seq ORDER BY seq LIMIT 1"
            )
        return max((self.clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0

    async def _lag(self) -> Mapping[tuple[str, ...], float]:
        consumers = [consumes.consumer for consumes in CONSUMERS if consumes.producer == self.name]
        async with self.database.read() as tx:
            return {(name,): float(lag) for name, lag in (await receipts.outstanding(tx, consumers)).items()}

    async def _held(self) -> float:
        async with self.database.read() as tx:
            return await quarantine.held_count(tx)

    async def _differing(self) -> float:
        return len(self.reconciler.differences)


async def _first(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
