"""Moving due dates: the only two causes are an extension and a calendar revision (I4).

One event per moved duty, one row of history, one new alarm; the alarm of the old date rings in vain.
"""

from collections.abc import Sequence
from uuid import UUID

from services.feedback.domain.duty import Duty, warn_at
from services.feedback.store import duties as duty_store
from services.feedback.store.calendars import CalendarBook
from shared.contracts.feedback import DueCause, DutyMoved
from shared.uow import UnitOfWork


async def move_duties(
    tx: UnitOfWork, book: CalendarBook, moves: Sequence[tuple[Duty, Duty]], *, cause: DueCause, by: UUID
) -> None:
    """Write duties moved from the first to the second of each pair, read `for update`, and tell of it."""
    if not moves:
        return
    calendars = await book.load(tx, {now.calendar_revision for _, now in moves})
    await duty_store.save(tx, [now for _, now in moves])
    await duty_store.record_moves(tx, moves, cause=cause, by=by)
    await duty_store.set_alarms(
        tx, [(warn_at(now.last_day, calendars[now.calendar_revision]), now) for _, now in moves]
    )
    for was, now in moves:
        event = DutyMoved.model_construct(
            duty=now.snapshot(),
            old_due_at=was.due_at,
            cause=cause,
            moments=book.moments(now.calendar_revision, now.last_day),
        )
        tx.publish(event, key=now.duty_id)
