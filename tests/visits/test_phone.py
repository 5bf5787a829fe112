"""What a phone reads: its member's own work in one answer, a place before a visit, an issue's way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2

from services.visits import consumers
from services.visits.handlers import erase_visits
from shared.contracts.envelope import Event
from shared.contracts.feedback import (
    DutiesOpened,
    DutyKind,
    DutySnapshot,
    ExtensionChanged,
    ForwardingSnapshot,
    IssueProgressed,
    ReportReturned,
)
from shared.ids import uuid7
from tests.visits.test_changing import REPORT, path
from tests.visits.test_directory import API
from tests.visits.world import WARD, World, issue, meeting, person_id, trip, unit_id

SECRET = "Trăn trở riêng XQ7"


async def take(world: World, *events: Event) -> None:
    async with world.database.begin() as tx:
        await consumers.handle(events, tx)


def duty(world: World, visit_id: UUID, *, days: int, **facts: Any) -> DutySnapshot:
    now = world.clock.now()
    given: dict[str, Any] = {
        "duty_id": uuid7(),
        "version": 1,
        "due_version": 1,
        "kind": DutyKind.REPORT,
        "committee_id": WARD,
        "unit_id": unit_id("C001"),
        "visit_id": visit_id,
        "owner_person_id": person_id("M1"),
        "anchor": now.date(),
        "due_at": now + timedelta(days=days),
        "first_due_at": now + timedelta(days=days),
    }
    return DutySnapshot(**given | facts)


def progressed(visit_id: UUID, issue_id: str, version: int = 1, **facts: Any) -> IssueProgressed:
    return IssueProgressed(
        issue_id=UUID(issue_id), version=version, visit_id=visit_id, committee_id=WARD, **facts
    )


def sent(world: World, **facts: Any) -> ForwardingSnapshot:
    return ForwardingSnapshot(
        forwarding_id=uuid7(), agency_unit_id=unit_id("C002"), sent_at=world.clock.now(), number="12", **facts
    )


async def evening(member: httpx2.AsyncClient, **changes: Any) -> tuple[UUID, dict[str, Any]]:
    visit_id, body = uuid7(), meeting(**changes)
    answer = await member.put(path(visit_id), json=body)
    assert answer.status_code == 201, answer.text
    return visit_id, body


async def phone(client: httpx2.AsyncClient) -> Any:
    answer = await client.get(f"{API}/phone")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_late_duties_lead_and_say_what_they_are_about(world: World, member: httpx2.AsyncClient) -> None:
    """F17: the oldest lateness first, with the visit and the words of the issue; a closed one is gone."""
    visit_id, body = await evening(member)
    raised = UUID(body["issues"][0]["id"])
    late = duty(world, visit_id, days=-2)
    soon = duty(world, visit_id, days=3, kind=DutyKind.FORWARD, issue_id=raised)
    await take(world, DutiesOpened(duties=(soon, late)))

    duties = (await phone(member))["duties"]

    assert [each["duty_id"] for each in duties] == [str(late.duty_id), str(soon.duty_id)]
    assert duties[0]["visit"]["kind"] == "meeting_attendance"
    assert duties[1]["issue"]["title"] == body["issues"][0]["title"]
    assert (await phone(await world.client("M2")))["duties"] == []


async def test_the_answer_is_the_same_until_something_changes(
    world: World, member: httpx2.AsyncClient
) -> None:
    """A strong tag; a minute later it is still 304, after a visit it is not."""
    first = await member.get(f"{API}/phone")
    known = {"if-none-match": first.headers["etag"]}
    assert not first.headers["etag"].startswith("W/")
    world.clock.move_to(world.clock.now() + timedelta(minutes=1))

    assert (await member.get(f"{API}/phone", headers=known)).status_code == 304
    await evening(member)
    assert (await member.get(f"{API}/phone", headers=known)).status_code == 200


async def test_the_meters_are_those_of_today(member: httpx2.AsyncClient) -> None:
    """F16: this month's trips, this quarter's meetings."""
    await evening(member)

    cadence = (await phone(member))["cadence"]

    assert [(each["first"], each["done"], each["required"]) for each in cadence["field_trip"]] == [
        ("2026-11-01", 0, 1)
    ]
    assert [(each["first"], each["done"], each["required"]) for each in cadence["meeting_attendance"]] == [
        ("2026-10-01", 1, 1)
    ]


async def test_an_answer_waits_to_be_brought_back_until_the_cell_heard_it(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Newer events win in whatever order they come; the reply takes it off the list."""
    visit_id, body = await evening(member)
    raised = body["issues"][0]["id"]
    answered = sent(world, answered_at=world.clock.now(), answer_summary="Đã thay máy biến áp.")
    await take(world, progressed(visit_id, raised, 2, forwardings=(answered,)))
    await take(world, progressed(visit_id, raised, 1, forwardings=(sent(world),)))

    shown = await phone(member)

    assert shown["answers"] == [raised]
    (way,) = shown["issues"]
    assert (way["state"], way["sent"][0]["agency"]) == ("answered", "Chi bộ khu phố Đình Bảng 2")
    assert way["sent"][0]["answer_summary"] == "Đã thay máy biến áp."

    told = progressed(visit_id, raised, 3, forwardings=(answered,), replied_at=world.clock.now())
    await take(world, told)
    shown = await phone(member)
    assert (shown["answers"], shown["issues"][0]["state"]) == ([], "replied_to_cell")


