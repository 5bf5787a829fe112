"""The late register: narrowed by anything, kept under a name, asked for by hand; levels reached, and who is on it."""

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from services.feedback.handlers.erasure import erase_late_texts
from shared.contracts.feedback import DutiesChased
from shared.contracts.notify import DutyAcknowledged, MessageChanged, MessageState
from shared.contracts.visits import AccessClass, IssueField, Urgency, VisitErased
from shared.ids import uuid7
from tests.feedback.desk import INSPECTOR, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import CELL, CLERK, MEMBER, SECRETARY, Feedback, id_of, issue, visit


@pytest.fixture
async def late(feedback: Feedback, desk: Desk) -> Desk:
    """Reports and matters of two evenings, all of them late by now; one restricted, one urgent, one next door."""
    await feedback.take(
        visit(
            "evening",
            issue("ditch", field=IssueField.ENVIRONMENT),
            issue("lamp", field=IssueField.ELECTRICITY_WATER, urgency=Urgency.URGENT),
            issue("talk", access_class=AccessClass.IDEOLOGY, title=None),
        ),
        visit("earlier", started="2026-09-28 19:00", visitor_id=OTHER_MEMBER),
        visit("theirs", committee_id=id_of("neighbour")),
    )
    feedback.clock.move_to(feedback.clock.now() + timedelta(days=9))
    return desk


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "overdue,open", "kind": "report,forward", "restricted": "false"}, 4),
        ({"status": "on_time"}, 0),
        ({"owner": str(OTHER_MEMBER)}, 1),
        ({"unit": str(CELL), "kind": "forward"}, 2),
        ({"field": "electricity_water"}, 1),
        ({"urgency": "urgent"}, 1),
        ({"due_from": "2026-10-12", "due_to": "2026-10-12"}, 3),
        ({"due_to": "2026-10-11"}, 1),
    ],
)
async def test_what_is_chosen_is_counted_listed_and_taken_out_alike(
    late: Desk, query: dict[str, Any], found: int
) -> None:
    """F54, F67: one choice for the list, its count and the file."""
    page = await late.read(CLERK, "/duties", **query)
    rows = _csv((await late.get(CLERK, "/register", format="csv", **query)).content)

    assert len(page["duties"]) == sum(page["counted"].values()) == len(rows) - 1 == found


async def test_the_board_can_leave_out_what_figures_leave_out(late: Desk) -> None:
    """Otherwise a figure and the list behind it would differ for who sees more."""
    assert sum((await late.read(SECRETARY, "/duties"))["counted"].values()) == 5
    assert sum((await late.read(SECRETARY, "/duties", restricted="false"))["counted"].values()) == 4


async def test_the_highest_rung_that_reached_somebody_is_the_level(feedback: Feedback, late: Desk) -> None:
    """F54: rungs are told in order; reading an old message, a correction or a chase by hand raises nothing."""
    duty_id = (await late.read(CLERK, "/duties", owner=str(OTHER_MEMBER)))["duties"][0]["duty_id"]
    told = [
        _message(duty_id, "reminder-0", 1, MessageState.DELIVERED, hours=1),
        _message(duty_id, "chase-1", 1, MessageState.DELIVERED, hours=2),
        _message(duty_id, "escalation-5", 1, MessageState.SUPPRESSED, hours=3),
        _message(duty_id, "chased-2026-10-15", 1, MessageState.DELIVERED, hours=4),
        _message(duty_id, "reminder-0", 2, MessageState.READ, hours=5),
    ]
    for order in (told[::-1], told):
        await feedback.take(*order)

    shown = (await late.read(CLERK, f"/duties/{duty_id}"))["duty"]
    assert shown["level"] == "chase-1"


