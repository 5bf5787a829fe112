"""The morning page: each figure is what its list holds, and says what is not known yet."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.contracts.visits import AccessClass, DeviceSeen, UnitChanged, Urgency, VisitKind
from tests.feedback.desk import INSPECTOR, NEIGHBOUR, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import CELL, CLERK, COMMITTEE, MEMBER, SECRETARY, Feedback, id_of, issue, visit


async def test_what_is_new_urgent_and_still_open_is_what_the_register_lists(
    feedback: Feedback, desk: Desk
) -> None:
    """F54, F55: newly late today, urgent, and each week of what fell due, restricted matters aside."""
    await feedback.take(
        visit(
            "evening",
            issue("lamp", urgency=Urgency.URGENT),
            issue("ditch"),
            issue("talk", access_class=AccessClass.IDEOLOGY, urgency=Urgency.URGENT, title=None),
        ),
        visit("in time", filed="2026-10-07 09:00"),
        visit("theirs", committee_id=NEIGHBOUR),
    )
    feedback.clock.move_to(
        feedback.clock.now() + timedelta(days=7)
    )  # Tuesday 13/10, the day after the last day
    found = await desk.read(SECRETARY, "/morning")

    new = await desk.read(
        SECRETARY,
        "/duties",
        status="overdue",
        due_from=found["last_day"],
        due_to=found["last_day"],
        restricted="false",
    )
    urgent = await desk.read(
        SECRETARY, "/duties", status="open,overdue", urgency="urgent", restricted="false"
    )
    assert found["newly_late"] == len(new["duties"]) == 3
    assert (found["urgent_duties"], found["urgent_issues"]) == (len(urgent["duties"]), 1)

    feedback.clock.move_to(feedback.clock.now() + timedelta(days=7))
    week = (await desk.read(SECRETARY, "/morning"))["weeks"][-1]
    listed = await desk.read(
        SECRETARY,
        "/duties",
        status="on_time,late,overdue",
        kind="report,forward",
        due_from=week["first"],
        due_to=week["last"],
        restricted="false",
    )
    assert (week["on_time"], week["late"], week["open"]) == (1, 0, 3)
    assert week["due"] == len(listed["duties"])
    assert (await desk.read(SECRETARY, "/morning"))["newly_late"] == 0


async def test_cells_nobody_attended_this_year_are_listed_with_their_last_times(
    feedback: Feedback, desk: Desk
) -> None:
    """F57: of those valid today; a field trip is told beside, and days are counted from the later visit."""
    cells = {name: id_of(name) for name in ("attended", "last year", "never", "dissolved")}
    await feedback.take(
        *(_cell(name, unit_id) for name, unit_id in cells.items()),
        visit("a", unit_id=cells["attended"]),
        visit("b", unit_id=cells["last year"], started="2025-12-01 19:00", history=True),
        visit("c", unit_id=cells["last year"], started="2026-10-01 08:00", kind=VisitKind.FIELD_TRIP),
        visit("d", unit_id=CELL),
    )
    found = await desk.read(CLERK, "/unvisited")

    assert [(each["name"], each["last_attended"], each["days"]) for each in found["units"]] == [
        ("last year", "2025-12-01", 5),
        ("never", None, None),
    ]
    assert (await desk.read(CLERK, "/morning"))["unvisited"] == 2


def _cell(name: str, unit_id: UUID) -> UnitChanged:
    return UnitChanged.model_validate(
        {
            "unit_id": unit_id,
            "version": 1,
            "committee_id": COMMITTEE,
            "code": name,
            "name": name,
            "kind": "party_cell",
            "parent_id": COMMITTEE,
            "valid_to": "2026-06-30" if name == "dissolved" else None,
        }
    )


async def test_what_phones_have_not_sent_makes_a_range(feedback: Feedback, desk: Desk) -> None:
    """F59, F60: the newest word of each phone, by member; the share is told with what the truth lies between."""
    await feedback.take(visit("in time", filed="2026-10-07 09:00"), visit("open"))
    feedback.clock.move_to(feedback.clock.now() + timedelta(days=9))
    assert await _share(desk) == (500, 500, 500)

    await feedback.take(_seen(feedback, "phone", 2, unsent=1), _seen(feedback, "other phone", 1, unsent=1))
    await feedback.take(
        _seen(feedback, "phone", 1, unsent=9), _seen(feedback, "theirs", 1, committee_id=NEIGHBOUR)
    )

    assert await _share(desk) == (500, 250, 1000)
    members = {each["person_id"]: each for each in (await desk.read(INSPECTOR, "/freshness"))["members"]}
    assert (members[str(MEMBER)]["phones"], members[str(MEMBER)]["unsent"]) == (2, 2)
    assert (members[str(OTHER_MEMBER)]["phones"], members[str(OTHER_MEMBER)]["seen_at"]) == (0, None)
    assert str(CLERK) not in members
    assert (await desk.get(MEMBER, "/freshness")).status_code == 403
    assert {each["unsent"] for each in (await desk.read(STRANGER, "/freshness"))["members"]} == {0}
    past = await desk.read(CLERK, "/figures", as_of=feedback.clock.now().isoformat())
    assert past["share"]["unsent"] == 0

    feedback.clock.move_to(feedback.clock.now() + timedelta(days=31))
    assert await _share(desk) == (500, 500, 500)


async def _share(desk: Desk) -> tuple[int, int, int]:
    share = (await desk.read(CLERK, "/figures"))["share"]
    return share["known"], share["low"], share["high"]


def _seen(feedback: Feedback, name: str, version: int, **facts: Any) -> DeviceSeen:
    return DeviceSeen.model_validate(
        {
            "phone_id": id_of(name),
            "version": version,
            "committee_id": COMMITTEE,
            "person_id": MEMBER,
            "seen_at": feedback.clock.now(),
            "drafts": 1,
            "unsent": 0,
        }
        | facts
    )
