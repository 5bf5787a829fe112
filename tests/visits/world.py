"""A small ward on a real database, and its people with a signed-in client each."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from services.visits import handlers
from services.visits.app import MIGRATIONS, build
from services.visits.handlers import PutBody, PutPerson, PutUnit
from services.visits.settings import VisitsSettings
from shared.clock import LOCAL, RehearsalClock
from shared.contracts.visits import PostHeld, Role
from shared.db import migrate
from shared.ids import derived_id, uuid7
from shared.service import Service
from shared.settings import from_values

ORIGIN = "http://127.0.0.1:8080"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=LOCAL)
LIFETIME = handlers.Lifetime(absolute=timedelta(days=30), idle=timedelta(days=7))

WARD = UUID("018f0000-0000-7000-8000-000000000001")
OTHER_WARD = UUID("018f0000-0000-7000-8000-000000000002")


async def migrate_visits(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS)


def person_id(code: str) -> UUID:
    return derived_id(WARD, "person", code)


def unit_id(code: str) -> UUID:
    return derived_id(WARD, "unit", code)


@dataclass
class World:
    """The service wired as it runs, without its bus: nothing is published, all waits in the outbox."""

    service: Service
    clock: RehearsalClock
    clients: AsyncExitStack = field(default_factory=AsyncExitStack)
    watchers: list[Callable[[httpx2.Response], Awaitable[None]]] = field(default_factory=list)
    """Told of every answer to a client that was made after they began to watch."""

    @property
    def database(self) -> Any:
        return self.service.database

    async def anonymous(self, **cookies: str) -> httpx2.AsyncClient:
        return await self.clients.enter_async_context(
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=self.service.app),
                base_url=ORIGIN,
                cookies=cookies,
                event_hooks={"response": list(self.watchers)},
            )
        )

    async def client(self, code: str) -> httpx2.AsyncClient:
        """A client signed in as this person."""
        who = person_id(code) if code != "X1" else derived_id(OTHER_WARD, "person", code)
        async with self.database.begin() as tx:
            opened = await handlers.open_session(who, LIFETIME, tx)
        return await self.anonymous(**{self.service.sessions.cookie_name: opened.token})

    async def rows(self, statement: str, **values: Any) -> Any:
        async with self.database.read() as tx:
            return await tx.all(statement, **values)

    async def count(self, table: str) -> int:
        return int((await self.rows(f"SELECT count(*) AS n FROM {table}"))[0].n)

    async def events(self, subject: str = "visits.visit.recorded.v1") -> list[str]:
        """The payloads that wait in the outbox, in order."""
        rows = await self.rows(
            "SELECT payload FROM outbox WHERE subject = :subject ORDER BY seq", subject=subject
        )
        return [row.payload for row in rows]

    async def close(self) -> None:
        await self.clients.aclose()
        await self.service.dispose()


async def open_world(dsn: str, now: datetime = NOW, **more: Any) -> World:
    """A ward with two cells and six people, and a neighbouring ward with one of each."""
    clock = RehearsalClock(now)
    settings = from_values(
        VisitsSettings,
        database_url=dsn,
        nats_url="nats://127.0.0.1:1",
        **({"public_url": ORIGIN, "direct_links": True} | more),
    )
    world = World(build(settings, clock), clock)
    async with world.database.begin() as tx:
        await _put_unit(tx, WARD, WARD, "TS", "Đảng bộ phường Từ Sơn", kind="party_organisation")
        for code, name in (("C001", "Chi bộ khu phố Đông Ngàn 1"), ("C002", "Chi bộ khu phố Đình Bảng 2")):
            await _put_unit(tx, WARD, unit_id(code), code, name, parent_id=WARD)
        await _put_unit(
            tx,
            WARD,
            unit_id("C003"),
            "C003",
            "Chi bộ cũ",
            parent_id=WARD,
            valid_to=datetime(2026, 6, 30).date(),  # noqa: DTZ001  # a date
        )
        await _put_unit(tx, OTHER_WARD, OTHER_WARD, "TM", "Đảng bộ phường Tam Sơn", kind="party_organisation")
        await _put_unit(
            tx,
            OTHER_WARD,
            derived_id(OTHER_WARD, "unit", "C009"),
            "C009",
            "Chi bộ láng giềng",
            parent_id=OTHER_WARD,
        )
        for committee in (WARD, OTHER_WARD):
            await _put_body(tx, committee, "executive_committee", "Ban Chấp hành")
        for code, name, roles in (
            ("M1", "Nguyễn Văn An", (Role.COMMITTEE_MEMBER,)),
            ("M2", "Trần Thị Ánh", (Role.COMMITTEE_MEMBER,)),
            ("B1", "Lê Văn Bí", (Role.PERMANENT_BOARD, Role.COMMITTEE_MEMBER)),
            ("K1", "Đỗ Thị Chuyên", (Role.OFFICE_CLERK,)),
            ("I1", "Phạm Văn Khải", (Role.INSPECTOR,)),
            ("O1", "Vũ Quản Trị", (Role.OPS,)),
        ):
            await _put_person(tx, WARD, person_id(code), code, name, roles)
        await _put_person(
            tx,
            OTHER_WARD,
            derived_id(OTHER_WARD, "person", "X1"),
            "X1",
            "Người phường bên",
            (Role.COMMITTEE_MEMBER, Role.OFFICE_CLERK),
        )
    return world


async def _put_unit(tx: Any, committee: UUID, id_: UUID, code: str, name: str, **more: Any) -> None:
    command = PutUnit(
        unit_id=id_, committee_id=committee, code=code, name=name, **({"kind": "party_cell"} | more)
    )
    await handlers.put_unit(command, tx)


async def _put_body(tx: Any, committee: UUID, code: str, name: str) -> None:
    command = PutBody(
        body_id=derived_id(committee, "body", code), committee_id=committee, code=code, name=name
    )
    await handlers.put_body(command, tx)


async def _put_person(
    tx: Any, committee: UUID, id_: UUID, code: str, name: str, roles: tuple[Role, ...]
) -> None:
    posts = tuple(
        PostHeld(
            post_id=derived_id(id_, role),
            role=role,
            body="executive_committee",
            title="Ủy viên",
            unit_id=committee,
        )
        for role in roles
    )
    await handlers.put_person(
        PutPerson(
            person_id=id_,
            committee_id=committee,
            code=code,
            full_name=name,
            portfolios=("transport",),
            posts=posts,
        ),
        tx,
    )


def issue(**changes: Any) -> dict[str, Any]:
    """An issue as a phone sends it."""
    return {
        "id": str(uuid7()),
        "kind": "petition",
        "field": "electricity_water",
        "title": "Điện áp yếu vào giờ cao điểm",
        "detail": "",
        "urgency": "normal",
        "access_class": "normal",
        "resolved_on_spot": False,
    } | changes


def trip(**changes: Any) -> dict[str, Any]:
    """A field trip on Friday, as a phone sends it."""
    return {
        "kind": "field_trip",
        "unit_code": "C001",
        "started_at": "2026-11-20T08:00:00+07:00",
        "ended_at": "2026-11-20T10:00:00+07:00",
        "device": {"id": "phone-1", "seq": 1, "recorded_at": "2026-11-20T10:05:00+07:00"},
        "meeting": None,
        "notes": "Bà con đồng thuận.",
        "nothing_raised": False,
        "issues": [],
    } | changes


def meeting(**changes: Any) -> dict[str, Any]:
    """An attended meeting with one issue, as a phone sends it."""
    return (
        trip(
            kind="meeting_attendance",
            meeting={
                "kind": "regular",
                "summoned": 22,
                "present": 20,
                "excused": 2,
                "unexcused": 0,
                "speakers": 6,
            },
            issues=[issue()],
        )
        | changes
    )
