"""F14, F73: a plan is a day at a unit; it turns into a duty to log, is held by a visit, or taken back with a reason."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.visits.domain.evenings import next_evening
from services.visits.domain.plans import Made, Plan, State, answered_by
from services.visits.domain.unheld import UnheldReason
from shared.contracts.visits import EveningChanged, PlanChanged, VisitKind
from shared.ids import uuid7
from tests.visits.test_directory import API
from tests.visits.world import WARD, World, meeting, person_id, trip, unit_id

EVENING = {"unit_id": str(unit_id("C001")), "kind": "meeting_attendance", "day": "2026-12-03"}


def plan(day: str, **changes: Any) -> Plan:
    given: dict[str, Any] = {
        "plan_id": uuid7(),
        "version": 1,
        "committee_id": WARD,
        "person_id": person_id("M1"),
        "unit_id": unit_id("C001"),
        "kind": VisitKind.FIELD_TRIP,
        "day": date.fromisoformat(day),
    }
    return Plan(**given | changes)


def made(on: str, **changes: Any) -> Made:
    given: dict[str, Any] = {
        "visit_id": uuid7(),
        "person_id": person_id("M1"),
        "unit_id": unit_id("C001"),
        "kind": VisitKind.FIELD_TRIP,
        "day": date.fromisoformat(on),
    }
    return Made(**given | changes)


def test_the_nearest_visit_answers_a_plan_and_each_visit_only_one() -> None:
    """Two plans of one week and one visit: the nearer plan is held, the other still asks."""
    first, second, went = plan("2026-11-03"), plan("2026-11-06"), made("2026-11-05")

    assert answered_by([first, second], [went]) == {second.plan_id: went}
    assert answered_by([first, second], [went, made("2026-11-01")]).keys() == {first.plan_id, second.plan_id}


@pytest.mark.parametrize(
    "changes",
    [
        {"person_id": person_id("M2")},
        {"unit_id": unit_id("C002")},
        {"kind": VisitKind.MEETING_ATTENDANCE},
        {"day": date(2026, 11, 11)},
    ],
)
def test_another_visit_answers_no_plan(changes: dict[str, Any]) -> None:
    """Somebody else's, elsewhere, of another kind, or more than a week away."""
    assert answered_by([plan("2026-11-03")], [made("2026-11-03", **changes)]) == {}


def test_a_plan_of_today_is_to_be_logged_until_something_is_said() -> None:
    """F18: however old, it never leaves by itself."""
    old = plan("2026-11-03")

    assert [
        old.state(date.fromisoformat(day), None) for day in ("2026-11-02", "2026-11-03", "2027-11-03")
    ] == [
        State.AHEAD,
        State.TO_LOG,
        State.TO_LOG,
    ]
    assert old.state(date(2026, 11, 4), made("2026-11-04")) is State.HELD
    assert old.state(date(2026, 11, 4), made("2026-11-04", unheld=UnheldReason.WEATHER)) is State.CANCELLED


def test_cells_meet_on_the_third() -> None:
    """Practice 58: the third of each month, unless the committee names another day for one of them."""
    days = ["2026-11-01", "2026-11-03", "2026-11-04", "2026-12-31", "2027-01-31"]

    assert [next_evening(date.fromisoformat(day), {}).isoformat() for day in days] == [
        "2026-11-03",
        "2026-11-03",
        "2026-12-03",
        "2027-01-03",
        "2027-02-03",
    ]
    moved = {date(2027, 2, 1): date(2027, 2, 16), date(2027, 4, 1): date(2027, 3, 31)}
    ahead = ["2027-02-02", "2027-02-17", "2027-03-04", "2027-04-01"]
    assert [f"{next_evening(date.fromisoformat(day), moved):%d/%m}" for day in ahead] == [
        "16/02",
        "03/03",
        "31/03",
        "03/05",
    ]


