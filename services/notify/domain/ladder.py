"""The escalation ladder as data: which rung falls on which working day, and whom it tells.

A ladder never counts days: feedback's calendar names the day of every offset. A rung is reached at the first
moment of its day, so that the first late notice stands in an inbox when the duty turns late; when a message may
ring is the window's business. A rung that has no day is an error that a person sees, never a rung that silently
does not exist.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from shared.clock import LOCAL
from shared.contracts.visits import Role

CORRECTION = "correction"
NO_RUNG = frozenset({CORRECTION})
"""Names that the ledger uses for messages that belong to no rung."""

OWNER: Literal["owner"] = "owner"
Whom = Role | Literal["owner"]

Days = Mapping[int, date]
"""The working day of each offset from the last day on which a duty is on time."""
FIRST_OFFSET, LAST_OFFSET = -5, 15
"""The offsets whose days feedback names."""


class LadderError(ValueError):
    """A ladder that would fail when it is needed; the message says where, in English and in Vietnamese."""

    def __init__(self, en: str, vi: str = "Bậc thang nhắc việc không dùng được.") -> None:
        super().__init__(en)
        self.vi = vi


class Notice(StrEnum):
    """What a message is about; each has its own text."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    CHASED = "chased"
    """Somebody of the committee asks for a late duty by hand."""
    URGENT = "urgent"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A role to tell, and the roles to tell instead when nobody holds it today, in order.

    `assistant` means those who serve the duty's owner today.
    """

    role: Whom
    fallback: tuple[Whom, ...] = ()

    @property
    def roles(self) -> tuple[Whom, ...]:
        return (self.role, *self.fallback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step. `offset` counts working days from the last day; None is the alarm, raised at opening.

    Every message stands in the person's inbox; `channels` are what else rings, tried in order until one
    succeeds.
    """

    name: str
    offset: int | None
    targets: tuple[Target, ...]
    channels: tuple[str, ...]

    def notice(self, due_at: datetime, now: datetime) -> Notice:
        """What it says when it is told now: a reminder that comes too late is a chase."""
        if self.offset is None:
            return Notice.URGENT
        return Notice.OVERDUE if now >= due_at else Notice.REMINDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs in the order in which they are reached, and the alarm of urgent duties beside them."""

    version: int
    alarm: Rung | None
    rungs: tuple[Rung, ...]

    def reached(self, start: int, days: Days, now: datetime) -> int | None:
        """The highest rung from index `start` on whose instant has come."""
        due = [index for index in range(start, len(self.rungs)) if self.instant(index, days) <= now]
        return due[-1] if due else None

    def instant(self, index: int, days: Days) -> datetime:
        """The start of the day of the rung at `index`. Raises LadderError when that day is not known."""
        rung = self.rungs[index]
        day = None if rung.offset is None else days.get(rung.offset)
        if day is None:
            raise LadderError(f"rung {rung.name}: the calendar names no day for offset {rung.offset}")
        return datetime.combine(day, time.min, LOCAL)

    @property
    def correction_channels(self) -> tuple[str, ...]:
        """What rings when a date that was told turns out wrong: all that rang before, in the rungs' order."""
        return tuple(dict.fromkeys(channel for rung in self.rungs for channel in rung.channels))

    def targets(self) -> Iterator[tuple[str, Rung, Target]]:
        """Every target on which a step depends: the JSON pointer to it, its step and itself."""
        steps: list[tuple[str, Rung]] = [(f"/rungs/{index}", rung) for index, rung in enumerate(self.rungs)]
        if self.alarm is not None:
            steps.insert(0, ("/alarm", self.alarm))
        for pointer, rung in steps:
            for index, target in enumerate(rung.targets):
                if target.role == Role.ASSISTANT and len(rung.targets) > 1:
                    continue  # heard beside others: most members have none, and are told all the same
                yield f"{pointer}/targets/{index}", rung, target

    def check(self, days: Days) -> None:
        """Raise LadderError unless every rung has its day."""
        for index in range(len(self.rungs)):
            self.instant(index, days)

    def dump(self) -> dict[str, Any]:
        """The form in which a ladder is stored and frozen."""
        return {
            "version": self.version,
            "alarm": None if self.alarm is None else _dump_rung(self.alarm),
            "rungs": [_dump_rung(rung) for rung in self.rungs],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderPolicy:
    """A committee's decision: this ladder from that date on, by that document. No date means since ever."""

    committee_id: UUID
    valid_from: date | None
    basis: str
    ladder: Ladder
    decided_by: UUID | None = field(default=None, compare=False)
    recorded_at: datetime | None = field(default=None, compare=False)

    def has_begun(self, today: date) -> bool:
        return self.valid_from is None or self.valid_from <= today


def _dump_rung(rung: Rung) -> dict[str, Any]:
    return {
        "name": rung.name,
        "offset": rung.offset,
        "targets": [{"role": target.role, "fallback": list(target.fallback)} for target in rung.targets],
        "channels": list(rung.channels),
    }


def parse_ladder(data: Mapping[str, Any]) -> Ladder:
    """The ladder of its stored form. Raises LadderError naming what makes it unfit."""
    try:
        alarm = data["alarm"]
        ladder = Ladder(
            version=int(data["version"]),
            alarm=None if alarm is None else _parse_rung(alarm),
            rungs=tuple(_parse_rung(rung) for rung in data["rungs"]),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise LadderError(f"the ladder cannot be read: {wrong!r}") from None
    _refuse_unfit(ladder)
    return ladder


def _parse_rung(data: Mapping[str, Any]) -> Rung:
    return Rung(
        name=str(data["name"]),
        offset=None if data["offset"] is None else int(data["offset"]),
        targets=tuple(
            Target(role=_whom(target["role"]), fallback=tuple(map(_whom, target["fallback"])))
            for target in data["targets"]
        ),
        channels=tuple(map(str, data["channels"])),
    )


def _whom(name: str) -> Whom:
    return OWNER if name == OWNER else Role(name)


def _refuse_unfit(ladder: Ladder) -> None:
    rungs = ladder.rungs if ladder.alarm is None else (ladder.alarm, *ladder.rungs)
    names = [rung.name for rung in rungs]
    offsets = [rung.offset for rung in ladder.rungs]
    if not ladder.rungs:
        raise LadderError("the ladder has no rungs", "Bậc thang chưa có bậc nào.")
    if len(set(names)) < len(names) or set(names) & NO_RUNG or not all(names):
        raise LadderError(
            f"rung names must be distinct and not {sorted(NO_RUNG)}: {names}",
            f"Tên các bậc phải khác nhau và khác {sorted(NO_RUNG)}: {names}.",
        )
    if ladder.alarm is not None and ladder.alarm.offset is not None:
        raise LadderError(f"the alarm {ladder.alarm.name} must have no offset")
    if not _ascending(offsets):
        raise LadderError(
            f"offsets must grow from rung to rung: {offsets}", f"Ngày của các bậc phải tăng dần: {offsets}."
        )
    for rung in rungs:
        if not rung.targets:
            raise LadderError(f"rung {rung.name} tells nobody", f"Bậc {rung.name} không báo cho ai.")
        if len(set(rung.channels)) < len(rung.channels):
            raise LadderError(
                f"rung {rung.name} names a channel twice", f"Bậc {rung.name} nêu một kênh hai lần."
            )


def _ascending(offsets: Sequence[int | None]) -> bool:
    known = [offset for offset in offsets if offset is not None]
    return len(known) == len(offsets) and known == sorted(set(known))


def _rung(name: str, offset: int | None, *targets: Target) -> Rung:
    return Rung(name=name, offset=offset, targets=targets, channels=("webpush", "email"))


_MEMBER = Target(role=OWNER, fallback=(Role.OFFICE_CLERK,))
_ASSISTANT = Target(role=Role.ASSISTANT)
_OFFICE = Target(role=Role.OFFICE_CLERK)
_GROUP_HEAD = Target(role=Role.STANDING_COMMITTEE, fallback=(Role.PERMANENT_BOARD,))
_BOARD = Target(role=Role.PERMANENT_BOARD)

# A proposal: no regulation fixes a ladder. A committee overrides it by versions of its own, numbered from 1.
DEFAULT_LADDER = Ladder(
    version=0,
    alarm=_rung("urgent", None, _GROUP_HEAD),
    rungs=(
        _rung("reminder-2", -2, _MEMBER, _ASSISTANT),
        _rung("reminder-0", 0, _MEMBER, _ASSISTANT),
        _rung("chase-1", 1, _MEMBER, _OFFICE),
        _rung("chase-3", 3, _GROUP_HEAD),
        _rung("escalation-5", 5, _BOARD),
    ),
)
