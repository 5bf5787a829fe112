"""Extensions: asked for by whoever owes, decided by the permanent board, counted in the unit of the policy.

A granted extension moves the due date and stops reminders in the same transaction; the first due date stays
on record. Asking stops nothing.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.deadline import due_date
from services.feedback.domain.duty import Duty
from services.feedback.domain.policy import counted_days
from services.feedback.handlers.moves import move_duties
from services.feedback.store import duties as duty_store
from services.feedback.store import extensions as extension_store
from services.feedback.store import policies as policy_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.extensions import Extension
from shared.access import RULES, Place, Principal, visible_or_404
from shared.audit import digest
from shared.contracts.feedback import DueCause, ExtensionChanged
from shared.errors import Conflict
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForExtension:
    extension_id: UUID
    duty_id: UUID
    days: int
    reason: str


async def ask(tx: UnitOfWork, principal: Principal, command: AskForExtension) -> tuple[Extension, bool]:
    """Ask for more days on an open duty of one's own, or of one's committee; True when this is new."""
    duty = await _duty(tx, principal, command.duty_id)
    known = await extension_store.find(tx, command.extension_id)
    if known is not None:
        told = (known.duty_id, known.days, known.reason)
        if told != (command.duty_id, command.days, command.reason):
            raise _other_content()
        return known, False
    counted_days(command.days)
    _open_or_conflict(duty)
    await _allowed_or_conflict(tx, duty)
    extension = Extension(
        extension_id=command.extension_id,
        duty_id=command.duty_id,
        days=command.days,
        reason=command.reason,
        asked_by=principal.person_id,
        asked_at=tx.now,
    )
    await extension_store.insert(tx, extension)
    _tell(tx, duty, extension)
    tx.audit(
        "extension.asked",
        "extension",
        extension.extension_id,
        became={"duty": command.duty_id, "days": command.days, "reason": digest(command.reason)},
    )
    return extension, True


async def decide(
    tx: UnitOfWork,
    book: CalendarBook,
    principal: Principal,
    duty_id: UUID,
    extension_id: UUID,
    *,
    granted: bool,
    note: str,
) -> Extension:
    """Grant or refuse. Decided twice the same it changes nothing; decided otherwise it is refused."""
    duty = await _duty_for(tx, duty_id)
    extension = await extension_store.find(tx, extension_id)
    if duty is None or extension is None or extension.duty_id != duty_id:
        return visible_or_404(principal, RULES.grant_extension, None, None)
    visible_or_404(principal, RULES.grant_extension, extension, place_of(duty))
    if extension.granted is not None:
        if (extension.granted, extension.note) != (granted, note):
            raise _other_content()
        return extension
    decided = replace(
        extension, granted=granted, note=note, decided_by=principal.person_id, decided_at=tx.now
    )
    if granted:
        _open_or_conflict(duty)
        await _allowed_or_conflict(tx, duty)
        moved = await _extended(tx, book, duty, extension.days)
        await move_duties(tx, book, [(duty, moved)], cause=DueCause.EXTENSION, by=principal.person_id)
        decided = replace(decided, due_version=moved.due_version)
    await extension_store.decide(tx, decided)
    _tell(tx, duty, decided)
    tx.audit(
        "extension.granted" if granted else "extension.refused",
        "extension",
        extension_id,
        was={"duty": duty_id, "due_at": duty.due_at, "due_version": duty.due_version},
        became={"days": extension.days, "due_version": decided.due_version, "note": digest(note)},
    )
    return decided


def _tell(tx: UnitOfWork, duty: Duty, extension: Extension) -> None:
    """Visits shows it on the phone; about a restricted matter no word of it leaves (I12)."""
    shown = not duty.access_class.is_restricted
    event = ExtensionChanged(
        extension_id=extension.extension_id,
        version=1 if extension.granted is None else 2,
        duty_id=duty.duty_id,
        visit_id=duty.visit_id,
        committee_id=duty.committee_id,
        days=extension.days,
        reason=extension.reason if shown else "",
        asked_by=extension.asked_by,
        asked_at=extension.asked_at,
        granted=extension.granted,
        note=extension.note if shown else None,
        decided_at=extension.decided_at,
    )
    tx.publish(event, key=duty.visit_id)


async def _extended(tx: UnitOfWork, book: CalendarBook, duty: Duty, days: int) -> Duty:
    """More days counted from the due date before, by the calendar in force.

    Where a revision left the duty on its later date because nobody confirmed the earlier one, the
    calendar that explains the date it has goes on counting.
    """
    calendar = await book.to_date_with(tx)
    if not _explains(calendar, duty):
        calendar = await book.revision(tx, duty.calendar_revision)
    extensions = (*duty.extensions, days)
    return duty.moved(due_date(duty.anchor, duty.policy, calendar, extensions=extensions))


def _explains(calendar: Calendar, duty: Duty) -> bool:
    due = due_date(duty.anchor, duty.policy, calendar, extensions=duty.extensions)
    return due.due_at == duty.due_at


async def _duty_for(tx: UnitOfWork, duty_id: UUID) -> Duty | None:
    return (await duty_store.for_update(tx, [duty_id])).get(duty_id)


async def _duty(tx: UnitOfWork, principal: Principal, duty_id: UUID) -> Duty:
    """The duty, locked, for its owner or for the office that records what was asked on paper."""
    duty = await _duty_for(tx, duty_id)
    if duty is None:
        return visible_or_404(principal, RULES.request_extension, None, None)
    place = place_of(duty)
    on_paper = RULES.record_extension.covers(principal, place)
    rule = RULES.record_extension if on_paper else RULES.request_extension
    return visible_or_404(principal, rule, duty, place, access_class=duty.access_class)


def place_of(duty: Duty) -> Place:
    """Where a duty stands: with its owner, person or agency."""
    return Place(
        committee_id=duty.committee_id,
        person_ids=frozenset(filter(None, [duty.owner_person_id])),
        unit_ids=frozenset(filter(None, [duty.owner_unit_id])),
    )


async def _allowed_or_conflict(tx: UnitOfWork, duty: Duty) -> None:
    policy = await policy_store.find(tx, duty.policy_id)
    most = policy.extensions_allowed if policy else 0
    if len(duty.extensions) >= most:
        raise Conflict(
            f"Việc này đã được gia hạn đủ {most} lần.",
            f"This was extended {most} times, as often as allowed.",
        )


def _open_or_conflict(duty: Duty) -> None:
    if duty.closed_at is not None:
        raise Conflict("Việc này đã kết thúc, hạn không đổi nữa.", "This is closed; its due date stays.")


def _other_content() -> Conflict:
    return Conflict(
        "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
        "This id already stands for other content, which is kept.",
    )
