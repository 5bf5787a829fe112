"""A register on paper through the command line: the figures come out, twice is once, one bad row stops all."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.installation import NAMES
from shared.engines import reach_engines
from tests.support.installed import run, stats, succeeds, up
from tests.support.registers import TERM, TERM_DAYS, WARD, expected_figures
from tests.support.servers import temporary_folder

pytestmark = pytest.mark.xdist_group("heavy")

AS_OF = ("--as-of", "2026-11-22T08:00:00+07:00")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with temporary_folder() as folder:
        yield folder / "data"


async def test_both_registers_give_their_figures_with_nobody_running(data_dir: Path) -> None:
    """The command starts and stops what it needs; a second import changes nothing and publishes nothing."""
    for register in (WARD, TERM):
        await succeeds("import", str(register), "--data-dir", str(data_dir))
    await _assert_figures(data_dir)
    before = await _published(data_dir)

    for register in (WARD, TERM):
        await succeeds("import", str(register), "--data-dir", str(data_dir))

    assert await _published(data_dir) == before
    await succeeds("verify", "--data-dir", str(data_dir))


async def test_both_registers_give_their_figures_beside_a_running_installation(data_dir: Path) -> None:
    """The command uses what runs, and the running services take the register in."""
    async with up(data_dir, "--no-demo") as running:
        for register in (WARD, TERM):
            await succeeds("import", str(register), "--data-dir", str(data_dir))

        await _assert_figures(data_dir)
        await running.ready()


async def test_a_dry_run_and_a_bad_row_change_nothing(data_dir: Path) -> None:
    """Neither a rehearsed import nor a refused one leaves a trace; the refusal names file, line, column, reason."""
    async with up(data_dir, "--no-demo"):
        nothing = await _published(data_dir)

        said = await succeeds("import", str(WARD), "--dry-run", "--data-dir", str(data_dir))
        assert "649" in said
        assert await _published(data_dir) == nothing

        bad = _with_bad_row(data_dir.parent / "bad")
        refused = await run("import", str(bad), "--data-dir", str(data_dir))
        assert refused.returncode == 1
        told = refused.stdout
        assert "visits.csv" in told
        assert "started_at" in told
        assert f"dòng {_BAD_LINE}" in told
        assert f"line {_BAD_LINE}" in told
        assert await _published(data_dir) == nothing


_BAD_LINE = 400


def _with_bad_row(folder: Path) -> Path:
    """The ward's register with a day in visits.csv that no calendar knows."""
    shutil.copytree(WARD, folder)
    visits = folder / "visits.csv"
    lines = visits.read_text(encoding="utf-8").splitlines(keepends=True)
    cells = lines[_BAD_LINE - 1].split(",")
    cells[4] = "2026-02-30T09:00:00+07:00"
    lines[_BAD_LINE - 1] = ",".join(cells)
    visits.write_text("".join(lines), encoding="utf-8")
    return folder


async def _assert_figures(data_dir: Path) -> None:
    ward, term = await stats(data_dir, *AS_OF), await stats(data_dir, *TERM_DAYS)
    assert _of(ward, expected_figures("tu_son_2026")) == expected_figures("tu_son_2026")
    assert _of(term, expected_figures("tu_son_2015_2020")) == expected_figures("tu_son_2015_2020")


def _of(figures: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The figures that are expected; there may be more."""
    return {key: figures.get(key) for key in expected}


async def _published(data_dir: Path) -> dict[str, int]:
    """How many events each service has ever written."""
    async with reach_engines(data_dir) as engines:
        counts: dict[str, int] = {}
        for name in NAMES:
            connection = await asyncpg.connect(engines.postgres.dsn(name))
            counts[name] = await connection.fetchval("SELECT last_seq FROM outbox_head")
            await connection.close()
        return counts
