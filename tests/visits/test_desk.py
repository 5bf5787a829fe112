"""The import desk: what is seen is what is done, all of it or nothing, and all of it can be taken back."""

import base64
import json
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.visits import handlers
from services.visits.domain.register import register_id
from services.visits.handlers import PutUnit
from services.visits.handlers.undo import UNDONE_WITHIN, forget_former_contents
from shared.clock import local_date
from shared.ids import uuid7
from tests.support.workbooks import Rows, filled
from tests.visits.world import WARD, World, unit_id

DESK = "/visits/api/imports/registers"
UNIT = ("C901", "Chi bộ Phù Lưu", "Chi bộ", "TS", "Khu phố", "Có khó khăn")
PERSON = ("M901", "Ngô Thị Hạnh", "Ủy viên", "Ban Chấp hành", "TS", "Đất đai")
VISIT = ("V1", "Dự sinh hoạt chi bộ", "M901", "C901", "03/11/2026 19:00", "03/11/2026 20:40", "Thường kỳ")
TRIP = ("V2", "Đi cơ sở", "M1", "C001", "04/11/2026 08:00", "04/11/2026 10:00", None, "Có")
ISSUE = ("V1-1", "V1", "Kiến nghị", "Giao thông", "Đường ngập khi mưa")
WHOLE: Rows = {"Đơn vị": [UNIT], "Người": [PERSON], "Chuyến đi": [VISIT, TRIP], "Ý kiến": [ISSUE]}


def sent(rows: Rows) -> list[dict[str, str]]:
    return [{"name": "Sổ tháng 11.xlsx", "content": base64.b64encode(filled(rows)).decode()}]


