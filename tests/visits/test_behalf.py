"""An assistant writes for a member they name; the member answers for it, and nothing is theirs by waiting."""

import hashlib
import json
from typing import Any

import httpx2

from shared.audit import digest
from shared.contracts.visits import Approval, Role, VisitRecorded
from shared.ids import uuid7
from tests.visits.near import YESTERDAY, appoint, assistant, secretary
from tests.visits.world import OTHER_WARD, World, issue, meeting, person_id, trip

API = "/visits/api"
SIGNED = "2026-11-22T08:00:00+07:00"


def on_behalf(code: str, **changes: Any) -> dict[str, Any]:
    return meeting(on_behalf_of=str(person_id(code)), **changes)


async def recorded_for(client: httpx2.AsyncClient, code: str, **changes: Any) -> str:
    path = f"{API}/visits/{uuid7()}"
    answer = await client.put(path, json=on_behalf(code, **changes))
    assert answer.status_code == 201, answer.text
    return path


def broken(answer: httpx2.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(each["pointer"], each["rule"]) for each in answer.json()["errors"]}


async def test_receipt_event_and_audit_name_the_writer_and_the_member(world: World) -> None:
    """Attributed for ever: whose visit it is, and who wrote it down (F24)."""
    client = await assistant(world, "M1", "M2")
    path = f"{API}/visits/{uuid7()}"

    answer = await client.put(path, json=on_behalf("M1"))

    assert answer.status_code == 201, answer.text
    both = str(person_id("M1")), str(person_id("A1"))
    assert (answer.json()["visitor_id"], answer.json()["recorded_by"]) == both
    event = VisitRecorded.model_validate_json((await world.events())[-1])
    assert (str(event.visitor_id), str(event.recorded_by)) == both
    assert event.approval is Approval.WAITING
    (row,) = await world.rows("SELECT person_id, became FROM audit WHERE act = 'visit.recorded'")
    assert (json.loads(row.became)["visitor"], str(row.person_id)) == both
    again = await client.put(
        path, json=on_behalf("M1") | {"issues": json.loads(answer.request.content)["issues"]}
    )
    assert (again.status_code, again.content) == (200, answer.content)


async def test_members_are_never_mixed(world: World) -> None:
    """Unnamed, not served, of another ward or unknown: refused. The same record for another is another's."""
    client = await assistant(world, "M1", "M2")
    path = await recorded_for(client, "M1")
    body = on_behalf("M1")

    refused = [
        await client.put(f"{API}/visits/{uuid7()}", json=body | {"on_behalf_of": who})
        for who in (
            str(person_id("B1")),
            str(person_id("A1")),
            str(uuid7()),
        )
    ]
    unnamed = await client.put(f"{API}/visits/{uuid7()}", json=meeting())
    crossed = await client.put(path, json=on_behalf("M2"))
    edited = await client.put(f"{path}/versions/2", json=on_behalf("M2"))
    drafted = await client.put(
        f"{path}/report-drafts/{uuid7()}", json={"on_behalf_of": str(person_id("M2")), "summary": "x"}
    )
    by_member = await (await world.client("M1")).put(f"{API}/visits/{uuid7()}", json=on_behalf("M2"))
    not_held = {
        "kind": "meeting_attendance",
        "unit_code": "C001",
        "planned_at": "2026-11-20T19:00:00+07:00",
        "outcome": "cancelled",
        "reason": "weather",
        "device": trip()["device"],
    }
    unheld = [
        await client.put(f"{API}/unheld/{uuid7()}", json=not_held | whom)
        for whom in ({}, {"on_behalf_of": str(person_id("B1"))}, {"on_behalf_of": str(person_id("M2"))})
    ]

    assert [broken(answer) for answer in refused] == [{("/on_behalf_of", "not-served")}] * 3
    assert broken(unnamed) == {("/on_behalf_of", "member-required")}
    assert crossed.status_code == 409
    assert "recorded" not in crossed.json()
    assert (edited.status_code, drafted.status_code) == (404, 404)
    assert broken(by_member) == {("/on_behalf_of", "not-served")}
    assert await world.count("visit") == 1
    assert [answer.status_code for answer in unheld] == [422, 422, 201]
    rows = await world.rows("SELECT visitor_id, recorded_by FROM unheld_visit")
    assert [(row.visitor_id, row.recorded_by) for row in rows] == [(person_id("M2"), person_id("A1"))]


