"""`field-visits up` on one machine: it greets, serves, survives, and says in one sentence why it cannot."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from shared.engines.process import processes_in
from tests.support.installed import Up, assert_one_sentence, run, stats, up
from tests.support.registers import expected_figures
from tests.support.servers import temporary_folder
from tests.support.wait import eventually

pytestmark = pytest.mark.xdist_group("heavy")

SECOND_START_WITHIN = 15.0
"""Seconds on a machine that runs other tests meanwhile; alone it takes a third of it."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with temporary_folder() as folder:
        yield folder / "data"


async def test_a_newcomer_is_greeted_and_the_data_stays(data_dir: Path) -> None:
    """Ready, a link for each role that works once, the demo's figures; and the same again after a restart."""
    async with up(data_dir) as running:
        await running.ready()
        assert len(running.links) == 9
        roles = [await _role_behind(link) for link in running.links]
        assert {role for held in roles for role in held} >= _ROLES

        async with httpx2.AsyncClient() as late:
            assert (await late.get(running.links[0])).status_code == 401

        figures = await stats(data_dir, "--as-of", "2026-11-22T08:00:00+07:00")
        assert figures | expected_figures("tu_son_2026") == figures
        assert await running.stop() == 0

    began = time.monotonic()
    async with up(data_dir) as again:
        await again.ready()
        assert time.monotonic() - began < SECOND_START_WITHIN
        assert set(again.links).isdisjoint(running.links)
        assert await stats(data_dir, "--as-of", "2026-11-22T08:00:00+07:00") == figures
        assert await again.stop(signal.SIGINT) == 0


async def test_without_the_demo_nobody_is_offered_a_link(data_dir: Path) -> None:
    """An installation in earnest begins empty, nobody is in it, and its clock is the real one."""
    async with up(data_dir, "--no-demo") as running:
        await running.ready()

        assert running.links == []
        async with httpx2.AsyncClient(base_url=running.url) as client:
            assert (await client.get("/visits/api/session")).status_code == 401
            moved = await client.post("/ops/clock", json={"now": "2030-01-01T00:00:00+07:00"})
            assert moved.status_code == 404
            assert moved.headers["content-type"] == "application/problem+json"


async def test_a_rehearsal_goes_on_where_its_clock_stood(data_dir: Path) -> None:
    """The demo as it had come by then; the clock is moved by hand, and a restart keeps what it showed."""
    async with up(data_dir, "--now", "2026-02-09T08:00:00+07:00") as running:
        await running.ready()
        assert any("09/02/2026 08:00" in line for line in running.printed)
        figures = await stats(data_dir)
        assert 0 < figures["field_trips"] < expected_figures("tu_son_2026")["field_trips"]
        async with httpx2.AsyncClient(base_url=running.url) as client:
            assert (await client.get(running.links[0])).status_code == 303
            moved = await client.post("/ops/clock", json={"now": "2026-03-01T08:00:00+07:00"})
            assert moved.status_code == 200, moved.text
            back = await client.post("/ops/clock", json={"now": "2026-02-10T08:00:00+07:00"})
            assert back.status_code == 422
            assert (await client.get("/visits/api/session")).status_code == 200

    async with up(data_dir) as again:
        assert any("01/03/2026 08:0" in line for line in again.printed)


async def test_whoever_comes_second_is_told_why_not(data_dir: Path) -> None:
    """The folder in use and the port in use each get one sentence; the first one does not notice."""
    async with up(data_dir, "--no-demo") as running:
        port = running.url.rpartition(":")[2]

        same_folder = await run("up", "--no-demo", "--port", "0", "--data-dir", str(data_dir))
        assert_one_sentence(same_folder, str(data_dir), "in use", str(running.process.pid))

        same_port = await run("up", "--no-demo", "--port", port, "--data-dir", str(data_dir.parent / "other"))
        assert_one_sentence(same_port, f"Port {port}", "in use")
        assert not (data_dir.parent / "other").exists()

        await running.ready()


async def test_an_obstacle_is_one_sentence(data_dir: Path) -> None:
    """A file where the folder should be, a port that is none, an instant without a zone."""
    file = await asyncio.to_thread(_file_at, data_dir)

    assert_one_sentence(await run("up", "--port", "0", "--data-dir", str(file)), "not a folder")
    assert_one_sentence(await run("up", "--port", "99999", "--data-dir", str(data_dir)), "99999")
    assert_one_sentence(await run("up", "--port", "0", "--now", "2026-02-09T08:00:00"), "time zone")


async def test_kill_9_leaves_nothing_behind_and_loses_nothing(data_dir: Path) -> None:
    """The servers go with their owner; the next start finds all that was there."""
    async with up(data_dir) as running:
        await running.ready()
        assert len(_left_in(data_dir)) > 1
        os.kill(running.process.pid, signal.SIGKILL)
        await asyncio.to_thread(running.process.wait, 10)

        await eventually(lambda: _left_in(data_dir) == [])

    figures = await stats(data_dir, "--as-of", "2026-11-22T08:00:00+07:00")
    assert figures | expected_figures("tu_son_2026") == figures


async def test_servers_that_are_killed_come_back_by_themselves(data_dir: Path) -> None:
    """Nobody has to do anything; what was recorded before is there after."""
    async with up(data_dir, "--no-demo") as running:
        await running.ready()
        for server in ("postgres", "nats"):
            old = running.engines[server]
            os.kill(old, signal.SIGKILL)

            await eventually(_changed(running, server, old), every=0.1)
            await running.ready()


async def test_a_stop_while_starting_is_a_stop(data_dir: Path) -> None:
    """Ctrl-C before the greeting ends well; what was half made is made whole by the next start."""
    async with up(data_dir, "--no-demo", greeted=False) as running:
        await eventually((data_dir / "logs" / "initdb.log").exists)

        assert await running.stop(signal.SIGINT) == 0

    async with up(data_dir, "--no-demo") as again:
        await again.ready()


def _left_in(data_dir: Path) -> list[int]:
    """The servers that work in this folder."""
    postgres, nats = data_dir / "postgres", data_dir / "nats"
    return processes_in(postgres, postgres / "postmaster.pid") + processes_in(nats, nats / "server.pid")


def _file_at(path: Path) -> Path:
    path.write_text("not a folder", encoding="utf-8")
    return path


def _changed(running: Up, server: str, old: int) -> Callable[[], bool]:
    return lambda: running.engines[server] != old


async def _role_behind(link: str) -> list[str]:
    """The roles of the person whom a link signs in."""
    async with httpx2.AsyncClient(follow_redirects=False) as client:
        assert (await client.get(link)).status_code == 303
        origin = link.partition("/visits/")[0]
        who = await client.get(f"{origin}/visits/api/session")
        assert who.status_code == 200, who.text
        return list(who.json()["roles"])


_ROLES = {
    "committee_member",
    "office_clerk",
    "permanent_board",
    "standing_committee",
    "cell_secretary",
    "agency",
    "inspector",
    "ops",
}
