"""Changes to duties, gathered through one transaction and written and published together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.duty import Duty, warn_at
from services.feedback.store import duties as duty_store
from services.feedback.store.duties import NewDuty
from shared.contracts.feedback import DutiesOpened, DutyClosed
from shared.uow import UnitOfWork


@dataclass(slots=True)
class Changes:
    """What happened to duties in one transaction. `calendar` is the one in force."""

    tx: UnitOfWork
    calendar: Calendar
    _opened: list[NewDuty] = field(default_factory=list)
    _changed: list[tuple[Duty, Duty]] = field(default_factory=list)

    def open(self, new: NewDuty) -> None:
        """Something is owed that was not."""
        self._opened.append(new)

    def note(self, was: Duty, now: Duty) -> None:
        """A standing duty as it is now; nothing happens when it is as it was."""
        if now is was:
            return
        self._changed.append((was, now))
        if now.closed_at is not None and (was.closed_at, was.closure) != (now.closed_at, now.closure):
            self.tx.publish(DutyClosed.model_construct(duty=now.snapshot()), key=now.duty_id)
        else:
            # It stands open, or with other facts than before.
            opened = DutiesOpened.model_construct(duties=(now.snapshot(),))
            self.tx.publish(opened, key=now.visit_id)

    async def write(self) -> None:
        """Write everything noted. Call it once, at the end."""
        if self._opened:
            await open_and_tell(self.tx, self._opened)
        if not self._changed:
            return
        await duty_store.save(self.tx, [now for _, now in self._changed])
        anew = [now for was, now in self._changed if now.due_version != was.due_version]
        if anew:
            alarms = [(warn_at(duty.last_day, self.calendar), duty) for duty in anew]
            await duty_store.set_alarms(self.tx, alarms)
        moved = [(was, now) for was, now in self._changed if now.due_at != was.due_at]
        if moved:
            await duty_store.record_moves(self.tx, moved, cause="first_version", by=None)


async def open_and_tell(tx: UnitOfWork, new: Sequence[NewDuty]) -> None:
    """Open duties and publish one event per visit."""
    for visit_id, payload in await duty_store.open_duties(tx, new):
        tx.publish_json(DutiesOpened, payload, key=visit_id)
