"""A due date is moved by an extension or by a calendar revision, and by nothing else."""

from datetime import date
from typing import Any

import pytest

from services.feedback.clockwork import Clockwork
from services.feedback.domain.owed import forward_duty_id, report_duty_id
from services.feedback.metrics import FeedbackMetrics
from shared.contracts.feedback import DueCause, DutyDueSoon, DutyMoved, DutyOverdue
from shared.contracts.visits import Role
from shared.metrics import Metrics
from tests.feedback.desk import OTHER_MEMBER, Desk
from tests.feedback.given import CLERK, COMMITTEE, MEMBER, SECRETARY, Feedback, id_of, issue, local, visit
from tests.support.people import person, post

REPORT = report_duty_id(id_of("evening"))
ASKED, AGAIN, THIRD = id_of("asked"), id_of("asked again"), id_of("asked a third time")
REASON = {"days": 3, "reason": "Đi công tác xa, chưa có mạng."}


async def moves(feedback: Feedback) -> list[DutyMoved]:
    return [event for event in await feedback.published() if isinstance(event, DutyMoved)]


async def sweep(feedback: Feedback) -> int:
    book = feedback.consumer.book
    metrics = FeedbackMetrics(Metrics("feedback"), feedback.database, book)
    return await Clockwork(feedback.database, book, metrics).sweep()


async def grant(desk: Desk, extension: Any, who: Any = SECRETARY, **decision: Any) -> int:
    path = f"/duties/{REPORT}/extensions/{extension}/decision"
    return (await desk.put(who, path, {"granted": True, "note": "Đồng ý."} | decision)).status_code


# --- Extensions ------------------------------------------------------------------------------------


async def test_a_granted_extension_moves_the_due_date_and_keeps_the_first(
    feedback: Feedback, desk: Desk
) -> None:
    """F45: Three days more than Monday 12/10, counted in the policy's own unit: Thursday 15/10."""
    await feedback.take(visit("evening"))

    asked = await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{ASKED}", REASON)
    assert (await feedback.duty(REPORT)).due_version == 1
    assert await grant(desk, ASKED) == 200

    duty = await feedback.duty(REPORT)
    assert asked.status_code == 201
    assert (duty.due_at, duty.first_due_at) == (local("2026-10-16 00:00"), local("2026-10-13 00:00"))
    assert (duty.due_version, duty.extensions) == (2, (3,))
    (moved,) = await moves(feedback)
    assert (moved.duty, moved.cause) == (duty.snapshot(), DueCause.EXTENSION)
    assert moved.old_due_at == local("2026-10-13 00:00")
    shown = await desk.read(MEMBER, f"/duties/{REPORT}")
    assert [each["cause"] for each in shown["due_dates"]] == ["opened", "extension"]
    assert [step["decision"] for step in shown["due"]["trace"]].count("extended") == 1


async def test_an_extension_stops_the_reminders_of_the_old_date(feedback: Feedback, desk: Desk) -> None:
    """F45: Overdue is told at the new date, once; the old date passes in silence.

    Others got it wrong: legal delay not expressible, nagging goes on.
    """
    await feedback.take(visit("evening"))
    await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{ASKED}", REASON)
    await grant(desk, ASKED)

    feedback.clock.move_to(local("2026-10-13 08:00"))
    await sweep(feedback)
    feedback.clock.move_to(local("2026-10-16 08:00"))
    await sweep(feedback)

    told = [e for e in await feedback.published() if isinstance(e, DutyDueSoon | DutyOverdue)]
    assert [(type(event), event.duty.due_version) for event in told] == [(DutyDueSoon, 2), (DutyOverdue, 2)]


async def test_a_refused_extension_moves_nothing(feedback: Feedback, desk: Desk) -> None:
    """Said twice the same it stands; granted afterwards it is refused."""
    await feedback.take(visit("evening"))
    await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{ASKED}", REASON)

    statuses = [await grant(desk, ASKED, granted=granted) for granted in (False, False, True)]

    assert statuses == [200, 200, 409]
    assert await moves(feedback) == []


async def test_a_duty_is_extended_twice_at_most(feedback: Feedback, desk: Desk) -> None:
    """As often as its policy allows, each counted from the date before."""
    await feedback.take(visit("evening"))
    for extension in (ASKED, AGAIN):
        await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{extension}", REASON)
        assert await grant(desk, extension) == 200

    third = await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{THIRD}", REASON)

    assert third.status_code == 409
    assert (await feedback.duty(REPORT)).due_at == local("2026-10-20 00:00")  # 18/10 is a Sunday


