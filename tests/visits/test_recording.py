"""One id stands for one content: what a phone sends, however often, is recorded once and answered alike."""

import asyncio
import json
from typing import Any

import httpx2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.visits.handlers import Accepted, Clashed, Outcome, RecordVisit, Refused, record_visits
from services.visits.schemas.visits import VisitIn
from shared.access import unguarded_routes
from shared.contracts.visits import VisitRecorded
from shared.ids import uuid7
from tests.visits.world import WARD, World, issue, meeting, person_id, trip, unit_id


def path(visit_id: object) -> str:
    return f"/visits/api/visits/{visit_id}"


async def test_an_accepted_visit_gets_a_receipt_and_leaves_as_one_event(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Visit, issues and event are of one transaction; the receipt proves it."""
    visit_id = uuid7()

    answer = await member.put(path(visit_id), json=meeting())

    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["visit_id"] == str(visit_id)
    assert receipt["version"] == 1
    assert receipt["receipt_number"].startswith("2026-")
    assert receipt["report_filed_at"] is None
    assert len(receipt["content_hash"]) == 64
    [payload] = await world.events()
    event = VisitRecorded.model_validate_json(payload)
    assert (event.visit_id, event.version, event.committee_id) == (visit_id, 1, WARD)
    assert (event.unit_id, event.visitor_id) == (unit_id("C001"), person_id("M1"))
    assert [each.title for each in event.issues] == ["Điện áp yếu vào giờ cao điểm"]
    assert event.report is None


async def test_the_same_content_gets_the_same_receipt(world: World, member: httpx2.AsyncClient) -> None:
    """A hundred retries, even with another spelling of the same instants and texts, are one visit."""
    visit_id, body = uuid7(), meeting(notes="Hòa giải")
    first = await member.put(path(visit_id), json=body)

    again = [await member.put(path(str(visit_id).upper()), json=body) for _ in range(3)]
    respelled = body | {
        "started_at": "2026-11-20T01:00:00Z",
        "notes": "Ho\u0300a giải ",
        "issues": [{**body["issues"][0], "id": body["issues"][0]["id"].upper()}],
    }
    again.append(await member.put(path(visit_id), json=respelled))

    assert first.status_code == 201
    assert [answer.status_code for answer in again] == [200] * 4
    assert {answer.content for answer in again} == {first.content}
    assert await world.count("visit") == await world.count("visit_version") == 1
    assert len(await world.events()) == 1


async def test_ten_phones_at_once_make_one_visit(world: World, member: httpx2.AsyncClient) -> None:
    """In parallel, one wins and nine get its receipt."""
    visit_id, body = uuid7(), meeting()

    answers = await asyncio.gather(*(member.put(path(visit_id), json=body) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert await world.count("visit") == 1
    assert len(await world.events()) == 1


async def test_two_transactions_with_one_id_make_one_visit(world: World) -> None:
    """Without any grouping: the second writer waits for the first and answers with its receipt."""
    visit_id, visit = uuid7(), VisitIn.model_validate_json(json.dumps(trip())).as_visit()
    command = RecordVisit(visit_id=visit_id, visitor_id=person_id("M1"), committee_id=WARD, visit=visit)

    async def alone() -> Any:
        async with world.database.begin() as tx:
            [outcome] = await record_visits([command], tx)
            return outcome

    outcomes = await asyncio.gather(*(alone() for _ in range(6)))

    assert sum(isinstance(each, Accepted) and each.is_new for each in outcomes) == 1
    assert len({each.recorded for each in outcomes}) == 1
    assert len(await world.events()) == 1


async def test_a_batch_judges_each_command_by_itself(world: World) -> None:
    """New, repeated, clashing, refused: in one transaction, each with its own outcome, in order."""
    first, second, third = uuid7(), uuid7(), uuid7()

    def command(visit_id: Any, **changes: Any) -> RecordVisit:
        visit = VisitIn.model_validate_json(json.dumps(trip(**changes))).as_visit()
        return RecordVisit(visit_id=visit_id, visitor_id=person_id("M1"), committee_id=WARD, visit=visit)

    shared_issue = issue()
    commands = [
        command(first, notes="một"),
        command(first, notes="một"),
        command(first, notes="hai"),
        command(second, unit_code="C999"),
        command(second, notes="ba"),
        command(third, issues=[shared_issue]),
        command(uuid7(), issues=[shared_issue]),
    ]

    async with world.database.begin() as tx:
        outcomes = await record_visits(commands, tx)

    assert [type(outcome) for outcome in outcomes] == [
        Accepted,
        Accepted,
        Clashed,
        Refused,
        Accepted,
        Accepted,
        Refused,
    ]
    assert [each.is_new for each in outcomes if isinstance(each, Accepted)] == [True, False, True, True]
    assert await world.count("visit") == 3
    assert await world.count("visit_conflict") == 1
    assert len(await world.events()) == 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    groups=st.lists(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=6),
        min_size=1,
        max_size=4,
    ),
    at_once=st.booleans(),
)
async def test_in_any_order_of_sends_one_id_is_one_visit(
    world: World, groups: list[list[tuple[int, int]]], at_once: bool
) -> None:
    """Whatever is sent again, grouped or raced: one visit and one event an id, one content wins for ever."""
    ids = [uuid7() for _ in range(3)]
    events = len(await world.events())

    def command(which: int, content: int) -> RecordVisit:
        visit = VisitIn.model_validate_json(json.dumps(trip(notes=f"bản {content}"))).as_visit()
        return RecordVisit(visit_id=ids[which], visitor_id=person_id("M1"), committee_id=WARD, visit=visit)

    async def send(group: list[tuple[int, int]]) -> list[Outcome]:
        commands = [command(*each) for each in group]
        outcomes: list[Outcome] = await world.database.run(lambda tx: record_visits(commands, tx))
        return outcomes

    if at_once:
        answered = await asyncio.gather(*(send(group) for group in groups))
    else:
        answered = [await send(group) for group in groups]

    outcomes = [
        (which, outcome)
        for group, answers in zip(groups, answered, strict=True)
        for (which, _), outcome in zip(group, answers, strict=True)
    ]
    sent = {which for which, _ in outcomes}
    accepted = [(which, each) for which, each in outcomes if isinstance(each, Accepted)]
    assert sorted(which for which, each in accepted if each.is_new) == sorted(sent)
    assert len({(which, each.recorded) for which, each in accepted}) == len(sent)
    assert len(await world.events()) == events + len(sent)


async def test_other_content_under_an_id_is_a_clash_and_both_are_kept(
    world: World, member: httpx2.AsyncClient
) -> None:
    """The phone sees both; the record stands as it was; the second is kept once."""
    visit_id = uuid7()
    await member.put(path(visit_id), json=trip(notes="bản một"))

    clashes = [await member.put(path(visit_id), json=trip(notes="bản hai")) for _ in range(2)]

    assert [answer.status_code for answer in clashes] == [409, 409]
    problem = clashes[0].json()
    assert clashes[0].headers["content-type"].startswith("application/problem+json")
    assert problem["recorded"]["content"]["notes"] == "bản một"
    assert problem["received"]["content"]["notes"] == "bản hai"
    [kept] = await world.rows("SELECT content FROM visit_conflict")
    assert kept.content["notes"] == "bản hai"
    assert len(await world.events()) == 1


async def test_an_id_of_somebody_else_shows_nothing(world: World, member: httpx2.AsyncClient) -> None:
    """Two people with one id: the second learns only that it is taken, also with the same content."""
    visit_id, body = uuid7(), trip()
    await member.put(path(visit_id), json=body)
    other = await world.client("M2")

    answer = await other.put(path(visit_id), json=body)

    assert answer.status_code == 409
    assert "recorded" not in answer.json()
    assert await world.count("visit_conflict") == 1


async def test_a_bad_visit_does_not_disturb_those_beside_it(world: World, member: httpx2.AsyncClient) -> None:
    """Requests that share a transaction share no refusal."""
    bodies = [trip(), trip(unit_code="C999"), trip(), trip(nothing_raised=True, issues=[issue()]), trip()]

    answers = await asyncio.gather(*(member.put(path(uuid7()), json=body) for body in bodies))

    assert [answer.status_code for answer in answers] == [201, 422, 201, 422, 201]
    assert await world.count("visit") == 3


async def test_a_repeat_is_answered_even_if_the_rules_would_now_refuse_it(
    world: World, member: httpx2.AsyncClient
) -> None:
    """A receipt once given is given again, long after the visit is too old to be sent for the first time."""
    visit_id, body = uuid7(), trip()
    first = await member.put(path(visit_id), json=body)
    world.clock.move_to(world.clock.now().replace(year=2028))
    member = await world.client("M1")

    again = await member.put(path(visit_id), json=body)
    late = await member.put(path(uuid7()), json=body)

    assert (again.status_code, again.content) == (200, first.content)
    assert late.status_code == 422


async def test_a_restricted_issue_leaves_as_its_id_and_class_only(
    world: World, member: httpx2.AsyncClient
) -> None:
    """The text stays here, for the visitor and the permanent board."""
    visit_id = uuid7()
    secret = issue(
        access_class="ideology", title="Tâm tư canary", detail="chi tiết canary", field="party_work"
    )
    await member.put(path(visit_id), json=meeting(issues=[secret]))

    [payload] = await world.events()
    seen = {code: (await (await world.client(code)).get(path(visit_id))) for code in ("M1", "B1", "K1")}

    assert "canary" not in payload
    [event_issue] = VisitRecorded.model_validate_json(payload).issues
    assert str(event_issue.issue_id) == secret["id"]
    assert (event_issue.kind, event_issue.field, event_issue.title, event_issue.detail) == (None,) * 4
    assert {code: "canary" in answer.text for code, answer in seen.items()} == {
        "M1": True,
        "B1": True,
        "K1": False,
    }


async def test_a_report_may_come_with_the_visit(world: World, member: httpx2.AsyncClient) -> None:
    """One tap: the visit and its report are accepted together, filed by the server's clock."""
    report = {"summary": "Không có ý kiến.", "claimed_at": "2026-11-20T21:00:00+07:00"}

    answer = await member.put(path(uuid7()), json=meeting(issues=[], nothing_raised=True, report=report))

    receipt = answer.json()
    [payload] = await world.events()
    event = VisitRecorded.model_validate_json(payload)
    assert answer.status_code == 201
    assert receipt["report_filed_at"] == receipt["accepted_at"]
    assert event.report is not None
    assert (event.report.version, event.report.filed_at) == (1, event.accepted_at)


async def test_a_receipt_warns_of_persons_in_texts_and_of_a_clock_ahead(member: httpx2.AsyncClient) -> None:
    """Warnings refuse nothing; the phone shows them beside the field."""
    body = trip(
        notes="Đồng chí Nguyễn Văn B, căn cước 027085001234, gọi 0912345678.",
        device={"id": "p", "seq": 1, "recorded_at": "2026-11-22T08:30:00+07:00"},
    )

    receipt = (await member.put(path(uuid7()), json=body, headers={"accept-language": "en"})).json()

    assert {(each["pointer"], each["code"]) for each in receipt["warnings"]} == {
        ("/notes", "identity-number"),
        ("/notes", "named-comrade"),
        ("/notes", "phone-number"),
        ("/device/recorded_at", "clock-ahead"),
    }
    assert receipt["device_delay_seconds"] < -1000


async def test_only_a_matter_of_ones_own_portfolio_is_resolved_on_the_spot(
    member: httpx2.AsyncClient,
) -> None:
    """Anything else must be forwarded."""
    own = await member.put(
        path(uuid7()), json=meeting(issues=[issue(field="transport", resolved_on_spot=True)])
    )
    foreign = await member.put(
        path(uuid7()), json=meeting(issues=[issue(field="land", resolved_on_spot=True)])
    )

    assert own.status_code == 201
    assert foreign.status_code == 422
    assert foreign.json()["errors"][0]["pointer"] == "/issues/0/resolved_on_spot"


async def test_unknown_and_foreign_units_answer_alike(member: httpx2.AsyncClient) -> None:
    """Nobody learns what exists in another committee."""
    unknown = (await member.put(path(uuid7()), json=trip(unit_code="C777"))).json()
    foreign = (await member.put(path(uuid7()), json=trip(unit_code="C009"))).json()

    assert unknown["errors"][0] | {"value": ""} == foreign["errors"][0] | {"value": ""}


async def test_a_unit_that_is_no_more_takes_no_visit(world: World, member: httpx2.AsyncClient) -> None:
    """It is in the directory, and its last day is past: the field is named, nothing is stored."""
    answer = await member.put(path(uuid7()), json=trip(unit_code="C003"))

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/unit_code"]
    assert await world.count("visit") == 0


async def test_only_members_record_visits(world: World) -> None:
    """Who is not signed in is asked to; a clerk, an inspector and an operator are refused."""
    statuses = {}
    for code in ("K1", "I1", "O1"):
        statuses[code] = (await (await world.client(code)).put(path(uuid7()), json=trip())).status_code
    anonymous = await (await world.anonymous()).put(path(uuid7()), json=trip())

    assert statuses == {"K1": 403, "I1": 403, "O1": 403}
    assert anonymous.status_code == 401


async def test_every_route_names_its_rule(world: World) -> None:
    """No route of this service can be reached by accident."""
    assert unguarded_routes(world.service.app) == []
    document = world.service.app.openapi()
    put = document["paths"]["/visits/api/visits/{visit_id}"]["put"]
    assert put["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/VisitIn")
    assert {"200", "201", "409"} <= put["responses"].keys()
