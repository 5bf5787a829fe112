"""The cell's word on what was recorded of it: confirmed, or disputed until somebody answers; nothing is unsaid."""

import json

import httpx2
import pytest

from services.visits.handlers import erase_visits
from shared.ids import uuid7
from tests.visits.near import secretary
from tests.visits.world import World, meeting, person_id

API = "/visits/api"
WRONG = {"version": 1, "outcome": "disputed", "comment": "Số người dự ghi sai."}


@pytest.fixture
async def path(member: httpx2.AsyncClient) -> str:
    """A meeting at the first cell, as its visitor recorded it."""
    path = f"{API}/visits/{uuid7()}"
    assert (await member.put(path, json=meeting())).status_code == 201
    return path


async def test_a_secretary_confirms_the_record_of_the_own_cell_only(world: World, path: str) -> None:
    """To the secretary of another cell there is no such record; said again it is the same word."""
    mine, other = await secretary(world), await secretary(world, "C002", "S2")
    word = {"version": 1, "outcome": "confirmed"}

    first = await mine.put(f"{path}/confirmation", json=word)
    again = await mine.put(f"{path}/confirmation", json=word)
    hidden = await other.put(f"{path}/confirmation", json=word)
    absent = await mine.put(f"{API}/visits/{uuid7()}/confirmation", json=word)
    others = [
        (await (await world.client(code)).put(f"{path}/confirmation", json=word)).status_code
        for code in ("M1", "K1", "B1", "I1")
    ]

    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert (hidden.status_code, hidden.json()["detail"]) == (404, absent.json()["detail"])
    assert others == [403] * 4
    assert await world.count("remark") == 1


async def test_a_dispute_reaches_the_member_and_the_office_and_stands_until_it_is_answered(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient, path: str
) -> None:
    """It leaves as an event without its words, stands in the lists, and ends by a statement."""
    cell = await secretary(world)

    silent = await cell.put(f"{path}/confirmation", json=WRONG | {"comment": ""})
    said = await cell.put(f"{path}/confirmation", json=WRONG)
    open_ones = [
        [
            line["visit_id"]
            for line in (await each.get(f"{API}/visits", params={"state": "disputed"})).json()["visits"]
        ]
        for each in (member, clerk)
    ]
    event = (await world.events())[-1]
    by_another = await (await world.client("M2")).put(
        f"{path}/confirmation/answer", json={"statement": "Đúng rồi."}
    )
    answered = await clerk.put(f"{path}/confirmation/answer", json={"statement": "Theo biên bản, 20 người."})
    again = await member.put(f"{path}/confirmation/answer", json={"statement": "Xin cảm ơn."})
    seen = (await cell.get(path)).json()

    assert silent.status_code == 422
    assert said.status_code == 201
    assert open_ones == [[path.rpartition("/")[2]]] * 2
    assert json.loads(event)["disputed"] is True
    assert "Số người" not in event
    assert by_another.status_code == 404
    assert (answered.status_code, again.status_code) == (201, 409)
    assert seen["disputed_at"] is None
    assert [(each["kind"], each["words"]) for each in seen["remarks"]] == [
        ("disputed", "Số người dự ghi sai."),
        ("answered", "Theo biên bản, 20 người."),
    ]
    rows = await world.rows(
        "SELECT act, person_id, became FROM audit WHERE act LIKE 'visit.%ed' ORDER BY seq"
    )
    assert [(row.act, row.person_id) for row in rows] == [
        ("visit.recorded", person_id("M1")),
        ("visit.disputed", person_id("S1")),
        ("visit.answered", person_id("K1")),
    ]
    assert "biên bản" not in json.dumps([row.became for row in rows], ensure_ascii=False)


async def test_a_correction_answers_a_dispute(world: World, member: httpx2.AsyncClient, path: str) -> None:
    """The new version is open for the cell's word; one on the old version comes too late."""
    cell = await secretary(world)
    await cell.put(f"{path}/confirmation", json=WRONG)

    corrected = await member.put(f"{path}/versions/2", json=meeting(notes="Sửa số người dự."))
    late = await cell.put(f"{path}/confirmation", json=WRONG | {"comment": "Vẫn sai."})
    right = await cell.put(f"{path}/confirmation", json={"version": 2, "outcome": "confirmed"})
    now = (await cell.get(path)).json()

    assert corrected.status_code == 201, corrected.text
    assert (late.status_code, right.status_code) == (409, 201)
    assert (now["disputed_at"], [each["version"] for each in now["remarks"]]) == (None, [1, 2])


async def test_what_was_said_of_a_visit_goes_with_its_texts(world: World, path: str) -> None:
    """That something was said, by whom and when stays; its words are gone, and none come after."""
    cell = await secretary(world)
    await cell.put(f"{path}/confirmation", json=WRONG)

    async with world.database.everywhere.begin() as tx:
        await erase_visits([path.rpartition("/")[2]], tx, by="test")
    after = await cell.put(f"{path}/confirmation", json=WRONG | {"comment": "Còn sai."})

    assert [(row.kind, row.words) for row in await world.rows("SELECT kind, words FROM remark")] == [
        ("disputed", "")
    ]
    assert after.status_code == 409