async def preview(client: httpx2.AsyncClient, rows: Rows) -> Any:
    answer = await client.post(f"{DESK}/preview", json={"files": sent(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def take_in(client: httpx2.AsyncClient, rows: Rows) -> str:
    """Look and confirm; the id of the import."""
    seen = await preview(client, rows)
    assert seen["effect"], seen["faults"]
    import_id = str(uuid7())
    answer = await client.post(DESK, json=confirmed(import_id, seen, rows))
    assert answer.status_code == 201, answer.text
    return import_id


def confirmed(import_id: str, seen: Any, rows: Rows) -> dict[str, Any]:
    return {"import_id": import_id, "digest": seen["effect"]["digest"], "files": sent(rows)}


async def state(world: World) -> dict[str, Any]:
    """All that an import may touch, as a reader would find it."""
    kept = ("visit", "visit_version", "issue", "register_row", "register_import", "outbox", "audit")
    return {table: await world.count(table) for table in kept} | {
        "units": await world.rows("SELECT * FROM directory_unit ORDER BY unit_id"),
        "people": await world.rows("SELECT * FROM directory_person ORDER BY person_id"),
    }


async def standing(world: World) -> dict[str, list[Any]]:
    """What stands for everybody: units with a day, people with a post, visits that count."""
    return {
        "units": await world.rows(
            "SELECT code, name, kind, parent_id, attention FROM directory_unit"
            " WHERE valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from ORDER BY code"
        ),
        "people": await world.rows(
            "SELECT code, full_name, role, body FROM directory_person JOIN directory_post USING (person_id)"
            " ORDER BY code, role"
        ),
        "visits": await world.rows(
            "SELECT visit.visit_id, started_at, content_hash FROM visit JOIN visit_version USING (visit_id, version)"
            " WHERE withdrawn_at IS NULL ORDER BY visit_id"
        ),
        "issues": await world.rows(
            "SELECT issue_id, title FROM issue JOIN visit USING (visit_id)"
            " WHERE withdrawn_at IS NULL AND withdrawn_in IS NULL ORDER BY issue_id"
        ),
        "hashes": await world.rows("SELECT * FROM register_row ORDER BY row_id"),
    }


async def test_a_preview_records_nothing_and_tells_what_the_import_does(
    world: World, clerk: httpx2.AsyncClient
) -> None:
    """The digest binds both: the same files confirmed do what was shown, once."""
    before = await state(world)
    seen = await preview(clerk, WHOLE)
    assert await state(world) == before
    effect = seen["effect"]
    assert [effect[part]["added"] for part in ("units", "people", "visits")] == [1, 1, 2]
    assert [(row["code"], row["added"]) for row in effect["news"]] == [
        ("C901", True), ("M901", True), ("V1", True), ("V2", True),
    ]  # fmt: skip

    import_id = str(uuid7())
    body = confirmed(import_id, seen, WHOLE)
    first, again = [await clerk.post(DESK, json=body) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["visits"] == {"added": 2, "changed": 0}
    assert await world.count("visit") == 2
    nothing = await preview(clerk, WHOLE)
    assert nothing["effect"]["news"] == []


async def test_what_changed_since_the_preview_is_not_imported(
    world: World, clerk: httpx2.AsyncClient
) -> None:
    """Other files, other data or another meaning of the id: a conflict, and nothing is recorded."""
    seen = await preview(clerk, WHOLE)
    other: Rows = {**WHOLE, "Ý kiến": [(*ISSUE[:4], "Đường tốt")]}
    files = await clerk.post(DESK, json=confirmed(str(uuid7()), seen, other))
    import_id = await take_in(clerk, {"Đơn vị": [UNIT]})
    data = await clerk.post(DESK, json=confirmed(str(uuid7()), seen, WHOLE))
    reused = await clerk.post(DESK, json=confirmed(import_id, seen, WHOLE))

    assert [answer.status_code for answer in (files, data, reused)] == [409, 409, 409]
    assert await world.count("visit") == 0


async def test_faults_are_told_by_cell_and_nothing_comes_in(world: World, clerk: httpx2.AsyncClient) -> None:
    """In the preview with their places, in a confirmation as a refusal with each of them."""
    bad: Rows = {
        **WHOLE,
        "Chuyến đi": [(*VISIT[:2], "M999", *VISIT[3:]), (*TRIP[:4], "40/11/2026", *TRIP[5:])],
    }
    before = await state(world)

    seen = await preview(clerk, bad)
    answer = await clerk.post(DESK, json={"import_id": str(uuid7()), "digest": "0" * 64, "files": sent(bad)})

    assert [(fault["cell"], fault["rule"]) for fault in seen["faults"]] == [
        ("C2", "unknown-reference"), ("E3", "no-such-time"),
    ]  # fmt: skip
    assert seen["effect"] is None
    assert answer.status_code == 422
    assert "ô C2, cột Mã người đi" in answer.json()["errors"][0]["message"]
    assert await state(world) == before


async def test_undoing_brings_back_all_of_it(world: World, clerk: httpx2.AsyncClient) -> None:
    """What was added is gone for everybody, what was changed is as it was, and it may come in again."""
    await take_in(clerk, WHOLE)
    before = await standing(world)
    changes: Rows = {
        "Đơn vị": [(*UNIT[:5], None), ("C902", *UNIT[1:])],
        "Người": [("M901", "Ngô Thị Hạnh", "Phó Bí thư", "Thường trực cấp ủy", "TS"), ("M902", *PERSON[1:])],
        "Chuyến đi": [
            (*VISIT[:5], "03/11/2026 21:00", *VISIT[6:]),
            TRIP,
            ("V3", "Đi cơ sở", "M902", "C902", "05/11/2026 08:00", "05/11/2026 10:00", None, "Có"),
        ],
        "Ý kiến": [(*ISSUE[:4], "Đường ngập, cống tắc"), ("V1-2", *ISSUE[1:])],
    }
    import_id = await take_in(clerk, changes)
    after = await standing(world)

    first, again = [await clerk.post(f"{DESK}/{import_id}/undo") for _ in range(2)]

    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["undone_by"]["code"] == "K1"
    assert await standing(world) == before
    await take_in(clerk, changes)
    assert [len(rows) for rows in (await standing(world)).values()] == [len(rows) for rows in after.values()]


async def test_a_mistaken_day_is_undone_and_comes_in_right(world: World, clerk: httpx2.AsyncClient) -> None:
    """A recorded visit keeps its day for ever; taken back, its row may say another one."""
    import_id = await take_in(clerk, WHOLE)
    right: Rows = {
        **WHOLE,
        "Chuyến đi": [(*VISIT[:4], "02/11/2026 19:00", "02/11/2026 20:00", VISIT[6]), TRIP],
    }
    refused = await preview(clerk, right)
    await clerk.post(f"{DESK}/{import_id}/undo")

    await take_in(clerk, right)

    assert [fault["rule"] for fault in refused["faults"]] == ["day-fixed"]
    rows = await world.rows("SELECT day, withdrawn_at IS NULL AS stands FROM visit ORDER BY day")
    assert [(row.day.day, row.stands) for row in rows] == [(2, True), (3, False), (4, False), (4, True)]


async def test_nothing_is_done_to_a_withdrawn_visit(world: World, clerk: httpx2.AsyncClient) -> None:
    """It is in no list and counts for no quota, takes no report, and its page says what became of it."""
    member = await world.client("M1")
    quota = (await member.get("/visits/api/cadence?year=2026")).json()
    import_id = await take_in(clerk, WHOLE)
    visit_id = str(_id("visit", "V2"))
    counted = (await member.get("/visits/api/cadence?year=2026")).json()
    await clerk.post(f"{DESK}/{import_id}/undo")

    report = {"summary": "Đã đi", "claimed_at": "2026-11-05T08:00:00+07:00"}
    answer = await member.put(f"/visits/api/visits/{visit_id}/report", json=report)
    listed = (await member.get("/visits/api/visits")).json()["visits"]
    shown = (await member.get(f"/visits/api/visits/{visit_id}")).json()

    assert (answer.status_code, listed, shown["withdrawn_at"] is None) == (409, [], False)
    assert counted != (await member.get("/visits/api/cadence?year=2026")).json() == quota
    told = [json.loads(payload) for payload in await world.events()]
    assert {each["visit_id"] for each in told if each["withdrawn_at"]} == {visit_id, str(_id("visit", "V1"))}


async def edit_unit(world: World, _clerk: httpx2.AsyncClient) -> None:
    async with world.database.begin() as tx:
        await handlers.put_unit(PutUnit(unit_id=_id("unit", "C901"), committee_id=WARD, code="C901",
                                        name="Chi bộ Phù Lưu 1", kind="party_cell", parent_id=WARD), tx)  # fmt: skip


async def invite_person(_world: World, clerk: httpx2.AsyncClient) -> None:
    assert (await clerk.post("/visits/api/people/M901/invitations")).status_code == 201


async def import_again(_world: World, clerk: httpx2.AsyncClient) -> None:
    await take_in(clerk, {"Đơn vị": [(UNIT[0], "Chi bộ khác", *UNIT[2:])]})


async def return_report(world: World, _clerk: httpx2.AsyncClient) -> None:
    async with world.database.begin() as tx:
        await tx.execute(
            """
            INSERT INTO report_return (return_id, duty_id, visit_id, committee_id, report_version, comment,
                                       returned_at, returned_by)
            VALUES (:id, :id, :visit_id, :ward, 1, 'Ghi rõ hơn', :now, :id)
            """,
            id=uuid7(), visit_id=_id("visit", "V1"), ward=WARD, now=tx.now,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("act", "hinders"),
    [
        (edit_unit, [("unit", "C901", "changed")]),
        (invite_person, [("person", "M901", "in_use")]),
        (import_again, [("unit", "C901", "imported_again")]),
        (return_report, [("visit", "V1", "worked_on")]),
    ],
)
async def test_nobodys_later_work_is_undone(
    world: World, clerk: httpx2.AsyncClient, act: Any, hinders: list[tuple[str, str, str]]
) -> None:
    """Each record that somebody went on from is named, and all of the import stands."""
    import_id = await take_in(clerk, WHOLE)
    await act(world, clerk)
    before = await standing(world)

    told = (await clerk.get(f"{DESK}/{import_id}")).json()["obstacles"]
    answer = await clerk.post(f"{DESK}/{import_id}/undo")

    assert [(each["part"], each["code"], each["reason"]) for each in told] == hinders
    assert answer.status_code == 409
    assert await standing(world) == before


async def test_a_report_that_came_with_an_import_is_not_taken_back(clerk: httpx2.AsyncClient) -> None:
    """A filed report stays filed: the preview says so before anybody confirms."""
    await take_in(clerk, WHOLE)
    reported: Rows = {**WHOLE, "Chuyến đi": [(*VISIT, None, "05/11/2026 09:00"), TRIP]}

    seen = await preview(clerk, reported)
    import_id = await take_in(clerk, reported)
    told = (await clerk.get(f"{DESK}/{import_id}")).json()["obstacles"]

    assert seen["effect"]["undoable"] is False
    assert [each["reason"] for each in told] == ["papers"]


async def test_an_import_stands_after_thirty_days_and_keeps_no_former_content(
    world: World, clerk: httpx2.AsyncClient
) -> None:
    """What stood before is personal data too: it is kept for as long as it may be needed."""
    await take_in(clerk, WHOLE)
    import_id = await take_in(clerk, {"Người": [(PERSON[0], "Ngô Thu Hạnh", *PERSON[2:])]})
    world.clock.move_to(world.clock.now() + UNDONE_WITHIN)
    await forget_former_contents(world.database, local_date(world.clock.now()))
    later = await world.client("K1")

    told = (await later.get(f"{DESK}/{import_id}")).json()["obstacles"]

    assert [each["reason"] for each in told] == ["too_late"]
    assert "Ngô Thị Hạnh" not in str(await world.rows("SELECT previous FROM register_change"))


async def test_the_desk_is_the_committees_own(world: World, clerk: httpx2.AsyncClient) -> None:
    """A neighbouring office sees no import of ours, and what it imports becomes its own."""
    import_id = await take_in(clerk, WHOLE)
    neighbour = await world.client("X1")

    assert (await neighbour.get(DESK)).json() == {"imports": []}
    assert (await neighbour.get(f"{DESK}/{import_id}")).status_code == 404
    assert (await neighbour.post(f"{DESK}/{import_id}/undo")).status_code == 404
    assert (await preview(neighbour, {"Đơn vị": [UNIT]}))["faults"][0]["rule"] == "unknown-reference"
    assert [each["import_id"] for each in (await clerk.get(DESK)).json()["imports"]] == [import_id]


async def test_codes_of_the_directory_are_its_own_records(world: World, clerk: httpx2.AsyncClient) -> None:
    """A unit that the office once put by hand is changed, and not made a second time under its code."""
    seen = await preview(clerk, {"Đơn vị": [("C001", "Chi bộ Đông Ngàn", "Chi bộ", "TS")]})
    await take_in(clerk, {"Đơn vị": [("C001", "Chi bộ Đông Ngàn", "Chi bộ", "TS")]})

    assert [(row["added"], row["columns"]) for row in seen["effect"]["news"]] == [(False, ["Tên đơn vị"])]
    rows = await world.rows("SELECT unit_id, name FROM directory_unit WHERE code = 'C001'")
    assert [(row.unit_id, row.name) for row in rows] == [(unit_id("C001"), "Chi bộ Đông Ngàn")]


def _id(kind: str, code: str) -> UUID:
    """The id that follows from a code: the ward's root was not imported, so its own id is the name of the space."""
    return register_id(str(WARD), kind, code)
