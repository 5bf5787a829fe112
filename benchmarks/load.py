"""Load over HTTP/1.1: a raw keep-alive client small enough not to be what is measured.

Two shapes. `closed_loop` saturates: each connection sends its next request when the last is answered.
`open_loop` sends on a timetable that no slow answer can push back, and measures from the moment the
timetable named, so that a stalled server cannot hide the requests it kept waiting.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, cast

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header; empty when it was not sent."""
        found = re.search(rf"\r\n{name}: *([^\r]*)", self.head.decode("latin-1"), re.IGNORECASE)
        return found[1] if found else ""


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def send(self, request: bytes) -> "asyncio.Future[Answer]":
        if self._transport is None:
            raise ConnectionError("the server closed this connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    @property
    def open_still(self) -> bool:
        return self._transport is not None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its bases

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        end = head + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) < end:
            return
        answer = Answer(
            int(self._buffer[9:12]), bytes(self._buffer[:head]), bytes(self._buffer[head + 4 : end])
        )
        self._buffer.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed by the server"))


def request(method: str, path: str, body: bytes = b"", *, headers: str = "") -> bytes:
    """One request as it goes on the wire; `headers` is zero or more lines, each with its line end."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(slots=True)
class Sent:
    """What a load sent and what came back, in seconds; `late` counts from the timetable."""

    accepted: int = 0
    refused: list[Answer] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def add(self, answer: Answer, since: float) -> None:
        self.late.append(time.perf_counter() - since)
        if 200 <= answer.status < 300:
            self.accepted += 1
        else:
            self.refused.append(answer)


async def closed_loop(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Sent:
    """Keep `connections` requests in flight for `seconds`."""
    sent, until = Sent(), time.perf_counter() + seconds

    async def one() -> None:
        connection = await Connection.open(port)
        try:
            while (now := time.perf_counter()) < until:
                sent.add(await connection.send(next(requests)), now)
        finally:
            connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one())
    return sent


async def open_loop(port: int, requests: Iterator[bytes], *, rate: float, seconds: float) -> Sent:
    """Start `rate` requests a second, whatever the server does; connections grow as they must."""
    sent, started = Sent(), time.perf_counter()
    idle: list[Connection] = []

    async def one(due: float) -> None:
        while idle and not idle[-1].open_still:
            idle.pop()  # the server closes what was idle for some seconds
        connection = idle.pop() if idle else await Connection.open(port)
        sent.add(await connection.send(next(requests)), due)
        idle.append(connection)

    async with asyncio.TaskGroup() as group:
        for n in range(int(rate * seconds)):
            due = started + n / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    for connection in idle:
        connection.close()
    return sent
