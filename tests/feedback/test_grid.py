"""The grid, coverage and plans are counted from what visits tells, and agree with registers counted by others."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.feedback.domain.cadence import Standing
from services.feedback.views.coverage import Choice, coverage, shares
from services.feedback.views.grid import Grid, grid
from shared.contracts.visits import (
    FOCUS,
    AbsenceChanged,
    AbsenceReason,
    AssignmentChanged,
    EveningChanged,
    Period,
    PersonChanged,
    PlanChanged,
    PostHeld,
    QuotaChanged,
    Role,
    UnheldRecorded,
    UnitChanged,
    VisitKind,
)
from tests.feedback import registers
from tests.feedback.desk import INSPECTOR, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import CELL, CLERK, COMMITTEE, MEMBER, SECRETARY, Feedback, id_of, issue, visit

DATA = Path(__file__).parents[1] / "data" / "registers"
TRIP, MEETING = VisitKind.FIELD_TRIP, VisitKind.MEETING_ATTENDANCE


def quota(kind: VisitKind, count: int = 1, committee_id: Any = COMMITTEE) -> QuotaChanged:
    return QuotaChanged(
        quota_id=id_of(f"{committee_id} {kind} {count}"),
        version=1,
        committee_id=committee_id,
        kind=kind,
        period=Period.MONTH if kind is TRIP else Period.QUARTER,
        min_count=count,
        valid_from=date(1990, 1, 1),
    )


def plan(name: str, day: str, *, unit: str = "", version: int = 1, **facts: Any) -> PlanChanged:
    values = {
        "plan_id": id_of(name),
        "version": version,
        "committee_id": COMMITTEE,
        "person_id": MEMBER,
        "unit_id": id_of(unit) if unit else CELL,
        "kind": MEETING,
        "day": date.fromisoformat(day),
    }
    return PlanChanged(**values | facts)


def cell(name: str, **facts: Any) -> UnitChanged:
    values = {
        "unit_id": id_of(name),
        "version": 1,
        "committee_id": COMMITTEE,
        "code": name,
        "name": f"Chi bộ {name}",
        "kind": "party_cell",
        "parent_id": COMMITTEE,
    }
    return UnitChanged(**values | facts)


@pytest.mark.parametrize("register", ["tu_son_2026", "tu_son_2015_2020"])
async def test_the_figures_of_both_registers_come_out_of_the_grid_and_of_coverage(
    feedback: Feedback, register: str
) -> None:
    """F56, F57, F58: never attended and most attended cells, meetings at model cells, members out every month."""
    expected = json.loads((DATA / register / "expected.json").read_text(encoding="utf-8"))
    events = list(registers.events(registers.read(DATA / register), history=True))
    ward = next(event.committee_id for event in events if isinstance(event, UnitChanged))
    for start in range(0, len(events), 500):
        await feedback.take(*events[start : start + 500])
    await feedback.take(quota(TRIP, committee_id=ward), quota(MEETING, committee_id=ward))
    last = date.fromisoformat(expected["period"][1] if "period" in expected else expected["as_of"][:10])
    first = date.fromisoformat(expected["period"][0]) if "period" in expected else date(2026, 1, 1)
    feedback.clock.move_to(registers.midnight(max(last, date(2026, 11, 22))))

    async with feedback.database.read() as tx:
        found = shares((await coverage(tx, ward, Choice(kind=MEETING, first=first, last=last))).cells)
        years = [await grid(tx, ward, year) for year in range(first.year, last.year + 1)]

    told = {
        "party_cells": found.cells,
        "meetings_attended": found.visits,
        "cells_never_attended": found.never,
        "most_attended_cell": found.most_at_one_cell,
        "meetings_to_model_cells": found.visits_to_model,
        "members_with_a_trip_every_month": every_month(years, first, last),
    }
    assert {key: told[key] for key in told if key in expected} == {
        key: expected[key] for key in told if key in expected
    }
    assert found.chosen == found.visits  # nobody was asked to go anywhere


async def test_a_follower_s_visit_counts_for_the_cell_and_asks_no_quota_of_them(feedback: Feedback) -> None:
    """Who does not sit on the committee is in no grid; the cell was visited, and what was raised there is owed."""
    follower = id_of("follower")
    post = PostHeld(
        post_id=id_of("post"), role=Role.FOLLOWER, body="staff", title="Chuyên viên", unit_id=COMMITTEE
    )
    await feedback.take(
        cell("F"),
        quota(TRIP),
        PersonChanged(
            person_id=follower,
            version=1,
            committee_id=COMMITTEE,
            code="F1",
            full_name="Lý Thị Hoa",
            posts=(post,),
        ),
        visit("by a follower", issue("raised"), unit_id=id_of("F"), visitor_id=follower),
    )

    async with feedback.database.read() as tx:
        cells = (await coverage(tx, COMMITTEE, Choice())).cells
        lines = (await grid(tx, COMMITTEE, 2026)).lines

    assert {each.code: each.visits for each in cells}["F"] == 1
    assert follower not in {line.person.person_id for line in lines}
    assert {duty.owner_person_id for duty in await feedback.duties()} == {follower}


def every_month(years: list[Grid], first: date, last: date) -> int:
    """Members whose every month from the first to the last has a trip."""
    whole: dict[Any, bool] = {}
    for shown in years:
        for line in shown.lines:
            done = all(
                each.done > 0 for each in line.cells[TRIP] if first.replace(day=1) <= each.span.first <= last
            )
            whole[line.person.person_id] = whole.get(line.person.person_id, True) and done
    return sum(whole.values())


async def test_how_each_period_stands(feedback: Feedback, desk: Desk) -> None:
    """F56: on 6/10/2026 a month is done, late, excused, running or ahead; a row is one's name, not one's rank."""
    excused = AbsenceChanged(
        absence_id=id_of("absence"),
        version=1,
        committee_id=COMMITTEE,
        person_id=MEMBER,
        first=date(2026, 4, 1),
        last=date(2026, 6, 30),
        reason=AbsenceReason.TRAINING,
    )
    await feedback.take(
        quota(TRIP),
        quota(MEETING),
        excused,
        visit("a trip", kind=TRIP, started="2026-07-31 23:30"),
        visit("a meeting", started="2026-10-03 19:00"),
    )

    shown = await desk.get(CLERK, "/grid", year=2026)
    told = shown.json()
    mine = next(line for line in told["lines"] if line["person_id"] == str(MEMBER))

    stands = [each["standing"] for each in mine["field_trip"]]
    assert stands == ["late"] * 3 + ["excused"] * 3 + ["done", "late", "late", "not_yet", "ahead", "ahead"]
    assert [each["standing"] for each in mine["meeting_attendance"]] == ["late", "excused", "late", "done"]
    assert [each["required"] for each in mine["field_trip"]][3:7] == [0, 0, 0, 1]
    names = [line["full_name"] for line in told["lines"]]
    assert len(names) == 3  # whoever sits on the committee, and nobody who only works for it

    behind = await desk.get(CLERK, f"/grid/{MEMBER}", **{"from": "2026-07-01", "to": "2026-07-31"})
    assert [each["visit_id"] for each in behind.json()["visits"]] == [str(id_of("a trip"))]
    for kind in ("xlsx", "csv"):
        file = await desk.get(INSPECTOR, "/grid/file", year=2026, format=kind)
        assert file.status_code == 200
    assert "1 / 1 (đủ)" in file.content.decode("utf-8-sig")

    await feedback.take(excused.model_copy(update={"version": 2, "withdrawn": True}), excused)
    again = (await desk.get(CLERK, "/grid", year=2026)).json()
    mine = next(line for line in again["lines"] if line["person_id"] == str(MEMBER))
    assert Standing.EXCUSED not in {each["standing"] for each in mine["field_trip"]}


async def test_how_often_members_went_is_spread_out_without_a_name(feedback: Feedback, desk: Desk) -> None:
    """Practice 22: the median, how many went how often, and who did more than was asked, as numbers of members."""
    trips = [visit(f"trip {n}", kind=TRIP, started=f"2026-0{1 + n % 9}-15 08:30") for n in range(14)]
    await feedback.take(
        quota(TRIP),
        visit("another's", kind=TRIP, visitor_id=OTHER_MEMBER, started="2026-05-15 08:30"),
        *trips,
    )

    spread = (await desk.get(CLERK, "/grid", year=2026)).json()["spread"]

    assert spread["field_trip"] == {
        "median": 1.0,
        "times": [{"visits": count, "members": 1} for count in (0, 1, 14)],
        "beyond": 1,
    }
    assert spread["meeting_attendance"] == {
        "median": None,
        "times": [],
        "beyond": 0,
    }  # nobody asks for meetings


async def test_who_may_not_look_learns_nothing(feedback: Feedback, desk: Desk) -> None:
    """F56: members do not look at each other; of another committee nobody is known."""
    await feedback.take(visit("a meeting"))
    days = {"from": "2026-01-01", "to": "2026-12-31"}
    assert (await desk.get(OTHER_MEMBER, "/grid")).status_code == 403
    assert (await desk.get(STRANGER, f"/grid/{MEMBER}", **days)).status_code == 404
    assert (await desk.get(STRANGER, "/coverage")).json()["cells"] == []


async def test_coverage_says_where_nobody_was_and_what_was_chosen(feedback: Feedback, desk: Desk) -> None:
    """F57, F58: never visited first; a visit that somebody was asked to make, on its day, is not self-chosen."""
    await feedback.take(
        cell("new"),
        cell("hard", attention="difficult", cell_type="village"),
        cell("model", recognition="model"),
        cell("gone", valid_to=date(2026, 5, 31)),
        AssignmentChanged(
            assignment_id=id_of("asked"),
            version=1,
            committee_id=COMMITTEE,
            person_id=MEMBER,
            unit_id=id_of("model"),
            duty="attend_meeting",
            valid_from=date(2026, 9, 1),
            valid_to=date(2026, 9, 30),
        ),
        visit("asked", unit_id=id_of("model"), started="2026-09-30 19:00"),
        visit("chosen", unit_id=id_of("model"), started="2026-10-01 19:00"),
        visit("hard", unit_id=id_of("hard"), started="2026-08-03 19:00"),
        visit("at the cell", started="2026-07-03 19:00", kind=TRIP),
        plan("ahead", "2026-11-03", unit="new"),
    )

    told = (await desk.get(SECRETARY, "/coverage")).json()

    names = [each["name"] for each in told["cells"] if each["unit_id"] != str(CELL)]
    assert names == ["Chi bộ new", "Chi bộ hard", "Chi bộ model"]
    assert told["shares"] == {
        "cells": 4,
        "never": 1,
        "visits": 4,
        "most_at_one_cell": 2,
        "model_cells": 1,
        "visits_to_model": 2,
        "chosen": 3,
        "chosen_to_model": 1,
    }
    assert told["concentration"] == 0.375
    suggested = [(each["unit_id"], each["reason"]) for each in told["suggestions"]]
    assert suggested == [
        (str(id_of("hard")), "difficult"),
        (str(CELL), "long_ago"),
        (str(id_of("model")), "long_ago"),
    ]
    meetings = (await desk.get(SECRETARY, "/coverage", kind=MEETING, difficult=True)).json()
    assert [(each["name"], each["days"]) for each in meetings["cells"]] == [("Chi bộ hard", 64)]


async def test_visits_to_a_cell_chosen_by_decision_are_nobody_s_liking(
    feedback: Feedback, desk: Desk
) -> None:
    """Practices 52, 62: they count as asked for, and the cell is neither weak nor part of how even visits are."""
    await feedback.take(
        cell("focus", attention=FOCUS, recognition="model"),
        *(visit(f"there {n}", unit_id=id_of("focus"), started=f"2026-0{n}-03 19:00") for n in range(1, 7)),
        cell("weak", attention="weak"),
        visit("at the weak one", unit_id=id_of("weak"), started="2026-07-03 19:00"),
        visit("at the cell", started="2026-07-03 19:00"),
    )

    told = (await desk.get(SECRETARY, "/coverage")).json()
    difficult = (await desk.get(SECRETARY, "/coverage", difficult=True)).json()

    assert (told["shares"]["visits"], told["shares"]["chosen"], told["shares"]["chosen_to_model"]) == (
        8,
        2,
        0,
    )
    assert told["concentration"] == 0.0
    assert [each["name"] for each in difficult["cells"]] == ["Chi bộ weak"]
    assert told["suggestions"][0] == {"unit_id": str(id_of("weak")), "reason": "difficult"}


async def test_plans_are_held_cancelled_or_silent_and_the_third_is_one_evening(
    feedback: Feedback, desk: Desk
) -> None:
    """F73: planned against held against cancelled, whatever order events come in; what collides; who is left over."""
    await feedback.take(
        plan("called off", "2026-09-03", version=2, cancelled="weather"),
        plan("called off", "2026-09-03"),
        plan("held", "2026-09-30"),
        plan("nobody came", "2026-09-15", unit="new"),
        plan("silent", "2026-08-10"),
        plan("ahead", "2026-11-03"),
        plan("also there", "2026-11-03", person_id=OTHER_MEMBER),
        plan("and elsewhere", "2026-11-03", unit="new"),
        cell("new"),
        cell("gone", valid_to=date(2026, 9, 30), successor_ids=(id_of("new"),)),
        visit("held", started="2026-10-02 19:00"),
        UnheldRecorded(
            unheld_id=id_of("unheld"),
            version=1,
            committee_id=COMMITTEE,
            person_id=MEMBER,
            unit_id=id_of("new"),
            kind=MEETING,
            day=date(2026, 9, 15),
        ),
        AssignmentChanged(
            assignment_id=id_of("left over"),
            version=1,
            committee_id=COMMITTEE,
            person_id=MEMBER,
            unit_id=id_of("gone"),
            duty="in_charge_of",
            valid_from=date(2026, 1, 1),
        ),
    )

    told = (await desk.get(CLERK, "/planning", year=2026)).json()

    counted = {month["month"][5:7]: month for month in told["months"] if month["planned"]}
    assert {
        n: [m["planned"], m["held"], m["cancelled"], m["to_log"], m["ahead"]] for n, m in counted.items()
    } == {
        "08": [1, 0, 0, 1, 0],
        "09": [3, 1, 2, 0, 0],
        "11": [3, 0, 0, 0, 3],
    }
    evening = told["evening"]
    assert (evening["day"], evening["members"], evening["cells"], evening["going"]) == ("2026-11-03", 3, 2, 2)
    assert evening["uncovered"] == []
    assert [len(each["people"]) for each in told["crowded"]] == [2]
    assert [each["units"] for each in told["torn"]] != []
    assert [each["successors"] for each in told["hand_over"]] == [["Chi bộ new"]]

    storm = EveningChanged(
        evening_id=id_of("storm"),
        version=1,
        committee_id=COMMITTEE,
        month=date(2026, 11, 1),
        day=date(2026, 11, 10),
    )
    await feedback.take(storm)
    moved = (await desk.get(CLERK, "/planning")).json()["evening"]
    assert (moved["day"], moved["going"]) == ("2026-11-10", 0)
    await feedback.take(storm.model_copy(update={"version": 2, "withdrawn": True}), storm)
    assert (await desk.get(CLERK, "/planning")).json()["evening"]["day"] == "2026-11-03"

    taken_over = AssignmentChanged(
        assignment_id=id_of("taken over"),
        version=1,
        committee_id=COMMITTEE,
        person_id=OTHER_MEMBER,
        unit_id=id_of("new"),
        duty="in_charge_of",
        valid_from=date(2026, 10, 1),
    )
    await feedback.take(taken_over)
    assert (await desk.get(CLERK, "/planning")).json()["hand_over"] == []
