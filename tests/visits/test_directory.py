"""The directory: kept by the office, dated, never forked, read by those of the committee."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx2

from shared.contracts.visits import BodyChanged, PersonChanged, UnitChanged
from shared.ids import derived_id, uuid7
from tests.visits.world import OTHER_WARD, World, person_id, trip, unit_id

API = "/visits/api"


def cell(**changes: Any) -> dict[str, Any]:
    return {
        "code": "C010",
        "name": "Chi bộ khu phố Đồng Kỵ 10",
        "kind": "party_cell",
        "parent_code": "TS",
    } | changes


OFFICE = {"code": "committee_office", "name": "Văn phòng Đảng ủy", "valid_from": "2025-07-01"}


async def test_a_unit_is_created_once_and_each_change_is_a_version(
    world: World, clerk: httpx2.AsyncClient
) -> None:
    """By its code or by an id; saying the same again changes nothing and publishes nothing."""
    before = len(await world.events("visits.directory.unit_changed.v1"))

    created = await clerk.put(f"{API}/units/C010", json=cell())
    again = await clerk.put(f"{API}/units/{created.json()['unit_id']}", json=cell())
    renamed = await clerk.put(
        f"{API}/units/C010", json=cell(name="Chi bộ khu phố Đồng Kỵ mới", effective_on="2026-11-01")
    )

    assert [answer.status_code for answer in (created, again, renamed)] == [201, 200, 200]
    assert renamed.json()["unit_id"] == created.json()["unit_id"]
    assert [each.json()["version"] for each in (created, again, renamed)] == [1, 1, 2]
    events = (await world.events("visits.directory.unit_changed.v1"))[before:]
    assert [UnitChanged.model_validate_json(each).version for each in events] == [1, 2]
    names = await world.rows(
        "SELECT name, effective_on FROM unit_version WHERE code = 'C010' ORDER BY version"
    )
    assert [(each.name, each.effective_on) for each in names] == [
        ("Chi bộ khu phố Đồng Kỵ 10", None),
        ("Chi bộ khu phố Đồng Kỵ mới", date(2026, 11, 1)),
    ]


async def test_levels_and_kinds_of_cells_are_data(world: World, clerk: httpx2.AsyncClient) -> None:
    """Practices 34 and 49: a kind that nobody foresaw, on a level that nobody foresaw, and somebody asked to go there."""
    units = [
        cell(code="KV1", name="Đảng bộ khu vực", kind="area_organisation"),
        cell(code="HQ1", name="Chi bộ hội quán", cell_type="hoi_quan", parent_code="KV1"),
    ]
    stands = [await clerk.put(f"{API}/units/{unit['code']}", json=unit) for unit in units]
    asked = [
        await clerk.put(
            f"{API}/assignments/{uuid7()}",
            json={
                "person_code": "M1",
                "unit_code": code,
                "duty": "in_charge_of",
                "valid_from": "2026-01-01",
                "basis_document": "05-TB/ĐU",
            },
        )
        for code in ("KV1", "HQ1")
    ]

    assert [each.status_code for each in (*stands, *asked)] == [201] * 4
    assert await world.count("assignment") == 2


async def test_two_clerks_at_once_make_two_versions(world: World, clerk: httpx2.AsyncClient) -> None:
    """No two snapshots carry one version with different content."""
    await clerk.put(f"{API}/units/C010", json=cell())

    await asyncio.gather(*(clerk.put(f"{API}/units/C010", json=cell(name=f"Tên {n}")) for n in range(5)))

    events = [
        UnitChanged.model_validate_json(each)
        for each in await world.events("visits.directory.unit_changed.v1")
    ]
    assert [each.version for each in events if each.code == "C010"] == [1, 2, 3, 4, 5, 6]


async def test_a_merger_ends_units_and_names_their_successor(
    clerk: httpx2.AsyncClient, member: httpx2.AsyncClient
) -> None:
    """Visits before the day belong to the old units; after it the old ones no longer stand."""
    await clerk.put(f"{API}/units/C010", json=cell(valid_from="2026-11-15"))
    merger = {
        "predecessors": ["C001", "C002"],
        "successors": ["C010"],
        "effective_on": "2026-11-15",
        "basis_document": "12-QĐ/ĐU",
    }
    merger_id = uuid7()

    first = await clerk.put(f"{API}/successions/{merger_id}", json=merger)
    again = await clerk.put(f"{API}/successions/{merger_id}", json=merger)
    other = await clerk.put(f"{API}/successions/{merger_id}", json=merger | {"effective_on": "2026-11-16"})
    twice = await clerk.put(f"{API}/successions/{uuid7()}", json=merger)
    visits = [
        await member.put(
            f"{API}/visits/{uuid7()}",
            json=trip(unit_code=code, started_at=f"{day}T08:00:00+07:00", ended_at=f"{day}T09:00:00+07:00"),
        )
        for code, day in (("C001", "2026-11-14"), ("C001", "2026-11-15"), ("C010", "2026-11-15"))
    ]

    assert [answer.status_code for answer in (first, again, other, twice)] == [201, 200, 409, 422]
    assert [answer.status_code for answer in visits] == [201, 422, 201]
    units = {each["code"]: each for each in (await clerk.get(f"{API}/units")).json()["units"]}
    assert units["C001"]["valid_to"] == "2026-11-14"
    assert units["C002"]["successor_ids"] == [units["C010"]["unit_id"]]


async def test_what_cannot_be_is_refused(clerk: httpx2.AsyncClient) -> None:
    """Codes in use, parents that do not exist or close a circle, times that run backwards."""
    wrong = {
        "code in use": await clerk.put(f"{API}/units/{uuid7()}", json=cell(code="C001")),
        "unknown parent": await clerk.put(f"{API}/units/C010", json=cell(parent_code="C999")),
        "own child": await clerk.put(f"{API}/units/C001", json=cell(code="C001", parent_code="C001")),
        "ends first": await clerk.put(
            f"{API}/units/C010", json=cell(valid_from="2026-05-01", valid_to="2026-04-01")
        ),
        "tomorrow": await clerk.put(f"{API}/units/C010", json=cell(effective_on="2026-12-01")),
        "foreign": await clerk.put(f"{API}/units/{person_id('M1')}", json=cell(committee_id=str(uuid7()))),
        "person code": await clerk.put(f"{API}/people/{uuid7()}", json={"code": "M1", "full_name": "Ai"}),
        "mail": await clerk.put(
            f"{API}/people/M9", json={"code": "M9", "full_name": "Ai", "email": "a@b.vn\r\nBcc: c@d.vn"}
        ),
    }

    assert {name: answer.status_code for name, answer in wrong.items()} == {
        "code in use": 409,
        "unknown parent": 422,
        "own child": 422,
        "ends first": 422,
        "tomorrow": 422,
        "foreign": 422,
        "person code": 409,
        "mail": 422,
    }


async def test_only_the_office_writes_the_directory(world: World) -> None:
    """Members, board, inspector and operator are refused."""
    for code in ("M1", "B1", "I1", "O1"):
        client = await world.client(code)
        assert (await client.put(f"{API}/units/C010", json=cell())).status_code == 403
        assert (await client.put(f"{API}/people/Z1", json={})).status_code == 403


async def test_an_id_of_another_committee_takes_nothing_and_tells_nobody(
    world: World, clerk: httpx2.AsyncClient
) -> None:
    """Neither a unit, a body, a person nor a merger: refused, and no event speaks for what the neighbours keep."""
    neighbour = await world.client("X1")
    merger = {"predecessors": ["C009"], "successors": ["C019"], "effective_on": "2026-11-15"}
    path = f"{API}/successions/{uuid7()}"
    await neighbour.put(f"{API}/units/C019", json=cell(code="C019", parent_code="TM"))
    assert (await neighbour.put(path, json=merger | {"basis_document": "1-QĐ"})).status_code == 201
    told = await world.count("outbox")

    answers = [
        await clerk.put(f"{API}/units/{derived_id(OTHER_WARD, 'unit', 'C009')}", json=cell()),
        await clerk.put(f"{API}/bodies/{derived_id(OTHER_WARD, 'body', 'executive_committee')}", json=OFFICE),
        await clerk.put(
            f"{API}/people/{derived_id(OTHER_WARD, 'person', 'X1')}",
            json={"code": "X2", "full_name": "Ai đó"},
        ),
        await clerk.put(
            path, json=merger | {"predecessors": ["C001"], "successors": ["C002"], "basis_document": "1-QĐ"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 409]
    assert await world.count("outbox") == told


async def test_lists_know_no_marks_and_stay_in_the_committee(world: World, clerk: httpx2.AsyncClient) -> None:
    """`dong ngan` finds Đông Ngàn; a percent sign is a percent sign; pages follow Vietnamese order."""
    found = (await clerk.get(f"{API}/units", params={"q": "DONG ngan"})).json()["units"]
    percent = (await clerk.get(f"{API}/units", params={"q": "%"})).json()["units"]
    people = (await clerk.get(f"{API}/people", params={"limit": 3})).json()
    more = (await clerk.get(f"{API}/people", params={"limit": 10, "cursor": people["next_cursor"]})).json()
    foreign = (await (await world.client("X1")).get(f"{API}/units")).json()["units"]

    assert [each["code"] for each in found] == ["C001"]
    assert percent == []
    assert [each["full_name"].split()[-1] for each in people["people"] + more["people"]] == [
        "An",
        "Ánh",
        "Bí",
        "Chuyên",
        "Khải",
        "Trị",
    ]
    assert {each["code"] for each in foreign} == {"TM", "C009"}


async def test_a_person_holds_dated_posts(world: World, clerk: httpx2.AsyncClient) -> None:
    """A post that has ended opens no door; one that begins opens it at once."""
    body = {
        "code": "M2",
        "full_name": "Trần Thị Ánh",
        "posts": [
            {
                "role": "committee_member",
                "body": "executive_committee",
                "title": "Ủy viên",
                "unit_code": "TS",
                "valid_to": "2026-11-01",
            },
            {"role": "office_clerk", "body": "committee_office", "title": "Chuyên viên", "unit_code": "TS"},
        ],
    }
    await clerk.put(f"{API}/bodies/committee_office", json=OFFICE)
    other = await world.client("M2")

    changed = await clerk.put(f"{API}/people/M2", json=body)

    assert changed.status_code == 200, changed.text
    assert (await other.put(f"{API}/visits/{uuid7()}", json=trip())).status_code == 403
    assert (await other.put(f"{API}/units/C010", json=cell())).status_code == 201
    event = PersonChanged.model_validate_json((await world.events("visits.directory.person_changed.v1"))[-1])
    assert {post.role for post in event.posts} == {"office_clerk", "committee_member"}
    me = (await other.get(f"{API}/me")).json()
    assert (me["code"], me["roles"], me["committee"]["code"]) == ("M2", ["office_clerk"], "TS")


async def test_a_body_is_a_dated_row_that_the_office_keeps(
    world: World, clerk: httpx2.AsyncClient, member: httpx2.AsyncClient
) -> None:
    """By its code or by an id; each change is a version, the same again is none, everybody may read."""
    path = f"{API}/bodies/committee_office"

    created = await clerk.put(path, json=OFFICE)
    again = await clerk.put(f"{API}/bodies/{created.json()['body_id']}", json=OFFICE)
    renamed = await clerk.put(path, json=OFFICE | {"name": "Văn phòng Đảng ủy phường"})
    refused = await member.put(path, json=OFFICE)
    shown = await member.get(path)
    listed = (await member.get(f"{API}/bodies")).json()["bodies"]
    foreign = await (await world.client("X1")).get(f"{API}/bodies/{created.json()['body_id']}")

    assert [answer.status_code for answer in (created, again, renamed)] == [201, 200, 200]
    assert [answer.json()["version"] for answer in (created, again, renamed)] == [1, 1, 2]
    assert shown.json() == renamed.json()
    assert [each["name"] for each in listed] == ["Ban Chấp hành", "Văn phòng Đảng ủy phường"]
    assert (refused.status_code, foreign.status_code) == (403, 404)
    events = [
        BodyChanged.model_validate_json(each)
        for each in await world.events("visits.directory.body_changed.v1")
    ]
    assert [each.version for each in events if each.code == "committee_office"] == [1, 2]


async def test_a_body_gives_way_to_another_of_the_same_code(clerk: httpx2.AsyncClient) -> None:
    """Never two on one day; the old one names its successor; the code itself stands for ever."""
    old, new = f"{API}/bodies/{uuid7()}", f"{API}/bodies/{uuid7()}"
    board = {"code": "permanent_board", "name": "Thường trực Thành ủy"}
    ward = {"code": "permanent_board", "name": "Thường trực Đảng ủy", "valid_from": "2025-07-01"}
    await clerk.put(old, json=board)

    wrong = {
        "both on one day": await clerk.put(new, json=ward),
        "another code": await clerk.put(old, json=board | {"code": "standing_committee"}),
        "ends first": await clerk.put(new, json=ward | {"valid_to": "2025-06-01"}),
        "unknown successor": await clerk.put(old, json=board | {"successor_ids": [str(uuid7())]}),
        "no code": await clerk.put(new, json=ward | {"code": "Thường trực"}),
    }
    await clerk.put(old, json=board | {"valid_to": "2025-06-30"})
    created = await clerk.put(new, json=ward)
    successors = [created.json()["body_id"]]
    ended = await clerk.put(old, json=board | {"valid_to": "2025-06-30", "successor_ids": successors})
    today = await clerk.get(f"{API}/bodies/permanent_board")

    assert {name: answer.status_code for name, answer in wrong.items()} == {
        "both on one day": 409,
        "another code": 422,
        "ends first": 422,
        "unknown successor": 422,
        "no code": 422,
    }
    assert ended.json()["successor_ids"] == successors
    assert today.json() == created.json()


async def test_a_post_is_taken_up_in_a_body_that_stands(clerk: httpx2.AsyncClient) -> None:
    """On its first day; a post without a body is one at the unit itself; the refusal names the place."""
    await clerk.put(f"{API}/bodies/committee_office", json=OFFICE)

    async def put(**post: str) -> httpx2.Response:
        held = {"role": "office_clerk", "title": "Chuyên viên", "unit_code": "TS"} | post
        return await clerk.put(f"{API}/people/K2", json={"code": "K2", "full_name": "Đỗ Ba", "posts": [held]})

    unknown = await put(body="mass_board")
    too_early = await put(body="committee_office", valid_from="2025-06-30")
    in_time = await put(body="committee_office", valid_from="2025-07-01")
    at_the_unit = await put()

    assert [answer.status_code for answer in (unknown, too_early, in_time, at_the_unit)] == [
        422,
        422,
        201,
        200,
    ]
    (error,) = too_early.json()["errors"]
    assert error["pointer"] == "/posts/0/body"
    assert "30/06/2025" in str(error)


async def test_assignments_are_shown_to_their_member_and_to_the_office(
    world: World, clerk: httpx2.AsyncClient, member: httpx2.AsyncClient
) -> None:
    """Who goes where, on which document."""
    assignment = {
        "person_code": "M1",
        "unit_code": "C001",
        "duty": "attend_meeting",
        "valid_from": "2026-01-01",
        "basis_document": "05-TB/ĐU",
    }
    id_ = uuid7()

    statuses = [
        (await clerk.put(f"{API}/assignments/{id_}", json=assignment)).status_code,
        (await clerk.put(f"{API}/assignments/{id_}", json=assignment)).status_code,
        (
            await clerk.put(f"{API}/assignments/{uuid7()}", json=assignment | {"unit_code": "C009"})
        ).status_code,
    ]
    changed = await clerk.put(f"{API}/assignments/{id_}", json=assignment | {"valid_to": "2026-12-31"})

    assert statuses == [201, 200, 422]
    assert changed.json()["version"] == 2
    own = (await member.get(f"{API}/assignments")).json()["assignments"]
    other = (await (await world.client("M2")).get(f"{API}/assignments?person_id={person_id('M1')}")).json()
    by_unit = (await clerk.get(f"{API}/assignments?unit_id={unit_id('C001')}")).json()["assignments"]
    assert [each["assignment_id"] for each in own] == [str(id_)]
    assert other["assignments"] == []
    assert len(by_unit) == 1


async def test_an_assignment_goes_as_deep_as_the_committee_decided(clerk: httpx2.AsyncClient) -> None:
    """From a day on, on a document, which the refusal names; what was asked before stands and can be ended."""
    deep = {"code": "C0011", "name": "Tổ đảng", "kind": "party_group", "parent_code": "C001"}
    assert (await clerk.put(f"{API}/units/C0011", json=deep)).status_code == 201

    async def ask(id_: UUID, first: str, **more: str) -> httpx2.Response:
        asked = {
            "person_code": "M1",
            "unit_code": "C0011",
            "duty": "field_trip",
            "basis_document": "05-TB/ĐU",
        }
        return await clerk.put(f"{API}/assignments/{id_}", json={**asked, "valid_from": first, **more})

    async def decide(body: str | None, deepest: int, first: str) -> int:
        rule = {"body": body, "deepest": deepest, "valid_from": first, "basis_document": "06-QĐ/ĐU"}
        return (await clerk.put(f"{API}/reaches/{uuid7()}", json=rule)).status_code

    before = uuid7()
    asked = [(await ask(before, "2026-06-01")).status_code]
    decided = [await decide(None, 1, "2026-07-01"), await decide(None, 2, "2026-07-01")]
    refused = await ask(uuid7(), "2026-07-01")
    asked += [
        (await ask(uuid7(), "2026-06-30")).status_code,
        (await ask(uuid7(), "2026-07-01", unit_code="C001")).status_code,
    ]
    ended = await ask(before, "2026-06-01", valid_to="2026-12-31")
    decided.append(await decide("executive_committee", 2, "2026-08-01"))
    asked.append((await ask(uuid7(), "2026-08-01")).status_code)

    assert (asked, decided, ended.status_code) == ([201, 201, 201, 201], [200, 409, 200], 200)
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["rule"]) == ("/unit_id", "beyond-reach")
    assert "06-QĐ/ĐU (từ ngày 01/07/2026)" in error["message"]
    assert len((await clerk.get(f"{API}/reaches")).json()["reaches"]) == 2


async def test_a_quota_begins_on_a_day(clerk: httpx2.AsyncClient, member: httpx2.AsyncClient) -> None:
    """One meeting a quarter, then one a month: both stand in the record."""
    monthly = {
        "kind": "meeting_attendance",
        "period": "month",
        "min_count": 1,
        "valid_from": "2026-07-01",
        "basis_document": "09-QĐ/ĐU",
    }

    first = await clerk.put(f"{API}/quotas/{uuid7()}", json=monthly)
    second = await clerk.put(f"{API}/quotas/{uuid7()}", json=monthly | {"min_count": 2})

    assert (first.status_code, second.status_code) == (200, 409)
    shown = (await member.get(f"{API}/cadence?year=2026")).json()["meeting_attendance"]
    assert [each["period"] for each in shown] == ["quarter"] * 2 + ["month"] * 6
    assert len((await clerk.get(f"{API}/quotas")).json()["quotas"]) == 3
