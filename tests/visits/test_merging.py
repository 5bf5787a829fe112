"""F9, F25: two edits that went past each other are put together, and a person closes what is in conflict."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.visits.domain.merging import Side, merge, settle, whole
from shared.contracts.visits import ConflictSettled, VisitRecorded
from shared.ids import uuid7
from tests.visits.test_changing import path
from tests.visits.world import World, issue, meeting, trip

OLD: dict[str, Any] = {
    "started_at": "a",
    "ended_at": "b",
    "notes": "n",
    "nothing_raised": False,
    "meeting": {"kind": "regular", "present": 10, "summoned": 20},
    "issues": [{"id": "1", "title": "đèn", "detail": ""}, {"id": "2", "title": "đường", "detail": ""}],
    "report": None,
}


def with_issue(content: dict[str, Any], id_: str, **changes: Any) -> dict[str, Any]:
    return content | {"issues": [each | changes if each["id"] == id_ else each for each in content["issues"]]}


def test_edits_of_different_fields_are_both_there() -> None:
    """A count on one phone, a word on the other, an issue added on each."""
    one = OLD | {
        "meeting": OLD["meeting"] | {"present": 11},
        "issues": [*OLD["issues"], {"id": "3", "title": "x"}],
    }
    other = with_issue(OLD, "2", detail="hỏng nặng") | {"notes": "thêm"}
    other["issues"] = [*other["issues"], {"id": "4", "title": "y"}]

    merged = merge(OLD, one, other)

    assert merged.conflicts == ()
    assert merged.content["meeting"]["present"] == 11
    assert merged.content["notes"] == "thêm"
    assert [each["id"] for each in merged.content["issues"]] == ["1", "2", "4", "3"]
    assert merged.content["issues"][1]["detail"] == "hỏng nặng"


def test_the_same_field_is_in_conflict_and_the_later_one_stands() -> None:
    """Only that field; everything around it is merged."""
    one = with_issue(OLD, "1", title="đèn ngõ 12") | {"notes": "một"}
    other = with_issue(OLD, "1", title="đèn ngõ 14", detail="từ đầu tháng")

    merged = merge(OLD, one, other)

    assert merged.conflicts == ("/issues/1/title",)
    assert merged.content["issues"][0] == {"id": "1", "title": "đèn ngõ 14", "detail": "từ đầu tháng"}
    assert merged.content["notes"] == "một"
    decided = settle(OLD, one, other, {"/issues/1/title": Side.RECORDED})
    assert decided["issues"][0]["title"] == "đèn ngõ 12"


def test_an_issue_taken_out_on_one_side_and_changed_on_the_other_is_in_conflict() -> None:
    """Taken out and left alone, it is out."""
    without = OLD | {"issues": OLD["issues"][1:]}

    assert merge(OLD, without, OLD | {"notes": "x"}).content["issues"] == OLD["issues"][1:]
    assert merge(OLD, without, with_issue(OLD, "1", detail="y")).conflicts == ("/issues/1",)


def test_the_same_edit_on_both_sides_is_no_conflict() -> None:
    assert merge(OLD, OLD | {"notes": "x"}, OLD | {"notes": "x"}).conflicts == ()


def test_what_makes_no_sense_together_is_in_conflict_wherever_it_differs() -> None:
    assert set(whole(OLD | {"notes": "x"}, with_issue(OLD, "1", title="y")).conflicts) == {
        "/notes",
        "/issues/1",
    }


async def recorded(member: httpx2.AsyncClient, **content: Any) -> tuple[UUID, dict[str, Any]]:
    visit_id, body = uuid7(), trip(**content)
    assert (await member.put(path(visit_id), json=body)).status_code == 201
    return visit_id, body


async def edit(
    member: httpx2.AsyncClient, visit_id: UUID, body: dict[str, Any], **changes: Any
) -> httpx2.Response:
    return await member.put(path(visit_id, "/versions/2"), json=body | changes | {"base_version": 1})


async def test_two_phones_edit_different_fields_and_nothing_is_lost(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Both are accepted; the second receipt says that it holds both, and again when sent again."""
    visit_id, body = await recorded(member, issues=[issue()])

    one = await edit(member, visit_id, body, notes="một")
    more = body["issues"][0] | {"detail": "hai"}
    two = await edit(member, visit_id, body, issues=[more])
    again = await edit(member, visit_id, body, issues=[more])

    assert (one.status_code, two.status_code, again.status_code) == (201, 201, 200)
    assert again.content == two.content
    assert (two.json()["version"], two.json()["merged"], two.json()["conflicts"]) == (3, True, [])
    shown = (await member.get(path(visit_id))).json()
    assert (shown["notes"], shown["issues"][0]["detail"]) == ("một", "hai")
    (merged,) = shown["merges"]
    assert (merged["version"], merged["recorded_version"], merged["fields"]) == (3, 2, [])
    assert len(shown["versions"]) == 3
    event = VisitRecorded.model_validate_json((await world.events())[-1])
    assert (event.version, event.issues[0].detail) == (3, "hai")


