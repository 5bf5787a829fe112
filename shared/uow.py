"""State and message leave in one transaction (I8).

A unit of work is one connection and one transaction. Events published through it are written to the
outbox as the last statement before the commit; there is no other way out of a service.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CursorResult, Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import audit as trail
from shared import outbox, tracing
from shared.acting import Acting, acting
from shared.clock import Clock
from shared.contracts.envelope import Event
from shared.db import lost_race, sql
from shared.errors import TooLarge
from shared.ids import uuid7
from shared.walls import ENTER

T = TypeVar("T")

MAX_EVENT = 900_000
"""Bytes of an event: with its headers it stays below the megabyte that NATS carries."""


class UnitOfWork:
    """One transaction of one service. `now` is read once, so that everything in it agrees on the time."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._pending: list[outbox.Pending] = []
        self._acts: list[trail.Act] = []
        self.wrote_events = False
        self.touched: set[UUID | str] = set()
        """What changed that caches in this process hold; told to `Database.after_commit`."""
        self.once_committed: list[Callable[[], None]] = []
        """Called after the commit and only then: for counters, which no rollback takes back."""
        self.traces: Mapping[str, str] | None = None
        """For a transaction that answers several: trace contexts by the key they came for."""

    def publish(self, event: Event, *, key: UUID) -> None:
        """Send `event` about the thing `key` with this transaction, or not at all.

        Raises TooLarge here, before anything is committed, because no relay could ever send it.
        """
        self.publish_json(type(event), event.model_dump_json(), key=key)

    def publish_json(self, event: type[Event], payload: str, *, key: UUID) -> None:
        """The same for an event whose JSON was written elsewhere, by the database for example.

        Whoever writes JSON by hand owes a test that reads it as the event's model.
        """
        size = len(payload.encode())
        if size > MAX_EVENT:
            raise TooLarge(
                f"Nội dung dài {size} byte, vượt giới hạn {MAX_EVENT} byte",
                f"{event.subject} of {size} bytes is above the limit of {MAX_EVENT} bytes",
            )
        about = str(key)
        self._pending.append(
            outbox.Pending(
                event_id=uuid7(),
                subject=event.subject,
                key=about,
                payload=payload,
                traceparent=tracing.carried() if self.traces is None else self.traces.get(about),
            )
        )

    def audit(
        self,
        act: str,
        kind: str,
        record_id: object,
        *,
        was: trail.Facts | None = None,
        became: trail.Facts | None = None,
        committee_id: UUID | None = None,
        by: Acting | None = None,
    ) -> None:
        """Note who does what to which record with this transaction, or not at all.

        `by` is given where the task works for several people at once, `committee_id` where whoever acts is of
        no committee: a machine, or somebody at the door.
        """
        who = by or acting()
        if who.committee_id is None:
            who = replace(who, committee_id=committee_id)
        self._acts.append(trail.noted(act, kind, record_id, who, was=was, became=became))

    def take_over(self, read: "UnitOfWork") -> None:
        """Note what was noted while reading, where nothing can be written."""
        self._acts += read.acts

    @property
    def acts(self) -> Sequence[trail.Act]:
        """What was noted so far."""
        return self._acts

    async def execute(self, statement: str, /, **values: Any) -> CursorResult[Any]:
        return await self.connection.execute(sql(statement), values)

    async def all(self, statement: str, /, **values: Any) -> Sequence[Row[Any]]:
        return (await self.execute(statement, **values)).all()

    async def first(self, statement: str, /, **values: Any) -> Row[Any] | None:
        return (await self.execute(statement, **values)).first()

    async def scalar(self, statement: str, /, **values: Any) -> Any:
        return (await self.execute(statement, **values)).scalar()

    async def plan_for_values(self) -> None:
        """Until the end of the transaction every query is planned for its own values.

        PostgreSQL keeps a plan for any values after five rounds. Where it depends on the values which way is the
        short one, that plan costs more than planning a hundred times.
        """
        await self.execute("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")

    async def flush(self) -> None:
        """Write the pending events and the audit. Called once, as the last thing before the commit."""
        if self._pending:
            await outbox.append(self, self._pending, self._acts)
            self.wrote_events = True
        elif self._acts:
            await self.execute(trail.APPEND, **trail.values(self._acts, self.now))
        self._pending, self._acts = [], []


class Database:
    """A service's database: units of work to write, plain connections to read.

    As it is made it is for the service's own work and sees every committee. `for_requests` gives the one
    for routes, whose transactions see the committee of whoever acts, and nothing when nobody does;
    `everywhere` leads back for the few acts that concern the whole installation.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, *, everywhere: "Database | None" = None) -> None:
        self.engine = engine
        self.clock = clock
        self.everywhere = everywhere or self
        self._walled = everywhere is not None
        self.committed = asyncio.Event()
        """Set after every commit that wrote events: the relay's alarm clock."""
        self.after_commit: list[Callable[[set[UUID | str]], None]] = []
        """Each is told what a committed transaction touched."""

    def for_requests(self, engine: AsyncEngine) -> "Database":
        """The same database on an engine of requests; who waits for commits here hears of those there."""
        requests = Database(engine, self.clock, everywhere=self)
        requests.committed, requests.after_commit = self.committed, self.after_commit
        return requests

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        async with self.engine.connect() as connection, connection.begin():
            tx = await self._entered(connection)
            yield tx
            await tx.flush()
        if tx.wrote_events:
            self.committed.set()
        for tell in tx.once_committed:
            tell()
        if tx.touched:
            for hear in self.after_commit:
                hear(tx.touched)

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]], *, attempts: int = 3) -> T:
        """`work` in one transaction, tried again when it lost a race (40001, 40P01, 55P03)."""
        for attempt in range(1, attempts + 1):
            try:
                async with self.begin() as tx:
                    return await work(tx)
            except Exception as error:
                if attempt == attempts or not lost_race(error):
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    async def rehearse(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """What `work` would do: it is done in one transaction, of which nothing remains and nobody hears."""
        async with self.engine.connect() as connection, connection.begin() as transaction:
            try:
                return await work(await self._entered(connection))
            finally:
                await transaction.rollback()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[UnitOfWork]:
        """A read-only transaction that sees one moment of the database.

        What was read and must be known of is noted (`tx.audit`) and stands before anything is shown.
        """
        async with self.engine.connect() as connection:
            reader = await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            async with reader.begin():
                tx = await self._entered(reader)
                yield tx
        if tx.acts:
            async with self.begin() as noting:
                noting.take_over(tx)

    async def _entered(self, connection: AsyncConnection) -> UnitOfWork:
        """A unit of work behind the wall of whoever acts."""
        tx = UnitOfWork(connection, self.clock.now())
        if self._walled and (committee_id := acting().committee_id) is not None:
            await tx.execute(ENTER, committee_id=str(committee_id))
        return tx
