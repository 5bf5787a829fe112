"""The plug is pulled: what JetStream acknowledged is on the disk when the power comes back (trap T1).

A disk is an image file, mounted as a real file system. While messages are being acknowledged, everything that
could still write is stopped and the image is copied as it lies: what only the page cache knew is not in it.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.js.api import StorageType, StreamConfig

from shared.bus import connect
from shared.engines import DataDir, start_nats
from tests.support.servers import temporary_folder
from tests.support.wait import eventually

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a disk image needs root"),
]

DISK = 192 << 20
ENOUGH = 3_000
"""Acknowledged messages before the cut."""


async def test_a_power_cut_loses_no_acknowledged_message() -> None:
    """T1: with every message synced, all that was acknowledged before the cut is there after it."""
    acknowledged, found = await _messages_over_a_power_cut(durable=True)

    assert acknowledged >= ENOUGH
    assert found >= acknowledged


async def test_without_syncing_a_power_cut_loses_messages() -> None:
    """The same cut with the server's own default loses most of them: so the test above can fail."""
    acknowledged, found = await _messages_over_a_power_cut(durable=False)

    assert acknowledged >= ENOUGH
    assert found < acknowledged


async def _messages_over_a_power_cut(*, durable: bool) -> tuple[int, int]:
    """How many messages were acknowledged before the cut, and how many the stream holds after it."""
    with temporary_folder() as folder:
        before, after = folder / "before.img", folder / "after.img"
        _make_disk(before)
        with _mounted(before, folder / "before") as disk, DataDir.claim(disk / "data", free_space=0) as data:
            server = await start_nats(data, durable=durable)
            try:
                acknowledged = await _publish(server.admin_url, lambda: _cut(server.pid, before, after))
            finally:
                os.kill(server.pid, signal.SIGCONT)
                server.kill()
        with _mounted(after, folder / "after") as disk, DataDir.claim(disk / "data", free_space=0) as data:
            (data.nats / "server.pid").unlink(missing_ok=True)
            server = await start_nats(data, durable=durable)
            try:
                return acknowledged, await _held(server.admin_url)
            finally:
                await server.stop()


async def _publish(url: str, cut: Callable[[], None]) -> int:
    """Publish from eight tasks until enough is acknowledged, cut, and count what was acknowledged by then."""
    client = await connect(url, max_reconnect_attempts=0, error_cb=_ignore)
    js = client.jetstream()
    await js.add_stream(StreamConfig(name="CUT", subjects=["cut"], storage=StorageType.FILE))
    acknowledged = 0

    async def publish() -> None:
        nonlocal acknowledged
        while True:
            await js.publish("cut", b"x" * 400, timeout=60)
            acknowledged += 1

    publishing = [asyncio.create_task(publish()) for _ in range(8)]
    await eventually(lambda: acknowledged >= ENOUGH, timeout=60)
    known = acknowledged
    cut()
    for task in publishing:
        task.cancel()
    await asyncio.gather(*publishing, return_exceptions=True)
    with suppress(nats.errors.Error, OSError, TimeoutError):
        await asyncio.wait_for(client.close(), 1)
    return known


async def _ignore(_error: Exception) -> None:
    """The server is stopped under its client on purpose."""


def _cut(server: int, disk: Path, copy: Path) -> None:
    """Stop the only writer, then copy the disk as it lies, before the system writes anything back."""
    os.kill(server, signal.SIGSTOP)
    shutil.copyfile(disk, copy)


async def _held(url: str) -> int:
    client = await connect(url)
    try:
        try:
            return int((await client.jetstream().stream_info("CUT")).state.messages)
        except nats.js.errors.NotFoundError:
            return 0
    finally:
        await client.close()


def _make_disk(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(DISK)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)


@contextmanager
def _mounted(image: Path, at: Path) -> Iterator[Path]:
    at.mkdir()
    subprocess.run(["mount", "-o", "loop", image, at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)
