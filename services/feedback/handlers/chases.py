"""Late duties are asked for by hand: several at once with one sentence, each at most once a day.

The owners hear of it through notify, every one of all theirs in one letter. What was written stays here, with the
duties it is about, and ends with the texts of their visits; messages carry no text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from services.feedback.domain.duty import Duty, Status
from services.feedback.handlers.extensions import place_of
from services.feedback.store import chases as store
from services.feedback.store import duties as duty_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.chases import ChaseLine, Skipped
from shared.access import RULES, Principal, visible_or_404
from shared.audit import digest
from shared.contracts.feedback import ChasedDuty, DutiesChased
from shared.errors import Conflict
from shared.uow import UnitOfWork

AT_MOST_EVERY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chase:
    chase_id: UUID
    duty_ids: frozenset[UUID]
    note: str


async def chase(
    tx: UnitOfWork, book: CalendarBook, principal: Principal, command: Chase
) -> tuple[list[ChaseLine], bool]:
    """Ask for these duties; True when this is new. Sent again it changes nothing and tells what it told.

    A duty that is not late, or was asked for within the last 24 hours, is passed over and said so. One that
    is not within reach refuses the whole, like one that does not exist.
    """
    found = await duty_store.for_update(tx, command.duty_ids)
    for duty_id in sorted(command.duty_ids):
        duty = found.get(duty_id)
        if duty is None:
            return visible_or_404(principal, RULES.chase_duties, None, None)
        visible_or_404(principal, RULES.chase_duties, duty, place_of(duty), access_class=duty.access_class)
    if known := await store.find(tx, command.chase_id):
        if {line.duty_id for line in known} != command.duty_ids or known[0].note != command.note:
            raise _other_content()
        return known, False
    lately = await store.since(tx, command.duty_ids, tx.now - AT_MOST_EVERY)
    lines = [
        ChaseLine(
            chase_id=command.chase_id,
            duty_id=duty_id,
            committee_id=principal.committee_id,
            chased_by=principal.person_id,
            chased_at=tx.now,
            note=command.note,
            skipped=_why_not(tx, found[duty_id], lately),
        )
        for duty_id in sorted(command.duty_ids)
    ]
    if not await store.insert(tx, lines):
        raise _other_content()
    await _tell(tx, book, command, principal, [found[line.duty_id] for line in lines if line.skipped is None])
    return lines, True


def _why_not(tx: UnitOfWork, duty: Duty, lately: frozenset[UUID]) -> Skipped | None:
    if duty.status(tx.now) is not Status.OVERDUE:
        return Skipped.NOT_LATE
    return Skipped.CHASED_LATELY if duty.duty_id in lately else None


async def _tell(
    tx: UnitOfWork, book: CalendarBook, command: Chase, principal: Principal, duties: Sequence[Duty]
) -> None:
    if duties:
        await book.load(tx, {duty.calendar_revision for duty in duties})
        tx.publish(
            DutiesChased(
                chase_id=command.chase_id,
                committee_id=principal.committee_id,
                chased_by=principal.person_id,
                chased_at=tx.now,
                chased=tuple(
                    ChasedDuty(
                        duty=duty.snapshot(), moments=book.moments(duty.calendar_revision, duty.last_day)
                    )
                    for duty in duties
                ),
            ),
            key=command.chase_id,
        )
    tx.audit(
        "duties.chased",
        "chase",
        command.chase_id,
        became={"duties": [str(duty.duty_id) for duty in duties], "note": digest(command.note)},
    )


def _other_content() -> Conflict:
    return Conflict(
        "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
        "This id already stands for other content, which is kept.",
    )
