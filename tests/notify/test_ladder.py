"""The rules of the ladder alone: which rung, when, for whom; no database, no clock but an argument."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.address import is_mail_address
from services.notify.domain.escalation import Duty, Escalation, climb, follow
from services.notify.domain.ladder import DEFAULT_LADDER, Days, LadderError, Notice, parse_ladder
from services.notify.domain.message import Reason, why_unwanted
from services.notify.domain.retry import retry_after
from services.notify.domain.window import first_sending
from shared.contracts.feedback import DutyKind
from tests.notify.world import COMMITTEE, LAST_DAY, days_around, local

SOMEBODY = (UUID(int=7),)
DUTY = Duty(
    duty_id=UUID(int=1),
    version=1,
    due_version=1,
    kind=DutyKind.REPORT,
    committee_id=COMMITTEE,
    unit_id=COMMITTEE,
    owner_person_id=UUID(int=7),
    owner_unit_id=None,
    urgent=False,
    restricted=False,
    due_at=local("2026-11-24 00:00"),
    provisional=False,
    closed=None,
)


def blank() -> Escalation:
    return Escalation(duty=replace(DUTY, version=0, due_version=0), ladder=DEFAULT_LADDER)


@pytest.mark.parametrize(
    ("at", "rung", "skipped"),
    [
        ("2026-11-18 23:59", None, ()),
        ("2026-11-19 00:00", "reminder-2", ()),
        ("2026-11-20 23:59", "reminder-2", ()),
        ("2026-11-22 23:59", "reminder-2", ()),
        ("2026-11-23 00:00", "reminder-0", ("reminder-2",)),
        ("2026-11-23 23:59", "reminder-0", ("reminder-2",)),
        ("2026-11-24 00:00", "chase-1", ("reminder-2", "reminder-0")),
        ("2026-11-26 00:00", "chase-3", ("reminder-2", "reminder-0", "chase-1")),
        ("2026-11-30 00:00", "escalation-5", ("reminder-2", "reminder-0", "chase-1", "chase-3")),
        ("2027-11-30 07:30", "escalation-5", ("reminder-2", "reminder-0", "chase-1", "chase-3")),
    ],
)
def test_the_highest_rung_reached_is_told(at: str, rung: str | None, skipped: tuple[str, ...]) -> None:
    """F48: A rung is reached when its working day begins; what lies below is noted, not sent."""
    escalation = follow(blank(), DUTY, days_around(LAST_DAY), local(at)).escalation

    after = climb(escalation, local(at), lambda _: SOMEBODY)

    assert [(step.rung.name, step.skipped) for step in after.steps] == ([(rung, skipped)] if rung else [])
    assert after.escalation.next_at is None or after.escalation.next_at > local(at)


def test_the_first_chase_comes_with_the_lateness_itself() -> None:
    """When the day after the last one is worked, the rung's instant is `due_at`."""
    days = days_around(LAST_DAY)

    instants = [DEFAULT_LADDER.instant(index, days) for index in range(len(DEFAULT_LADDER.rungs))]

    assert instants[2] == DUTY.due_at
    assert instants == sorted(instants)


@pytest.mark.parametrize(
    ("rung", "now", "notice"),
    [
        (0, "2026-11-19 00:00", Notice.REMINDER),
        (1, "2026-11-23 23:59", Notice.REMINDER),
        (1, "2026-11-24 00:00", Notice.OVERDUE),
        (2, "2026-11-24 00:00", Notice.OVERDUE),
    ],
)
def test_what_is_told_late_says_late(rung: int, now: str, notice: Notice) -> None:
    """Nobody is told that a duty is coming due when it is overdue already."""
    assert DEFAULT_LADDER.rungs[rung].notice(DUTY.due_at, local(now)) is notice


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rungs": []}, "no rungs"),
        ({"rungs": [0, 0]}, "distinct"),
        ({"rungs": [1, 0]}, "grow"),
        ({"version": "x"}, "cannot be read"),
        ({"alarm": 0}, "no offset"),
    ],
)
def test_a_ladder_that_would_fail_later_is_refused_now(change: dict[str, Any], reason: str) -> None:
    """Names, order and targets are checked when a ladder is read."""
    stored = DEFAULT_LADDER.dump()
    rungs = stored["rungs"]
    if "rungs" in change:
        change = {"rungs": [rungs[index] for index in change["rungs"]]}
    if "alarm" in change:
        change = {"alarm": rungs[0] | {"name": "urgent"}}

    with pytest.raises(LadderError, match=reason):
        parse_ladder(stored | change)


