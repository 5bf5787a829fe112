"""A member's sheet: what was asked and what was done, frozen when the period is over, and never changed after."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.feedback.domain.evaluation import days_of
from shared.contracts.visits import ObjectionMade
from shared.ids import uuid7
from tests.feedback.desk import INSPECTOR, OTHER_MEMBER, Desk
from tests.feedback.given import CLERK, COMMITTEE, MEMBER, SECRETARY, Feedback, id_of, issue, visit
from tests.feedback.test_policies import PATH, POLICY

SHEET = f"/people/{MEMBER}/sheet"


async def rows(desk: Desk, part: int, period: str = "2026-Q4", who: Any = CLERK) -> list[list[str]]:
    shown = await desk.read(who, SHEET, period=period)
    table: list[list[str]] = shown["paper"]["parts"][part]["rows"]
    return table


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
    ],
)
def test_a_period_has_its_days(period: str, first: date, last: date) -> None:
    """Quarters of the calendar year."""
    assert days_of(period) == (first, last)


@pytest.mark.parametrize("period", ["26", "2026-Q5", "2026-10", "", "2026-Q"])
def test_what_is_no_period_is_refused(period: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=f"^{period}$"):
        days_of(period)


async def test_f66_a_sheet_tells_what_was_done_with_its_evidence(feedback: Feedback, desk: Desk) -> None:
    """F66: visits against the quota, reports and forwardings by what became of them, and the visits behind it."""
    await feedback.take(
        visit("evening", issue("ditch"), filed="2026-10-08 08:00"),
        visit("late one", started="2026-10-12 19:00", filed="2026-11-02 08:00"),
    )
    feedback.clock.move_to(datetime(2026, 11, 20, tzinfo=UTC))

    report, forward = await rows(desk, 1)
    visits = await rows(desk, 3)

    assert report == ["Báo cáo kết quả", "1", "1", "0", "0"]
    assert forward == ["Chuyển ý kiến", "0", "0", "1", "0"]
    assert [row[0] for row in visits] == ["05/10/2026", "12/10/2026"]
    assert await rows(desk, 3, "2026-Q3") == []


async def test_f69_a_frozen_sheet_survives_a_new_rule_and_later_facts(feedback: Feedback, desk: Desk) -> None:
    """F69: what was frozen stays; what is put right is a next edition, and the same id freezes nothing anew."""
    await feedback.take(visit("evening", issue("ditch")))
    running = await desk.put(CLERK, SHEET, {"sheet_id": str(uuid7()), "period": "2026-Q4"})
    feedback.clock.move_to(datetime(2027, 1, 4, 2, tzinfo=UTC))
    body = {"sheet_id": str(uuid7()), "period": "2026-Q4"}
    frozen = await desk.put(CLERK, SHEET, body)

    feedback.clock.move_to(datetime(2027, 1, 5, 2, tzinfo=UTC))
    assert (
        await desk.put(SECRETARY, PATH, POLICY | {"kind": "report", "days": 9, "valid_from": "2027-02-01"})
    ).status_code == 201
    await feedback.take(visit("evening", issue("ditch"), version=2, filed="2027-01-05 08:00"))

    assert (running.status_code, running.json()["errors"][0]["pointer"]) == (422, "/period")
    assert frozen.status_code == 201
    assert await desk.read(CLERK, SHEET, period="2026-Q4") == frozen.json()
    again = await desk.put(CLERK, SHEET, body)
    assert (again.status_code, again.json()) == (200, frozen.json())
    other = await desk.put(CLERK, SHEET, body | {"period": "2026-Q3"})
    assert other.status_code == 409
    put_right = await desk.put(CLERK, SHEET, {"sheet_id": str(uuid7()), "period": "2026-Q4"})
    assert put_right.json()["edition"] == 2
    assert put_right.json()["paper"]["parts"] != frozen.json()["paper"]["parts"]


async def test_a_member_sees_the_own_sheet_and_nobody_elses(feedback: Feedback, desk: Desk) -> None:
    """The inspector reads all and freezes none; what a member said to their record stands on the sheet."""
    await feedback.take(
        ObjectionMade(
            objection_id=id_of("objection"),
            version=1,
            committee_id=COMMITTEE,
            person_id=MEMBER,
            period="2026-Q4",
            first_day=date(2026, 10, 1),
            body="Buổi ngày 3 họp chung hai chi bộ.",
            made_at=feedback.clock.now(),
        )
    )

    assert [row[1] for row in await rows(desk, 4, who=MEMBER)] == ["Buổi ngày 3 họp chung hai chi bộ."]
    assert (await desk.get(OTHER_MEMBER, SHEET, period="2026-Q4")).status_code == 404
    assert [
        each["person_id"] for each in (await desk.read(MEMBER, "/sheets", period="2026-Q4"))["sheets"]
    ] == [str(MEMBER)]
    assert len((await desk.read(INSPECTOR, "/sheets", period="2026-Q4"))["sheets"]) > 1
    freezing = await desk.put(INSPECTOR, SHEET, {"sheet_id": str(uuid7()), "period": "2026-Q3"})
    assert freezing.status_code == 403
