"""What stands in the way of a start is said in one sentence, and leaves nothing half made or running."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.engines import DataDir, EngineError, Reason, embedded_engines
from shared.engines.errors import explained
from shared.engines.process import processes_in

REPOSITORY = Path(__file__).parents[3]
AS_ROOT = os.geteuid() == 0


async def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    """Also when it is in the place of a parent."""
    file = tmp_path / "file"
    file.touch()

    for place in (file, file / "data"):
        with pytest.raises(EngineError) as refused:
            async with embedded_engines(place):
                pass
        assert refused.value.reason is Reason.NOT_A_FOLDER
        assert str(place) in str(refused.value)


async def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    """Root writes everywhere but into the kernel's own folders; others are kept out by the mode."""
    closed = Path("/sys") if AS_ROOT else tmp_path / "closed"
    if not AS_ROOT:
        os.mkdir(closed, mode=0o500)  # noqa: PTH102  # no other task waits meanwhile

    with pytest.raises(EngineError) as refused:
        async with embedded_engines(closed / "data"):
            pass

    assert refused.value.reason is Reason.UNWRITABLE
    assert str(closed / "data") in str(refused.value)


def test_a_disk_without_room_for_an_installation_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """The sentence says how much there is and how much is needed."""
    more_than_any_disk = 2**60

    with (
        pytest.raises(EngineError, match=r"\d+ MB free.* needs \d+ MB") as refused,
        DataDir.claim(tmp_path / "data", free_space=more_than_any_disk),
    ):
        pass

    assert refused.value.reason is Reason.NO_SPACE
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["lock"]


def test_a_write_that_finds_the_disk_full_is_told_as_such(tmp_path: Path) -> None:
    """The kernel's own full disk says it."""
    with (
        pytest.raises(EngineError) as refused,
        explained(tmp_path),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")

    assert refused.value.reason is Reason.NO_SPACE


@pytest.mark.parametrize("megabytes", [1, 8, 40, 56])
def test_a_disk_that_fills_at_any_step_is_told_and_a_later_start_succeeds(
    tmp_path: Path, megabytes: int
) -> None:
    """Half a cluster is never taken for a whole one: after some space is freed, everything is made."""
    full, enlarged = _attempts_on_a_disk(
        tmp_path, f"size={megabytes}m", ATTEMPT, 'mount -o remount,size=400m none "$0"', ATTEMPT
    )

    assert full["reason"] == Reason.NO_SPACE
    assert "\n" not in full["message"]
    assert enlarged == {"reason": "", "message": ""}


def test_a_read_only_disk_is_told(tmp_path: Path) -> None:
    """Whether the folder is to be made there, or was made when the disk could still be written to."""
    new, _, old = _attempts_on_a_disk(
        tmp_path,
        "size=400m",
        'mount -o remount,ro none "$0"',
        ATTEMPT,
        'mount -o remount,rw none "$0"',
        ATTEMPT,
        'mount -o remount,ro none "$0"',
        ATTEMPT,
    )

    assert {new["reason"], old["reason"]} == {Reason.UNWRITABLE}


ATTEMPT = f'{sys.executable} -m tests.support.engine_owner attempt "$0/data"'


def _attempts_on_a_disk(mount_point: Path, options: str, *steps: str) -> list[dict[str, str]]:
    """Run the steps where `mount_point` is a small disk of its own, seen by nobody else; the attempts' outcomes."""
    script = "\n".join(["set -e", f'mount -t tmpfs -o {options} none "$0"', *steps])
    namespace = ["unshare", "--mount"] if AS_ROOT else ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip(
            "this machine lets nobody mount a small disk; the full disk itself is tested by /dev/full"
        )
    done = subprocess.run(
        [*namespace, "sh", "-c", script, str(mount_point)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_lost_secrets_are_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    """Put back, they open the data again."""
    folder = tmp_path / "data"
    async with embedded_engines(folder):
        pass
    kept = folder / "secrets"
    kept.rename(tmp_path / "elsewhere")

    with pytest.raises(EngineError, match="secrets") as refused:
        async with embedded_engines(folder):
            pass
    assert refused.value.reason is Reason.SECRETS_LOST
    assert not processes_in(folder / "nats", folder / "nats" / "server.pid")

    shutil.rmtree(kept)
    (tmp_path / "elsewhere").rename(kept)
    async with embedded_engines(folder) as engines:
        assert engines.postgres.alive


async def test_data_of_another_postgres_version_is_left_alone(tmp_path: Path) -> None:
    """A newer release does not start on it and says what to do."""
    folder = tmp_path / "data"
    async with embedded_engines(folder):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("17\n", encoding="ascii")

    with pytest.raises(EngineError, match="written by PostgreSQL 17, this release runs 18") as refused:
        async with embedded_engines(folder):
            pass

    assert refused.value.reason is Reason.OTHER_VERSION
