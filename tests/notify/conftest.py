"""Fixtures of notify: a world with a small committee, and more replicas of it on demand."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from shared.contracts.visits import Role
from tests.conftest import Fresh
from tests.notify.world import ManualClock, World, build_world, local, migrate_notify, person


@dataclass(frozen=True)
class Cast:
    """Who is who."""

    owner: UUID
    clerk: UUID
    head: UUID
    board: UUID


Replica = Callable[..., World]


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