async def test_the_office_moves_the_evening_of_a_month(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """Practice 58: told to feedback and on the phone at once; one a month, near it, and withdrawn as it was made."""
    path = f"{API}/evenings/{uuid7()}"
    storm = {"month": "2026-12-01", "day": "2026-12-10"}

    made = await clerk.put(path, json=storm)
    again = await clerk.put(path, json=storm)
    second = await clerk.put(f"{API}/evenings/{uuid7()}", json=storm | {"day": "2026-12-11"})
    far = await clerk.put(f"{API}/evenings/{uuid7()}", json={"month": "2027-01-01", "day": "2027-03-01"})
    shown = (await member.get(f"{API}/phone")).json()["next_evening"]
    gone = await clerk.put(path, json=storm | {"withdrawn": True})

    assert [each.status_code for each in (made, again, second, far, gone)] == [201, 200, 409, 422, 200]
    assert (await member.put(path, json=storm)).status_code == 403
    assert shown == "2026-12-10"
    assert (await member.get(f"{API}/phone")).json()["next_evening"] == "2026-12-03"
    told = [
        EveningChanged.model_validate_json(each) for each in await world.events("visits.evening.changed.v1")
    ]
    assert [(each.version, each.withdrawn) for each in told] == [(1, False), (2, True)]
    assert (await clerk.get(f"{API}/evenings")).json() == {"evenings": []}


async def test_a_plan_is_made_moved_and_taken_back(world: World, member: httpx2.AsyncClient) -> None:
    """By versions: sent again it changes nothing, another content under a number is refused."""
    path = f"{API}/plans/{uuid7()}"

    answers = [
        await member.put(path, json=EVENING),
        await member.put(path, json=EVENING),
        await member.put(path, json=EVENING | {"day": "2026-12-04"}),
        await member.put(path, json=EVENING | {"version": 2, "day": "2026-12-04"}),
        await member.put(path, json=EVENING | {"version": 3, "day": "2026-12-04", "cancelled": "weather"}),
        await member.put(path, json=EVENING | {"version": 9}),
    ]

    assert [each.status_code for each in answers] == [201, 200, 409, 201, 201, 409]
    (shown,) = (await member.get(f"{API}/plans")).json()["plans"]
    assert (shown["day"], shown["state"], shown["cancelled"]) == ("2026-12-04", "cancelled", "weather")
    events = [PlanChanged.model_validate_json(each) for each in await world.events("visits.plan.changed.v1")]
    assert [each.version for each in events] == [1, 2, 3]


async def test_the_office_plans_for_a_member_and_a_member_for_nobody_else(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """What is out of reach is as if it were not there: next door not even the unit."""
    for_an = EVENING | {"person_id": str(person_id("M1"))}
    plan_id = uuid7()
    other = await world.client("M2")

    assert (await clerk.put(f"{API}/plans/{plan_id}", json=for_an)).status_code == 201
    assert (await other.put(f"{API}/plans/{uuid7()}", json=for_an)).status_code == 404
    assert (await other.put(f"{API}/plans/{plan_id}", json=EVENING | {"version": 2})).status_code == 404
    assert (await (await world.client("X1")).put(f"{API}/plans/{plan_id}", json=for_an)).status_code == 422
    assert (await other.get(f"{API}/plans")).json()["plans"] == []
    assert len((await member.get(f"{API}/plans")).json()["plans"]) == 1
    assert len((await clerk.get(f"{API}/plans?person_id={person_id('M1')}")).json()["plans"]) == 1


async def test_two_on_one_evening_are_told_of_each_other(world: World, member: httpx2.AsyncClient) -> None:
    """At one cell two visitors, or one visitor at two cells: a warning, never a refusal."""
    other = await world.client("M2")
    first = await member.put(f"{API}/plans/{uuid7()}", json=EVENING)
    second = await other.put(f"{API}/plans/{uuid7()}", json=EVENING)
    elsewhere = EVENING | {"unit_id": str(unit_id("C002"))}
    third = await member.put(f"{API}/plans/{uuid7()}", json=elsewhere, headers={"accept-language": "vi"})

    assert first.json()["warnings"] == []
    assert [each["code"] for each in second.json()["warnings"]] == ["others-there"]
    (warning,) = third.json()["warnings"]
    assert warning["code"] == "elsewhere"
    assert "Chi bộ khu phố Đông Ngàn 1" in warning["message"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"day": "2026-11-21"}, "/day"),
        ({"day": "2028-11-21"}, "/day"),
        ({"unit_id": str(unit_id("C003"))}, "/unit_id"),
        ({"unit_id": str(UUID(int=9))}, "/unit_id"),
    ],
)
async def test_a_plan_is_for_a_day_ahead_at_a_unit_that_stands(
    member: httpx2.AsyncClient, changes: dict[str, Any], pointer: str
) -> None:
    """What happened already is recorded, not planned."""
    answer = await member.put(f"{API}/plans/{uuid7()}", json=EVENING | changes)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_planned_visit_becomes_a_duty_and_the_visit_answers_it(
    world: World, member: httpx2.AsyncClient
) -> None:
    """F14: to be logged from its day on; recorded, it is held and names the visit; afterwards a reason still helps."""
    trips = EVENING | {"kind": "field_trip", "day": "2026-11-22"}
    held, missed = uuid7(), uuid7()
    await member.put(f"{API}/plans/{held}", json=trips)
    await member.put(f"{API}/plans/{missed}", json=trips | {"unit_id": str(unit_id("C002"))})

    async def states() -> dict[str, Any]:
        plans = (await member.get(f"{API}/phone")).json()["plans"]
        return {each["plan_id"]: (each["state"], each["visit_id"]) for each in plans}

    assert await states() == {str(held): ("to_log", None), str(missed): ("to_log", None)}
    visit_id = uuid7()
    await member.put(f"{API}/visits/{visit_id}", json=trip())
    assert await states() == {str(held): ("held", str(visit_id)), str(missed): ("to_log", None)}

    unheld = {
        "kind": "field_trip",
        "unit_code": "C002",
        "planned_at": "2026-11-22T07:30:00+07:00",
        "outcome": "nobody_met",
        "reason": "nobody_came",
        "device": {"id": "phone-1", "seq": 9, "recorded_at": "2026-11-22T07:50:00+07:00"},
    }
    third = uuid7()
    await member.put(f"{API}/plans/{third}", json=trips | {"unit_id": str(unit_id("C002"))})
    await member.put(f"{API}/unheld/{uuid7()}", json=unheld)
    assert sorted(state for state, _ in (await states()).values()) == ["cancelled", "held", "to_log"]

    world.clock.move_to(world.clock.now() + timedelta(days=5))
    later = await world.client("M1")
    gone = trips | {"unit_id": str(unit_id("C002")), "version": 2, "cancelled": "illness"}
    assert (await later.put(f"{API}/plans/{missed}", json=gone)).status_code == 201
    member = later
    assert sorted(state for state, _ in (await states()).values()) == ["cancelled", "cancelled", "held"]


async def test_the_third_is_suggested_for_assigned_cells(
    member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """In difficulty first, then long without a visit; once the evening is planned nothing more is suggested."""
    for code in ("C001", "C002"):
        await clerk.put(
            f"{API}/assignments/{uuid7()}",
            json={
                "person_code": "M1",
                "unit_code": code,
                "duty": "attend_meeting",
                "valid_from": "2026-01-01",
                "basis_document": "05-TB/ĐU",
            },
        )
    await member.put(f"{API}/visits/{uuid7()}", json=meeting(unit_code="C001"))

    suggested = (await member.get(f"{API}/phone")).json()["suggestions"]

    assert [(each["unit"]["code"], each["day"]) for each in suggested] == [
        ("C002", "2026-12-03"),
        ("C001", "2026-12-03"),
    ]
    await member.put(f"{API}/plans/{uuid7()}", json=EVENING)
    assert (await member.get(f"{API}/phone")).json()["suggestions"] == []
