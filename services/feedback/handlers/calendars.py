"""Revisions of the calendar of days off: the office proposes, a preview shows what would move, the board approves.

Whoever proposed a revision does not approve it. Approval moves open duties only. Later moves follow by themselves; earlier ones wait until a person confirms
them, with the approval or after it. Closed duties are frozen.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.document import calendar_from_document, calendar_to_document
from services.feedback.domain.policy import Policy
from services.feedback.domain.revision import Direction, Move, OpenDuty, moves
from services.feedback.handlers.changes import Changes
from services.feedback.handlers.moves import move_duties
from services.feedback.store import calendars as calendar_store
from services.feedback.store import duties as duty_store
from services.feedback.store.calendars import CalendarBook, Revision
from services.feedback.store.duties import OpenGroup
from shared.access import RULES, Principal, Reach
from shared.audit import digest
from shared.contracts.feedback import DueCause
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork

Shift = Move[OpenGroup]
"""Open duties that a revision moves together, or whose certainty alone it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRevision:
    """Days that differ from the revision in force, each with the notice that decided it.

    `settles` names the open questions that the notice answers; `reviewed_years` the years that somebody
    has now compared with the notices, row by row.
    """

    number: int
    notice: str
    decided_on: date
    days: Sequence[Mapping[str, Any]]
    settles: Sequence[str]
    reviewed_years: Sequence[int]


async def revision(tx: UnitOfWork, number: int) -> Revision:
    """The revision of that number, approved or a draft. Raises NotFound."""
    found = await calendar_store.find(tx, number)
    if found is None:
        raise NotFound(f"Không có lịch số {number}.", f"There is no calendar revision {number}.")
    return found


async def propose(tx: UnitOfWork, principal: Principal, command: ProposeRevision) -> tuple[Revision, bool]:
    """Write or rewrite a draft; True when something was written. Approved revisions never change."""
    await calendar_store.lock(tx)
    current = await _current(tx)
    document = _revised(current.document, command)
    known = await calendar_store.find(tx, command.number)
    if known is not None and (known.document, known.notice) == (document, command.notice):
        return known, False
    if known is not None and known.approved_at is not None:
        raise Conflict(
            f"Lịch số {command.number} đã duyệt, không sửa được.",
            f"Revision {command.number} is approved and does not change.",
        )
    if command.number != current.number + 1:
        raise invalid(
            "/number",
            "next",
            vi=f"Lịch kế tiếp là số {current.number + 1}.",
            en=f"The next revision is number {current.number + 1}.",
            value=command.number,
        )
    await calendar_store.propose(tx, command.number, document, command.notice, by=principal.person_id)
    tx.audit(
        "calendar.proposed",
        "calendar_revision",
        command.number,
        was={"in_force": current.number, "draft": known is not None},
        became={"document": digest(json.dumps(document, sort_keys=True)), "notice": digest(command.notice)},
    )
    return await revision(tx, command.number), True


async def preview(tx: UnitOfWork, book: CalendarBook, principal: Principal, number: int) -> list[Shift]:
    """What the revision would do to the open duties of the reader's committee, in the order of their due dates."""
    proposed = await revision(tx, number)
    seen_by = RULES.read_restricted.reach(principal)
    return await _shifts(tx, book, calendar_from_document(proposed.document), seen_by)


async def approve(
    tx: UnitOfWork, book: CalendarBook, principal: Principal, number: int, *, confirm_earlier: bool
) -> Revision:
    """Put a revision in force and move what it moves. Approving again may confirm the earlier moves."""
    await calendar_store.lock(tx)
    proposed, current = await revision(tx, number), await _current(tx)
    if number < current.number:
        raise Conflict(
            f"Lịch số {number} đã được thay bằng lịch số {current.number}.",
            f"Revision {number} was replaced by revision {current.number}.",
        )
    if proposed.proposed_by == principal.person_id:
        raise Conflict(
            "Người đề xuất lịch không tự phê duyệt; cần một đồng chí khác trong Thường trực.",
            "Whoever proposed a calendar does not approve it; another member of the board has to.",
        )
    await calendar_store.approve(tx, number, by=principal.person_id)
    tx.audit(
        "calendar.approved",
        "calendar_revision",
        number,
        was={"in_force": current.number},
        became={"in_force": number, "earlier_confirmed": confirm_earlier},
    )
    if confirm_earlier:
        await calendar_store.confirm_earlier(tx, number, by=principal.person_id)
    confirmed = confirm_earlier or proposed.earlier_confirmed_at is not None
    for shift in await _shifts(tx, book, await book.revision(tx, number)):
        duties = await duty_store.of_group_for_update(tx, shift.id)
        if shift.direction is Direction.SETTLED:
            changes = Changes(tx, shift.new.calendar)
            for duty in duties:
                changes.note(duty, duty.reckoned(shift.new))
            await changes.write()
        elif shift.direction is Direction.LATER or confirmed:
            moved = [(duty, duty.moved(shift.new)) for duty in duties]
            await move_duties(tx, book, moved, cause=DueCause.CALENDAR, by=principal.person_id)
    return await revision(tx, number)


async def _shifts(
    tx: UnitOfWork, book: CalendarBook, calendar: Calendar, seen_by: Reach | None = None
) -> list[Shift]:
    """The open duties that the calendar touches, each compared with the calendar that dated it."""
    dated_by: dict[int, list[OpenDuty[OpenGroup]]] = {}
    for group in await duty_store.open_groups(tx, seen_by):
        policy = Policy(rule=group.rule, days=group.days)
        duty = OpenDuty(id=group, start=group.anchor, policy=policy, extensions=group.extensions)
        dated_by.setdefault(group.calendar_revision, []).append(duty)
    shifts = [
        shift
        for number, duties in dated_by.items()
        for shift in moves(duties, await book.revision(tx, number), calendar, now=tx.now)
    ]
    return sorted(shifts, key=lambda shift: (shift.old.due_at, shift.old.start))


def _revised(document: Mapping[str, Any], command: ProposeRevision) -> dict[str, Any]:
    """The document in force with the days proposed, read back so that nothing contradictory is kept."""
    notice = {"notice": command.notice, "decided_on": command.decided_on.isoformat(), "confirmed": True}
    days = {day["date"]: day for day in document["days"]}
    for day in days.values():
        if day["question"] in command.settles:
            days[day["date"]] = day | notice | {"question": ""}
    days |= {day["date"]: {**day, **notice, "question": ""} for day in command.days}
    revised = {
        "revision": command.number,
        "reviewed_years": sorted({*document["reviewed_years"], *command.reviewed_years}),
        "sources": [*document["sources"], command.notice],
        "days": [days[on] for on in sorted(days)],
        "questions": [asked for asked in document["questions"] if asked["code"] not in command.settles],
    }
    return calendar_to_document(calendar_from_document(revised))


async def _current(tx: UnitOfWork) -> Revision:
    return await revision(tx, await calendar_store.number_in_force(tx))