async def test_only_the_board_decides_and_only_the_owner_or_the_office_asks(
    feedback: Feedback, desk: Desk
) -> None:
    """Another member cannot even tell that there is such a duty."""
    await feedback.take(visit("evening"))
    path = f"/duties/{REPORT}/extensions/{ASKED}"

    assert (await desk.put(OTHER_MEMBER, path, REASON)).status_code == 404
    assert (await desk.put(CLERK, path, REASON)).status_code == 201
    assert [await grant(desk, ASKED, who) for who in (MEMBER, CLERK)] == [403, 403]


async def test_what_is_done_is_not_extended(feedback: Feedback, desk: Desk) -> None:
    """Its due date is frozen."""
    await feedback.take(visit("evening"))
    await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{ASKED}", REASON)
    await feedback.take(visit("evening", version=2, filed="2026-10-06 07:30"))

    assert await grant(desk, ASKED) == 409


# --- Calendar revisions ------------------------------------------------------------------------------

MONDAY_OFF = {
    "notice": "9999/TB-BNV",
    "decided_on": "2026-10-06",
    "days": [
        {
            "date": "2026-10-12",
            "off": True,
            "kind": "swap_off",
            "vi": "nghỉ hoán đổi",
            "en": "a swapped day off",
        },
        {"date": "2026-10-17", "off": False, "kind": "swap_work", "vi": "làm bù", "en": "worked in exchange"},
    ],
}
SATURDAY_WORKED = {
    "notice": "9998/TB-BNV",
    "decided_on": "2026-10-06",
    "days": [
        {"date": "2026-10-10", "off": False, "kind": "swap_work", "vi": "làm bù", "en": "worked in exchange"},
    ],
}


async def test_a_new_day_off_moves_open_duties_later_and_leaves_closed_ones(
    feedback: Feedback, desk: Desk
) -> None:
    """F39, F40: Previewed, then approved: one event per moved duty, each with its cause and its history.

    Others got it wrong: a late holiday does not reach open items.
    Others got it wrong: history rewritten when the calendar changes.
    """
    done = visit("done", filed="2026-10-06 07:00")
    await feedback.take(visit("evening", issue("ditch")), done)
    assert (await desk.put(CLERK, "/calendar/revisions/2", MONDAY_OFF)).status_code == 201

    seen = await desk.read(SECRETARY, "/calendar/revisions/2/preview")
    assert (seen["moving_later"], seen["moving_earlier"]) == (2, 0)
    assert await moves(feedback) == []
    assert (await desk.put(SECRETARY, "/calendar/revisions/2/approval", {})).status_code == 200

    for duty_id in (REPORT, forward_duty_id(id_of("ditch"))):
        duty = await feedback.duty(duty_id)
        assert (duty.due_at, duty.calendar_revision) == (local("2026-10-14 00:00"), 2)
        assert duty.first_due_at == local("2026-10-13 00:00")
    assert (await feedback.duty(report_duty_id(id_of("done")))).due_at == local("2026-10-13 00:00")
    assert {event.duty.duty_id for event in await moves(feedback)} == {
        REPORT,
        forward_duty_id(id_of("ditch")),
    }
    assert {event.cause for event in await moves(feedback)} == {DueCause.CALENDAR}
    shown = await desk.read(MEMBER, f"/duties/{REPORT}")
    assert [each["calendar_revision"] for each in shown["due_dates"]] == [1, 2]
    assert "nghỉ hoán đổi" in shown["due"]["explanation"]["vi"]


async def test_earlier_dates_wait_for_a_person_to_confirm_them(feedback: Feedback, desk: Desk) -> None:
    """F39: Approved without, nothing comes earlier; approved again with, it does, once.

    Others got it wrong: a late holiday does not reach open items, here one that is taken back.
    """
    await feedback.take(visit("evening"))
    await desk.put(CLERK, "/calendar/revisions/2", SATURDAY_WORKED)
    seen = await desk.read(SECRETARY, "/calendar/revisions/2/preview")

    await desk.put(SECRETARY, "/calendar/revisions/2/approval", {})
    assert (await feedback.duty(REPORT)).due_at == local("2026-10-13 00:00")
    for _ in range(2):
        await desk.put(SECRETARY, "/calendar/revisions/2/approval", {"confirm_earlier": True})

    assert seen["moving_earlier"] == 1
    assert (await feedback.duty(REPORT)).due_at == local("2026-10-11 00:00")
    assert len(await moves(feedback)) == 1


