"""A small committee and its notify service on a real database, driven by hand."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.notify.app import MIGRATIONS
from services.notify.channels.base import Channel, ChannelError, Letter
from services.notify.channels.inbox import InboxChannel
from services.notify.clockwork import Clockwork
from services.notify.consumers import Consumers
from services.notify.metrics import NotifyMetrics
from services.notify.sender import Limits, Sender
from shared.clock import LOCAL
from shared.contracts.envelope import Event
from shared.contracts.feedback import (
    DueCause,
    DutiesOpened,
    DutyClosed,
    DutyClosure,
    DutyDueSoon,
    DutyKind,
    DutyMoved,
    DutyOverdue,
    DutySnapshot,
    Moments,
)
from shared.contracts.notify import MessageState
from shared.contracts.visits import PersonChanged, PostHeld, Role, Urgency
from shared.db import create_engine, migrate
from shared.metrics import Metrics
from shared.uow import Database

COMMITTEE = UUID("018f0000-0000-7000-8000-000000000001")
AGENCY_UNIT = UUID("018f0000-0000-7000-8000-000000000002")
LAST_DAY = date(2026, 11, 23)
"""A Monday: the last day on which the duty of these tests is on time."""


async def migrate_notify(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS)


def local(text: str) -> datetime:
    """`2026-11-23 07:30` in Viet Nam."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def days_around(last_day: date) -> dict[int, date]:
    """Working days around a last day, where only weekends are off."""
    days = {0: last_day}
    for step in (1, -1):
        day = last_day
        for count in range(1, 11):
            day += timedelta(days=step)
            while day.weekday() >= 5:
                day += timedelta(days=step)
            days[step * count] = day
    return days


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._wakes: list[Callable[[], None]] = []

    def now(self) -> datetime:
        return self._now

    def on_jump(self, wake: Callable[[], None]) -> None:
        self._wakes.append(wake)

    def move_to(self, instant: datetime) -> None:
        self._now = instant.astimezone(UTC)
        for wake in self._wakes:
            wake()


@dataclass
class Pigeon:
    """A fake channel outside: keeps what it delivered, fails as told, and can be slow."""

    name: str = "pigeon"
    in_ledger: bool = False
    failures: list[ChannelError] = field(default_factory=list)
    delivered: list[Letter] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """While this is not set, a delivery waits."""
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, letter: Letter) -> MessageState:
        self.entered.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(letter)
        return MessageState.SENT


@dataclass(frozen=True)
class Duty:
    """A duty of the tests; its methods are the events of feedback about it."""

    duty_id: UUID = field(default_factory=uuid4)
    owner: UUID | None = None
    owner_unit: UUID | None = None
    urgent: bool = False
    last_day: date = LAST_DAY
    due_version: int = 1
    kind: DutyKind = DutyKind.REPORT

    def snapshot(self, version: int, **changes: Any) -> DutySnapshot:
        due_at = datetime.combine(self.last_day + timedelta(days=1), time(), LOCAL)
        return DutySnapshot(
            **{
                "duty_id": self.duty_id,
                "version": version,
                "due_version": self.due_version,
                "kind": self.kind,
                "committee_id": COMMITTEE,
                "unit_id": COMMITTEE,
                "visit_id": COMMITTEE,
                "owner_person_id": self.owner,
                "owner_unit_id": self.owner_unit,
                "urgency": Urgency.URGENT if self.urgent else Urgency.NORMAL,
                "anchor": self.last_day - timedelta(days=5),
                "due_at": due_at,
                "first_due_at": due_at,
            }
            | changes
        )

    def opened(self, version: int = 1) -> DutiesOpened:
        return DutiesOpened(duties=(self.snapshot(version),))

    def due_soon(self, version: int = 1) -> DutyDueSoon:
        return DutyDueSoon(duty=self.snapshot(version), moments=self.moments)

    def overdue(self, version: int = 1) -> DutyOverdue:
        return DutyOverdue(duty=self.snapshot(version), moments=self.moments)

    def closed(self, version: int = 2, closure: DutyClosure = DutyClosure.DONE) -> DutyClosed:
        at = datetime.combine(self.last_day, time(12), LOCAL)
        return DutyClosed(duty=self.snapshot(version, closed_at=at, closure=closure))

    def moved(self, last_day: date, version: int = 2) -> DutyMoved:
        """The event of a move of this duty to another last day."""
        after = self.on(last_day)
        return DutyMoved(
            duty=after.snapshot(version),
            old_due_at=self.snapshot(1).due_at,
            cause=DueCause.EXTENSION,
            moments=after.moments,
        )

    def on(self, last_day: date) -> "Duty":
        """The same duty under its next due version."""
        return Duty(
            duty_id=self.duty_id,
            owner=self.owner,
            owner_unit=self.owner_unit,
            urgent=self.urgent,
            last_day=last_day,
            due_version=self.due_version + 1,
            kind=self.kind,
        )

    @property
    def moments(self) -> Moments:
        return Moments(days=days_around(self.last_day))


