"""E-mail against a real SMTP server that refuses, hangs and breaks off at every point."""

import asyncio
import shutil
import ssl
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from services.notify.channels.base import Channel, ChannelError, Letter
from services.notify.channels.email import EmailChannel, MailServer
from services.notify.channels.inbox import InboxChannel
from shared.contracts.notify import MessageState
from tests.notify.conftest import Cast, Replica
from tests.notify.mail_server import CUT, HANG, Script, mail_server, rude_server
from tests.notify.world import Duty, ManualClock, Pigeon, World, local

CLOCK = ManualClock(local("2026-11-24 07:30"))
LETTER = Letter(
    message_id=UUID("018f0000-0000-7000-8000-00000000abcd"),
    address="an.nv@example.vn",
    subject="Có 1 việc quá hạn",
    body="Kính gửi đồng chí,\n\nThời hạn: hết ngày thứ Hai, 23/11/2026.\n.\nhttps://example.vn/\n",
)


def channel_to(port: int, *, timeout: float = 5.0) -> EmailChannel:  # the channel's own bound
    return EmailChannel(
        MailServer(host="127.0.0.1", port=port, sender="nhac-viec@example.vn", timeout=timeout), CLOCK
    )


async def test_a_mail_says_little_and_says_it_right() -> None:
    """UTF-8 text, a subject without names, the message's id as Message-ID, marked as automatic."""
    script = Script()
    async with mail_server(script) as port:
        assert await channel_to(port).deliver(LETTER) is MessageState.SENT

    [mail] = script.taken
    assert mail["Subject"] == LETTER.subject
    assert (mail["From"], mail["To"]) == ("nhac-viec@example.vn", "an.nv@example.vn")
    assert mail["Message-ID"] == f"<{LETTER.message_id}@example.vn>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == LETTER.body
    assert script.recipients == ["an.nv@example.vn"]