async def test_a_conflict_is_shown_with_both_sides_and_closed_by_a_person(
    world: World, member: httpx2.AsyncClient
) -> None:
    """'Took my version' is recorded: a row of the audit, an event, and the side not taken stays readable."""
    visit_id, body = await recorded(member)
    await edit(member, visit_id, body, notes="một")
    two = await edit(member, visit_id, body, notes="hai")
    assert two.json()["conflicts"] == ["/notes"]
    shown = (await member.get(path(visit_id))).json()
    assert (shown["notes"], shown["merges"][0]["received"]["notes"]) == ("hai", "hai")
    assert shown["merges"][0]["settled_at"] is None

    decision = path(visit_id, "/versions/3/decision")
    wrong = await member.put(decision, json={"choices": {"/title": "recorded"}})
    first = await member.put(decision, json={"choices": {"/notes": "recorded"}})
    again = await member.put(decision, json={"choices": {"/notes": "recorded"}})
    other = await member.put(decision, json={"choices": {"/notes": "received"}})

    assert [each.status_code for each in (wrong, first, again, other)] == [422, 200, 200, 409]
    shown = (await member.get(path(visit_id))).json()
    assert shown["notes"] == "một"
    assert [each["content"]["notes"] for each in shown["versions"]] == [body["notes"], "một", "hai", "một"]
    assert shown["merges"][0]["settled_in"] == 4
    (event,) = await world.events("visits.conflict.settled.v1")
    settled = ConflictSettled.model_validate_json(event)
    assert (settled.version, settled.settled_in, settled.choices) == (3, 4, {"/notes": "recorded"})
    (row,) = await world.rows("SELECT was, became FROM audit WHERE act = 'visit.conflict_settled'")
    assert '"recorded":["/notes"]' in row.became


async def test_keeping_what_stands_makes_no_version(member: httpx2.AsyncClient) -> None:
    """The provisional one was right: the decision is recorded, nothing else changes."""
    visit_id, body = await recorded(member)
    await edit(member, visit_id, body, notes="một")
    await edit(member, visit_id, body, notes="hai")

    settled = await member.put(
        path(visit_id, "/versions/3/decision"), json={"choices": {"/notes": "received"}}
    )

    assert settled.json()["settled_in"] == 3
    assert len((await member.get(path(visit_id))).json()["versions"]) == 3


async def test_what_was_corrected_since_stays_corrected(member: httpx2.AsyncClient) -> None:
    """A decision about the old words does not undo newer ones."""
    visit_id, body = await recorded(member)
    await edit(member, visit_id, body, notes="một")
    await edit(member, visit_id, body, notes="hai")
    newest = body | {"notes": "ba", "base_version": 3}
    assert (await member.put(path(visit_id, "/versions/4"), json=newest)).status_code == 201

    await member.put(path(visit_id, "/versions/3/decision"), json={"choices": {"/notes": "recorded"}})

    assert (await member.get(path(visit_id))).json()["notes"] == "ba"


async def test_edits_that_make_no_sense_together_keep_the_later_and_show_the_other(
    member: httpx2.AsyncClient,
) -> None:
    """One phone says that nothing was raised, the other takes the last issue for something else."""
    visit_id, body = uuid7(), meeting()
    await member.put(path(visit_id), json=body)
    await edit(member, visit_id, body, issues=[], nothing_raised=True)
    two = await edit(member, visit_id, body, issues=[body["issues"][0] | {"detail": "thêm"}])

    assert two.status_code == 201
    assert f"/issues/{body['issues'][0]['id']}" in two.json()["conflicts"]


@pytest.mark.parametrize("base", [2, 7])
async def test_a_version_starts_from_the_one_before_it(member: httpx2.AsyncClient, base: int) -> None:
    visit_id, body = await recorded(member)

    answer = await member.put(path(visit_id, "/versions/2"), json=body | {"base_version": base})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/base_version"


async def test_ten_edits_at_once_are_all_kept(member: httpx2.AsyncClient) -> None:
    """Whatever the order: ten versions after the first, nine merges, one content each."""
    visit_id, body = await recorded(member)

    answers = await asyncio.gather(*(edit(member, visit_id, body, notes=f"sửa {n}") for n in range(10)))

    assert [each.status_code for each in answers] == [201] * 10
    shown = (await member.get(path(visit_id))).json()
    assert len(shown["versions"]) == 11
    kept = {each["received"]["notes"] for each in shown["merges"]} | {
        shown["versions"][1]["content"]["notes"]
    }
    assert kept == {f"sửa {n}" for n in range(10)}


async def test_nobody_else_decides_and_nothing_is_decided_twice(
    world: World, member: httpx2.AsyncClient
) -> None:
    """A visit of somebody else is not there; a version without a conflict neither."""
    visit_id, body = await recorded(member)
    await edit(member, visit_id, body, notes="một")
    await edit(member, visit_id, body, notes="hai")
    other = await world.client("M2")
    choices = {"choices": {"/notes": "recorded"}}

    answers = [
        await other.put(path(visit_id, "/versions/3/decision"), json=choices),
        await member.put(path(visit_id, "/versions/2/decision"), json=choices),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_erasing_takes_the_words_of_merges_too(world: World, member: httpx2.AsyncClient) -> None:
    """Both sides go with the visit."""
    from services.visits.handlers import erase_visits

    visit_id, body = await recorded(member)
    await edit(member, visit_id, body, notes="một XQ7")
    await edit(member, visit_id, body, notes="hai XQ7")
    world.clock.move_to(world.clock.now() + timedelta(days=1))

    await world.database.run(lambda tx: erase_visits([visit_id], tx, by="retention"))

    (row,) = await world.rows("SELECT CAST(to_jsonb(m) AS text) AS row FROM visit_merge AS m")
    assert "XQ7" not in row.row