@pytest.mark.parametrize("broken", [{"targets": []}, {"targets": [{"role": "king", "fallback": []}]}])
def test_a_rung_that_reaches_nobody_is_refused(broken: dict[str, Any]) -> None:
    """An empty or unknown target is an error on reading, not a silence on the day."""
    stored = DEFAULT_LADDER.dump()
    stored["rungs"][0] |= broken

    with pytest.raises(LadderError):
        parse_ladder(stored)


def test_a_ladder_survives_being_stored() -> None:
    """What is frozen with an escalation is what was in force."""
    assert parse_ladder(DEFAULT_LADDER.dump()) == DEFAULT_LADDER


def test_a_rung_without_a_day_is_an_error() -> None:
    """No reader counts days; a missing one is said aloud."""
    with pytest.raises(LadderError, match="offset 5"):
        follow(
            blank(), DUTY, {-2: LAST_DAY, 0: LAST_DAY, 1: LAST_DAY, 3: LAST_DAY}, local("2026-11-19 08:00")
        )


# What feedback may publish about one duty, with versions that grow.
MOVED = replace(DUTY, version=3, due_version=2, due_at=local("2026-12-01 00:00"))
EVENTS: list[tuple[Duty, Days | None]] = [
    (replace(DUTY, urgent=True), None),
    (replace(DUTY, urgent=True), days_around(LAST_DAY)),
    (replace(DUTY, version=2, urgent=True), days_around(LAST_DAY)),
    (replace(MOVED, urgent=True), days_around(date(2026, 11, 30))),
    (replace(MOVED, version=4, urgent=True), days_around(date(2026, 11, 30))),
]
CLOSED: tuple[Duty, Days | None] = (replace(MOVED, version=5, urgent=True, closed=Reason.DONE), None)
TICK = timedelta(hours=9)


@given(st.permutations([*EVENTS, CLOSED]), st.lists(st.sampled_from([*EVENTS, CLOSED])))
def test_events_in_any_order_and_number_end_alike(
    order: list[tuple[Duty, Days | None]], again: list[tuple[Duty, Days | None]]
) -> None:
    """Every order of the same snapshots, with any repeats, leaves the same stopped duty."""
    escalation = blank()
    for duty, days in [*order, *again]:
        escalation = follow(escalation, duty, days, local("2026-11-20 08:00")).escalation

    assert escalation.duty == CLOSED[0]
    assert escalation.next_at is None


@given(st.lists(st.one_of(st.sampled_from([*EVENTS, CLOSED]), st.just(None)), max_size=60))
def test_no_rung_is_told_twice_and_none_after_the_closing(
    happenings: list[tuple[Duty, Days | None] | None],
) -> None:
    """Events and ticks of the clock in any interleaving: one telling per due version and rung, none once closed."""
    now = local("2026-11-18 08:00")
    escalation, told, closed = blank(), list[tuple[int, str]](), False
    for happening in happenings:
        if happening is not None:
            closed = closed or happening == CLOSED
            escalation = follow(escalation, *happening, now).escalation
            continue
        now += TICK
        if escalation.next_at is None or escalation.next_at > now:
            continue
        after = climb(escalation, now, lambda _: SOMEBODY)
        assert not (closed and after.steps)
        told += [(escalation.duty.due_version, step.rung.name) for step in after.steps]
        escalation = after.escalation

    assert len(told) == len(set(told))
    assert sum(rung == "urgent" for _, rung in told) <= 1