@pytest.mark.parametrize(
    ("script", "permanent", "uncertain", "reason"),
    [
        (Script(at_rcpt=["450 busy"]), False, False, "smtp_450_envelope"),
        (Script(at_rcpt=["421 closing"]), False, False, "smtp_421_envelope"),
        (Script(at_rcpt=["550-no\r\n550 such user"]), True, False, "smtp_550_envelope"),
        (Script(at_text=["451 later"]), False, False, "smtp_451_text"),
        (Script(at_text=["552 too big"]), True, False, "smtp_552_text"),
        (Script(at_text=["554 spam"]), True, False, "smtp_554_text"),
        (Script(at_rcpt=[HANG]), False, False, "timeout"),
        (Script(at_text=[HANG]), False, True, "timeout"),
        (Script(at_rcpt=[CUT]), False, False, "connection_SMTPServerDisconnected"),
        (Script(at_text=[CUT]), False, True, "connection_SMTPServerDisconnected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_refusal_says_whether_trying_again_helps(
    script: Script, permanent: bool, uncertain: bool, reason: str
) -> None:
    """4xx, silence and cuts: again. 5xx: never. After the text went out nobody can be sure."""
    async with mail_server(script) as port:
        with pytest.raises(ChannelError) as raised:
            await channel_to(port, timeout=0.5).deliver(LETTER)

    assert (raised.value.permanent, raised.value.uncertain) == (permanent, uncertain)
    assert raised.value.reason == reason


async def test_a_cut_after_the_acceptance_changes_nothing() -> None:
    """250 is the promise; how the server leaves afterwards is its own business."""
    script = Script(cut_at_quit=True)
    async with mail_server(script) as port:
        assert await channel_to(port).deliver(LETTER) is MessageState.SENT

    assert len(script.taken) == 1


async def test_a_greeting_of_554_is_the_servers_fault_not_the_addresss() -> None:
    """A server that serves nobody just now loses no message."""

    async def refuse(writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 no service here\r\n")
        await writer.drain()

    async with rude_server(refuse) as port:
        with pytest.raises(ChannelError) as raised:
            await channel_to(port).deliver(LETTER)

    assert (raised.value.reason, raised.value.permanent) == ("smtp_554_greeting", False)


async def test_a_server_that_trickles_holds_nobody_longer_than_the_timeout() -> None:
    """One byte now and then is not progress: the bound is on the whole hand-over."""

    async def trickle(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with rude_server(trickle) as port, asyncio.timeout(3):
        with pytest.raises(ChannelError) as raised:
            await channel_to(port, timeout=0.4).deliver(LETTER)

    assert not raised.value.permanent


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    """Refused connections and unknown names are passing troubles."""
    async with mail_server(Script()) as port:
        pass  # nobody listens there any more
    for host in ("127.0.0.1", "no-such-host.invalid"):
        server = MailServer(host=host, port=port, sender="a@example.vn", timeout=3)
        with pytest.raises(ChannelError) as raised:
            await EmailChannel(server, CLOCK).deliver(LETTER)
        assert (raised.value.permanent, raised.value.uncertain) == (False, False)


@pytest.mark.parametrize("address", ["an@example.vn\r\nBcc: all@example.vn", "an", "", "a@b.vn>\r\nDATA"])
async def test_a_bad_address_never_reaches_the_server(address: str) -> None:
    """No header and no command can be slipped in through an address."""
    script = Script()
    async with mail_server(script) as port:
        letter = Letter(message_id=LETTER.message_id, address=address, subject="s", body="b")
        with pytest.raises(ChannelError) as raised:
            await channel_to(port).deliver(letter)

    assert (raised.value.reason, raised.value.permanent) == ("bad_address", True)
    assert script.taken == []


async def test_no_header_can_be_slipped_in_through_a_subject() -> None:
    """A line break in a subject stops the letter, it does not make a header."""
    script = Script()
    async with mail_server(script) as port:
        letter = Letter(
            message_id=LETTER.message_id, address="an@example.vn", subject="a\r\nBcc: b@c.vn", body="b"
        )
        with pytest.raises(ChannelError, match="bad_letter") as raised:
            await channel_to(port).deliver(letter)

    assert raised.value.permanent
    assert script.taken == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")
async def test_mail_travels_protected_when_told_so(certificate: tuple[Path, Path]) -> None:
    """STARTTLS with a certificate we trust; with one we do not, nothing is handed over."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    script = Script()
    async with mail_server(script, tls=server_side) as port:
        for context, arrives in ((trusting, True), (None, False)):
            server = MailServer(
                host="127.0.0.1",
                port=port,
                sender="nhac-viec@example.vn",
                tls="starttls",
                tls_context=context,
                timeout=5,
            )
            if arrives:
                await EmailChannel(server, CLOCK).deliver(LETTER)
            else:
                with pytest.raises(ChannelError) as raised:
                    await EmailChannel(server, CLOCK).deliver(LETTER)
                assert not raised.value.permanent

    assert script.secure == [True]


@pytest.fixture
async def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 signed by itself."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    process = await asyncio.create_subprocess_exec(
        *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"],
        *("-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return certificate, key


async def test_a_cut_before_the_acceptance_costs_one_duplicate_with_the_same_id(
    world: World, replica: Replica, cast: Cast
) -> None:
    """The server took it, we never heard: sent again a minute later, same Message-ID, counted."""
    script = Script(at_text=[CUT])
    async with mail_server(script) as port:
        mailing = replica(channels=[InboxChannel(), channel_to(port)])
        await mailing.hear(Duty(owner=cast.owner).due_soon())
        await mailing.pass_to(local("2026-11-19 07:30"))
        await mailing.pass_to(local("2026-11-19 07:31"))

    assert len(script.taken) == 2
    assert len({mail["Message-ID"] for mail in script.taken}) == 1
    assert mailing.counted("notify_duplicates_risked_total") == 1
    [row] = await world.messages(channel="email")
    assert row.state == "sent"


async def test_an_overdue_duty_reaches_inbox_and_mailbox_without_names(
    world: World, replica: Replica, cast: Cast
) -> None:
    """The chase on the day after: the office and the owner, by both ways, in plain words."""
    script = Script()
    async with mail_server(script) as port:
        mailing = replica(channels=[InboxChannel(), channel_to(port)])
        await mailing.hear(Duty(owner=cast.owner).overdue())
        await mailing.pass_to(local("2026-11-24 07:30"))

    assert sorted(script.recipients) == ["clerk@example.vn", "owner@example.vn"]
    assert {mail["Subject"] for mail in script.taken} == {"Có 1 việc quá hạn"}
    body = script.taken[0].get_content()
    assert "hết ngày thứ Hai, 23/11/2026" in body
    assert "https://bam-co-so.example.vn/notify/" in body
    assert not any("Nguyễn Văn An".encode() in raw for raw in script.raw)
    assert {("inbox", "delivered"), ("email", "sent")} == {
        (row.channel, row.state) for row in await world.messages(rung="chase-1")
    }


# --- The contract that every channel keeps, the fake one of the tests included ---


@pytest.mark.parametrize("kind", ["inbox", "email", "fake"])
async def test_every_channel_keeps_the_contract(kind: str) -> None:
    """A delivered letter says SENT or DELIVERED; twice the same letter is no error."""
    async with mail_server(Script()) as port:
        makers: dict[str, Callable[[], Channel]] = {
            "inbox": InboxChannel,
            "email": lambda: channel_to(port),
            "fake": Pigeon,
        }
        channel = makers[kind]()
        states = {await channel.deliver(LETTER), await channel.deliver(LETTER)}

    assert states <= {MessageState.SENT, MessageState.DELIVERED}
    assert len(states) == 1
    assert (states == {MessageState.DELIVERED}) is channel.in_ledger
    assert channel.name


@pytest.mark.parametrize("kind", ["email", "fake"])
async def test_a_channel_that_fails_says_so_in_one_way(kind: str) -> None:
    """Only ChannelError, with a code of letters, digits and underscores."""
    script = Script(at_rcpt=["550 Nguyễn Văn An does not live here".encode("ascii", "replace").decode()])
    async with mail_server(script) as port:
        fake = Pigeon(failures=[ChannelError("lost_550", permanent=True)])
        channel: Channel = channel_to(port) if kind == "email" else fake
        with pytest.raises(ChannelError) as raised:
            await channel.deliver(LETTER)

    assert raised.value.permanent
    assert raised.value.reason.replace("_", "").isalnum()
