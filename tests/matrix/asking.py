"""Asking a service in its own process, without a client in between: thousands of requests in a few seconds.

The request enters where uvicorn would hand it over, so that the edge, the guard and the wall are the real ones,
and no proxy stands before them.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from starlette.types import Message

HOST = "127.0.0.1:8080"
ORIGIN = f"http://{HOST}"
REQUEST_ID = "x-request-id"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")  # a photograph is no text

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The status, and for a 401 which of the two: `401 sign-in-required` or `401 reauthenticate`."""
        if self.status != 401 or not self.body.startswith(b"{"):
            return str(self.status)
        return f"401 {self.json()['type'].rpartition('/')[2]}"

    @property
    def told(self) -> tuple[int, tuple[tuple[str, str], ...], str]:
        """Everything a reader could compare: status, headers and body, without the id of the request."""
        headers = {name: value for name, value in self.headers if name != REQUEST_ID}
        own_id = next((value for name, value in self.headers if name == REQUEST_ID), "none")
        return self.status, tuple(sorted(headers.items())), self.text.replace(own_id, "…")


async def ask(
    app: FastAPI,
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: Any = None,
    query: str = "",
    user_agent: str = "matrix",
) -> Answer:
    """One request with this session's token, or with none."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    headers = [("host", HOST), ("user-agent", user_agent)]
    if body is not None:
        kind = "image/jpeg" if isinstance(body, bytes) else "application/json"
        headers += [("content-type", kind), ("content-length", str(len(content)))]
    if token is not None:
        headers.append(("cookie", f"fv_session={token}"))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8080),
    }
    start: Message = {}
    chunks: list[bytes] = []

    asked = False

    async def receive() -> Message:
        """The body once; then nothing more, from somebody who waits for the whole answer."""
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(
        start["status"],
        tuple((name.decode(), value.decode()) for name, value in start["headers"]),
        b"".join(chunks),
    )