async def test_a_returned_report_waits_on_the_phone_until_it_is_sent_again(
    world: World, member: httpx2.AsyncClient
) -> None:
    """F26: the comment is there; a corrected version takes it away and keeps the first filing time."""
    visit_id, _ = await evening(member)
    first = await member.put(path(visit_id, "/report"), json=REPORT)
    returned = ReportReturned(
        return_id=uuid7(),
        duty_id=uuid7(),
        visit_id=visit_id,
        committee_id=WARD,
        report_version=1,
        comment="Ghi rõ hơn kết quả.",
        returned_at=world.clock.now(),
        returned_by=person_id("K1"),
    )
    await take(world, returned, returned)

    (waiting,) = (await phone(member))["returned"]
    assert (waiting["comment"], waiting["visit"]["visit_id"]) == ("Ghi rõ hơn kết quả.", str(visit_id))
    assert (await member.get(path(visit_id))).json()["returns"][0]["answered"] is False

    again = await member.put(path(visit_id, "/report"), json=REPORT | {"summary": "Rõ hơn."})
    assert again.json()["filed_at"] == first.json()["filed_at"]
    assert (await phone(member))["returned"] == []
    assert (await member.get(path(visit_id))).json()["returns"][0]["answered"] is True


async def test_an_extension_shows_how_it_stands(world: World, member: httpx2.AsyncClient) -> None:
    """Asked, then decided; an older state that comes late changes nothing."""
    visit_id, _ = await evening(member)
    owed = duty(world, visit_id, days=2)
    asked = ExtensionChanged(
        extension_id=uuid7(),
        version=1,
        duty_id=owed.duty_id,
        visit_id=visit_id,
        committee_id=WARD,
        days=3,
        reason="Đi công tác",
        asked_by=person_id("M1"),
        asked_at=world.clock.now(),
    )
    refused = asked.model_copy(update={"version": 2, "granted": False, "note": "Chưa đủ lý do"})
    await take(world, DutiesOpened(duties=(owed,)), refused)
    await take(world, asked)

    (shown,) = (await phone(member))["duties"]

    assert (shown["extension"]["granted"], shown["extension"]["note"]) == (False, "Chưa đủ lý do")


async def test_restricted_words_are_in_no_list_and_their_reading_is_noted(
    world: World, member: httpx2.AsyncClient
) -> None:
    """In the one answer only class and moments; alone, to its owner, with a row in the audit; to others not at all."""
    hidden = issue(access_class="ideology", title=SECRET, detail=SECRET)
    visit_id, _ = await evening(member, issues=[hidden])
    forward = duty(world, visit_id, days=3, kind=DutyKind.FORWARD, issue_id=UUID(hidden["id"]))
    await take(world, DutiesOpened(duties=(forward,)))

    shown = await phone(member)
    assert SECRET not in str(shown)
    assert (shown["duties"][0]["issue"]["title"], shown["issues"][0]["access_class"]) == (None, "ideology")
    assert await world.rows("SELECT 1 FROM audit WHERE act = 'restricted.read'") == []

    alone = await member.get(f"{API}/issues/{hidden['id']}")
    assert alone.json()["title"] == SECRET
    assert len(await world.rows("SELECT 1 FROM audit WHERE act = 'restricted.read'")) == 1
    for who in ("M2", "K1", "X1"):
        assert (await (await world.client(who)).get(f"{API}/issues/{hidden['id']}")).status_code == 404
    place = (await (await world.client("K1")).get(f"{API}/units/{unit_id('C001')}/profile")).json()
    assert (place["open_issues"], place["visits"][0]["issue_count"]) == ([], 0)


async def test_a_place_shows_who_was_there_and_what_is_open(world: World, member: httpx2.AsyncClient) -> None:
    """F19: whoever went; only what still waits; the answer to bring back, and who means to go next."""
    other = await world.client("M2")
    _, theirs = await evening(other)
    visit_id, mine = await evening(member, issues=[issue(title="Đường ngập"), issue(title="Đèn hỏng")])
    done, answered = mine["issues"]
    reply = sent(world, answered_at=world.clock.now(), answer_summary="Sẽ thay.")
    await take(
        world,
        progressed(visit_id, done["id"], forwardings=(sent(world),), replied_at=world.clock.now()),
        progressed(visit_id, answered["id"], forwardings=(reply,)),
    )
    there = {"unit_id": str(unit_id("C001")), "kind": "meeting_attendance", "day": "2026-12-03"}
    await other.put(f"{API}/plans/{uuid7()}", json=there)

    place = (await member.get(f"{API}/units/{unit_id('C001')}/profile")).json()

    assert place["unit"]["code"] == "C001"
    assert {each["visitor"]["full_name"] for each in place["visits"]} == {"Nguyễn Văn An", "Trần Thị Ánh"}
    assert {each["issue_id"] for each in place["open_issues"]} == {theirs["issues"][0]["id"], answered["id"]}
    assert [each["answer_summary"] for each in place["answers"]] == ["Sẽ thay."]
    assert [each["person_name"] for each in place["planned"]] == ["Trần Thị Ánh"]


