"""The sender: takes waiting messages from the ledger, hands them to their channel, records what became of them.

A message going outside is taken under a lease, asked about once more just before it leaves, and settled by
compare-and-set on that lease. So replicas never send the same message side by side; a sender that dies or
hangs between the mail server's "accepted" and our commit costs one duplicate at most, with the same
Message-ID, and it is counted. A duty that stops wins until the very moment of sending.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog

from services.notify.channels.base import Channel, ChannelError, Letter
from services.notify.domain.message import Reason, next_channel, why_unwanted
from services.notify.domain.retry import retry_after
from services.notify.metrics import NotifyMetrics
from services.notify.store import ledger
from services.notify.store import people as people_store
from services.notify.store.ledger import Claimed
from services.notify.templates import render
from services.notify.waiting import pause
from shared.contracts.notify import MessageState
from shared.db import database_away
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`workers` messages are under way at one time; a lease lasts `lease` seconds of real time."""

    workers: int = 4
    lease: float = 120.0


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of an attempt. `state` is None when it will be tried again."""

    state: MessageState | None
    reason: str
    label: str


class Sender:
    """Delivers what is pending on the channels of this installation."""

    def __init__(
        self,
        database: Database,
        channels: Sequence[Channel],
        metrics: NotifyMetrics,
        *,
        public_url: str,
        limits: Limits,
    ) -> None:
        self._database = database
        self._in_ledger = {channel.name: channel for channel in channels if channel.in_ledger}
        self._outside = {channel.name: channel for channel in channels if not channel.in_ledger}
        self._metrics = metrics
        self._public_url = public_url
        self._limits = limits
        self._wakes: list[asyncio.Event] = []
        database.after_commit.append(self._hear)
        database.clock.on_jump(self._wake)

    @property
    def ringing(self) -> frozenset[str]:
        """The channels beside the inbox."""
        return frozenset(self._outside)

    def loops(self) -> list[tuple[str, Callable[[asyncio.Event], Coroutine[Any, Any, None]]]]:
        """One loop for the inbox, which never waits for a slow mail server, and one for each worker."""
        workers = self._limits.workers if self._outside else 0
        return [
            ("inbox", partial(self._keep, self.fill_inboxes, list(self._in_ledger))),
            *(
                (f"sender-{number}", partial(self._keep, self._drain, list(self._outside)))
                for number in range(1, workers + 1)
            ),
        ]

    async def deliver_pending(self) -> None:
        """Deliver everything that may leave now, once."""
        await self.fill_inboxes()
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._limits.workers):
                workers.create_task(self._drain())

    async def _keep(
        self, work: Callable[..., Coroutine[Any, Any, None]], channels: Sequence[str], stop: asyncio.Event
    ) -> None:
        wake = asyncio.Event()
        self._wakes.append(wake)
        try:
            while not stop.is_set():
                await work(stop)
                async with self._database.read() as tx:
                    due = await ledger.next_sending(tx, channels)
                waits = (due - self._database.clock.now()).total_seconds() if due else None
                await pause(stop, wake, waits)
        finally:
            self._wakes.remove(wake)

    # --- The inbox: the ledger row is the delivery ---

    async def fill_inboxes(self, stop: asyncio.Event | None = None) -> None:
        """Show what is due in people's inboxes, many in one transaction."""
        while not (stop and stop.is_set()):
            async with self._database.begin() as tx:
                outcomes = await self._fill_batch(tx)
            for outcome, channels in outcomes.items():
                for channel in channels:
                    self._count(channel, outcome)
            if sum(map(len, outcomes.values())) < BATCH:
                return

    async def _fill_batch(self, tx: UnitOfWork) -> dict[_Outcome, list[str]]:
        claimed = await ledger.claim_messages(tx, list(self._in_ledger), limit=BATCH, lease=None, seconds=0)
        settled: dict[_Outcome, list[Claimed]] = defaultdict(list)
        for each in claimed:
            settled[_unwanted(each) or await self._deliver(each, address="")].append(each)
        for outcome, group in settled.items():
            if outcome.state is None:
                continue  # an inbox has nothing to wait for
            ids = [each.draft.message_id for each in group]
            await ledger.settle(tx, ids, None, outcome.state, outcome.reason)
        return {outcome: [each.draft.channel for each in group] for outcome, group in settled.items()}

    # --- Channels to the outside, one message at a time ---

    async def _drain(self, stop: asyncio.Event | None = None) -> None:
        while not (stop and stop.is_set()) and await self._send_one():
            pass

    async def _send_one(self) -> bool:
        """Claim, ask again, send, settle; False when nothing waits."""
        if not self._outside:
            return False
        lease, since = uuid4(), time.monotonic()
        async with self._database.begin() as tx:
            found = await ledger.claim_messages(
                tx, list(self._outside), limit=1, lease=lease, seconds=self._limits.lease
            )
        if not found:
            return False
        if found[0].taken_over:
            self._metrics.duplicates_risked.inc()
        async with self._database.read() as tx:
            claimed = await ledger.claimed_again(tx, found[0])
            if claimed is None:
                self._count(found[0].draft.channel, _LOST)
                return True
            addresses = await people_store.addresses(tx, [claimed.draft.person_id])
        address = addresses.get(claimed.draft.person_id, {}).get(claimed.draft.channel)
        outcome = _unwanted(claimed) or (_NO_ADDRESS if address is None else None)
        if outcome is None and address is not None:
            outcome = await self._deliver(claimed, address)
        await self._settle_in_time(claimed, outcome or _NO_ADDRESS, since)
        return True

    async def _deliver(self, claimed: Claimed, address: str) -> _Outcome:
        draft = claimed.draft
        channel = self._in_ledger.get(draft.channel) or self._outside[draft.channel]
        text = render(draft, self._public_url)
        letter = Letter(message_id=draft.message_id, address=address, subject=text.subject, body=text.body)
        try:
            state = await channel.deliver(letter)
        except ChannelError as error:
            if error.uncertain:
                self._metrics.duplicates_risked.inc()
            if error.permanent:
                return _Outcome(MessageState.FAILED, error.reason, "failed")
            return _Outcome(None, error.reason, "retried")
        except Exception as bug:  # a broken channel must not stop the messages of the others
            log.exception("channel broke", channel=draft.channel, message_id=str(draft.message_id))
            return _Outcome(None, type(bug).__name__, "retried")
        return _Outcome(state, Reason.ACCEPTED, state.value)

    async def _settle_in_time(self, claimed: Claimed, outcome: _Outcome, since: float) -> None:
        """Record the outcome, trying again while the database is away and the lease is ours."""
        while True:
            try:
                async with self._database.begin() as tx:
                    kept = await self._settle(tx, claimed, outcome)
            except Exception as error:
                if not database_away(error) or time.monotonic() - since > self._limits.lease:
                    raise
                await asyncio.sleep(0.5)
            else:
                break
        if not kept and outcome.state is MessageState.SENT:
            self._metrics.duplicates_risked.inc()
        self._count(claimed.draft.channel, outcome if kept else _LOST)

    async def _settle(self, tx: UnitOfWork, claimed: Claimed, outcome: _Outcome) -> bool:
        """Write the outcome if the lease is still ours. What failed for good goes to the next channel."""
        state, reason = outcome.state, outcome.reason
        if state is None:
            delay = retry_after(claimed.attempts)
            if delay is not None:
                return await ledger.try_later(tx, claimed, tx.now + delay, reason)
            state = MessageState.FAILED
        ids = [claimed.draft.message_id]
        kept = await ledger.settle(tx, ids, claimed.lease, state, reason) == 1
        if kept and state is MessageState.FAILED:
            await self._fall_back(tx, claimed)
        return kept

    async def _fall_back(self, tx: UnitOfWork, claimed: Claimed) -> None:
        following = next_channel(claimed.draft, tx.now)
        if following is not None:
            await ledger.write_messages(tx, [following])

    def _count(self, channel: str, outcome: _Outcome) -> None:
        if outcome.state is MessageState.SUPPRESSED:
            self._metrics.suppressed.labels(outcome.reason).inc()
        else:
            self._metrics.deliveries.labels(channel, outcome.label).inc()

    def _hear(self, touched: set[UUID | str]) -> None:
        if ledger.MESSAGES in touched:
            self._wake()

    def _wake(self) -> None:
        for wake in self._wakes:
            wake.set()


_LOST = _Outcome(None, "lost_lease", "lost_lease")
_NO_ADDRESS = _Outcome(MessageState.FAILED, Reason.NO_ADDRESS, "failed")


def _unwanted(claimed: Claimed) -> _Outcome | None:
    """Why a claimed message must not be sent after all."""
    reason = why_unwanted(
        claimed.draft.notice,
        claimed.draft.due_version,
        stopped=claimed.stopped,
        current=claimed.current_due_version,
    )
    return None if reason is None else _Outcome(MessageState.SUPPRESSED, reason, "suppressed")
