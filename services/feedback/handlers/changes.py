"""Changes to duties, gathered through one transaction and written and published together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.duty import Duty, warn_at
from services.feedback.store import duties as duty_store
from services.feedback.store.duties import Opened
from shared.contracts.feedback import DutiesOpened, DutyClosed
from shared.uow import UnitOfWork


@dataclass(slots=True)
class Changes:
    """What happened to duties in one transaction. `calendar` is the one in force."""

    tx: UnitOfWork
    calendar: Calendar
    _opened: list[Opened] = field(default_factory=list)
    _changed: list[tuple[Duty, Duty]] = field(default_factory=list)

    def open(self, key: UUID, opened: Sequence[Opened]) -> None:
        """New duties that one visit or one step brought."""
        if opened:
            self._opened += opened
            publish_opened(self.tx, key, (each.duty for each in opened))

    def note(self, was: Duty, now: Duty) -> None:
        """A standing duty as it is now; nothing happens when it is as it was."""
        if now is was:
            return
        self._changed.append((was, now))
        if now.closed_at is not None and (was.closed_at, was.closure) != (now.closed_at, now.closure):
            self.tx.publish(DutyClosed.model_construct(duty=now.snapshot()), key=now.duty_id)
        else:
            publish_opened(self.tx, now.visit_id, [now])

    async def write(self) -> None:
        """Write everything noted. Call it once, at the end."""
        if self._opened:
            await duty_store.insert(self.tx, self._opened)
        if not self._changed:
            return
        await duty_store.save(self.tx, [now for _, now in self._changed])
        anew = [now for was, now in self._changed if now.due_version != was.due_version]
        await duty_store.set_alarms(
            self.tx, [Opened(duty, warn_at(duty.last_day, self.calendar)) for duty in anew]
        )
        moved = [now for was, now in self._changed if now.due_at != was.due_at]
        if moved:
            await duty_store.record_moves(self.tx, moved, cause="first_version", by=None)


def publish_opened(tx: UnitOfWork, key: UUID, duties: Iterable[Duty]) -> None:
    """Tell of duties that were opened, or that stand open with other facts than before."""
    tx.publish(DutiesOpened.model_construct(duties=tuple(duty.snapshot() for duty in duties)), key=key)
