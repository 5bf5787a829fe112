"""The clockwork: claims the escalations whose time has come and climbs their ladders.

Any number of replicas run it: a claimed row is locked to the end of the transaction that writes its
messages, and a message can be written only once. The longest waiting comes first and no page limit leaves
anybody out. State advances and inboxes fill at the first moment of a rung's day, at night too; only what rings
waits for the send window. It wakes by itself when the next rung is due, when an escalation changed, when the
clock was moved by hand, and every 30 seconds in any case.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import structlog

from services.notify.audience import audience_of
from services.notify.domain.escalation import Climb, Escalation, Step, climb, working_days
from services.notify.domain.ladder import Notice
from services.notify.domain.message import NO_CHANNEL, NOBODY, Draft, Reason, drafts_for_person
from services.notify.domain.window import first_sending, resumes
from services.notify.metrics import NotifyMetrics
from services.notify.store import escalations as escalation_store
from services.notify.store import ledger
from services.notify.store import people as people_store
from services.notify.waiting import pause
from shared.clock import local_date
from shared.contracts.notify import MessageState
from shared.uow import Database, UnitOfWork

log = structlog.get_logger()

BATCH = 500
PASS_OVER = timedelta(hours=1)


class Clockwork:
    """Climbs what is due. `ringing` are the channels beside the inbox that this installation has."""

    def __init__(self, database: Database, metrics: NotifyMetrics, ringing: Collection[str]) -> None:
        self._database = database
        self._metrics = metrics
        self._ringing = frozenset(ringing)
        self.wake = asyncio.Event()
        database.after_commit.append(self._hear)
        database.clock.on_jump(self.wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop` is set."""
        while not stop.is_set():
            await self.sweep()
            await pause(stop, self.wake, await self._until_next())

    async def sweep(self) -> int:
        """Climb everything that is due now; how many escalations that were."""
        climbed = 0
        while True:
            async with self._database.begin() as tx:
                done = await self._sweep_batch(tx)
            self._count(done)
            climbed += done.climbed
            if done.claimed < BATCH:
                return climbed

    async def _sweep_batch(self, tx: UnitOfWork) -> "_Done":
        due = await escalation_store.claim_due(tx, BATCH)
        if due.unreadable:
            await escalation_store.look_later(tx, due.unreadable, tx.now + PASS_OVER)
        audience = await audience_of(tx, due.escalations)
        climbs = [
            climb(escalation, tx.now, partial(audience.whom, escalation.duty))
            for escalation in due.escalations
        ]
        drafts = await self._drafts(tx, climbs)
        lower = await ledger.suppress_lower(
            tx, [draft for draft in drafts if draft.notice is not Notice.URGENT]
        )
        await ledger.write_messages(tx, drafts)
        await escalation_store.save(tx, [each.escalation for each in climbs])
        return _Done(
            claimed=len(due.escalations) + len(due.unreadable),
            climbed=len(climbs),
            superseded=len(lower),
            unreachable=[draft.duty_id for draft in drafts if draft.person_id == NOBODY],
            unreadable=due.unreadable,
        )

    async def _drafts(self, tx: UnitOfWork, climbs: Sequence[Climb]) -> list[Draft]:
        people = {person for each in climbs for step in each.steps for person in step.people}
        addresses = await people_store.addresses(tx, people)
        held_back = await people_store.acknowledged(
            tx, [each.escalation.duty.duty_id for each in climbs], local_date(tx.now)
        )
        return [
            draft
            for each in climbs
            for step in each.steps
            for draft in self._of_step(tx, each.escalation, step, addresses, held_back)
        ]

    def _of_step(
        self,
        tx: UnitOfWork,
        escalation: Escalation,
        step: Step,
        addresses: Mapping[UUID, Mapping[str, str]],
        held_back: Mapping[tuple[UUID, UUID], date],
    ) -> list[Draft]:
        duty = escalation.duty
        draft = Draft(
            duty_id=duty.duty_id,
            due_version=duty.due_version,
            rung=step.rung.name,
            person_id=NOBODY,
            channel=NO_CHANNEL,
            committee_id=duty.committee_id,
            notice=step.rung.notice(duty.due_at, tx.now),
            duty_kind=duty.kind,
            due_at=duty.due_at,
            provisional=duty.provisional,
            skipped=step.skipped,
            then_channels=(),
            send_at=tx.now,
            state=MessageState.SUPPRESSED,
            reason=Reason.NO_NOTIFICATION_SENT,
        )
        if not step.people:
            return [draft]
        return [
            each
            for person in step.people
            for each in self._to_person(
                replace(draft, person_id=person, state=MessageState.PENDING, reason=Reason.RUNG_REACHED),
                escalation,
                step.rung.channels,
                addresses.get(person, {}),
                held_back.get((duty.duty_id, person)),
            )
        ]

    def _to_person(
        self,
        draft: Draft,
        escalation: Escalation,
        channels: Sequence[str],
        addresses: Mapping[str, str],
        acknowledged: date | None,
    ) -> list[Draft]:
        """An alarm at once on every channel; all else rings in the window, and waits for an acknowledgement to end."""
        rings_at = draft.send_at
        if draft.notice is not Notice.URGENT:
            days = working_days(escalation.days)
            if acknowledged is not None:
                draft = replace(draft, send_at=max(draft.send_at, resumes(acknowledged, days)))
            rings_at = first_sending(draft.send_at, days)
        return drafts_for_person(draft, rings_at, addresses, self._ringing, channels)

    async def _until_next(self) -> float | None:
        async with self._database.read() as tx:
            due = await escalation_store.next_due(tx)
        return (due - self._database.clock.now()).total_seconds() if due else None

    def _hear(self, touched: set[UUID | str]) -> None:
        if escalation_store.ESCALATIONS in touched:
            self.wake.set()

    def _count(self, done: "_Done") -> None:
        self._metrics.suppressed.labels(Reason.SUPERSEDED).inc(done.superseded)
        self._metrics.suppressed.labels(Reason.NO_NOTIFICATION_SENT).inc(len(done.unreachable))
        self._metrics.unreachable.inc(len(done.unreachable))
        self._metrics.unreadable.inc(len(done.unreadable))
        for duty_id in done.unreachable:
            log.warning("nobody to notify", duty_id=str(duty_id))
        for duty_id in done.unreadable:
            log.error("escalation cannot be read, passed over", duty_id=str(duty_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What one batch did, to be counted once it is committed."""

    claimed: int
    climbed: int
    superseded: int
    unreachable: list[UUID]
    unreadable: list[UUID]
