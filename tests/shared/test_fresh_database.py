"""The `database` fixture gives every test an empty world of its own, cheaply."""

import asyncpg

from tests.conftest import Fresh
from tests.support.servers import Databases

migrations: list[str] = []


async def one_table(dsn: str) -> None:
    migrations.append(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE word (text text)")
    await connection.close()


async def test_each_database_is_fresh_and_the_schema_is_made_once(database: Fresh) -> None:
    """What one test writes, another never reads."""
    first, second = await database("visits", one_table), await database("visits", one_table)

    connection = await asyncpg.connect(first)
    await connection.execute("INSERT INTO word VALUES ('chi bộ')")
    await connection.close()

    connection = await asyncpg.connect(second)
    assert await connection.fetchval("SELECT count(*) FROM word") == 0
    await connection.close()
    assert len(migrations) == 1


async def test_a_database_is_dropped_even_while_somebody_is_connected(databases: Databases) -> None:
    """A leaked connection of one test does not fill the server for the others."""
    dsn = await databases.fresh("notify", one_table)
    connection = await asyncpg.connect(dsn)

    await databases.drop(dsn)

    name = dsn.rpartition("/")[2]
    admin = await asyncpg.connect(databases.admin_dsn)
    assert not await admin.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name)
    await admin.close()
    connection.terminate()