async def test_the_preview_says_who_stops_being_late(feedback: Feedback, desk: Desk) -> None:
    """F41: A day off decided after the fact forgives those it would have saved."""
    await feedback.take(visit("evening"))
    feedback.clock.move_to(local("2026-10-13 09:00"))
    await desk.put(CLERK, "/calendar/revisions/2", MONDAY_OFF)

    seen = await desk.read(SECRETARY, "/calendar/revisions/2/preview")

    assert (seen["stopping_to_be_late"], seen["starting_to_be_late"]) == (1, 0)
    (shift,) = seen["shifts"]
    assert (shift["lateness"], shift["duties"]) == ("stops", 1)


async def test_new_duties_are_dated_by_the_calendar_in_force(feedback: Feedback, desk: Desk) -> None:
    """In this process and in another that has never seen the revision.

    Others got it wrong: holidays cached per process.
    """
    await desk.put(CLERK, "/calendar/revisions/2", MONDAY_OFF)
    await desk.put(SECRETARY, "/calendar/revisions/2/approval", {})

    await feedback.take(visit("evening"))
    await Feedback(feedback.database, feedback.requests, feedback.clock).take(visit("elsewhere"))

    assert {duty.due_at for duty in await feedback.duties()} == {local("2026-10-14 00:00")}


async def test_settling_a_question_makes_dates_certain_without_moving_them(
    feedback: Feedback, desk: Desk
) -> None:
    """The swap of 23/11 is decided as assumed: the same date, no longer provisional, nobody reminded anew.

    Others got it wrong: a recompute touches what other rules listen to.
    """
    feedback.clock.move_to(local("2026-11-19 08:00"))
    await feedback.take(visit("evening", started="2026-11-18 08:00"))
    was = await feedback.duty(REPORT)
    settled = {"notice": "1/TB-BNV", "decided_on": "2026-11-19", "settles": ["swap-2026-11"]}

    await desk.put(CLERK, "/calendar/revisions/2", settled)
    await desk.put(SECRETARY, "/calendar/revisions/2/approval", {})

    now = await feedback.duty(REPORT)
    assert (was.provisional, now.provisional) == (True, False)
    assert (now.due_at, now.due_version) == (was.due_at, was.due_version)
    assert await moves(feedback) == []
    assert (await feedback.told())[REPORT] == now.snapshot()


async def test_drafts_may_be_rewritten_and_approved_revisions_never(desk: Desk) -> None:
    """Numbers follow each other; two kinds of people are needed."""
    put = desk.put
    assert (await put(CLERK, "/calendar/revisions/3", MONDAY_OFF)).status_code == 422
    assert (await put(CLERK, "/calendar/revisions/2", MONDAY_OFF)).status_code == 201
    assert (await put(CLERK, "/calendar/revisions/2", MONDAY_OFF)).status_code == 200
    assert (await put(CLERK, "/calendar/revisions/2", SATURDAY_WORKED)).status_code == 201
    assert (await put(CLERK, "/calendar/revisions/2/approval", {})).status_code == 403
    assert (await put(SECRETARY, "/calendar/revisions/2/approval", {})).status_code == 200

    assert (await put(CLERK, "/calendar/revisions/2", MONDAY_OFF)).status_code == 409
    assert (await put(SECRETARY, "/calendar/revisions/1/approval", {})).status_code == 409
    assert (await desk.get(SECRETARY, "/calendar/revisions/7/preview")).status_code == 404


# --- Policies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("anchor", "due"), [("2026-10-05", "2026-10-15"), ("2026-10-01", "2026-10-07")])
async def test_the_policy_in_force_on_the_day_of_the_visit_governs(
    feedback: Feedback, desk: Desk, anchor: str, due: str
) -> None:
    """F33, F50: Seven working days from 3/10 on for this committee; before that, and for others, the default."""
    policy = {
        "kind": "report",
        "rule": "working_days",
        "days": 7,
        "owed_to": "permanent_board",
        "citation": "Quy chế 05-QC/ĐU",
        "valid_from": "2026-10-03",
    }
    path = f"/policies/{id_of('policy')}"

    assert (await desk.put(SECRETARY, path, policy)).status_code == 201
    assert (await desk.put(SECRETARY, path, policy)).status_code == 200
    assert (await desk.put(SECRETARY, path, policy | {"days": 8})).status_code == 409
    await feedback.take(visit("evening", started=f"{anchor} 19:00"))

    duty = await feedback.duty(REPORT)
    assert duty.due_at.astimezone(local("2026-10-05 00:00").tzinfo).date() == date.fromisoformat(due)


# --- What moves nothing ---------------------------------------------------------------------------------