async def test_the_office_imports_an_assistants_queue_for_whom_it_names(world: World) -> None:
    """The file of an assistant's phone lands as the phone would have: for a member they serve, or not at all."""
    await appoint(world, "A1", Role.ASSISTANT, serves=("M1",))
    clerk = await world.client("K1")
    items = []
    for code in ("M1", "M2"):
        body = json.dumps(on_behalf(code))
        items.append(
            {
                "id": str(uuid7()),
                "kind": "visit",
                "method": "PUT",
                "path": f"{API}/visits/{uuid7()}",
                "seq": len(items) + 1,
                "frozen_at": SIGNED,
                "sha256": hashlib.sha256(body.encode()).hexdigest(),
                "body": body,
            }
        )

    answer = await clerk.post(
        f"{API}/imports/queue",
        json={
            "format": "field-visits-queue-1",
            "person_id": str(person_id("A1")),
            "device_id": str(uuid7()),
            "exported_at": SIGNED,
            "items": items,
        },
    )

    assert answer.status_code == 200, answer.text
    assert [item["outcome"] for item in answer.json()["items"]] == ["accepted", "refused"]
    (row,) = await world.rows("SELECT visitor_id, recorded_by, approval FROM visit")
    assert (row.visitor_id, row.recorded_by, row.approval) == (person_id("M1"), person_id("A1"), "waiting")


async def test_whoever_served_until_yesterday_serves_nobody(world: World) -> None:
    """Rights follow the posts of today: neither writing nor reading is left, though the role still is."""
    client = await assistant(world, "M1")
    path = await recorded_for(client, "M1")
    await appoint(world, "A1", Role.ASSISTANT, serves=("M1",), until=YESTERDAY)

    wrote = await client.put(f"{API}/visits/{uuid7()}", json=on_behalf("M1"))
    drafted = await client.put(
        f"{path}/report-drafts/{uuid7()}", json={"on_behalf_of": str(person_id("M1")), "summary": "x"}
    )
    duties = await client.get(f"{API}/duties", params={"member_id": str(person_id("M1"))})
    served = await client.get(f"{API}/served")

    assert [broken(answer) for answer in (wrote, drafted)] == [{("/on_behalf_of", "not-served")}] * 2
    assert (duties.status_code, (await client.get(path)).status_code) == (404, 404)
    assert served.json() == {"members": []}


async def test_an_assistant_reads_of_whom_they_serve_and_of_nobody_else(world: World) -> None:
    """Visits, duties, cadence and plans, one member at a time; what is hidden answers like what is absent."""
    client = await assistant(world, "M1")
    mine, other = f"{API}/visits/{uuid7()}", f"{API}/visits/{uuid7()}"
    await (await world.client("M1")).put(mine, json=meeting())
    await (await world.client("M2")).put(other, json=meeting())
    plan = {"unit_code": "C001", "duty": "attend_meeting", "valid_from": "2026-01-01", "basis_document": "05"}
    clerk = await world.client("K1")
    for code in ("M1", "M2"):
        await clerk.put(f"{API}/assignments/{uuid7()}", json=plan | {"person_code": code})

    visits = (await client.get(f"{API}/visits")).json()["visits"]
    served = (await client.get(f"{API}/served")).json()["members"]
    answers = {
        code: [
            (await client.get(f"{API}/duties", params={"member_id": who})).status_code,
            (await client.get(f"{API}/cadence", params={"member_id": who, "year": 2026})).status_code,
            len((await client.get(f"{API}/assignments", params={"person_id": who})).json()["assignments"]),
        ]
        for code, who in (
            ("M1", str(person_id("M1"))),
            ("M2", str(person_id("M2"))),
            ("nobody", str(uuid7())),
        )
    }

    assert [line["visitor"]["code"] for line in visits] == ["M1"]
    assert [(each["code"], each["portfolios"]) for each in served] == [("M1", ["transport"])]
    assert (await client.get(mine)).status_code == 200
    absent = await client.get(f"{API}/visits/{uuid7()}")
    hidden = await client.get(other)
    assert (hidden.status_code, hidden.json()["detail"]) == (404, absent.json()["detail"])
    assert answers == {"M1": [200, 200, 1], "M2": [404, 404, 0], "nobody": [404, 404, 0]}