async def test_a_place_of_another_committee_is_not_there(world: World, member: httpx2.AsyncClient) -> None:
    """Nor one that does not exist; operations sees no place at all."""
    neighbour = await world.client("X1")

    assert (await neighbour.get(f"{API}/units/{unit_id('C001')}/profile")).status_code == 404
    assert (await member.get(f"{API}/units/{uuid7()}/profile")).status_code == 404
    assert (await (await world.client("O1")).get(f"{API}/units/{unit_id('C001')}/profile")).status_code == 403


async def test_assigned_places_are_on_the_phone(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """For an evening in a hall without signal; practice 36: with what is open there, whoever heard it."""
    _, theirs = await evening(await world.client("M2"), unit_code="C002", issues=[issue(), issue()])
    await clerk.put(
        f"{API}/assignments/{uuid7()}",
        json={
            "person_code": "M1",
            "unit_code": "C002",
            "duty": "in_charge_of",
            "valid_from": "2026-01-01",
            "basis_document": "05-TB/ĐU",
        },
    )

    (place,) = (await phone(member))["places"]
    assert place["unit"]["code"] == "C002"
    assert {each["issue_id"] for each in place["open_issues"]} == {each["id"] for each in theirs["issues"]}
    assert (await phone(await world.client("M2")))["places"] == []


async def test_each_issue_of_a_visit_has_its_own_way(world: World, member: httpx2.AsyncClient) -> None:
    """F20: one visit, three issues, three states, each with its duty's date."""
    visit_id, body = await evening(
        member, issues=[issue(), issue(), issue(field="transport", resolved_on_spot=True)]
    )
    one, two, three = (each["id"] for each in body["issues"])
    owed = duty(world, visit_id, days=3, kind=DutyKind.FORWARD, issue_id=UUID(two))
    await take(world, progressed(visit_id, one, forwardings=(sent(world),)), DutiesOpened(duties=(owed,)))

    ways = {each["issue_id"]: each for each in (await phone(member))["issues"]}

    assert [ways[each]["state"] for each in (one, two, three)] == ["forwarded", "raised", "resolved_on_spot"]
    assert [duty["kind"] for duty in ways[two]["duties"]] == ["forward"]
    assert ways[two]["duties"][0]["mine"] is True


async def test_a_conflict_is_flagged_on_its_visit_however_old(member: httpx2.AsyncClient) -> None:
    """F9: it stays on the phone until somebody decides."""
    visit_id = uuid7()
    await member.put(path(visit_id), json=trip())
    for notes in ("một", "hai"):
        await member.put(path(visit_id, "/versions/2"), json=trip(notes=notes) | {"base_version": 1})

    assert [each["in_conflict"] for each in (await phone(member))["visits"]] == [True]
    await member.put(path(visit_id, "/versions/3/decision"), json={"choices": {"/notes": "received"}})
    assert [each["in_conflict"] for each in (await phone(member))["visits"]] == [False]


async def test_what_feedback_told_ends_with_the_visit_and_comes_back_in_no_order(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Erased rows keep their moments; a late event brings no word back."""
    visit_id, body = await evening(member)
    raised = body["issues"][0]["id"]
    answered = sent(world, answered_at=world.clock.now(), answer_summary=SECRET)
    told: list[Event] = [
        progressed(visit_id, raised, 1, forwardings=(answered,), reply_summary=SECRET),
        ReportReturned(
            return_id=uuid7(),
            duty_id=uuid7(),
            visit_id=visit_id,
            committee_id=WARD,
            report_version=1,
            comment=SECRET,
            returned_at=world.clock.now(),
            returned_by=person_id("K1"),
        ),
        ExtensionChanged(
            extension_id=uuid7(),
            version=1,
            duty_id=uuid7(),
            visit_id=visit_id,
            committee_id=WARD,
            days=1,
            reason=SECRET,
            asked_by=person_id("M1"),
            asked_at=world.clock.now(),
            note=SECRET,
        ),
    ]
    await take(world, *told)
    await world.database.run(lambda tx: erase_visits([visit_id], tx, by="retention"))
    late = [
        progressed(visit_id, raised, 2, forwardings=(answered,), reply_summary=SECRET),
        told[1].model_copy(update={"return_id": uuid7()}),
        told[2].model_copy(update={"extension_id": uuid7()}),
    ]
    await take(world, *late)

    for table in ("issue_way", "report_return", "extension_copy"):
        rows = await world.rows(f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} AS t")
        assert rows
        assert not any(SECRET in row.row for row in rows), table
    (way,) = await world.rows("SELECT forwardings FROM issue_way")
    assert way.forwardings[0]["answered_at"] is not None
