"""Questions to oneself: where a member's own records look like visits made for the sake of the count.

Each signal is a count with its threshold beside it, reckoned anew when its owner looks, from the owner's own
records alone. It is a question and never a verdict: nothing of it is stored, scored or shown to anybody else.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.clock import local_date
from shared.text import fold


class Signal(StrEnum):
    COPIED_TEXT = "copied_text"
    FILED_IN_BULK = "filed_in_bulk"
    SAME_CELL = "same_cell"
    NOTHING_EVER_RAISED = "nothing_ever_raised"
    LOGGED_LATE = "logged_late"
    VERY_SHORT = "very_short"


ALIKE: Final = 0.8
"""Two texts of which so many word triples are the same say the same."""
LONG_ENOUGH: Final = 12
"""Words; below that everybody writes alike."""
IN_BULK: Final = 3
BULK_WITHIN: Final = timedelta(minutes=30)
IN_A_ROW: Final = 4
LATE_AFTER: Final = timedelta(days=3)
SHORT: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One of one's own visits, as far as the questions need it."""

    visit_id: UUID
    unit_id: UUID
    started_at: datetime
    ended_at: datetime
    accepted_at: datetime
    meeting: bool
    raised: int
    text: str
    """The newest report, or the notes where there is none."""
    report_filed_at: datetime | None
    by_phone: bool = True
    """Written down by its visitor; what came from a paper register was written down when that was imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A signal, how often it was seen, the number from which it is asked, and the visits it is about."""

    signal: Signal
    count: int
    threshold: int
    visit_ids: tuple[UUID, ...]


def questions(visits: Sequence[Told], *, assigned: int) -> list[Question]:
    """What to ask oneself about these visits. `assigned`: how many units one is asked to visit."""
    visits = sorted(visits, key=lambda told: told.started_at)
    return [question for question in _asked(visits, assigned) if question.count >= question.threshold]


def _asked(visits: Sequence[Told], assigned: int) -> Iterator[Question]:
    yield _question(Signal.COPIED_TEXT, _copied(visits), 2)
    yield _question(Signal.FILED_IN_BULK, _in_bulk(visits), IN_BULK)
    if assigned != 1:
        yield _question(Signal.SAME_CELL, _at_one_unit(visits), IN_A_ROW)
    meetings = [told for told in visits if told.meeting]
    silent = _last_run(meetings, lambda told: told.raised == 0)
    yield _question(Signal.NOTHING_EVER_RAISED, silent, IN_A_ROW)
    late = [told for told in visits if told.by_phone and told.accepted_at - told.ended_at > LATE_AFTER]
    yield _question(Signal.LOGGED_LATE, late, 2)
    short = [told for told in visits if told.ended_at - told.started_at < SHORT]
    yield _question(Signal.VERY_SHORT, short, 2)


def _question(signal: Signal, about: Sequence[Told], threshold: int) -> Question:
    return Question(
        signal=signal,
        count=len(about),
        threshold=threshold,
        visit_ids=tuple(told.visit_id for told in about),
    )


def _copied(visits: Sequence[Told]) -> list[Told]:
    """The visits whose text is nearly that of another one."""
    triples = [(told, _triples(told.text)) for told in visits]
    triples = [(told, words) for told, words in triples if words]
    alike: set[UUID] = set()
    for place, (one, words) in enumerate(triples):
        for other, others in triples[:place]:
            if len(words & others) >= ALIKE * len(words | others):
                alike |= {one.visit_id, other.visit_id}
    return [told for told in visits if told.visit_id in alike]


def _triples(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", fold(text))
    if len(words) < LONG_ENOUGH:
        return frozenset()
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def _in_bulk(visits: Sequence[Told]) -> list[Told]:
    """The largest group of reports on visits of different days that were filed within half an hour."""
    filed = sorted(
        ((told.report_filed_at, told) for told in visits if told.report_filed_at is not None),
        key=lambda entry: entry[0],
    )
    largest: list[Told] = []
    for first, _ in filed:
        together = [told for at, told in filed if first <= at <= first + BULK_WITHIN]
        days = Counter(local_date(told.started_at) for told in together)
        if len(days) >= IN_BULK and len(together) > len(largest):
            largest = together
    return largest


def _at_one_unit(visits: Sequence[Told]) -> list[Told]:
    """The last visits, as far back as they all went to the unit of the newest."""
    return _last_run(visits, lambda told: told.unit_id == visits[-1].unit_id)


def _last_run(visits: Sequence[Told], holds: Callable[[Told], bool]) -> list[Told]:
    run: list[Told] = []
    for told in reversed(visits):
        if not holds(told):
            break
        run.append(told)
    return run[::-1]