async def test_the_member_confirms_what_was_written_and_only_they(world: World) -> None:
    """It waits until they say so; others find nothing there to confirm; said again it is the same word."""
    client, member = await assistant(world, "M1"), await world.client("M1")
    path = await recorded_for(client, "M1")
    word = {"version": 1, "approved": True}

    waiting = (await member.get(f"{API}/visits", params={"state": "waiting"})).json()["visits"]
    others = [
        (await (await world.client(code)).put(f"{path}/approval", json=word)).status_code
        for code in ("A1", "M2", "K1")
    ]
    first = await member.put(f"{path}/approval", json=word)
    again = await member.put(f"{path}/approval", json=word)
    otherwise = await member.put(f"{path}/approval", json={"version": 1, "approved": False, "reason": "Sai"})

    assert [(line["approval"], line["written_by"]["code"]) for line in waiting] == [("waiting", "A1")]
    assert others == [403, 404, 403]
    assert [first.status_code, again.status_code, otherwise.status_code] == [201, 200, 409]
    assert first.json() == again.json()
    assert (await member.get(path)).json()["approval"] == "approved"
    assert VisitRecorded.model_validate_json((await world.events())[-1]).approval is Approval.APPROVED


async def test_what_the_member_rejects_is_corrected_as_a_new_version_and_the_old_stays(world: World) -> None:
    """A reason is owed; the correction waits anew; the assistant still reads why."""
    client, member = await assistant(world, "M1"), await world.client("M1")
    path = await recorded_for(client, "M1")

    silent = await member.put(f"{path}/approval", json={"version": 1, "approved": False})
    said = await member.put(
        f"{path}/approval", json={"version": 1, "approved": False, "reason": "Thiếu một ý kiến."}
    )
    rejected = (await client.get(path)).json()
    corrected = await client.put(f"{path}/versions/2", json=on_behalf("M1", notes="Đã bổ sung."))
    late = await member.put(f"{path}/approval", json={"version": 1, "approved": True})
    now = (await member.get(path)).json()

    assert broken(silent) == {("/reason", "reason-required")}
    assert said.status_code == 201
    assert [remark["words"] for remark in rejected["remarks"]] == ["Thiếu một ý kiến."]
    assert corrected.status_code == 201, corrected.text
    assert late.status_code == 409
    assert (now["version"], now["approval"], len(now["versions"])) == (2, "waiting", 2)
    (row,) = await world.rows("SELECT became FROM audit WHERE act = 'visit.rejected'")
    assert json.loads(row.became)["words"] == digest("Thiếu một ý kiến.")


async def test_a_report_drafted_on_behalf_is_filed_by_the_members_signature_alone(world: World) -> None:
    """The member refuses on day five: nothing is filed; they sign what they read, and the server's clock counts."""
    client, member = await assistant(world, "M1"), await world.client("M1")
    path = await recorded_for(client, "M1", report={"summary": "Bản nháp.", "claimed_at": SIGNED})
    (first,) = (await member.get(path)).json()["report_drafts"]
    second = uuid7()

    filed_by_assistant = await client.put(f"{path}/report", json={"summary": "x", "claimed_at": SIGNED})
    refused = await member.put(
        f"{path}/report-drafts/{first['draft_id']}/rejection", json={"reason": "Chưa đủ."}
    )
    drafted = await client.put(
        f"{path}/report-drafts/{second}",
        json={"on_behalf_of": str(person_id("M1")), "summary": "Bản đủ."},
    )
    before = (await member.get(path)).json()
    unseen = await member.put(
        f"{path}/report-drafts/{second}/signature", json={"summary": "Bản khác.", "claimed_at": SIGNED}
    )
    signature = {"summary": "Bản đủ.", "claimed_at": SIGNED}
    signed = await member.put(f"{path}/report-drafts/{second}/signature", json=signature)
    again = await member.put(f"{path}/report-drafts/{second}/signature", json=signature)
    after = (await member.get(path)).json()

    assert filed_by_assistant.status_code == 403
    assert (refused.status_code, drafted.status_code) == (200, 201)
    assert before["report_filed_at"] is None
    assert broken(unseen) == {("/summary", "other-words")}
    assert (signed.status_code, again.json()) == (200, signed.json())
    assert before["versions"][0]["accepted_at"] < after["report_filed_at"] == signed.json()["filed_at"]
    assert [(each["filed_by"], each["summary"]) for each in after["reports"]] == [
        (str(person_id("M1")), "Bản đủ.")
    ]
    assert [draft["approved"] for draft in after["report_drafts"]] == [False, True]


