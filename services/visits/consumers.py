"""What visits learns from the others: the duties that feedback opened, moved and closed.

The phone shows a member's own duties from this copy. Messages of notify concern nobody here.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.visits.store import duties as store
from shared.contracts.envelope import Event
from shared.contracts.feedback import (
    DutiesOpened,
    DutyClosed,
    DutyDueSoon,
    DutyMoved,
    DutyOverdue,
    DutySnapshot,
)
from shared.uow import UnitOfWork

FROM_FEEDBACK: tuple[type[Event], ...] = (DutiesOpened, DutyDueSoon, DutyOverdue, DutyClosed, DutyMoved)


async def handle(events: Sequence[Event], tx: UnitOfWork) -> None:
    """Keep the newest snapshot of every duty in the batch."""
    newest: dict[UUID, DutySnapshot] = {}
    for duty in _duties(events):
        known = newest.get(duty.duty_id)
        if known is None or known.version < duty.version:
            newest[duty.duty_id] = duty
    if newest:
        await store.keep(tx, newest.values())


def _duties(events: Sequence[Event]) -> Iterator[DutySnapshot]:
    for event in events:
        match event:
            case DutiesOpened():
                yield from event.duties
            case DutyDueSoon() | DutyOverdue() | DutyClosed() | DutyMoved():
                yield event.duty
