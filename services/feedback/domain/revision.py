"""What a new revision of the calendar does to duties that are still open: shown first, applied after.
A date that moves later may move by itself; one that moves earlier waits for a person to confirm it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.deadline import Due, due_date
from services.feedback.domain.policy import Policy

Id = TypeVar("Id")


class Direction(StrEnum):
    """Where a due date goes; `settled` stays where it is and only its being provisional changes."""

    EARLIER = "earlier"
    LATER = "later"
    SETTLED = "settled"


class Lateness(StrEnum):
    """What the move does to being late at the moment of asking."""

    UNCHANGED = "unchanged"
    STARTS = "starts"
    STOPS = "stops"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDuty(Generic[Id]):
    """The facts that a due date hangs on, with the caller's id."""

    id: Id
    start: date
    policy: Policy
    extensions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Generic[Id]):
    """One duty whose due date, or its certainty, the new revision changes."""

    id: Id
    old: Due
    new: Due
    direction: Direction
    lateness: Lateness


def moves(duties: Iterable[OpenDuty[Id]], old: Calendar, new: Calendar, *, now: datetime) -> list[Move[Id]]:
    """The duties that the new revision touches, in the order given; the untouched are left out."""
    found = []
    for duty in duties:
        before = due_date(duty.start, duty.policy, old, extensions=duty.extensions)
        after = due_date(duty.start, duty.policy, new, extensions=duty.extensions)
        if before != after:
            found.append(
                Move(
                    id=duty.id,
                    old=before,
                    new=after,
                    direction=_direction(before, after),
                    lateness=_lateness(before, after, now),
                )
            )
    return found


def _direction(before: Due, after: Due) -> Direction:
    if before.due_at == after.due_at:
        return Direction.SETTLED
    return Direction.EARLIER if after.due_at < before.due_at else Direction.LATER


def _lateness(before: Due, after: Due, now: datetime) -> Lateness:
    was_late, is_late = now >= before.due_at, now >= after.due_at
    if was_late == is_late:
        return Lateness.UNCHANGED
    return Lateness.STARTS if is_late else Lateness.STOPS
