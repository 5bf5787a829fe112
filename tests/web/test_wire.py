"""Bytes that no browser sends, written straight to the running server: refused, and nobody else is kept waiting."""

import asyncio
import re
import time
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.web.conftest import Installed

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("web")]

POST = "POST /visits/api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
HIDDEN = "GET /visits/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
"""A request in the body of another one: an answer to it would be somebody else's."""

AMBIGUOUS = {
    "length, then chunked": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, then length": "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "a list of lengths": "Content-Length: 0, 0\r\n\r\n",
    "a length with a sign": "Content-Length: +0\r\n\r\n",
    "a length in hexadecimal": "Content-Length: 0x0\r\n\r\n",
    "an encoding nobody knows": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked, and then not": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "two encodings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a folded header": "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare carriage return": "X-A: b\rTransfer-Encoding: chunked\r\n\r\n",
    "a chunk that ends with a line feed": "Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n",
    "a chunk of no size": "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of less than nothing": "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
}
SLOW = 200


@pytest.mark.parametrize("trick", AMBIGUOUS)
async def test_two_readers_of_one_request_read_the_same(installed: Installed, trick: str) -> None:
    """ASVS 4.2.1: where a body could end in two places, the answer is 400 and the connection is closed."""
    heard = await _said(installed, POST + AMBIGUOUS[trick] + HIDDEN)

    assert re.findall(rb"HTTP/1\.1 (\d+)", heard) == [b"400"]


async def test_who_is_slow_waits_alone(installed: Installed) -> None:
    """Two hundred phones that never finish their first line, or their body, and one that does."""
    async with AsyncExitStack() as stack:
        for number in range(SLOW):
            _, writer = await _connected(installed)
            stack.callback(writer.close)
            half = POST + "Content-Length: 100\r\n\r\n{" if number % 2 else POST
            writer.write(half.encode())
        began = time.monotonic()
        async with httpx2.AsyncClient(base_url=installed.url, timeout=5) as client:
            answer = await client.get("/visits/api/viewer")

    assert answer.status_code == 200
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/visits/.git/config",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/visits/docs",
        "/metrics",
        "/debug",
        "/visits/web/../app.py",
        "/visits/web/%2e%2e/app.py",
        "/visits/web/..%2f..%2fpyproject.toml",
        "/visits/web//etc/passwd",
        "/visits/web/",
    ],
)
async def test_nothing_lies_about(installed: Installed, path: str) -> None:
    """ASVS 13.4.1, 13.4.5: no repository, no documentation, no folder, no file beside the pages."""
    heard = await _said(installed, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")

    assert heard.startswith(b"HTTP/1.1 404")
    assert not re.search(rb"root:|fastapi|\[core\]|Traceback", heard)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For", "Forwarded", "Host"]
)
async def test_no_header_changes_where_a_link_leads(installed: Installed, header: str) -> None:
    """ASVS 4.1.3: addresses come from the settings, and whoever says where they come from is not believed."""
    told = {header: "evil.example"}
    async with httpx2.AsyncClient(
        base_url=installed.url, cookies={"fv_session": await installed.cookie("office")}
    ) as client:
        homes = [
            await client.get(path, headers=told) for path in ("/", "/feedback", "/visits/sign-in/khong-co")
        ]

    assert [answer.headers.get("location") for answer in homes] == ["/feedback/", "/feedback/", None]
    assert not any("evil" in f"{answer.headers} {answer.text}" for answer in homes)


async def _connected(installed: Installed) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(installed.url)
    return await asyncio.open_connection(where.hostname, where.port)


async def _said(installed: Installed, request: str) -> bytes:
    """All that the server answers until it closes the connection."""
    reader, writer = await _connected(installed)
    writer.write(request.encode())
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()
