"""What only bytes on a wire can say: two lengths of one request (ASVS 4.2.1), an address that the sender made up (4.1.3)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request

from shared.access import address_of, public
from shared.serve import server_config
from tests.support.edge import VISIT_PATH, tiny_service, visit
from tests.support.servers import free_socket
from tests.support.wait import eventually

HEAD = f"PUT {VISIT_PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
SECOND = f"GET {VISIT_PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-id: smuggled\r\n\r\n"

TWO_LENGTHS = {
    "length and chunked": f"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{SECOND}",
    "chunked and length": f"transfer-encoding: chunked\r\ncontent-length: {len(SECOND) + 5}\r\n\r\n0\r\n\r\n{SECOND}",
    "two different lengths": f"content-length: 0\r\ncontent-length: {len(SECOND)}\r\n\r\n{SECOND}",
    "an encoding nobody knows": f"transfer-encoding: xchunked\r\ncontent-length: 0\r\n\r\n{SECOND}",
    "an encoding behind a space": f"transfer-encoding : chunked\r\ncontent-length: 0\r\n\r\n{SECOND}",
    "a length with a sign": f"content-length: +0\r\n\r\n{SECOND}",
}


@pytest.mark.parametrize("case", TWO_LENGTHS)
async def test_a_request_of_two_lengths_is_refused(case: str) -> None:
    """A proxy and we never disagree on where a request ends: 400, and nothing behind it is read as another."""
    async with served(tiny_service()) as port:
        answer = await said(port, (HEAD + TWO_LENGTHS[case]).encode())

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"smuggled" not in answer
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_an_honest_request_passes() -> None:
    """The counter-check: the same bytes with one length."""
    body = visit()
    async with served(tiny_service()) as port:
        answer = await said(
            port, f"{HEAD}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body
        )

    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("trusted", "seen"), [("", b"127.0.0.1"), ("127.0.0.1", b"203.0.113.9")])
async def test_an_address_cannot_be_made_up(trusted: str, seen: bytes) -> None:
    """X-Forwarded-For counts from a proxy that the settings name, and from nobody else."""
    app = tiny_service()
    router = APIRouter()

    @router.get("/visits/api/address", dependencies=[Depends(public)])
    async def address(request: Request) -> str:
        return address_of(request)

    app.include_router(router)
    async with served(app, trusted) as port:
        answer = await said(
            port,
            b"GET /visits/api/address HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: 203.0.113.9\r\n"
            b"connection: close\r\n\r\n",
        )

    assert answer.endswith(b'"' + seen + b'"')


@asynccontextmanager
async def served(app: FastAPI, trusted_proxies: str = "") -> AsyncIterator[int]:
    """The application behind the server that runs in an installation; its port."""
    with free_socket() as listening:
        server = uvicorn.Server(server_config(app, trusted_proxies=trusted_proxies))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await eventually(lambda: server.started)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def said(port: int, sent: bytes) -> bytes:
    """All that comes back to these bytes until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()
