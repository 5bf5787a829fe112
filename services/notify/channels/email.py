"""E-mail by SMTP: plain text, one recipient, a Message-ID that is the message's id.

Exactly-once mail does not exist: when the connection breaks after the text went out, nobody knows whether
it was accepted. Then it is sent again with the same Message-ID, and counted. What the server says about an
address decides about that message; what it says before (greeting, TLS, login) is a fault of the
installation and is tried again.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from services.notify.channels.base import ChannelError, Letter
from services.notify.domain.address import is_mail_address
from services.notify.domain.message import EMAIL
from shared.clock import LOCAL, Clock
from shared.contracts.notify import MessageState

if TYPE_CHECKING:
    from aiosmtplib import SMTP


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over. `timeout` bounds the whole hand-over of one letter, in seconds."""

    host: str
    port: int
    sender: str
    tls: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: str | None = None
    timeout: float = 15.0
    tls_context: ssl.SSLContext | None = None
    """Whom to trust; None means the machine's certificate authorities."""


class EmailChannel:
    """Hands letters to one mail server, one connection each."""

    name = EMAIL
    in_ledger = False

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    async def deliver(self, letter: Letter) -> MessageState:
        if not is_mail_address(letter.address):
            raise ChannelError("bad_address", permanent=True)
        try:
            text = self._mail(letter).as_bytes()
        except ValueError:
            raise ChannelError("bad_letter", permanent=True) from None
        progress = _Progress()
        try:
            async with asyncio.timeout(self._server.timeout):
                await self._hand_over(letter.address, text, progress)
        except TimeoutError:
            raise ChannelError("timeout", permanent=False, uncertain=progress.text_sent) from None
        return MessageState.SENT

    async def _hand_over(self, address: str, text: bytes, progress: "_Progress") -> None:
        from aiosmtplib import SMTPException, SMTPResponseException

        client = self._client()
        try:
            await self._connect(client)
            try:
                await client.mail(self._server.sender)
                await client.rcpt(address)
                progress.text_sent = True
                await client.data(text)
            except SMTPResponseException as refused:
                permanent = refused.code >= 500
                where = "text" if progress.text_sent else "envelope"
                raise ChannelError(f"smtp_{refused.code}_{where}", permanent=permanent) from None
            except (SMTPException, OSError) as broken:
                raise ChannelError(
                    f"connection_{type(broken).__name__}", permanent=False, uncertain=progress.text_sent
                ) from None
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()  # the letter is accepted; a cut now changes nothing
        finally:
            client.close()

    async def _connect(self, client: "SMTP") -> None:
        from aiosmtplib import SMTPException, SMTPResponseException

        try:
            await client.connect()
        except SMTPResponseException as refused:
            raise ChannelError(f"smtp_{refused.code}_greeting", permanent=False) from None
        except (SMTPException, OSError, ssl.SSLError) as broken:
            raise ChannelError(f"connect_{type(broken).__name__}", permanent=False) from None

    def _client(self) -> "SMTP":
        # Imported here because mail is an extra: an installation without it has no aiosmtplib.
        from aiosmtplib import SMTP

        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            tls_context=server.tls_context,
            timeout=server.timeout,
        )

    def _mail(self, letter: Letter) -> EmailMessage:
        mail = EmailMessage(policy=SMTP_LINES)
        mail["From"] = self._server.sender
        mail["To"] = letter.address
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(self._clock.now().astimezone(LOCAL))
        mail["Message-ID"] = f"<{letter.message_id}@{self._server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = "vi, en"
        mail.set_content(letter.body)
        return mail


@dataclass(slots=True)
class _Progress:
    """How far a hand-over got when it broke."""

    text_sent: bool = False
