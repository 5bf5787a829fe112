"""What a service finds wrong with what it stands on: the schema and the clock of its database."""

from datetime import datetime, timedelta

import asyncpg
import pytest

from services.notify.app import MIGRATIONS, build
from services.notify.settings import NotifySettings
from shared.clock import Clock, SystemClock
from shared.db import SchemaError, check_schema, create_engine
from shared.service import Service
from shared.settings import from_values
from tests.conftest import Fresh
from tests.support.people import machinery
from tests.support.servers import Databases
from tests.support.whole import migrate_notify


class Ahead(SystemClock):
    """The clock of a machine that is six seconds ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=6)


def notify(dsn: str, clock: Clock) -> Service:
    settings = from_values(NotifySettings, database_url=dsn, nats_url="nats://127.0.0.1:1")
    return build(settings, clock)


async def refusal(dsn: str) -> str:
    """What the start says of this schema."""
    engine = create_engine(dsn)
    try:
        async with engine.connect() as connection:
            with pytest.raises(SchemaError) as refused:
                await check_schema(connection, MIGRATIONS)
    finally:
        await engine.dispose()
    return str(refused.value)


async def test_a_schema_that_is_not_ours_stops_the_start(database: Fresh) -> None:
    """154: older than the code: what to run is said, with the revision that is there and the one that is needed."""
    dsn = await database("notify", machinery)

    said = await refusal(dsn)

    assert "run `field-visits migrate`" in said
    assert "this code needs" in said


async def test_a_schema_newer_than_the_code_asks_for_newer_code(
    database: Fresh, databases: Databases
) -> None:
    """154: migrating would not help, and going back would lose data; the answer is the newer version."""
    dsn = await database("notify", migrate_notify)
    owner = await asyncpg.connect(databases.owner_dsn(dsn))
    await owner.execute("INSERT INTO alembic_version VALUES ('2031_01_01_of_tomorrow')")
    await owner.close()

    said = await refusal(dsn)

    assert "2031_01_01_of_tomorrow" in said
    assert "newer than this code" in said
    assert "migrate" not in said


@pytest.mark.parametrize(("clock", "told"), [(Ahead(), True), (SystemClock(), False)])
async def test_a_clock_of_its_own_keeps_a_service_from_being_ready(
    database: Fresh, clock: Clock, told: bool
) -> None:
    """157: five seconds from the database's clock and `/readyz` is red; leases and due dates would disagree."""
    service = notify(await database("notify", migrate_notify), clock)

    problems = await service.problems()

    await service.dispose()
    assert ("clock" in problems) is told
    assert "database" not in problems
