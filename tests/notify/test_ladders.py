"""Ladders over HTTP: dated versions, checked when they are written, and never under a running escalation."""

from copy import deepcopy
from datetime import date
from typing import Any, get_args

from services.notify.schemas import Told
from shared.access import RULES, Scope
from shared.contracts.visits import Role
from tests.notify.conftest import As, Cast
from tests.notify.world import Duty, World, local, person


def target(role: str, *fallback: str) -> dict[str, Any]:
    return {"role": role, "fallback": list(fallback)}


LADDER: dict[str, Any] = {
    "valid_from": "2026-11-17",
    "basis": "Thông báo số 12-TB/ĐU ngày 16/11/2026",
    "alarm": {"name": "urgent", "targets": [target("permanent_board")], "channels": ["email"]},
    "rungs": [
        {"name": "eve", "offset": -1, "targets": [target("owner", "office_clerk")], "channels": []},
        {"name": "late", "offset": 2, "targets": [target("permanent_board")], "channels": ["email"]},
    ],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """LADDER with another value at a JSON pointer."""
    ladder: Any = deepcopy(LADDER)
    *parents, last = [int(part) if part.isdigit() else part for part in path.strip("/").split("/")]
    place = ladder
    for part in parents:
        place = place[part]
    place[last] = value
    return dict(ladder)


async def test_the_default_is_version_0_until_the_committee_decides(cast: Cast, as_person: As) -> None:
    """Everybody who reads the ledger reads the ladder; the newest one that has begun is in force."""
    office, board = await as_person(cast.clerk), await as_person(cast.board)

    before = (await board.get("/notify/api/ladders")).json()
    created = await office.put("/notify/api/ladders/1", json=LADDER | {"valid_from": "2026-11-16"})
    later = await office.put("/notify/api/ladders/2", json=LADDER)
    after = (await board.get("/notify/api/ladders")).json()
    one = (await board.get("/notify/api/ladders/1")).json()

    assert (before["in_force"], [each["version"] for each in before["ladders"]]) == (0, [0])
    assert [rung["name"] for rung in before["ladders"][0]["rungs"]][:2] == ["reminder-2", "reminder-0"]
    assert (created.status_code, later.status_code) == (201, 201)
    assert (after["in_force"], [each["version"] for each in after["ladders"]]) == (1, [2, 1, 0])
    assert one == created.json() == after["ladders"][1]
    assert (one["decided_by"], one["basis"]) == (str(cast.clerk), LADDER["basis"])
    assert [rung["offset"] for rung in one["rungs"]] == [-1, 2]


async def test_only_the_office_writes(cast: Cast, as_person: As) -> None:
    """Others are refused at the door; what is not there answers 404."""
    board = await as_person(cast.board)

    refused = await board.put("/notify/api/ladders/1", json=LADDER)
    missing = await board.get("/notify/api/ladders/1")

    assert (refused.status_code, missing.status_code) == (403, 404)


async def test_a_version_is_rewritten_until_its_date_comes_and_never_after(
    world: World, cast: Cast, as_person: As
) -> None:
    """The same content is always the same answer; other content is a conflict once the version has begun."""
    office = await as_person(cast.clerk)
    other = changed("/rungs/1/offset", 3)

    answers = [await office.put("/notify/api/ladders/1", json=body) for body in (LADDER, other, LADDER)]
    world.clock.move_to(local("2026-11-17 00:00"))
    same = await office.put("/notify/api/ladders/1", json=LADDER)
    conflict = await office.put("/notify/api/ladders/1", json=other)
    default = await office.put("/notify/api/ladders/0", json=LADDER)

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert (same.status_code, conflict.status_code, default.status_code) == (200, 409, 409)
    assert (await office.get("/notify/api/ladders/1")).json()["rungs"][1]["offset"] == 2


UNFIT: list[tuple[str, object, str, str]] = [
    ("/rungs", [], "/rungs", "too-few"),
    ("/rungs/0/offset", -6, "/rungs/0/offset", "minimum"),
    ("/rungs/1/offset", 16, "/rungs/1/offset", "maximum"),
    ("/rungs/1/offset", -1, "/rungs", "unfit-ladder"),
    ("/rungs/1/offset", -3, "/rungs", "unfit-ladder"),
    ("/rungs/1/name", "eve", "/rungs", "unfit-ladder"),
    ("/rungs/1/name", "urgent", "/rungs", "unfit-ladder"),
    ("/rungs/1/name", "correction", "/rungs", "unfit-ladder"),
    ("/rungs/1/name", "Đồng chí An", "/rungs/1/name", "pattern"),
    ("/rungs/1/channels", ["email", "email"], "/rungs", "unfit-ladder"),
    ("/rungs/1/channels", ["fax"], "/rungs/1/channels/0", "choice"),
    ("/rungs/1/targets", [], "/rungs/1/targets", "too-few"),
    ("/rungs/1/targets/0/role", "king", "/rungs/1/targets/0/role", "choice"),
    ("/rungs/1/targets/0/role", "inspector", "/rungs/1/targets/0", "unreachable"),
    ("/rungs/0/targets", [target("owner"), target("inspector")], "/rungs/0/targets/1", "unreachable"),
    ("/alarm/targets/0/role", "inspector", "/alarm/targets/0", "unreachable"),
    ("/rungs/1/targets/0/fallback", ["agency"], "/rungs/1/targets/0/fallback/0", "choice"),
    ("/valid_from", "2026-11-15", "/valid_from", "date-past"),
]


async def test_a_ladder_that_would_fail_on_the_day_is_refused_now(cast: Cast, as_person: As) -> None:
    """F49: 422 naming the field and the rule, and nothing is stored."""
    office = await as_person(cast.clerk)

    for path, value, pointer, rule in UNFIT:
        answer = await office.put("/notify/api/ladders/1", json=changed(path, value))
        errors = [(error["pointer"], error["rule"]) for error in answer.json()["errors"]]
        assert (path, value, answer.status_code, errors) == (path, value, 422, [(pointer, rule)])

    assert [each["version"] for each in (await office.get("/notify/api/ladders")).json()["ladders"]] == [0]


async def test_a_vacant_role_with_a_fallback_that_is_held_is_fine(cast: Cast, as_person: As) -> None:
    """There is no inspector, and the Standing Committee stands in."""
    office = await as_person(cast.clerk)
    ladder = changed("/rungs/1/targets/0", target("inspector", "standing_committee"))

    answer = await office.put("/notify/api/ladders/1", json=ladder)

    assert answer.status_code == 201


def test_whoever_a_ladder_names_may_open_the_duty() -> None:
    """The roles of the interface are those that read every duty of the committee."""
    readers = {role for role, scope in RULES.read_duties.grants.items() if scope is Scope.COMMITTEE}

    assert set(get_args(Told)) == {*readers, "owner"}


async def test_a_role_counts_as_held_on_the_day_the_ladder_begins(
    world: World, cast: Cast, as_person: As
) -> None:
    """Whoever leaves before that day cannot be reached from that day on."""
    await world.hear(person(Role.PERMANENT_BOARD, person_id=cast.board, until=date(2026, 11, 16), version=2))
    office = await as_person(cast.clerk)

    answer = await office.put("/notify/api/ladders/1", json=LADDER)

    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/alarm/targets/0", "/rungs/1/targets/0"]


async def test_a_step_that_will_reach_nobody_is_known_a_month_before(
    world: World, cast: Cast, as_person: As
) -> None:
    """F49: from the first day on which nobody holds the role to the last before somebody does again."""
    board = await as_person(cast.board)
    assert (await board.get("/notify/api/ladder-gaps")).json()["gaps"] == []
    leaving = person(Role.PERMANENT_BOARD, person_id=cast.board, until=date(2026, 11, 20), version=2)
    coming = person(Role.PERMANENT_BOARD)
    (held,) = coming.posts
    later = held.model_copy(update={"valid_from": date(2026, 12, 1)})
    await world.hear(leaving, coming.model_copy(update={"posts": (later,)}))

    told = (await (await as_person(cast.clerk)).get("/notify/api/ladder-gaps")).json()

    assert (told["first"], told["last"]) == ("2026-11-16", "2026-12-15")
    assert told["gaps"] == [
        {
            "version": 0,
            "rung": "escalation-5",
            "roles": ["permanent_board"],
            "first": "2026-11-21",
            "last": "2026-11-30",
        }
    ]


async def test_a_running_escalation_keeps_its_ladder(world: World, cast: Cast, as_person: As) -> None:
    """F50: The old duty climbs the old rungs, even after its date moved; a new duty climbs the new ones."""
    office = await as_person(cast.clerk)
    old = Duty(owner=cast.owner)
    await world.hear(old.due_soon())
    await office.put("/notify/api/ladders/1", json=LADDER)
    world.clock.move_to(local("2026-11-17 00:00"))
    new = Duty(owner=cast.owner)
    await world.hear(new.due_soon(), old.moved(date(2026, 11, 24)))

    for day in ("19", "20", "23", "24", "25"):
        await world.pass_to(local(f"2026-11-{day} 08:00"))

    assert [rung for rung, *_ in await world.told(duty=old)] == [
        "reminder-2",
        "reminder-0",
        "chase-1",
        "chase-1",
    ]
    assert [rung for rung, *_ in await world.told(duty=new)] == ["eve", "late"]