@dataclass
class World:
    """One replica of notify, its clock in our hands."""

    dsn: str
    clock: ManualClock
    database: Database
    metrics: NotifyMetrics
    registry: Metrics
    consumers: Consumers
    clockwork: Clockwork
    sender: Sender
    pigeon: Pigeon
    channels: Sequence[Channel]

    def flown(self, name: str) -> Pigeon:
        """The fake channel of that name."""
        return next(each for each in self.channels if isinstance(each, Pigeon) and each.name == name)

    async def hear(self, *events: Event) -> None:
        """One batch of events in one transaction, as the inbox does it."""
        async with self.database.begin() as tx:
            await self.consumers.handle(events, tx)

    async def pass_to(self, instant: datetime) -> None:
        """The clock reaches `instant`, and whoever waits for it acts."""
        self.clock.move_to(instant)
        await self.clockwork.sweep()
        await self.sender.deliver_pending()

    async def messages(self, duty: Duty | None = None, **wanted: Any) -> list[Any]:
        """The ledger in the order in which it was written."""
        async with self.database.read() as tx:
            rows = await tx.all("SELECT * FROM message ORDER BY written_at, rung, person_id, channel")
        return [
            row
            for row in rows
            if (duty is None or row.duty_id == duty.duty_id)
            and all(getattr(row, name) == value for name, value in wanted.items())
        ]

    async def told(self, **wanted: Any) -> list[tuple[str, UUID, str]]:
        """What stands in people's inboxes: rung, person, state."""
        rows = await self.messages(channel="inbox", **wanted)
        return [(row.rung, row.person_id, row.state) for row in rows]

    async def published(self) -> list[str]:
        async with self.database.read() as tx:
            return [row.payload for row in await tx.all("SELECT payload FROM outbox ORDER BY seq")]

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.registry.get_sample_value(name, labels) or 0.0


def build_world(
    dsn: str, clock: ManualClock, *, channels: Sequence[Channel] | None = None, lease: float = 120.0
) -> World:
    """A replica on this database; several may share it."""
    pigeon = Pigeon()
    database = Database(create_engine(dsn, pool=8), clock)
    registry = Metrics("notify")
    metrics = NotifyMetrics(registry, database)
    used = channels if channels is not None else [InboxChannel(), pigeon]
    sender = Sender(
        database,
        used,
        metrics,
        public_url="https://bam-co-so.example.vn",
        limits=Limits(workers=2, lease=lease),
    )
    return World(
        dsn=dsn,
        clock=clock,
        database=database,
        metrics=metrics,
        registry=registry,
        consumers=Consumers(metrics, sender.ringing),
        clockwork=Clockwork(database, metrics, sender.ringing),
        sender=sender,
        pigeon=pigeon,
        channels=used,
    )


def person(
    role: Role | None,
    *,
    person_id: UUID | None = None,
    email: str | None = None,
    until: date | None = None,
    version: int = 1,
    unit_id: UUID = COMMITTEE,
    also: Sequence[Role] = (),
    serves: tuple[UUID, ...] = (),
) -> PersonChanged:
    """A person holding posts of these roles until a date."""
    person_id = person_id or uuid4()
    roles = [each for each in (role, *also) if each is not None]
    return PersonChanged(
        person_id=person_id,
        version=version,
        committee_id=COMMITTEE,
        code=str(person_id)[:8],
        full_name="Nguyễn Văn An",
        email=email,
        posts=tuple(
            PostHeld(
                post_id=uuid4(),
                role=each,
                body="b",
                title="t",
                unit_id=unit_id,
                valid_to=until,
                serves=serves if each is Role.ASSISTANT else (),
            )
            for each in roles
        ),
    )
