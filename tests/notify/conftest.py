"""Fixtures of notify: a world with a small committee, more replicas on demand, and its members signed in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from services.notify.app import build
from services.notify.channels.push_crypto import new_push_key
from services.notify.settings import NotifySettings
from shared.contracts.visits import Role, SessionChanged
from shared.sessions import new_token, token_sha256
from shared.settings import from_values
from tests.conftest import Fresh
from tests.notify.world import ManualClock, World, build_world, local, migrate_notify, person
from tests.support.edge import client_of


@dataclass(frozen=True)
class Cast:
    """Who is who."""

    owner: UUID
    clerk: UUID
    head: UUID
    board: UUID


Replica = Callable[..., World]
As = Callable[[UUID], Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def replica(database: Fresh) -> AsyncIterator[Replica]:
    """Makes replicas of one notify: one database, one clock."""
    dsn = await database("notify", migrate_notify)
    clock = ManualClock(local("2026-11-16 08:00"))
    made: list[World] = []

    def make(**options: object) -> World:
        made.append(build_world(dsn, clock, **options))  # type: ignore[arg-type]  # passed through
        return made[-1]

    yield make
    for world in made:
        await world.database.engine.dispose()


@pytest.fixture
async def world(replica: Replica) -> World:
    return replica()


@pytest.fixture
async def cast(world: World) -> Cast:
    """A member, an office clerk, a group head and the permanent board, one person each."""
    people = {
        "owner": person(Role.COMMITTEE_MEMBER, email="owner@example.vn"),
        "clerk": person(Role.OFFICE_CLERK, email="clerk@example.vn"),
        "head": person(Role.STANDING_COMMITTEE),
        "board": person(Role.PERMANENT_BOARD),
    }
    await world.hear(*people.values())
    return Cast(**{name: each.person_id for name, each in people.items()})


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    """The service as production builds it, on the world's database and clock, with mail and phones switched on."""
    settings = from_values(
        NotifySettings,
        database_url=world.dsn,
        nats_url="nats://127.0.0.1:1",
        public_url="http://127.0.0.1:8080",
        smtp_host="127.0.0.1",
        push_key=new_push_key(),
        push_loopback=True,
    )
    service = build(settings, world.clock)
    yield service.app
    await service.database.engine.dispose()


@pytest.fixture
async def as_person(app: FastAPI, world: World) -> AsyncIterator[As]:
    """Opens a session for a person and gives a client that carries it."""
    stack = AsyncExitStack()

    async def sign_in(person_id: UUID) -> httpx2.AsyncClient:
        token = new_token()
        now = world.clock.now()
        await world.hear(
            SessionChanged(
                session_id=uuid4(),
                version=1,
                token_sha256=token_sha256(token),
                person_id=person_id,
                opened_at=now,
                expires_at=now + timedelta(days=90),
            )
        )
        client = await stack.enter_async_context(client_of(app))
        client.cookies.set("fv_session", token)
        return client

    async with stack:
        yield sign_in
