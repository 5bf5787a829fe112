"""Writes digests on the first working morning of a week or a month, and sends those that leave by e-mail.

Any number of replicas run it: a row per committee and period says who wrote its digests, a lease who sends a letter.
A sender that dies between "accepted" and our commit costs one duplicate with the same id.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import structlog

from services.notify.channels.base import Channel, ChannelError, Letter
from services.notify.domain.digest import Digest, Figures, Scope, opens, periods
from services.notify.domain.message import EMAIL
from services.notify.domain.retry import retry_after
from services.notify.domain.window import first_sending
from services.notify.metrics import NotifyMetrics
from services.notify.store import digests as store
from services.notify.store import people as people_store
from services.notify.store.digests import Leaving
from services.notify.templates import render_digest
from services.notify.waiting import pause
from shared import directory
from shared.clock import local_date
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()


class Digests:
    """Counts, writes and sends. `channels` are those of this installation; of them a digest takes e-mail only."""

    def __init__(
        self,
        database: Database,
        channels: Iterable[Channel],
        metrics: NotifyMetrics,
        *,
        public_url: str,
        lease: float,
    ) -> None:
        self._database = database
        self._mail = next((each for each in channels if each.name == EMAIL), None)
        self._metrics = metrics
        self._public_url = public_url
        self._lease = lease
        self._done: set[tuple[UUID, Scope, date]] = set()
        self.wake = asyncio.Event()
        database.clock.on_jump(self.wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        while not stop.is_set():
            await self.sweep()
            async with self._database.read() as tx:
                due = await store.next_letter(tx) if self._mail else None
            await pause(stop, self.wake, (due - self._database.clock.now()).total_seconds() if due else None)

    async def sweep(self) -> None:
        """Write what this moment asks for, and send what may leave."""
        async with self._database.read() as tx:
            committees = await store.committees(tx)
            now = tx.now
        for scope, period in periods(now):
            for committee_id in committees:
                if (committee_id, scope, period) not in self._done:
                    await self._write(committee_id, scope, period)
        self._done = {each for each in self._done if each[1:] in periods(now)}
        while self._mail and await self._send_one(self._mail):
            pass

    async def _write(self, committee_id: UUID, scope: Scope, period: date) -> None:
        async with self._database.begin() as tx:
            calendars = await store.calendars(tx, committee_id)
            if opens(period, calendars) > tx.now:
                return
            known = await store.known(tx, committee_id, scope)
            # The first look at a committee only notes that it is there: its duties may still be arriving.
            if await store.begin(tx, committee_id, scope, period) and known:
                digests = await self._digests(tx, committee_id, scope, period)
                addresses = await people_store.addresses(tx, [each.person_id for each in digests])
                by_mail = [
                    (each, self._mail is not None and EMAIL in addresses.get(each.person_id, {}))
                    for each in digests
                ]
                days = max(calendars, key=lambda known: max(known, default=date.min), default=frozenset())
                await store.write(tx, by_mail, first_sending(tx.now, days))
        self._done.add((committee_id, scope, period))

    async def _digests(self, tx: UnitOfWork, committee_id: UUID, scope: Scope, period: date) -> list[Digest]:
        readers = await _holders(tx, committee_id, scope)
        if scope is Scope.COMMITTEE:
            whole = await store.of_committee(tx, committee_id)
            figures = dict.fromkeys(readers, whole)
        else:
            own = await store.of_members(tx, committee_id)
            figures = {person_id: own.get(person_id, Figures()) for person_id in readers}
        return [
            Digest(
                committee_id=committee_id,
                person_id=person_id,
                scope=scope,
                period=period,
                figures=counted,
                as_of=tx.now,
            )
            for person_id, counted in figures.items()
            if counted.worth_telling(scope)
        ]

    async def _send_one(self, mail: Channel) -> bool:
        """Send the letter that has waited longest; False when none waits."""
        async with self._database.begin() as tx:
            leaving = await store.claim(tx, uuid4(), self._lease)
            if leaving is None:
                return False
            person_id = leaving.digest.person_id
            address = (await people_store.addresses(tx, [person_id])).get(person_id, {}).get(EMAIL)
        state, wait = await self._deliver(mail, leaving, address)
        async with self._database.begin() as tx:
            await store.settle(tx, leaving, state, again_at=tx.now + wait if wait else None)
        return True

    async def _deliver(
        self, mail: Channel, leaving: Leaving, address: str | None
    ) -> tuple[str, timedelta | None]:
        """The state that follows, and how long to wait where it will be tried again."""
        if address is None:
            return "failed", None
        digest = leaving.digest
        text = render_digest(digest, self._public_url)
        letter = Letter(message_id=digest.digest_id, address=address, subject=text.subject, body=text.body)
        try:
            await mail.deliver(letter)
        except ChannelError as error:
            wait = None if error.permanent else retry_after(leaving.attempts)
            self._metrics.deliveries.labels(EMAIL, "failed" if wait is None else "retried").inc()
            log.warning("digest not taken", digest_id=str(digest.digest_id), reason=error.reason)
            return ("failed", None) if wait is None else ("pending", max(wait, error.retry_after))
        self._metrics.deliveries.labels(EMAIL, "sent").inc()
        return "sent", None


async def _holders(tx: UnitOfWork, committee_id: UUID, scope: Scope) -> Sequence[UUID]:
    """Who reads such a digest today, each once."""
    today = local_date(tx.now)
    found: dict[UUID, None] = {}
    for role in scope.roles:
        found.update(
            (each.person_id, None) for each in await directory.holders(tx, role, committee_id, at=today)
        )
    return list(found)
