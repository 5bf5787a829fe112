"""Reminders on the phone: Web Push to every browser its person switched them on in.

A letter is accepted when one of the person's phones' services took it; a phone that is gone (404, 410) is
forgotten at once. What the services see is an address of their own, a length that is always the same, and a
topic by which a newer reminder takes the place of an older one they still hold.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from services.notify.channels.base import ChannelError, Letter
from services.notify.channels.push_crypto import PushKey, Receiver, encrypt
from services.notify.channels.push_services import ForeignEndpoint, PushServices
from services.notify.domain.message import PUSH
from shared.clock import Clock
from shared.contracts.notify import MessageState

if TYPE_CHECKING:
    from httpx2 import AsyncClient

LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One browser of a person, ready to be rung."""

    subscription_id: UUID
    receiver: Receiver


class Phones(Protocol):
    """Where the channel finds a person's phones, and tells what became of them."""

    async def of_person(self, person_id: UUID) -> Sequence[Phone]: ...
    async def worked(self, subscription_id: UUID) -> None: ...
    async def failed(self, subscription_id: UUID) -> None: ...
    async def gone(self, subscription_id: UUID) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a push service said. `again`: trying later may help, at the earliest after so long."""

    reason: str = ""
    gone: bool = False
    again: timedelta | None = None
    uncertain: bool = False

    @property
    def accepted(self) -> bool:
        return not self.reason

    @property
    def outcome(self) -> str:
        if self.accepted:
            return "accepted"
        if self.gone:
            return "gone"
        return "refused" if self.again is None else "later"


class PushChannel:
    """Hands letters to the push services of a person's phones, all at once. `clock` is the world's, never a rehearsal's."""

    name = PUSH
    in_ledger = False

    def __init__(
        self,
        phones: Phones,
        key: PushKey,
        services: PushServices,
        clock: Clock,
        *,
        contact: str,
        timeout: float = 10.0,
        count: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self._phones = phones
        self._key = key
        self._services = services
        self._clock = clock
        self._contact = contact
        self._timeout = timeout
        self._count = count
        self._opened: AsyncClient | None = None

    async def deliver(self, letter: Letter) -> MessageState:
        phones = await self._phones.of_person(UUID(letter.address))
        answers = await asyncio.gather(*(self._ring(phone, letter) for phone in phones))
        if any(answer.accepted for answer in answers):
            return MessageState.SENT
        waits = [answer for answer in answers if answer.again is not None]
        if not waits:
            reason = next((answer.reason for answer in answers if not answer.gone), "no_phone")
            raise ChannelError(reason, permanent=True)
        raise ChannelError(
            waits[0].reason,
            permanent=False,
            uncertain=any(answer.uncertain for answer in waits),
            retry_after=min(answer.again for answer in waits if answer.again is not None),
        )

    async def try_out(self, phone: Phone, letter: Letter) -> None:
        """Ring one phone only. Raises ChannelError."""
        answer = await self._ring(phone, letter)
        if not answer.accepted:
            raise ChannelError(answer.reason, permanent=answer.again is None)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opened is not None:
            await self._opened.aclose()

    async def _ring(self, phone: Phone, letter: Letter) -> _Answer:
        answer = await self._answer(phone.receiver, letter)
        self._count(answer.outcome)
        if answer.gone:
            await self._phones.gone(phone.subscription_id)
        elif answer.accepted:
            await self._phones.worked(phone.subscription_id)
        else:
            await self._phones.failed(phone.subscription_id)
        return answer

    async def _answer(self, receiver: Receiver, letter: Letter) -> _Answer:
        from httpx2 import ConnectError, HTTPError

        try:
            async with asyncio.timeout(self._timeout):
                return await self._hand_over(receiver, letter)
        except TimeoutError:
            return _Answer(reason="timeout", again=timedelta(), uncertain=True)
        except ForeignEndpoint as foreign:
            return _Answer(reason=foreign.reason)
        except ConnectError:
            return _Answer(reason="connect", again=timedelta())
        except (HTTPError, OSError) as broken:
            return _Answer(reason=f"connection_{type(broken).__name__}", again=timedelta(), uncertain=True)

    async def _hand_over(self, receiver: Receiver, letter: Letter) -> _Answer:
        target = await self._services.resolve(receiver.endpoint)
        headers = {
            "host": target.host,
            "authorization": self._key.authorization(target.audience, self._contact, self._clock.now()),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(int(letter.keep.total_seconds())),
            "urgency": "high" if letter.urgent else "normal",
            "topic": letter.topic,
        }
        async with self._client().stream(
            "POST",
            target.url,
            content=encrypt(told(letter), receiver),
            headers=headers,
            extensions={"sni_hostname": target.name},
        ) as response:  # the status says all; what stands in the body is read by nobody
            return _read(response.status_code, response.headers.get("retry-after", ""), self._clock.now())

    def _client(self) -> "AsyncClient":
        # Imported here because push is part of an extra. No connection is kept: they go by address, and two
        # services behind one address must not share one that was verified for the other.
        from httpx2 import AsyncClient, Limits

        if self._opened is None:
            self._opened = AsyncClient(
                timeout=self._timeout,
                follow_redirects=False,
                trust_env=False,
                limits=Limits(max_connections=32, max_keepalive_connections=0),
            )
        return self._opened


def told(letter: Letter) -> bytes:
    """What the phone is told: how many duties wait, and ids that only their owner's session can use."""
    return json.dumps(
        {
            "title": letter.subject,
            "urgent": letter.urgent,
            "tag": letter.topic,
            "letter": str(letter.message_id),
            "duties": [str(duty_id) for duty_id in letter.own_duties],
            "until": letter.until and letter.until.isoformat(),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _read(status: int, retry_after: str, now: datetime) -> _Answer:
    """404 and 410: the phone is gone. Too busy or broken: again. Anything else that is no 2xx will not get better."""
    if 200 <= status < 300:
        return _Answer()
    reason = f"push_{status}"
    if status in (404, 410):
        return _Answer(reason=reason, gone=True)
    if status in (408, 425, 429) or status >= 500:
        return _Answer(reason=reason, again=_wait(retry_after, now))
    return _Answer(reason=reason)


def _wait(told_by: str, now: datetime) -> timedelta:
    """How long a service asks us to wait: seconds or a date; nonsense is no wish."""
    try:
        wait = timedelta(seconds=int(told_by)) if told_by.isdecimal() else _date(told_by) - now
    except (ValueError, OverflowError):
        return timedelta()
    return min(max(wait, timedelta()), LONGEST_WAIT)


def _date(text: str) -> datetime:
    read = parsedate_to_datetime(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