async def test_who_said_to_be_on_it_stands_there_until_that_day_has_passed(
    feedback: Feedback, late: Desk
) -> None:
    """What they said last counts, whichever comes first."""
    duty_id = (await late.read(CLERK, "/duties", owner=str(OTHER_MEMBER)))["duties"][0]["duty_id"]
    first, then = (
        DutyAcknowledged(duty_id=duty_id, person_id=OTHER_MEMBER, until=until, at=feedback.clock.now() + wait)
        for until, wait in ((date(2026, 10, 20), timedelta()), (date(2026, 10, 17), timedelta(minutes=1)))
    )
    await feedback.take(then)
    await feedback.take(first)
    assert (await late.read(CLERK, f"/duties/{duty_id}"))["duty"]["acknowledged_until"] == "2026-10-17"

    feedback.clock.move_to(feedback.clock.now() + timedelta(days=3))
    assert (await late.read(CLERK, f"/duties/{duty_id}"))["duty"]["acknowledged_until"] is None


async def test_several_are_asked_for_at_once_and_each_at_most_once_a_day(
    feedback: Feedback, late: Desk
) -> None:
    """One event however often it is sent; a second chase within 24 hours passes over, and says which and why."""
    duties = (await late.read(CLERK, "/duties", status="overdue", kind="report"))["duties"]
    ids = [duty["duty_id"] for duty in duties]
    path, body = f"/chases/{uuid7()}", {"duty_ids": ids, "note": "Xin báo cáo trước thứ Sáu."}

    answers = [await late.put(CLERK, path, body) for _ in range(2)]
    again = await late.put(SECRETARY, f"/chases/{uuid7()}", {"duty_ids": ids[:1]})

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert set(answers[0].json()["chased"]) == set(ids)
    assert again.json()["skipped"] == [{"duty_id": ids[0], "why": "chased_lately"}]
    (event,) = [each for each in await feedback.published() if isinstance(each, DutiesChased)]
    assert {str(each.duty.duty_id) for each in event.chased} == set(ids)
    assert "thứ Sáu" not in event.model_dump_json()
    detail = await late.read(MEMBER, f"/duties/{_of(MEMBER, duties)}")
    chased = [moment for moment in detail["timeline"] if moment["what"] == "chased"]
    assert [(moment["person_id"], moment["reason"]) for moment in chased] == [
        (str(CLERK), "Xin báo cáo trước thứ Sáu.")
    ]

    feedback.clock.move_to(feedback.clock.now() + timedelta(hours=24))
    assert (await late.put(CLERK, f"/chases/{uuid7()}", {"duty_ids": ids})).json()["skipped"] == []


async def test_what_was_written_in_a_chase_ends_with_the_texts_of_its_visit(
    feedback: Feedback, late: Desk
) -> None:
    """The moment stays in the timeline; so it is too when the erasure comes first and somebody writes later."""
    duty_id = (await late.read(CLERK, "/duties", owner=str(MEMBER), kind="report"))["duties"][0]["duty_id"]
    await late.put(CLERK, f"/chases/{uuid7()}", {"duty_ids": [duty_id], "note": "Xin báo cáo sớm."})

    await feedback.take(VisitErased(visit=visit("evening", version=9, erased_at=feedback.clock.now())))
    assert await _notes(late, duty_id) == [None]

    feedback.clock.move_to(feedback.clock.now() + timedelta(days=1))
    await late.put(CLERK, f"/chases/{uuid7()}", {"duty_ids": [duty_id], "note": "Nhắc lần nữa."})
    await erase_late_texts(feedback.database, date(2026, 10, 16))
    assert await _notes(late, duty_id) == [None, None]


async def _notes(desk: Desk, duty_id: str) -> list[str | None]:
    timeline = (await desk.read(SECRETARY, f"/duties/{duty_id}"))["timeline"]
    return [moment["reason"] for moment in timeline if moment["what"] == "chased"]


