"""What leaves for a person on one channel now, and what waits: one letter a working day, and little besides.

1. An alarm waits for nothing and travels alone.
2. All else waits for the window, and for the person's quiet hours to end.
3. The first letter of a day takes everything that waits with it: that is the day's bundle.
4. After it only the first word that a duty is late leaves on the same day, with whatever waits then, and even
   that no more than `MOST` letters a day; the rest is in the next bundle.

Decided anew from the ledger whenever a letter is about to leave, so that there is no bundle that could be
lost, doubled, or sent although all it told of is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.notify.domain.ladder import Notice
from services.notify.domain.message import Reason
from services.notify.domain.window import QUIET, Quiet, first_sending, next_morning

MOST = 3
"""Letters to one person on one channel on one day, alarms aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message whose time has come."""

    message_id: UUID
    notice: Notice
    first_late: bool
    """The first word on this channel that this duty is late, or somebody's who asks for it by hand."""
    tried: bool
    """It was on its way before: the window let it through then, and e-mail makes no sound."""
    days: frozenset[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """Until when a message waits, and why."""

    message_id: UUID
    send_at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """`now` leaves in one letter; empty when nothing may."""

    now: tuple[UUID, ...] = ()
    later: tuple[Postponed, ...] = field(default=())


def bundle(
    waiting: Sequence[Waiting], now: datetime, *, letters_today: int, rings: bool, quiet: Quiet = QUIET
) -> Bundle:
    """Decide about everything that waits for one person on one channel. `rings`: a sound comes with it."""
    alarm = next((each for each in waiting if each.notice is Notice.URGENT), None)
    if alarm is not None:
        return Bundle(now=(alarm.message_id,))
    ready: list[Waiting] = []
    later: list[Postponed] = []
    for each in waiting:
        at = now if each.tried and not rings else first_sending(now, each.days, quiet)
        if at > now:
            later.append(Postponed(message_id=each.message_id, send_at=at, reason=Reason.QUIET))
        else:
            ready.append(each)
    if letters_today == 0 or (letters_today < MOST and any(each.first_late for each in ready)):
        return Bundle(now=tuple(each.message_id for each in ready), later=tuple(later))
    later += (
        Postponed(
            message_id=each.message_id,
            send_at=next_morning(now, each.days, quiet),
            reason=Reason.NEXT_BUNDLE,
        )
        for each in ready
    )
    return Bundle(later=tuple(later))
