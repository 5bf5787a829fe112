"""What an agency says before it answers, by itself or through the office: decision 0040.

One question back, for which no clock stops; a promised day once it is late, which moves no due date; that it is
not competent, with the reason, after which its answer is owed no longer and the matter waits to be sent on. The
duty to forward stays as it was met, and whoever is asked next has a term of its own.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.feedback.domain import promise
from services.feedback.handlers.acts import Step, issue_or_404, same_or_conflict
from services.feedback.handlers.forwardings import forwarding_or_404, owe_reply
from services.feedback.handlers.ways import tell_way
from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import notes as store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.forwardings import Forwarding
from services.feedback.store.notes import Note, NoteKind
from services.feedback.store.visits import IssueFacts
from shared.access import RULES, Principal
from shared.audit import digest
from shared.clock import local_date
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SayOfForwarding:
    """A question, a promise or that the agency is not competent; `promised_on` is of a promise only."""

    note_id: UUID
    issue_id: UUID
    forwarding_id: UUID
    kind: NoteKind
    text: str
    promised_on: date | None


async def say(
    tx: UnitOfWork, book: CalendarBook, principal: Principal, command: SayOfForwarding
) -> tuple[Note, bool]:
    """Record what the agency says; True when it is new. Raises Conflict when it is answered or refused already."""
    issue, forwarding = await forwarding_or_404(tx, principal, command.issue_id, command.forwarding_id)
    known = await store.find(tx, command.note_id)
    if known is not None:
        same_or_conflict(_said_again(known, command))
        return known, False
    still_asked(forwarding)
    earlier = [
        each
        for each in await store.of_issue(tx, issue.issue_id)
        if (each.forwarding_id, each.kind) == (command.forwarding_id, command.kind)
    ]
    step = await Step.on(tx, book, issue)
    if command.kind is NoteKind.PROMISE:
        _may_promise(tx, step, forwarding, command.promised_on, earlier)
    elif earlier:
        raise Conflict("Cơ quan đã hỏi lại một lần.", "The agency has asked its one question.")
    note = Note(
        note_id=command.note_id,
        forwarding_id=command.forwarding_id,
        issue_id=command.issue_id,
        kind=command.kind,
        text=command.text,
        promised_on=command.promised_on,
        said_by=principal.person_id,
        said_at=tx.now,
    )
    await store.insert(tx, note)
    if command.kind is NoteKind.NOT_COMPETENT:
        await _refuse(tx, step, issue, forwarding)
    await tell_way(tx, issue.issue_id)
    tx.audit(
        f"forwarding.{command.kind.value}",
        "forwarding",
        command.forwarding_id,
        became={
            "note": command.note_id,
            "issue": command.issue_id,
            "promised_on": command.promised_on,
            "text": digest(command.text),
        },
    )
    return note, True


async def reply_to_question(
    tx: UnitOfWork, principal: Principal, issue_id: UUID, note_id: UUID, text: str
) -> Note:
    """The office, or the member who brought the matter, answers what the agency asked. Said twice it is one."""
    await issue_or_404(tx, principal, RULES.reply_to_cell, issue_id)
    note = await store.find(tx, note_id)
    if note is None or note.issue_id != issue_id or note.kind is not NoteKind.QUESTION:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    if note.replied_at is not None:
        same_or_conflict(note.reply == text)
        return note
    await store.reply(tx, note_id, text=text, by=principal.person_id)
    tx.audit(
        "forwarding.question_answered",
        "forwarding",
        note.forwarding_id,
        became={"note": note_id, "issue": issue_id, "text": digest(text)},
    )
    return replace(note, reply=text, replied_by=principal.person_id, replied_at=tx.now)


def still_asked(forwarding: Forwarding) -> None:
    """Raises Conflict when there is nothing more to say of a forwarding."""
    if forwarding.answered_at is not None or forwarding.refused_at is not None:
        raise Conflict(
            "Cơ quan đã trả lời hoặc đã báo không thuộc thẩm quyền.",
            "The agency has answered, or has said that it is not competent.",
        )


async def _refuse(tx: UnitOfWork, step: Step, issue: IssueFacts, forwarding: Forwarding) -> None:
    if forwarding.source == "register":
        raise Conflict(
            "Lần chuyển này lấy từ sổ giấy; cần sửa ở sổ đã nhập.",
            "This forwarding is what a paper register says; correct the register.",
        )
    await forwarding_store.refuse(tx, forwarding.forwarding_id)
    step.no_longer_owed(forwarding.answer_duty_id)
    await owe_reply(tx, step, issue.issue_id)
    await step.write()


def _may_promise(
    tx: UnitOfWork, step: Step, forwarding: Forwarding, promised_on: date | None, earlier: list[Note]
) -> None:
    """Late, a day to come, and no other promise standing."""
    today = local_date(tx.now)
    if promised_on is None or promised_on < today:
        raise invalid(
            "/promised_on",
            "future",
            vi="Ngày cam kết là hôm nay hoặc sau hôm nay.",
            en="The promised day is today or later.",
            value=promised_on,
        )
    duty = step.standing.get(forwarding.answer_duty_id)
    if duty is None or duty.closed_at is not None or duty.due_at > tx.now:
        raise Conflict(
            "Việc chưa quá hạn; trước hạn thì xin gia hạn.",
            "The answer is not late; before its due date more days are asked for.",
        )
    if promise.standing([each.promised_on for each in earlier if each.promised_on], today) is not None:
        raise Conflict(
            "Cam kết trước chưa tới ngày; mỗi lúc chỉ có một cam kết.",
            "The promise made before is still to come; there is one at a time.",
        )


def _said_again(known: Note, command: SayOfForwarding) -> bool:
    return (known.issue_id, known.forwarding_id, known.kind, known.text, known.promised_on) == (
        command.issue_id,
        command.forwarding_id,
        command.kind,
        command.text,
        command.promised_on,
    )