async def test_nobody_asks_for_what_they_may_not_see_or_what_is_not_late(
    feedback: Feedback, late: Desk
) -> None:
    """One hidden among them refuses all; other content under a known id too; a phone number is cautioned about."""
    seen = (await late.read(SECRETARY, "/duties", status="overdue"))["duties"]
    (hidden,) = [duty["duty_id"] for duty in seen if duty["access_class"] != "normal"]
    ours = next(duty["duty_id"] for duty in seen if duty["access_class"] == "normal")
    theirs = (await late.read(STRANGER, "/duties"))["duties"][0]["duty_id"]
    path = f"/chases/{uuid7()}"

    for who, ids, status in (
        (CLERK, [ours, hidden], 404),
        (CLERK, [ours, theirs], 404),
        (CLERK, [ours, str(uuid7())], 404),
        (MEMBER, [ours], 403),
        (INSPECTOR, [ours], 403),
        (SECRETARY, [hidden], 201),
    ):
        assert (await late.put(who, f"/chases/{uuid7()}", {"duty_ids": ids})).status_code == status
    warned = await late.put(CLERK, path, {"duty_ids": [ours], "note": "Gọi 0912 345 678"})
    assert [each["code"] for each in warned.json()["warnings"]] == ["phone-number"]
    assert (await late.put(CLERK, path, {"duty_ids": [ours], "note": "khác"})).status_code == 409

    await feedback.take(visit("tonight", started="2026-10-15 19:00"))
    (open_,) = (await late.read(CLERK, "/duties", status="open"))["duties"]
    passed = (await late.put(CLERK, f"/chases/{uuid7()}", {"duty_ids": [open_["duty_id"]]})).json()
    assert passed["skipped"] == [{"duty_id": open_["duty_id"], "why": "not_late"}]


async def test_a_choice_is_kept_under_a_name_for_its_person_alone(late: Desk) -> None:
    """F71: what is kept comes back as it was chosen; another person neither sees, nor changes, nor removes it."""
    path = f"/saved-views/{uuid7()}"
    choice = {"status": ["overdue"], "kind": ["report", "forward"], "unit": str(CELL), "q": "đèn"}
    assert (await late.put(CLERK, path, {"name": "Trễ ở chi bộ", "choice": choice})).status_code == 201
    assert (await late.put(CLERK, path, {"name": "Trễ", "choice": choice})).status_code == 200

    (kept,) = (await late.read(CLERK, "/saved-views"))["views"]
    assert (kept["name"], {key: kept["choice"][key] for key in choice}) == ("Trễ", choice)
    assert (await late.read(SECRETARY, "/saved-views"))["views"] == []
    for who in (SECRETARY, STRANGER):
        assert (await late.put(who, path, {"name": "Của tôi", "choice": {}})).status_code == 409
        assert (await late.delete(who, path)).status_code == 404
    assert (await late.delete(CLERK, path)).status_code == 204
    assert (await late.read(CLERK, "/saved-views"))["views"] == []


async def test_owners_and_units_can_be_chosen_within_reach(late: Desk) -> None:
    """F70: a member is offered themselves, the office everybody who owes or owed something."""
    everybody = await late.read(CLERK, "/register/names")
    own = await late.read(MEMBER, "/register/names")

    assert {each["id"] for each in everybody["owners"]} == {str(MEMBER), str(OTHER_MEMBER)}
    assert [each["id"] for each in own["owners"]] == [str(MEMBER)]
    assert [each["id"] for each in everybody["units"]] == [str(CELL)]


def _message(duty_id: str, rung: str, version: int, state: MessageState, *, hours: int) -> MessageChanged:
    return MessageChanged.model_validate(
        {
            "message_id": id_of(f"{duty_id} {rung}"),
            "version": version,
            "duty_id": duty_id,
            "due_version": 1,
            "rung": rung,
            "person_id": OTHER_MEMBER,
            "channel": "inbox",
            "state": state,
            "reason": "",
            "at": f"2026-10-14T{8 + hours:02}:00:00+07:00",
        }
    )


def _of(owner: Any, duties: list[Mapping[str, Any]]) -> str:
    return next(duty["duty_id"] for duty in duties if duty["owner_person_id"] == str(owner))


def _csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
