"""What becomes of escalations when duties open, move or close.

`follow_duties` is the heart: a snapshot in, and everything it makes untrue is taken back before the commit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notify.domain.escalation import Duty, Escalation, Followed, follow, working_days
from services.notify.domain.ladder import CORRECTION, Days, Ladder, LadderError, Notice
from services.notify.domain.message import Draft, Reason, drafts_for_person
from services.notify.domain.window import first_sending
from services.notify.store import escalations as escalation_store
from services.notify.store import ladders as ladder_store
from services.notify.store import ledger
from services.notify.store import people as people_store
from shared.clock import local_date
from shared.contracts.envelope import Event
from shared.contracts.feedback import (
    DutiesChased,
    DutiesOpened,
    DutyClosed,
    DutyClosure,
    DutyDueSoon,
    DutyMoved,
    DutyOverdue,
    DutySnapshot,
)
from shared.contracts.notify import MessageState
from shared.contracts.visits import Urgency
from shared.errors import Invalid
from shared.uow import UnitOfWork


async def follow_duties(
    events: Sequence[Event], tx: UnitOfWork, *, ringing: Collection[str] = ()
) -> list[Reason]:
    """Bring escalations up to these snapshots; why messages were taken back, for the metrics.

    1. Rows that are missing are made, then all are locked in one order.
    2. Snapshots are applied one by one, in any order.
    3. What waits about a stopped or moved duty is taken back, and those told a wrong date are corrected.
    """
    snapshots = list(_snapshots(events))
    if not snapshots:
        return []
    known = await _locked(tx, [snapshot for snapshot, _ in snapshots])
    stopped: dict[UUID, Reason] = {}
    moved: dict[UUID, Reason] = {}
    for snapshot, days in snapshots:
        followed = _follow(known[snapshot.duty_id], _duty(snapshot), days, tx.now)
        known[snapshot.duty_id] = followed.escalation
        if followed.stopped is not None:
            stopped[snapshot.duty_id] = followed.stopped
        if followed.moved:
            moved[snapshot.duty_id] = Reason.DUE_DATE_MOVED
    still = {duty_id: reason for duty_id, reason in stopped.items() if known[duty_id].duty.closed is not None}
    await escalation_store.save(tx, list(known.values()))
    taken_back = await ledger.suppress_waiting(tx, still) if still else []
    if moved:
        taken_back += await ledger.suppress_waiting(tx, moved, alarms_too=False)
        await _correct(tx, [known[duty_id] for duty_id in moved if duty_id not in still], ringing)
    return taken_back


def _snapshots(events: Iterable[Event]) -> Iterable[tuple[DutySnapshot, Days | None]]:
    """The duties that concern the ladder: urgent ones from their opening, others from their first warning day."""
    for event in events:
        match event:
            case DutiesOpened():
                yield from ((duty, None) for duty in event.duties if duty.urgency is Urgency.URGENT)
            case DutyDueSoon() | DutyOverdue() | DutyMoved():
                yield event.duty, event.moments.days
            case DutiesChased():
                yield from ((each.duty, each.moments.days) for each in event.chased)
            case DutyClosed():
                yield event.duty, None
            case _:
                pass


async def _locked(tx: UnitOfWork, snapshots: Sequence[DutySnapshot]) -> dict[UUID, Escalation]:
    ladders = await _ladders(tx, {snapshot.committee_id for snapshot in snapshots})
    blank = {
        snapshot.duty_id: Escalation(
            duty=replace(_duty(snapshot), version=0, due_version=0, closed=None),
            ladder=ladders[snapshot.committee_id],
        )
        for snapshot in snapshots
    }
    await escalation_store.begin(tx, list(blank.values()))
    return await escalation_store.lock(tx, list(blank))


async def _ladders(tx: UnitOfWork, committee_ids: Collection[UUID]) -> Mapping[UUID, Ladder]:
    try:
        return await ladder_store.in_force(tx, committee_ids, local_date(tx.now))
    except LadderError as wrong:
        raise Invalid("Bậc thang nhắc việc của cấp ủy không dùng được.", str(wrong)) from wrong


def _follow(escalation: Escalation, duty: Duty, days: Days | None, now: datetime) -> Followed:
    try:
        return follow(escalation, duty, days, now)
    except LadderError as wrong:
        raise Invalid("Lịch không có ngày cho một bậc nhắc việc.", str(wrong)) from wrong


def _duty(snapshot: DutySnapshot) -> Duty:
    closed = None
    if snapshot.closed_at is not None:
        closed = Reason.NOT_OWED if snapshot.closure is DutyClosure.NOT_OWED else Reason.DONE
    return Duty(
        duty_id=snapshot.duty_id,
        version=snapshot.version,
        due_version=snapshot.due_version,
        kind=snapshot.kind,
        committee_id=snapshot.committee_id,
        unit_id=snapshot.unit_id,
        owner_person_id=snapshot.owner_person_id,
        owner_unit_id=snapshot.owner_unit_id,
        urgent=snapshot.urgency is Urgency.URGENT,
        restricted=snapshot.access_class.is_restricted,
        due_at=snapshot.due_at,
        provisional=snapshot.provisional,
        closed=closed,
    )


async def _correct(tx: UnitOfWork, escalations: Sequence[Escalation], ringing: Collection[str]) -> None:
    """Tell everybody who was told that a duty is overdue that its date has moved."""
    duties = {escalation.duty.duty_id: escalation for escalation in escalations}
    told = await ledger.told_of_old_date(
        tx, {duty_id: escalation.duty.due_version for duty_id, escalation in duties.items()}
    )
    addresses = await people_store.addresses(
        tx, {old.person_id for drafts in told.values() for old in drafts}
    )
    drafts: list[Draft] = []
    for duty_id, old_drafts in told.items():
        escalation = duties[duty_id]
        rings_at = first_sending(tx.now, working_days(escalation.days))
        chain = escalation.ladder.correction_channels
        for old in old_drafts:
            correction = replace(
                old,
                due_version=escalation.duty.due_version,
                rung=CORRECTION,
                notice=Notice.CORRECTION,
                due_at=escalation.duty.due_at,
                provisional=escalation.duty.provisional,
                skipped=(),
                send_at=tx.now,
                state=MessageState.PENDING,
                reason=Reason.DUE_DATE_CORRECTED,
            )
            known = addresses.get(old.person_id, {})
            drafts += drafts_for_person(correction, rings_at, known, ringing, chain)
    await ledger.write_messages(tx, drafts)
