"""What visits learns from feedback: duties, how far issues have come, returned reports, extensions.

The phone shows a member's own work from these copies. Messages of notify concern nobody here.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.visits.store import duties as store
from services.visits.store import ways
from shared.contracts.envelope import Event
from shared.contracts.feedback import (
    DutiesOpened,
    DutyClosed,
    DutyDueSoon,
    DutyMoved,
    DutyOverdue,
    DutySnapshot,
    ExtensionChanged,
    IssueProgressed,
    ReportReturned,
)
from shared.uow import UnitOfWork

FROM_FEEDBACK: tuple[type[Event], ...] = (
    DutiesOpened,
    DutyDueSoon,
    DutyOverdue,
    DutyClosed,
    DutyMoved,
    IssueProgressed,
    ReportReturned,
    ExtensionChanged,
)


async def handle(events: Sequence[Event], tx: UnitOfWork) -> None:
    """Keep the newest of everything in the batch."""
    newest: dict[UUID, DutySnapshot] = {}
    for duty in _duties(events):
        known = newest.get(duty.duty_id)
        if known is None or known.version < duty.version:
            newest[duty.duty_id] = duty
    if newest:
        await store.keep(tx, newest.values())
    if progressed := [event for event in events if isinstance(event, IssueProgressed)]:
        await ways.keep_ways(tx, progressed)
    if returned := [event for event in events if isinstance(event, ReportReturned)]:
        await ways.keep_returns(tx, returned)
    if extended := [event for event in events if isinstance(event, ExtensionChanged)]:
        await ways.keep_extensions(tx, extended)


def _duties(events: Sequence[Event]) -> Iterator[DutySnapshot]:
    for event in events:
        match event:
            case DutiesOpened():
                yield from event.duties
            case DutyDueSoon() | DutyOverdue() | DutyClosed() | DutyMoved():
                yield event.duty