async def test_asking_stops_no_clock_and_each_duty_has_its_own(feedback: Feedback, desk: Desk) -> None:
    """F44: nothing pauses in silence: a legal delay is more days, granted with a reason, for one duty alone.

    Asked for and not decided, the duty is warned of and late as before; granted, only its own date moves.
    Others got it wrong: a sub-deadline overrules the main one.
    """
    await feedback.take(visit("evening", issue("ditch")))
    forward = forward_duty_id(id_of("ditch"))
    await desk.put(MEMBER, f"/duties/{REPORT}/extensions/{ASKED}", REASON)

    feedback.clock.move_to(local("2026-10-13 08:00"))
    await sweep(feedback)
    told = {(type(e), e.duty.duty_id) for e in await feedback.published() if isinstance(e, DutyOverdue)}
    assert told == {(DutyOverdue, REPORT), (DutyOverdue, forward)}
    (waiting,) = (await desk.read(SECRETARY, "/extensions"))["waiting"]
    assert (waiting["duty"]["duty_id"], waiting["duty"]["status"]) == (str(REPORT), "overdue")
    assert [each["reason"] for each in waiting["extensions"]] == [REASON["reason"]]
    assert (await desk.get(CLERK, "/extensions")).status_code == 403

    await grant(desk, ASKED)
    assert (await feedback.duty(REPORT)).due_at == local("2026-10-16 00:00")
    assert (await feedback.duty(forward)).due_at == local("2026-10-13 00:00")
    assert (await desk.read(SECRETARY, "/extensions")) == {"waiting": [], "total": 0}


async def test_whoever_proposed_a_calendar_does_not_approve_it(feedback: Feedback, desk: Desk) -> None:
    """Also with both posts in one hand: the second pair of eyes is somebody else's.

    Others got it wrong: a public holiday feed closes on days that are none; ours has a notice and a reviewer.
    """
    both = person(
        COMMITTEE,
        post(Role.PERMANENT_BOARD, COMMITTEE),
        post(Role.OFFICE_CLERK, COMMITTEE),
        person_id=SECRETARY,
        code="both",
    )
    await feedback.take(both.model_copy(update={"version": 9}))
    assert (await desk.put(SECRETARY, "/calendar/revisions/2", MONDAY_OFF)).status_code == 201

    assert (await desk.put(SECRETARY, "/calendar/revisions/2/approval", {})).status_code == 409
    (shown, _) = await desk.read(CLERK, "/calendar/revisions")
    assert (shown["status"], shown["proposed_by_name"]) == ("draft", both.full_name)


async def test_a_what_if_may_ask_what_was_known_then(feedback: Feedback, desk: Desk) -> None:
    """F43: by the calendar in force, or as it was before a notice came; the same days, counted otherwise."""
    before = feedback.clock.now().isoformat()
    feedback.clock.move_to(local("2026-10-06 12:00"))
    await desk.put(CLERK, "/calendar/revisions/2", MONDAY_OFF)
    await desk.put(SECRETARY, "/calendar/revisions/2/approval", {})

    now = await desk.read(MEMBER, "/deadline", **{"from": "2026-10-05"})
    then = await desk.read(MEMBER, "/deadline", **{"from": "2026-10-05", "as_of": before})

    assert [(each["last_day"], each["calendar_revision"]) for each in (now, then)] == [
        ("2026-10-13", 2),
        ("2026-10-12", 1),
    ]
    assert now["trace"][0]["date"] == then["trace"][0]["date"] == "2026-10-05"


async def test_a_policy_says_whether_it_is_coming_in_force_or_past(desk: Desk) -> None:
    """F33: the newest that has begun governs; what it replaced and what is to come are told apart."""
    policy = {"kind": "report", "rule": "working_days", "days": 3, "owed_to": "permanent_board"}
    for name, begins in (("old", "2026-09-01"), ("new", "2026-10-01"), ("next", "2026-12-01")):
        path = f"/policies/{id_of(name)}"
        sent = policy | {"citation": f"Quy chế {name}", "valid_from": begins}
        assert (await desk.put(SECRETARY, path, sent)).json()["owed_to_name"] == "Thường trực Đảng ủy"

    known = {
        each["citation"]: each["standing"]
        for each in await desk.read(CLERK, "/policies")
        if each["kind"] == "report"
    }

    default = next(
        citation for citation in known if not citation.startswith("Quy chế o") and "05 ngày" in citation
    )
    assert known == {
        default: "past",
        "Quy chế old": "past",
        "Quy chế new": "in_force",
        "Quy chế next": "coming",
    }
