"""The second wall: what a connection sees of which committee, asked of PostgreSQL itself, in all three databases."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from services.installation import MIGRATIONS, NAMES
from shared.acting import Acting, acting_as
from shared.clock import SystemClock
from shared.contracts.envelope import Producer
from shared.db import create_engine, migrate, walled_off
from shared.ids import uuid7
from shared.rights import RIGHTS
from shared.uow import Database
from tests.conftest import Fresh
from tests.support.servers import Databases

OURS, THEIRS = uuid7(), uuid7()

OPEN = {
    # Numbers and ids of the machinery; whoever signs in is nobody yet, so what is asked at the door is open.
    *("alembic_version", "audit_head", "outbox_head", "outbox_relay", "receipt", "inbox", "inbox_progress"),
    *("directory_session", "calendar_revision"),
    *("account", "sign_in_link", "sign_in_try"),
}
"""Tables without a wall. Whoever adds one says here why it holds no matter of a committee."""
AT_THE_DOOR = {
    *("doorstep", "passkey", "passkey_challenge", "authenticator", "recovery_code", "invitation", "device"),
    *("device_session", "provider_journey", "provider_subject"),
}


async def migrate_visits(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS["visits"])


async def migrate_feedback(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS["feedback"])


async def migrate_notify(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS["notify"])


MIGRATE = {"visits": migrate_visits, "feedback": migrate_feedback, "notify": migrate_notify}


@pytest.fixture(params=NAMES)
def service(request: pytest.FixtureRequest) -> Producer:
    name: Producer = request.param
    return name


@pytest.fixture
async def dsn(service: Producer, database: Fresh) -> str:
    return await database(service, MIGRATE[service])


@pytest.fixture
async def requests(dsn: str) -> AsyncIterator[Database]:
    """What routes work on; one pooled connection, so that every transaction has the same one."""
    everywhere, narrow = create_engine(dsn, pool=2), create_engine(dsn, pool=1, requests=True)
    yield Database(everywhere, SystemClock()).for_requests(narrow)
    await narrow.dispose()
    await everywhere.dispose()


WALLED = """
SELECT relname, relrowsecurity AND relforcerowsecurity AS walled
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
"""


async def test_every_table_has_a_wall_or_a_reason(requests: Database) -> None:
    """The list comes from PostgreSQL, so a new table cannot be forgotten."""
    async with requests.everywhere.read() as tx:
        tables = {row.relname: row.walled for row in await tx.all(WALLED)}

    without = {table for table, walled in tables.items() if not walled}

    assert without - OPEN - AT_THE_DOOR == set()
    assert {table for table in OPEN & set(tables) if tables[table]} == set()


async def test_a_connection_that_names_nobody_sees_no_row_of_any_committee(
    requests: Database, databases: Databases, dsn: str
) -> None:
    """A row is in every table that takes one of all-default values; forgetting the committee shows none of them."""
    await fill(databases.owner_dsn(dsn))
    async with requests.everywhere.read() as tx:
        walled = [row.relname for row in await tx.all(WALLED) if row.walled]
        filled = [table for table in walled if await tx.scalar(f'SELECT count(*) FROM "{table}"')]
    assert len(filled) >= len(walled) - 1, set(walled) - set(filled)

    seen = {}
    async with requests.read() as tx:
        for table in filled:
            seen[table] = await tx.scalar(
                f"SELECT count(*) FROM \"{table}\" AS t WHERE to_jsonb(t) ->> 'committee_id' IS NOT NULL"
                if table in ("policy", "term", "retention_policy")  # of no committee: everybody's to read
                else f'SELECT count(*) FROM "{table}"'
            )

    assert set(seen.values()) == {0}, seen


async def fill(owner_dsn: str) -> None:
    """Something in every table: each column the simplest value of its type, checks and keys aside."""
    connection = await asyncpg.connect(owner_dsn, server_settings={"fv.service": "on"})
    try:
        for row in await connection.fetch(WALLED):
            if row["walled"]:
                await connection.execute(await _insert(connection, row["relname"]))
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection, table: str) -> str:
    for name in await connection.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'f')",
        f"public.{table}",
    ):
        await connection.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name["conname"]}"')
    columns = await connection.fetch(
        """
        SELECT column_name, udt_name FROM information_schema.columns
        WHERE table_name = $1 AND table_schema = 'public' AND identity_generation IS NULL
          AND is_generated = 'NEVER'
        """,
        table,
    )
    values = ", ".join(_simplest(each["column_name"], each["udt_name"]) for each in columns)
    names = ", ".join(f'"{each["column_name"]}"' for each in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({values})'


_SIMPLEST = {
    "uuid": f"'{OURS}'",
    "text": "'x'",
    "bool": "true",
    "date": "'2026-11-22'",
    "timestamptz": "'2026-11-22'",
    "time": "'08:00'",
    "jsonb": "'{}'",
    "bytea": "''",
}


def _simplest(column: str, kind: str) -> str:
    if column == "committee_id":
        return f"'{THEIRS}'"
    return _SIMPLEST.get(kind, "'{}'" if kind.startswith("_") else "1")


async def test_a_row_of_another_committee_cannot_be_written(requests: Database) -> None:
    """Not added, not changed, not taken over."""
    async with requests.everywhere.begin() as tx:
        await put_unit(tx, THEIRS)

    with acting_as(Acting(committee_id=OURS)):
        with pytest.raises(DBAPIError) as refused:
            async with requests.begin() as tx:
                await put_unit(tx, uuid7(), committee_id=THEIRS)
        async with requests.begin() as tx:
            changed = await tx.execute("UPDATE directory_unit SET name = 'ours'")
            dropped = await tx.execute("DELETE FROM directory_unit")
        async with requests.begin() as tx:
            await put_unit(tx, OURS)
        with pytest.raises(DBAPIError) as moved:
            async with requests.begin() as tx:
                await tx.execute("UPDATE directory_unit SET committee_id = :id", id=THEIRS)

    assert walled_off(refused.value)
    assert walled_off(moved.value)
    assert (changed.rowcount, dropped.rowcount) == (0, 0)


async def put_unit(tx: object, unit_id: UUID, *, committee_id: UUID | None = None) -> None:
    await tx.execute(  # type: ignore[attr-defined]  # a unit of work
        """
        INSERT INTO directory_unit (unit_id, version, committee_id, code, name, kind, successor_ids, folded, sort_key)
        VALUES (:unit_id, 1, :committee_id, 'c', 'n', 'k', '{}', '', '')
        """,
        unit_id=unit_id,
        committee_id=committee_id or unit_id,
    )


async def test_the_committee_never_stays_on_the_pooled_connection(requests: Database) -> None:
    """After a commit, after a rollback and after a read, the next one on the same connection names nobody."""
    async with requests.everywhere.begin() as tx:
        await put_unit(tx, OURS)

    async def seen() -> int:
        async with requests.read() as tx:
            return int(await tx.scalar("SELECT count(*) FROM directory_unit"))

    for way in ("commit", "rollback", "read"):
        with acting_as(Acting(committee_id=OURS)):
            if way == "commit":
                async with requests.begin():
                    pass
            elif way == "rollback":
                with pytest.raises(ZeroDivisionError):
                    async with requests.begin():
                        raise ZeroDivisionError
            else:
                assert await seen() == 1
        assert await seen() == 0, way


async def test_the_service_has_rows_and_not_tables(dsn: str, service: Producer) -> None:
    """It makes, changes and empties no table, and rewrites nothing that stays as it was written."""
    connection = await asyncpg.connect(dsn, server_settings={"fv.service": "on"})
    try:
        there = {row["relname"] for row in await connection.fetch(WALLED)}
        append_only = {table for table, rights in RIGHTS.items() if rights == "SELECT, INSERT"} & there
        statements = ["CREATE TABLE mine (a int)", "ALTER TABLE audit DISABLE ROW LEVEL SECURITY"]
        statements += [f'TRUNCATE "{table}"' for table in there]
        statements += [f'DELETE FROM "{table}"' for table in (*append_only, "outbox", "audit_head")]
        statements += [
            f'UPDATE "{table}" SET "{column}" = "{column}"' for table, column in _columns(append_only)
        ]
        statements += ["UPDATE outbox SET seq = seq", "INSERT INTO alembic_version VALUES ('x')"]
        statements += ["DROP POLICY committee ON audit", f"SET ROLE {service}_owner"]

        allowed = [each for each in statements if not await _refused(connection, each)]
    finally:
        await connection.close()

    assert allowed == []


async def test_the_service_reads_every_view(dsn: str, service: Producer) -> None:
    """A view has rights of its own, beside those of the tables behind it."""
    connection = await asyncpg.connect(dsn, server_settings={"fv.service": "on"})
    try:
        views = [row["relname"] for row in await connection.fetch(VIEWS)]
        unreadable = [view for view in views if await _refused(connection, f'SELECT FROM "{view}" LIMIT 1')]
    finally:
        await connection.close()

    assert unreadable == []
    assert views or service == "notify"


VIEWS = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'"


def _columns(tables: set[str]) -> list[tuple[str, str]]:
    first = {"audit": "act", "inbox": "seq", "unit_version": "name", "succession": "basis_document"}
    return [(table, first.get(table, "due_at")) for table in tables]


async def _refused(connection: asyncpg.Connection, statement: str) -> bool:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False