async def test_a_draft_is_the_members_and_the_assistants_matter(world: World) -> None:
    """What is not filed is not read by the office or the cell, neither as a draft nor within a version."""
    client = await assistant(world, "M1")
    path = await recorded_for(client, "M1", report={"summary": "Bản nháp.", "claimed_at": SIGNED})
    readers = {"K1": await world.client("K1"), "I1": await world.client("I1"), "S1": await secretary(world)}

    for near in (client, await world.client("M1")):
        assert "Bản nháp." in (await near.get(path)).text
    for code, reader in readers.items():
        answer = await reader.get(path)
        assert answer.status_code == 200, code
        assert "Bản nháp." not in answer.text, code


async def test_a_restricted_matter_passes_through_nobodys_hands(world: World) -> None:
    """It is not recorded on behalf, not read by the assistant, and not lost by what they correct."""
    client, member = await assistant(world, "M1"), await world.client("M1")
    secret = issue(access_class="ideology", title="Việc riêng")
    path = f"{API}/visits/{uuid7()}"
    await member.put(path, json=meeting(issues=[secret]))

    written = await client.put(f"{API}/visits/{uuid7()}", json=on_behalf("M1", issues=[secret]))
    shown = await client.get(path)
    corrected = await client.put(f"{path}/versions/2", json=on_behalf("M1", issues=[], nothing_raised=True))
    whole = (await member.get(path)).json()

    assert ("/issues/0/access_class", "restricted-on-behalf") in broken(written)
    assert "Việc riêng" not in shown.text
    assert corrected.status_code == 201, corrected.text
    assert ([each["title"] for each in whole["issues"]], whole["nothing_raised"]) == (["Việc riêng"], False)


async def test_back_dating_is_refused_with_the_reason(world: World) -> None:
    """An old day is not recorded on behalf, a recorded day does not move, and filing is at the server's time."""
    client = await assistant(world, "M1")
    path = await recorded_for(client, "M1")
    old = {"started_at": "2026-10-03T08:00:00+07:00", "ended_at": "2026-10-03T10:00:00+07:00"}

    ago = await client.put(f"{API}/visits/{uuid7()}", json=on_behalf("M1", **old))
    moved = await client.put(
        f"{path}/versions/2", json=on_behalf("M1", started_at="2026-11-19T08:00:00+07:00")
    )
    by_member = await (await world.client("M1")).put(f"{API}/visits/{uuid7()}", json=trip(**old))

    assert broken(ago) == {("/started_at", "back-dated")}
    assert "31 ngày" in ago.json()["detail"]
    assert broken(moved) == {("/started_at", "cannot-change")}
    assert by_member.status_code == 201


async def test_only_an_assistants_post_serves_and_only_people_of_the_committee(world: World) -> None:
    """The office says whom an assistant serves; the directory's event carries it."""
    clerk = await world.client("K1")
    stranger = (
        await world.rows("SELECT person_id FROM directory_person WHERE committee_id = :id", id=OTHER_WARD)
    )[0]
    post = {"role": "assistant", "title": "Giúp việc", "unit_code": "TS"}

    def put(**changes: Any) -> Any:
        person = {"code": "A2", "full_name": "Ngô Giúp Việc", "posts": [post | changes]}
        return clerk.put(f"{API}/people/A2", json=person)

    wrong = [
        await put(serves=[str(stranger.person_id)]),
        await put(serves=[str(person_id("A2"))]),
        await put(serves=[str(person_id("M1"))], role="inspector"),
    ]
    right = await put(serves=[str(person_id("M2")), str(person_id("M1"))])

    assert [broken(answer) for answer in wrong] == [
        {("/posts/0/serves", "unknown-person")},
        {("/posts/0/serves", "unknown-person")},
        {("/posts/0/serves", "assistant-only")},
    ]
    assert right.status_code == 201, right.text
    event = json.loads((await world.events("visits.directory.person_changed.v1"))[-1])
    assert set(event["posts"][0]["serves"]) == {str(person_id("M1")), str(person_id("M2"))}
