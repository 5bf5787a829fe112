"""The sender: takes waiting messages from the ledger, hands them to their channel, records what became of them.

What goes outside leaves in letters: the first one of a day takes along what waits for the same person on the
same channel (`domain.bundle`). It is taken under a lease, asked about once more just before it leaves, and
settled by compare-and-set on that lease. So replicas never send the same message side by side; a sender that
dies or hangs between "accepted" and our commit costs one duplicate at most, with the same id, and it is
counted. A duty that stops wins until the very moment of sending. What a phone's service took and nobody looked
at goes to the next channel.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as day_time
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog

from services.notify.channels.base import Channel, ChannelError, Letter
from services.notify.domain.ladder import Notice
from services.notify.domain.message import PUSH, Draft, Reason, next_channel, topic, why_unwanted
from services.notify.domain.retry import retry_after
from services.notify.domain.window import next_working_day
from services.notify.metrics import NotifyMetrics
from services.notify.store import ledger, letters, phones
from services.notify.store import people as people_store
from services.notify.store.ledger import Claimed
from services.notify.templates import render_all
from services.notify.waiting import pause
from shared.clock import LOCAL, local_date
from shared.contracts.notify import MessageState
from shared.db import database_away
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

BATCH = 500
_A_DAY = timedelta(hours=24)
_ANSWERABLE = 20
"""Duties that a letter may be answered for at once; more would not fit into what a phone is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`workers` letters of a channel are under way at one time; a lease lasts `lease` seconds of real time.

    `patience`: how long a letter to a phone waits to be seen before the next channel has its turn.
    """

    workers: int = 4
    lease: float = 120.0
    patience: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of an attempt. `state` is None when it will be tried again, at the earliest after `wait`."""

    state: MessageState | None
    reason: str
    label: str
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class _Settled:
    """Messages that share an outcome, and the letter they left in."""

    claimed: Sequence[Claimed]
    outcome: _Outcome
    letter_id: UUID | None = None


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
        """One loop for the inbox, some for each channel, which never wait for another one's slow server."""
        second = [("second-channel", self._look_back)] if PUSH in self._outside else []
        return [
            ("inbox", partial(self._keep, self.fill_inboxes, list(self._in_ledger))),
            *(
                (f"{channel}-{number}", partial(self._keep, partial(self._drain, [channel]), [channel]))
                for channel in self._outside
                for number in range(1, self._limits.workers + 1)
            ),
            *second,
        ]

    async def deliver_pending(self) -> None:
        """Deliver everything that may leave now, once."""
        await self.fill_inboxes()
        await self.pass_on_unseen()
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._limits.workers):
                workers.create_task(self._drain(list(self._outside)))

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
        claimed = await ledger.claim_shown(tx, list(self._in_ledger), limit=BATCH)
        settled: dict[_Outcome, list[Claimed]] = defaultdict(list)
        for each in claimed:
            settled[_unwanted(each) or await self._deliver([each], address="", now=tx.now)].append(each)
        for outcome, group in settled.items():
            if outcome.state is None:
                continue  # an inbox has nothing to wait for
            ids = [each.draft.message_id for each in group]
            await ledger.settle(tx, ids, None, outcome.state, outcome.reason)
        return {outcome: [each.draft.channel for each in group] for outcome, group in settled.items()}

    # --- Channels to the outside, one letter at a time ---

    async def _drain(self, channels: Sequence[str], stop: asyncio.Event | None = None) -> None:
        while not (stop and stop.is_set()) and await self._send_one(channels):
            pass

    async def _send_one(self, channels: Sequence[str]) -> bool:
        """Claim, ask again, send, settle; False when nothing waits."""
        since = time.monotonic()
        found, moved = await self._claim(channels)
        if not found:
            return moved
        if any(each.taken_over for each in found):
            self._metrics.duplicates_risked.inc()
        async with self._database.read() as tx:
            claimed = await letters.claimed_again(tx, found)
            addresses = await people_store.addresses(tx, [found[0].draft.person_id])
            now = tx.now
        if not claimed:
            self._count(found[0].draft.channel, _LOST)
            return True
        draft = claimed[0].draft
        settled = await self._send(claimed, addresses.get(draft.person_id, {}).get(draft.channel), now)
        await self._settle_in_time(settled, since)
        return True

    async def _claim(self, channels: Sequence[str]) -> tuple[list[Claimed], bool]:
        """What leaves next, for whoever has waited longest; and whether anything moved."""
        moved = False
        async with self._database.begin() as tx:
            for waits in await letters.who_waits(tx, channels):
                if not await letters.take_turn(tx, waits):
                    continue
                claimed, put_off = await letters.claim_bundle(
                    tx,
                    waits,
                    since=datetime.combine(local_date(tx.now), day_time.min, LOCAL),
                    quiet=await phones.quiet_of(tx, waits.person_id),
                    lease=uuid4(),
                    seconds=self._limits.lease,
                )
                moved |= put_off > 0
                if claimed:
                    return claimed, True
        return [], moved

    async def _send(self, claimed: Sequence[Claimed], address: str | None, now: datetime) -> list[_Settled]:
        """Send what is still wanted as one letter; what is to be recorded of each message."""
        settled = [_Settled([each], reason) for each in claimed if (reason := _unwanted(each))]
        wanted = [each for each in claimed if _unwanted(each) is None]
        if not wanted:
            return settled
        outcome = _NO_ADDRESS if address is None else await self._deliver(wanted, address, now)
        if outcome.state is not MessageState.SENT:
            return [*settled, _Settled(wanted, outcome)]
        lead, *others = wanted
        letter_id = lead.draft.message_id
        return [*settled, _Settled([lead], outcome, letter_id), _Settled(others, _BUNDLED, letter_id)]

    async def _deliver(self, claimed: Sequence[Claimed], address: str, now: datetime) -> _Outcome:
        draft = claimed[0].draft
        channel = self._in_ledger.get(draft.channel) or self._outside[draft.channel]
        try:
            state = await channel.deliver(self._letter(claimed, address, now))
        except ChannelError as error:
            if error.uncertain:
                self._metrics.duplicates_risked.inc()
            if error.permanent:
                return _Outcome(MessageState.FAILED, error.reason, "failed")
            return _Outcome(None, error.reason, "retried", error.retry_after)
        except Exception as bug:  # a broken channel must not stop the messages of the others
            log.exception("channel broke", channel=draft.channel, message_id=str(draft.message_id))
            return _Outcome(None, type(bug).__name__, "retried")
        return _Outcome(state, Reason.ACCEPTED, state.value)

    def _letter(self, claimed: Sequence[Claimed], address: str, now: datetime) -> Letter:
        drafts = [each.draft for each in claimed]
        text = render_all(drafts, self._public_url)
        return Letter(
            message_id=drafts[0].message_id,
            address=address,
            subject=text.subject,
            body=text.body,
            urgent=drafts[0].notice is Notice.URGENT,
            topic=topic(drafts),
            keep=self._limits.patience if any(draft.then_channels for draft in drafts) else _A_DAY,
            own_duties=tuple(each.draft.duty_id for each in claimed if each.owned)[:_ANSWERABLE],
            until=next_working_day(now, claimed[0].days),
        )

    async def _settle_in_time(self, settled: Sequence[_Settled], since: float) -> None:
        """Record the outcomes, trying again while the database is away and the lease is ours."""
        while True:
            try:
                async with self._database.begin() as tx:
                    kept = [await self._settle(tx, each) for each in settled]
            except Exception as error:
                if not database_away(error) or time.monotonic() - since > self._limits.lease:
                    raise
                await asyncio.sleep(0.5)
            else:
                break
        for each, held in zip(settled, kept, strict=True):
            if not held and each.outcome.state is MessageState.SENT:
                self._metrics.duplicates_risked.inc()
            for claimed in each.claimed:
                self._count(claimed.draft.channel, each.outcome if held else _LOST)

    async def _settle(self, tx: UnitOfWork, settled: _Settled) -> bool:
        """Write an outcome if the lease is still ours. What failed for good goes to the next channel."""
        if not settled.claimed:
            return True
        first, outcome = settled.claimed[0], settled.outcome
        state, reason = outcome.state, outcome.reason
        ids = [each.draft.message_id for each in settled.claimed]
        if state is None:
            delay = retry_after(min(each.attempts for each in settled.claimed))
            if delay is not None:
                at = tx.now + max(delay, outcome.wait)
                return await letters.try_later(tx, ids, first.lease, at, reason) == len(ids)
            state = MessageState.FAILED
        moved = await ledger.settle(tx, ids, first.lease, state, reason, letter_id=settled.letter_id)
        kept = moved == len(ids)
        if kept and state is MessageState.FAILED:
            await self._fall_back(tx, [each.draft for each in settled.claimed])
        return kept

    async def _fall_back(self, tx: UnitOfWork, drafts: Sequence[Draft]) -> None:
        following = [next_channel(draft, tx.now) for draft in drafts]
        await ledger.write_messages(tx, [draft for draft in following if draft is not None])

    # --- Phones that nobody looks at ---

    async def _look_back(self, stop: asyncio.Event) -> None:
        wake = asyncio.Event()
        self._wakes.append(wake)
        try:
            while not stop.is_set():
                await self.pass_on_unseen()
                await pause(stop, wake, None)
        finally:
            self._wakes.remove(wake)

    async def pass_on_unseen(self) -> None:
        """Give to the next channel what a phone's service took and nobody looked at within our patience."""
        while PUSH in self._outside:
            async with self._database.begin() as tx:
                unseen = await letters.give_up_unseen(
                    tx, tx.now - self._limits.patience, local_date(tx.now), limit=BATCH
                )
                await self._fall_back(tx, unseen)
            self._metrics.unseen.inc(len(unseen))
            if len(unseen) < BATCH:
                return

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
_BUNDLED = _Outcome(MessageState.BUNDLED, Reason.ACCEPTED, "bundled")


def _unwanted(claimed: Claimed) -> _Outcome | None:
    """Why a claimed message must not be sent after all."""
    reason = why_unwanted(
        claimed.draft.notice,
        claimed.draft.due_version,
        stopped=claimed.stopped,
        current=claimed.current_due_version,
    )
    return None if reason is None else _Outcome(MessageState.SUPPRESSED, reason, "suppressed")