@given(st.integers(0, 40 * 24), st.integers(0, 40 * 24))
def test_a_step_by_step_climb_never_goes_down(first: int, second: int) -> None:
    """Two looks at any two moments tell rungs in the ladder's order."""
    start = local("2026-11-10 00:00")
    escalation = follow(blank(), DUTY, days_around(LAST_DAY), start).escalation
    names = [rung.name for rung in DEFAULT_LADDER.rungs]
    told: list[int] = []
    for hours in sorted((first, second)):
        after = climb(escalation, start + timedelta(hours=hours), lambda _: SOMEBODY)
        told += [names.index(step.rung.name) for step in after.steps]
        escalation = after.escalation

    assert told == sorted(set(told))


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        ("2026-11-19 07:30", "2026-11-19 07:30"),
        ("2026-11-19 03:00", "2026-11-19 07:30"),
        ("2026-11-19 16:59", "2026-11-19 16:59"),
        ("2026-11-19 17:00", "2026-11-20 07:30"),
        ("2026-11-20 18:00", "2026-11-23 07:30"),
        ("2026-11-21 12:00", "2026-11-23 07:30"),
        ("2027-05-01 12:00", "2027-05-03 07:30"),
    ],
)
def test_messages_leave_in_working_hours(at: str, leaves: str) -> None:
    """07:30 to 17:00 on the days that the calendar names; past those, on weekdays.

    Others got it wrong: the early-warning instant falls at 00:00.
    """
    assert first_sending(local(at), days_around(LAST_DAY).values()) == local(leaves)


def test_a_worked_saturday_is_a_day_to_send() -> None:
    """The calendar knows swapped days, a weekday rule does not."""
    saturday = date(2026, 11, 28)

    leaves = first_sending(local("2026-11-28 09:00"), [date(2026, 11, 27), saturday, date(2026, 11, 30)])

    assert leaves == local("2026-11-28 09:00")


def test_retries_grow_to_an_hour_and_end_after_a_day() -> None:
    """1, 2, 4 … 60 minutes, at least 24 hours in all, then no more."""
    delays = [retry_after(attempt) for attempt in range(1, 60)]
    waits = [delay for delay in delays if delay is not None]

    assert [wait // timedelta(minutes=1) for wait in waits[:8]] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(hours=24) <= sum(waits, timedelta()) < timedelta(hours=25)
    assert delays[-1] is None


@pytest.mark.parametrize(
    ("notice", "stopped", "current", "reason"),
    [
        (Notice.REMINDER, None, 1, None),
        (Notice.REMINDER, Reason.DONE, 1, Reason.DONE),
        (Notice.OVERDUE, None, 2, Reason.DUE_DATE_MOVED),
        (Notice.CORRECTION, None, 2, Reason.DUE_DATE_MOVED),
        (Notice.URGENT, None, 2, None),
        (Notice.URGENT, Reason.NOT_OWED, 2, Reason.NOT_OWED),
    ],
)
def test_why_a_waiting_message_is_unwanted(
    notice: Notice, stopped: Reason | None, current: int, reason: Reason | None
) -> None:
    """Closing stops everything; a moved date stops all but an alarm."""
    assert why_unwanted(notice, 1, stopped=stopped, current=current) == reason


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("an.nv@example.vn", True),
        ("a+b_c@mail.tu-son.gov.vn", True),
        ("", False),
        ("an", False),
        ("an@", False),
        ("an@localhost", False),
        ("an@exam ple.vn", False),
        ("an@example.vn\r\nBcc: all@example.vn", False),
        ("an@example.vn\n", False),
        ("Nguyễn An <an@example.vn>", False),
        ("an@example.vn,binh@example.vn", False),
        ("ấn@example.vn", False),
        ("an@điện.vn", False),
        ("a..b@example.vn", False),
        (".a@example.vn", False),
        ("a@-example.vn", False),
        (f"{'a' * 65}@example.vn", False),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.vn", False),
    ],
)
def test_what_mail_can_be_addressed_to(text: str, good: bool) -> None:
    """One plain ASCII mailbox, and nothing that could end a header line."""
    assert is_mail_address(text) is good
