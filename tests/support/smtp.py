"""A real SMTP server for tests: keeps every letter it accepted, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class PostOffice:
    """What arrived, and where the server listens."""

    host: str = "127.0.0.1"
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The name is aiosmtpd's."""
        raw = cast("bytes", envelope.content)
        self.letters.append(message_from_bytes(raw, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """The letters to one address."""
        return [letter for letter in self.letters if letter["To"] == address]

    def settings(self) -> dict[str, str | int]:
        """How notify is told of it."""
        return {"smtp_host": self.host, "smtp_port": self.port, "smtp_sender": "nhac-viec@tu-son.invalid"}


@asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """A server on a free port, in the loop of the test."""
    office = PostOffice()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(office), office.host, 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
