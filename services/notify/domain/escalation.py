"""The escalation of one duty: where it stands on its ladder, and what an event or the clock makes of it.

Events are snapshots: the newer version wins, so that duplicates, delays and any order lead to the same end.
A closed duty climbs no further; a moved due date starts the ladder again under a new due version.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from services.notify.domain.ladder import Days, Ladder, Rung
from services.notify.domain.message import Reason
from shared.contracts.feedback import DutyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What notify keeps of a duty: enough to tell somebody about it, and no text."""

    duty_id: UUID
    version: int
    due_version: int
    kind: DutyKind
    committee_id: UUID
    unit_id: UUID
    owner_person_id: UUID | None
    owner_unit_id: UUID | None
    urgent: bool
    restricted: bool
    """About a matter of a restricted class: only its owner and the permanent board hear of it."""
    due_at: datetime
    provisional: bool
    closed: Reason | None
    """Why nothing is owed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A duty on its frozen ladder. `rung` is the index of the next rung to reach."""

    duty: Duty
    ladder: Ladder
    days: Days = field(default_factory=dict)
    rung: int = 0
    urgent_since: datetime | None = None
    alarmed: bool = False

    @property
    def next_at(self) -> datetime | None:
        """When the clock must look at this escalation again; None when nothing is left to do."""
        if self.duty.closed is not None:
            return None
        moments = []
        if self.urgent_since is not None and not self.alarmed and self.ladder.alarm is not None:
            moments.append(self.urgent_since)
        if self.days and self.rung < len(self.ladder.rungs):
            moments.append(self.ladder.instant(self.rung, self.days))
        return min(moments, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a snapshot changed. `stopped`: take back what waits. `moved`: the due date told so far is wrong."""

    escalation: Escalation
    stopped: Reason | None = None
    moved: bool = False


def follow(escalation: Escalation, duty: Duty, days: Days | None, now: datetime) -> Followed:
    """Apply a snapshot of the duty; an older one changes nothing. Raises LadderError when a rung has no day."""
    known = escalation.duty
    if duty.version < known.version:
        return Followed(escalation=escalation)
    if duty.version == known.version and known.closed is not None:
        duty = replace(duty, closed=known.closed)
    restarts = duty.due_version > known.due_version
    if days:
        escalation.ladder.check(days)
    after = replace(
        escalation,
        duty=duty,
        days=days or ({} if restarts else escalation.days),
        rung=0 if restarts else escalation.rung,
        urgent_since=escalation.urgent_since or (now if duty.urgent else None),
    )
    return Followed(
        escalation=after,
        stopped=duty.closed,
        moved=restarts and known.due_version > 0 and duty.closed is None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung to tell now: to these people, or to nobody when no post is held."""

    rung: Rung
    people: tuple[UUID, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """What the clock makes of an escalation."""

    escalation: Escalation
    steps: tuple[Step, ...] = ()


def climb(escalation: Escalation, now: datetime, whom: Callable[[Rung], Sequence[UUID]]) -> Climb:
    """Everything reached by `now`, told once.

    1. An urgent duty raises its alarm, whatever rung it stands on.
    2. Of the rungs reached only the highest is told; the ones an outage left out are noted with it.
    3. A rung that finds nobody passes to the next one now, not when its day comes.
    """
    if escalation.duty.closed is not None:
        return Climb(escalation=escalation)
    steps: list[Step] = []
    after = escalation
    alarm = escalation.ladder.alarm
    if alarm is not None and escalation.urgent_since is not None and not escalation.alarmed:
        steps.append(Step(rung=alarm, people=tuple(whom(alarm))))
        after = replace(after, alarmed=True)
    index = escalation.ladder.reached(escalation.rung, escalation.days, now) if escalation.days else None
    if index is not None:
        rungs = escalation.ladder.rungs
        skipped = tuple(rung.name for rung in rungs[escalation.rung : index])
        while index < len(rungs):
            step = Step(rung=rungs[index], people=tuple(whom(rungs[index])), skipped=skipped)
            steps.append(step)
            index, skipped = index + 1, ()
            if step.people:
                break
        after = replace(after, rung=index)
    return Climb(escalation=after, steps=tuple(steps))


def working_days(days: Days) -> frozenset[date]:
    """The days on which messages about this duty may ring."""
    return frozenset(days.values())
