"""PostgreSQL: one engine per service, textual SQL, schema by migrations, retries for lost races."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.rights import OWNER, give_rights
from shared.walls import SERVICE

MACHINERY_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"

_SERVER_SETTINGS = {
    "application_name": "field-visits",
    "timezone": "UTC",
    "jit": "off",
    # A prepared plan made while a table was new and small would read all of it until it is next analysed.
    # Every query here has its index; one that really needs the whole table still gets it.
    "enable_seqscan": "off",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
    "search_path": "public",
}

# 40: transaction rollback (serialization failure, deadlock); 55P03: lock not available.
_RACES = ("40001", "40P01", "55P03")
# 08: connection; 53: out of resources; 57: shut down or cancelled by an operator; 58: system error; 25006: read-only.
# Without a statement it is connecting that failed, whatever the reason; a commit can fail by a constraint (23).
_BROKEN = "23"
_AWAY = ("08", "53", "57", "58", "25006")


def sqlalchemy_url(dsn: str) -> sa.URL:
    return sa.make_url(dsn).set(drivername="postgresql+asyncpg")


def create_engine(dsn: str, *, pool: int = 8, requests: bool = False) -> AsyncEngine:
    """An engine that fails fast when PostgreSQL is away and heals by itself when it is back.

    The service's own work sees every committee; with `requests` a transaction sees the one it names.
    """
    settings = _SERVER_SETTINGS | {SERVICE: "off" if requests else "on"}
    return create_async_engine(
        sqlalchemy_url(dsn),
        pool_size=pool,
        max_overflow=pool,
        pool_timeout=4,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={"timeout": 4, "command_timeout": 20, "server_settings": settings},
    )


@lru_cache(maxsize=1024)
def sql(statement: str) -> sa.TextClause:
    """The parsed form of a textual statement, made once."""
    return sa.text(statement)


def lost_race(error: BaseException) -> bool:
    """Whether trying the same transaction again may succeed at once."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RACES


def constraint_race(error: BaseException) -> bool:
    """Whether a constraint broke that another transaction may have broken first: unique, foreign key, exclusion."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in (
        "23505",
        "23503",
        "23P01",
    )


def walled_off(error: BaseException) -> bool:
    """Whether a row was refused because it is another committee's (shared.walls)."""
    return (
        isinstance(error, DBAPIError)
        and getattr(error.orig, "sqlstate", None) == "42501"
        and "row-level security" in str(error.orig)
    )


def bad_value(error: BaseException) -> bool:
    """Whether a value does not fit its column (class 22). The driver raises these as errors of no special type."""
    return isinstance(error, DBAPIError) and str(getattr(error.orig, "sqlstate", None)).startswith("22")


def timed_out(error: BaseException) -> bool:
    """Whether a statement was cancelled, in practice because it was too slow."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "57014"


def database_away(error: BaseException) -> bool:
    """Whether the database could not be reached or could not write, so that a later try may succeed."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated
            or (error.statement is None and not state.startswith(_BROKEN))
            or state.startswith(_AWAY)
            or state in _RACES
            or isinstance(error.orig, OSError | TimeoutError)
            or "connection is closed" in str(error.orig)
        )
    # SQLAlchemy wraps what a statement raises; PostgresError as it is comes from connecting.
    return isinstance(
        error, OSError | TimeoutError | PoolTimeoutError | asyncpg.PostgresError | asyncpg.InterfaceError
    )


class SchemaError(RuntimeError):
    """The schema in the database is not the one this code needs; the message tells what to run."""


def _script(versions: Sequence[Path]) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MACHINERY_MIGRATIONS.parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, (MACHINERY_MIGRATIONS, *versions))))
    return ScriptDirectory.from_config(config)


async def migrate(dsn: str, versions: Path) -> None:
    """Bring the schema to the newest revision of the machinery and of the service's own `versions` folder.

    `dsn` is the address of the owner; the role that works with the rows is given its rights again.
    """
    script = _script([versions])
    engine = create_async_engine(sqlalchemy_url(dsn), poolclass=sa.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, script)
            owner = sa.make_url(dsn).username or ""
            if owner.endswith(OWNER):
                await give_rights(connection, owner.removesuffix(OWNER))
    finally:
        await engine.dispose()


def _upgrade(connection: sa.Connection, script: ScriptDirectory) -> None:
    # Two starters at once: one migrates, the other waits and finds nothing to do.
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(7142050112)"))

    # The machinery first: tables of a service refer to it.
    for destination in ("machinery@head", "heads"):
        _bring_to(connection, script, destination)


def _bring_to(connection: sa.Connection, script: ScriptDirectory, destination: str) -> None:
    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs(destination, revision)  # noqa: SLF001  # the call Alembic's own commands make

    with EnvironmentContext(Config(), script, fn=steps, destination_rev=destination) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


async def check_schema(connection: AsyncConnection, versions: Path) -> None:
    """Raise SchemaError unless the database stands at exactly the revisions this code needs."""
    script = _script([versions])
    wanted = set(script.get_heads())
    try:
        found = set((await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalars())
    except DBAPIError:
        found = set()
    known = {revision.revision for revision in script.walk_revisions()}
    if unknown := sorted(found - known):
        raise SchemaError(
            f"the database stands at {unknown}, newer than this code, which knows {sorted(wanted)}: "
            "install the version that wrote it"
        )
    if wanted != found:
        raise SchemaError(
            f"the database stands at {sorted(found) or 'no'} revision, this code needs {sorted(wanted)}: "
            "run `field-visits migrate`"
        )
