"""What notify takes in: duties from feedback, the directory and sessions from visits. Thin on purpose."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from services.notify.domain.message import Reason
from services.notify.handlers.chases import tell_of_chases
from services.notify.handlers.duties import follow_duties
from services.notify.metrics import NotifyMetrics
from services.notify.store import phones
from shared import directory
from shared.contracts.envelope import Event
from shared.contracts.feedback import FEEDBACK_EVENTS
from shared.contracts.visits import SessionChanged, VisitErased
from shared.directory import DIRECTORY_EVENTS
from shared.erasure import empty_quarantine
from shared.uow import UnitOfWork

FROM_FEEDBACK = FEEDBACK_EVENTS
FROM_VISITS: tuple[type[Event], ...] = (*DIRECTORY_EVENTS, VisitErased)


class Consumers:
    """The batch handlers. `ringing` are the channels beside the inbox that this installation has."""

    def __init__(self, metrics: NotifyMetrics, ringing: Collection[str]) -> None:
        self._metrics = metrics
        self._ringing = frozenset(ringing)

    async def handle(self, events: Sequence[Event], tx: UnitOfWork) -> None:
        """Apply a batch of either producer, in any order, as often as it comes."""
        await directory.apply(tx, events)
        if closed := [
            event.session_id for event in events if isinstance(event, SessionChanged) and event.closed_at
        ]:
            await phones.forget_sessions(tx, closed)
        if erased := [event.visit.visit_id for event in events if isinstance(event, VisitErased)]:
            await empty_quarantine(tx, erased)
        taken_back = await follow_duties(events, tx, ringing=self._ringing)
        await tell_of_chases(tx, events, ringing=self._ringing)
        tx.once_committed.append(partial(self._count, taken_back))

    def _count(self, taken_back: Iterable[Reason]) -> None:
        for reason in taken_back:
            self._metrics.suppressed.labels(reason).inc()
