"""Nobody gets in without a password, and each service only into its own database."""

import asyncio
import json

import asyncpg
import pytest

from shared.engines import EmbeddedEngines
from shared.engines.datadir import SERVICES

POSTGRES_REFUSES = (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)


@pytest.mark.parametrize("password", ["wrong", ""])
@pytest.mark.parametrize("role", ["visits", "admin"])
async def test_postgres_refuses_a_wrong_or_missing_password(
    engines: EmbeddedEngines, role: str, password: str
) -> None:
    """Being on the same machine is no credential."""
    with pytest.raises(POSTGRES_REFUSES):
        await asyncpg.connect(
            host="127.0.0.1", port=engines.postgres.port, user=role, password=password, database="postgres"
        )


@pytest.mark.parametrize(
    "credentials",
    [{}, {"user": "visits", "pass": "wrong"}, {"user": "admin", "pass": ""}, {"user": "x", "pass": "x"}],
)
async def test_nats_refuses_a_wrong_or_missing_password(
    engines: EmbeddedEngines, credentials: dict[str, str]
) -> None:
    """There is no anonymous user on the bus."""
    reader, writer = await asyncio.open_connection("127.0.0.1", engines.nats.port)
    await reader.readline()
    writer.write(f"CONNECT {json.dumps(credentials)}\r\nPING\r\n".encode())

    answer = await reader.read()

    assert b"Authorization Violation" in answer
    assert b"PONG" not in answer
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_works_in_its_database_and_enters_no_other(
    engines: EmbeddedEngines, service: str
) -> None:
    """Not the other services' databases, and not the administrator's; the tables belong to another role."""
    connection = await asyncpg.connect(engines.postgres.dsn(service))
    assert (
        await connection.fetchval(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        )
        == f"{service}_owner"
    )
    assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (a int)")
    await connection.close()

    for other in {*SERVICES, "postgres"} - {service}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(engines.postgres.dsn(service, other))


async def test_the_servers_listen_on_the_loopback_address_only(engines: EmbeddedEngines) -> None:
    """A phone on the same network cannot reach the database of a laptop."""
    connection = await asyncpg.connect(engines.postgres.admin_dsn)
    assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
    assert await connection.fetchval("SHOW unix_socket_directories") == ""
    await connection.close()


async def test_a_refused_row_leaves_nothing_of_itself_in_the_servers_log(engines: EmbeddedEngines) -> None:
    """Names and texts of issues stay in the tables."""
    connection = await asyncpg.connect(engines.postgres.owner_dsn("visits"))
    await connection.execute("CREATE TABLE unique_name (name text UNIQUE)")
    try:
        await connection.execute("INSERT INTO unique_name VALUES ($1)", "Nguyễn Văn Kín")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO unique_name VALUES ($1)", "Nguyễn Văn Kín")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO unique_name VALUES ('Nguyễn Văn Kín')")
    finally:
        await connection.execute("DROP TABLE unique_name")
        await connection.close()

    log = (engines.data.logs / "postgres.log").read_text(encoding="utf-8")

    assert "duplicate key" in log
    assert "Kín" not in log
