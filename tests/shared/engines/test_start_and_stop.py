"""An embedded installation starts, keeps its data, and starts again in a moment."""

import asyncio
import os
import pwd
import time
from pathlib import Path

import asyncpg
import pytest

from shared.bus import connect
from shared.engines import DataDir, EngineError, Identity, Reason, embedded_engines, start_postgres
from shared.engines.nats import PROGRAM_SETTING, find_program
from tests.support.servers import temporary_folder

AS_ROOT = os.geteuid() == 0
NAMED = any(account.pw_uid == os.geteuid() for account in pwd.getpwall())
WAYS = (
    [Identity.NAMESPACE, Identity.NOBODY]
    if AS_ROOT
    else [Identity.NAMESPACE, *([Identity.SELF] if NAMED else [])]
)


async def test_what_was_committed_and_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    """The second start, too, is on the same data, and takes a moment only."""
    async with embedded_engines(tmp_path / "data") as engines:
        connection = await asyncpg.connect(engines.postgres.owner_dsn("visits"))
        await connection.execute("CREATE TABLE note (text text); INSERT INTO note VALUES ('Từ Sơn')")
        await connection.close()
        bus = await connect(engines.nats.admin_url)
        await bus.jetstream().add_stream(name="NOTES", subjects=["notes.>"])
        await bus.jetstream().publish("notes.first", "Từ Sơn".encode())
        await bus.close()

    started = time.perf_counter()
    async with embedded_engines(tmp_path / "data") as engines:
        took = time.perf_counter() - started
        connection = await asyncpg.connect(engines.postgres.owner_dsn("visits"))
        kept_row = await connection.fetchval("SELECT text FROM note")
        await connection.close()
        bus = await connect(engines.nats.admin_url)
        kept_message = await bus.jetstream().get_msg("NOTES", 1)
        await bus.close()

    assert kept_row == "Từ Sơn"
    assert kept_message.data == "Từ Sơn".encode()
    assert took < 5


async def test_servers_that_were_killed_come_back_on_the_same_ports_with_their_data(tmp_path: Path) -> None:
    """A client that only knows the address finds the server again."""
    async with embedded_engines(tmp_path / "data") as engines:
        dsn, url = engines.postgres.owner_dsn("feedback"), engines.nats.admin_url
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE kept (); INSERT INTO kept DEFAULT VALUES")
        bus = await connect(url)
        await bus.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await bus.jetstream().publish("kept", b"1")
        await bus.close()

        engines.postgres.kill()
        engines.nats.kill()
        assert not engines.postgres.alive
        assert not engines.nats.alive
        await asyncio.gather(engines.postgres.restart(), engines.nats.restart())

        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT count(*) FROM kept") == 1
        await connection.close()
        bus = await connect(url)
        assert (await bus.jetstream().stream_info("KEPT")).state.messages == 1
        await bus.close()


async def test_a_process_id_used_again_by_a_stranger_does_not_keep_postgres_from_starting(
    tmp_path: Path,
) -> None:
    """After a crash, `postmaster.pid` may name any living process; here it names this test."""
    async with embedded_engines(tmp_path / "data") as engines:
        engines.postgres.kill()
        pid_file = tmp_path / "data" / "postgres" / "postmaster.pid"
        _, *rest = pid_file.read_text(encoding="ascii").splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *rest]), encoding="ascii")

        await engines.postgres.restart()

        assert engines.postgres.alive


@pytest.mark.parametrize("identity", WAYS)
async def test_postgres_runs_without_root_in_each_way_this_user_has(identity: Identity) -> None:
    """Root enters a user namespace, or becomes nobody; an ordinary user just runs it; a nameless one cannot."""
    with temporary_folder() as folder:
        folder.chmod(0o755)
        for _ in ("first start", "second start"):
            with DataDir.claim(folder / "data") as data:
                server = await start_postgres(data, identity=identity, durable=False)
                connection = await asyncpg.connect(server.owner_dsn("notify"))
                assert await connection.fetchval("SELECT uuidv7() IS NOT NULL")
                await connection.close()
                user = os.stat(f"/proc/{server.pid}").st_uid  # noqa: PTH116
                await server.stop()
            assert user == (65534 if identity is Identity.NOBODY else os.geteuid())


@pytest.mark.skipif(not AS_ROOT, reason="only root has to become somebody else")
async def test_where_nobody_may_enter_the_message_names_the_settings_for_an_own_server(
    tmp_path: Path,
) -> None:
    """Parents are never opened for it, so the person has to choose."""
    (tmp_path / "closed").mkdir(mode=0o700)

    with (
        DataDir.claim(tmp_path / "closed" / "data") as data,
        pytest.raises(EngineError, match="VISITS_DATABASE_URL") as refused,
    ):
        await start_postgres(data, identity=Identity.NOBODY)

    assert refused.value.reason is Reason.ROOT_REFUSED


@pytest.mark.skipif(not AS_ROOT, reason="only root can be in another account's private folder")
async def test_root_in_the_private_folder_of_another_account_is_told_to_start_as_that_account(
    tmp_path: Path,
) -> None:
    """Like `sudo make run` in a person's home."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 1234, 1234)

    with (
        DataDir.claim(home / "data") as data,
        pytest.raises(EngineError, match="account 1234; start as") as refused,
    ):
        await start_postgres(data)

    assert refused.value.reason is Reason.ROOT_REFUSED


def test_the_setting_for_the_nats_program_wins_and_is_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wrong path is named, not silently replaced."""
    monkeypatch.setenv(PROGRAM_SETTING, str(tmp_path / "no-such-program"))

    with pytest.raises(EngineError, match="no-such-program") as refused:
        find_program()

    assert refused.value.reason is Reason.NO_PROGRAM
