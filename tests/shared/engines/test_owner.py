"""A data folder has one owner; when the owner goes, however it goes, nothing of it runs on."""

import json
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.engines import (
    DataDir,
    EmbeddedEngines,
    EngineError,
    Reason,
    embedded_engines,
    engines_of_running,
    reach_engines,
)
from shared.engines.process import outlive_leftovers, processes_in
from tests.support.wait import eventually

REPOSITORY = Path(__file__).parents[3]


@contextmanager
def owner_of(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Another process that runs the engines in `folder`, and what it says of them."""
    command = [sys.executable, "-m", "tests.support.engine_owner", "hold", str(folder)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        try:
            yield owner, json.loads(owner.stdout.readline())
        finally:
            if owner.poll() is None:
                owner.stdin.close()
                owner.wait(timeout=30)


async def test_kill_9_of_the_owner_leaves_no_orphan_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    """Both servers hear from the kernel that they are alone; a start right behind waits for them to go."""
    folder = tmp_path / "data"
    with owner_of(folder) as (owner, servers):
        connection = await asyncpg.connect(_dsn(folder))
        await connection.execute("CREATE TABLE kept ()")
        connection.terminate()
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()

        async with embedded_engines(folder) as engines:
            await eventually(lambda: not _runs(servers["postgres"]) and not _runs(servers["nats"]))
            assert processes_in(folder / "nats", folder / "nats" / "server.pid") == [engines.nats.pid]
            connection = await asyncpg.connect(engines.postgres.owner_dsn("visits"))
            assert await connection.fetchval("SELECT to_regclass('kept') IS NOT NULL")
            await connection.close()


async def test_a_second_instance_is_refused_with_one_sentence(tmp_path: Path) -> None:
    """It names the folder and the process, and the first one does not notice."""
    folder = tmp_path / "data"
    with owner_of(folder) as (owner, _):
        with pytest.raises(EngineError) as refused:
            async with embedded_engines(folder):
                pass

        assert refused.value.reason is Reason.IN_USE
        assert str(folder) in str(refused.value)
        assert f"process {owner.pid}" in str(refused.value)
        assert engines_of_running(folder) is not None


async def test_a_command_beside_a_running_instance_uses_its_servers(tmp_path: Path) -> None:
    """And leaves them running."""
    folder = tmp_path / "data"
    with owner_of(folder) as (owner, servers):
        async with reach_engines(folder) as engines:
            connection = await asyncpg.connect(engines.postgres.owner_dsn("visits"))
            assert await connection.fetchval("SELECT 1") == 1
            await connection.close()

        assert owner.poll() is None
        assert _runs(servers["postgres"])


async def test_a_command_alone_starts_the_servers_and_stops_them(tmp_path: Path) -> None:
    """Nothing is left of it but the data."""
    folder = tmp_path / "data"
    async with reach_engines(folder) as engines:
        assert isinstance(engines, EmbeddedEngines)
        pid = engines.postgres.pid
        assert engines_of_running(folder) is not None

    assert not _runs(pid)
    assert engines_of_running(folder) is None
    assert not (folder / "run.json").exists()


async def test_the_record_of_a_dead_instance_is_recognised(tmp_path: Path) -> None:
    """Even when its process ids live again as somebody else's."""
    folder = tmp_path / "data"
    async with embedded_engines(folder):
        left = (folder / "run.json").read_text(encoding="utf-8")
        assert engines_of_running(folder) is not None
    stale = folder / "run.json"

    stale.write_text(left, encoding="utf-8")
    assert engines_of_running(folder) is None

    reused = json.loads(left) | {"postgres_pid": os.getpid(), "nats_pid": os.getpid(), "pid_started": 1}
    stale.write_text(json.dumps(reused), encoding="utf-8")
    assert engines_of_running(folder) is None

    stale.write_text("{half", encoding="utf-8")
    assert engines_of_running(folder) is None


async def test_nothing_outside_the_folder_changes_and_everything_in_it_is_private(tmp_path: Path) -> None:
    """No parent is opened, no system user is made; secrets are for the owner's eyes and never in run.json."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    folder = home / "data"
    modes = {parent: parent.stat().st_mode for parent in folder.parents}
    accounts = pwd.getpwall()

    async with embedded_engines(folder) as engines:
        record = (folder / "run.json").read_text(encoding="utf-8")
        passwords = [file.read_text(encoding="ascii").strip() for file in engines.data.secrets.iterdir()]
        private = [folder / "run.json", folder / "lock", folder / "nats" / "server.conf"]
        private += engines.data.secrets.iterdir()

        assert {parent: parent.stat().st_mode for parent in folder.parents} == modes
        assert pwd.getpwall() == accounts
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}
        assert len(set(passwords)) == len(passwords) == 11
        assert not any(password in record for password in passwords)


async def test_a_left_over_server_is_asked_to_stop(tmp_path: Path) -> None:
    """The lock is ours, so a server that works in the folder can only be of an earlier run."""
    with _somebody_working_in(tmp_path, _OBEDIENT) as left_over:
        await outlive_leftovers("PostgreSQL", tmp_path, tmp_path / "postmaster.pid", wait=0.05, ask=60.0)

        assert left_over.wait(timeout=5) != 0


async def test_a_left_over_server_that_stays_is_named(tmp_path: Path) -> None:
    """The person gets its process id."""
    stubborn = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    with _somebody_working_in(tmp_path, stubborn) as left_over:
        with pytest.raises(EngineError, match=f"process {left_over.pid}") as refused:
            await outlive_leftovers("PostgreSQL", tmp_path, tmp_path / "postmaster.pid", wait=0.05, ask=0.1)

        assert refused.value.reason is Reason.LEFT_OVER


def test_the_folder_is_made_with_its_parents_and_given_back(tmp_path: Path) -> None:
    """Claimed, released, claimed again."""
    folder = tmp_path / "a" / "b"

    with DataDir.claim(folder), pytest.raises(EngineError), DataDir.claim(folder):
        pass
    with DataDir.claim(folder) as data:
        assert data.secret("postgres-admin") == data.secret("postgres-admin")


_OBEDIENT = """import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests themselves must not be interrupted
print(1, flush=True)
time.sleep(600)"""


@contextmanager
def _somebody_working_in(folder: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def _dsn(folder: Path) -> str:
    engines = engines_of_running(folder)
    assert engines is not None
    return engines.postgres.owner_dsn("visits")


def _runs(pid: int) -> bool:
    """Whether the process exists and is not just waiting to be reaped by whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
