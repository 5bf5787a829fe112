"""A real SMTP server on a free port whose answers a test writes beforehand."""

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"
CUT = "cut"
HANG = "hang"
CUT_AT_QUIT = "cut at quit"


@dataclass
class Script:
    """What the server says to each RCPT and each text, in turn; afterwards it accepts."""

    at_rcpt: list[str] = field(default_factory=list)
    at_text: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    """Every text that came in whole, accepted or not."""
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    cut_at_quit: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's names
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = await self._next(self.at_rcpt, server)
        if answer == OK:
            envelope.rcpt_tos.append(address)
            self.recipients.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.raw.append(content)
        self.taken.append(email.message_from_bytes(content, policy=default))
        self.secure.append(session.ssl is not None)
        return await self._next(self.at_text, server)

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self.cut_at_quit:
            _cut(server)
        return "221 Bye"

    async def _next(self, answers: list[str], server: SMTP) -> str:
        answer = answers.pop(0) if answers else OK
        if answer == HANG:
            await self.released.wait()
        if answer == CUT:
            _cut(server)
        return OK if answer in (CUT, HANG) else answer


def _cut(server: Any) -> None:
    server.transport.abort()


@asynccontextmanager
async def mail_server(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The server for the length of the block; its port. With `tls` it insists on STARTTLS."""
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(SMTP(script, hostname="mail.test", tls_context=tls, require_starttls=tls is not None))
        return sessions[-1]

    server = await loop.create_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        script.released.set()
        server.close()
        for each in sessions:
            if each.transport is not None:
                each.transport.abort()
        ends = [each._handler_coroutine for each in sessions if each._handler_coroutine is not None]
        for end in ends:
            end.cancel()
        await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), timeout=5)


Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def rude_server(talk: Talk) -> AsyncIterator[int]:
    """A server that says whatever `talk` writes; its port."""
    sessions: set[asyncio.Task[Any]] = set()

    async def session(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        sessions.add(task)
        try:
            await talk(writer)
        except (OSError, asyncio.CancelledError):
            pass  # the other side left, or the test is over
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
