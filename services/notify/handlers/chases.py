"""Late duties that the committee asks for by hand: each owner hears of all of theirs in one letter, once.

A message stands in the inbox at once; what rings waits for the window and for an acknowledgement to end, like
every other message, and leaves in the letter of its day (`domain.bundle`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.notify.audience import Audience, audience_of
from services.notify.domain.escalation import Escalation, working_days
from services.notify.domain.ladder import OWNER, Notice, Rung, Target
from services.notify.domain.message import NO_CHANNEL, NOBODY, Draft, Reason, drafts_for_person
from services.notify.domain.window import first_sending, resumes
from services.notify.store import escalations as escalation_store
from services.notify.store import ledger
from services.notify.store import people as people_store
from shared.clock import local_date
from shared.contracts.envelope import Event
from shared.contracts.feedback import ChasedDuty, DutiesChased
from shared.contracts.notify import MessageState
from shared.uow import UnitOfWork


async def tell_of_chases(tx: UnitOfWork, events: Sequence[Event], *, ringing: Collection[str] = ()) -> None:
    """Write what the owners are told, for duties that are still owed until the same date; each message once.

    The snapshots that come with a chase have been followed before (`follow_duties`).
    """
    chases = [event for event in events if isinstance(event, DutiesChased)]
    if not chases:
        return
    duty_ids = {each.duty.duty_id for event in chases for each in event.chased}
    known = await escalation_store.lock(tx, duty_ids)
    audience = await audience_of(tx, known.values())
    drafts = [
        draft
        for event in chases
        for each in event.chased
        if _still_owed(each, known[each.duty.duty_id])
        for draft in _of_duty(tx, event, known[each.duty.duty_id], audience)
    ]
    addresses = await people_store.addresses(tx, {draft.person_id for draft in drafts})
    held_back = await people_store.acknowledged(tx, duty_ids, local_date(tx.now))

    def on_channels(draft: Draft) -> list[Draft]:
        if draft.person_id == NOBODY:
            return [draft]
        escalation = known[draft.duty_id]
        rings_at = _rings_at(tx, escalation, held_back.get((draft.duty_id, draft.person_id)))
        own = addresses.get(draft.person_id, {})
        return drafts_for_person(draft, rings_at, own, ringing, escalation.ladder.correction_channels)

    await ledger.write_messages(tx, [each for draft in drafts for each in on_channels(draft)])


def _still_owed(chased: ChasedDuty, escalation: Escalation) -> bool:
    return escalation.duty.closed is None and escalation.duty.due_version == chased.duty.due_version


def _of_duty(tx: UnitOfWork, event: DutiesChased, escalation: Escalation, audience: Audience) -> list[Draft]:
    duty = escalation.duty
    # Nobody is asked twice within a day, so that the day tells one chase of a duty from the next.
    rung = Rung(
        name=f"chased-{local_date(event.chased_at).isoformat()}",
        offset=None,
        targets=(Target(role=OWNER),),
        channels=(),
    )
    draft = Draft(
        duty_id=duty.duty_id,
        due_version=duty.due_version,
        rung=rung.name,
        person_id=NOBODY,
        channel=NO_CHANNEL,
        committee_id=duty.committee_id,
        notice=Notice.CHASED,
        duty_kind=duty.kind,
        due_at=duty.due_at,
        provisional=duty.provisional,
        skipped=(),
        then_channels=(),
        send_at=tx.now,
        state=MessageState.SUPPRESSED,
        reason=Reason.NO_NOTIFICATION_SENT,
    )
    people: Sequence[UUID] = audience.whom(duty, rung)
    return [
        replace(draft, person_id=person, state=MessageState.PENDING, reason=Reason.ASKED_FOR)
        for person in people
    ] or [draft]


def _rings_at(tx: UnitOfWork, escalation: Escalation, acknowledged: date | None) -> datetime:
    days = working_days(escalation.days)
    return first_sending(tx.now if acknowledged is None else max(tx.now, resumes(acknowledged, days)), days)
