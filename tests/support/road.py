"""The road between a phone and the server, which a test can break: silence, errors, answers that are lost on the way.

A small HTTP proxy, one request a connection. What it does to a request is decided by the first rule that takes it.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

Answer = tuple[int, dict[str, str], bytes]
_OWN = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Passing:
    """One request on its way."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Road:
    """`url` leads to the server. What `blocked` says is cut before the server, what `loses` says after it."""

    upstream: str
    port: int = 0
    blocked: Callable[[Passing], bool] = lambda _: False
    loses: Callable[[Passing], bool] = lambda _: False
    answers: Callable[[Passing], Answer | None] = lambda _: None
    """An answer given in the server's place."""
    clock_shift: timedelta | None = None
    """The server's clock, as its answers show it, is moved by this much."""
    passed: list[Passing] = field(default_factory=list)
    """What reached the server, in order."""
    open_connections: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Nothing gets through."""
        self.blocked = lambda _: True

    def open(self) -> None:
        """All is well again."""
        self.blocked = self.loses = lambda _: False
        self.answers = lambda _: None

    def sent(self, fragment: str = "/visits/api/visits/") -> list[Passing]:
        """What changed something at such a path."""
        return [each for each in self.passed if each.method == "PUT" and fragment in each.path]

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, which a browser may also open ahead of time and never use."""
        task = asyncio.current_task()
        assert task is not None
        self.open_connections.add(task)
        try:
            passing = await _read(reader)
            if (answer := await self._answer(passing)) is not None:
                writer.write(_written(answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the phone has gone, or the test has ended
        finally:
            self.open_connections.discard(task)
            await _closed(writer)

    async def _answer(self, passing: Passing) -> Answer | None:
        if self.blocked(passing):
            return None
        if (instead := self.answers(passing)) is not None:
            return instead
        self.passed.append(passing)
        answer = await self._forward(passing)
        return None if self.loses(passing) else answer

    async def _forward(self, passing: Passing) -> Answer:
        host, port = urlsplit(self.upstream).netloc.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        lines = [f"{passing.method} {passing.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in passing.headers.items()]
        lines += [f"content-length: {len(passing.body)}", "connection: close", "", ""]
        writer.write("\r\n".join(lines).encode("latin-1") + passing.body)
        try:
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            await _closed(writer)
        first, *named = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in named)}
        if self.clock_shift is not None:
            headers["date"] = format_datetime(datetime.now(UTC) + self.clock_shift, usegmt=True)
        if headers.get("transfer-encoding") == "chunked":
            body = _unchunked(body)
        return int(first.split(" ")[1]), {k: v for k, v in headers.items() if k not in _OWN}, body


def problem(status: int, *, retry_after: int | None = None, **more: object) -> Answer:
    """A refusal as our services write it."""
    body = {"type": "/problems/x", "title": "x", "status": status, "detail": "Thử", **more}
    retry = {} if retry_after is None else {"retry-after": str(retry_after)}
    return (
        status,
        {"content-type": "application/problem+json", **retry},
        json.dumps(body).encode(),
    )


@asynccontextmanager
async def road_to(upstream: str) -> AsyncIterator[Road]:
    """A road of the test's own, on any free port."""
    road = Road(upstream)
    server = await asyncio.start_server(road.carry, "127.0.0.1", 0)
    road.port = server.sockets[0].getsockname()[1]
    try:
        yield road
    finally:
        server.close()
        for task in list(road.open_connections):
            task.cancel()
        await asyncio.gather(*road.open_connections, return_exceptions=True)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Passing:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    kept = {name: value for name, value in headers.items() if name not in _OWN | {"accept-encoding"}}
    return Passing(method, path, kept, body)


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        whole += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return whole


def _written(answer: Answer) -> bytes:
    status, headers, body = answer
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
