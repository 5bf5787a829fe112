"""The office passes an issue on, and the loop closes back at the cell; each act counts once."""

from services.feedback.domain.owed import answer_duty_id, forward_duty_id, reply_duty_id, report_duty_id
from shared.contracts.feedback import DutyClosed
from shared.contracts.visits import AccessClass
from tests.feedback.desk import INSPECTOR, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import (
    AGENCY,
    AGENT,
    CELL,
    CELL_SECRETARY,
    CLERK,
    MEMBER,
    SECRETARY,
    Feedback,
    id_of,
    issue,
    local,
    visit,
)

DITCH = id_of("ditch")
SENT, ALSO_SENT = id_of("sent"), id_of("also sent")
FORWARDING = {"agency_unit_id": str(AGENCY), "number": "12-CV/VP", "sent_at": "2026-10-06T08:00:00+07:00"}
ANSWER = {
    "answered_at": "2026-10-20T09:00:00+07:00",
    "document_number": "45/UBND",
    "summary": "Đã nạo vét.",
}


async def test_an_issue_goes_its_whole_way(feedback: Feedback, desk: Desk) -> None:
    """Raised, forwarded, acknowledged, answered, carried back to the cell: every duty opens and is met."""
    await feedback.take(visit("evening", issue("ditch")))
    at_agency = f"/issues/{DITCH}/forwardings/{SENT}"

    assert (await desk.put(CLERK, at_agency, FORWARDING)).status_code == 201
    assert (await desk.put(AGENT, f"{at_agency}/acknowledgement", {})).status_code == 200
    feedback.clock.move_to(local("2026-10-20 09:30"))
    assert (await desk.put(AGENT, f"{at_agency}/answer", ANSWER)).status_code == 200
    reply = {"replied_at": "2026-10-20T09:20:00+07:00", "summary": "Báo cáo chi bộ: đã nạo vét."}
    assert (await desk.put(MEMBER, f"/issues/{DITCH}/reply", reply)).status_code == 201

    duties = {duty.duty_id: duty for duty in await feedback.duties()}
    assert duties[forward_duty_id(DITCH)].status(feedback.clock.now()) == "on_time"
    answer = duties[answer_duty_id(SENT)]
    assert (answer.owner_unit_id, answer.due_at) == (AGENCY, local("2026-10-21 00:00"))
    assert answer.closed_at == local("2026-10-20 09:00")
    assert duties[reply_duty_id(DITCH)].owner_person_id == MEMBER
    assert duties[reply_duty_id(DITCH)].closed_at == local("2026-10-20 09:20")
    assert (await desk.read(CLERK, f"/issues/{DITCH}"))["issue"]["state"] == "replied_to_cell"
    assert await feedback.told() == {duty_id: duty.snapshot() for duty_id, duty in duties.items()}


async def test_the_same_act_twice_counts_once(feedback: Feedback, desk: Desk) -> None:
    """The same id with the same content answers the same; with other content it is refused and kept as it was."""
    await feedback.take(visit("evening", issue("ditch")))
    path = f"/issues/{DITCH}/forwardings/{SENT}"

    answers = [await desk.put(CLERK, path, FORWARDING) for _ in range(3)]
    other = await desk.put(CLERK, path, FORWARDING | {"number": "13-CV/VP"})

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.text for answer in answers}) == 1
    assert other.status_code == 409
    closed = [event for event in await feedback.published() if isinstance(event, DutyClosed)]
    assert len(closed) == 1


async def test_a_reply_is_owed_when_the_last_agency_has_answered(feedback: Feedback, desk: Desk) -> None:
    """One issue may go to several agencies; sent on again, it waits for that answer too."""
    await feedback.take(visit("evening", issue("ditch")))
    feedback.clock.move_to(local("2026-10-21 08:00"))
    for forwarding in (SENT, ALSO_SENT):
        await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{forwarding}", FORWARDING)
    reply = reply_duty_id(DITCH)

    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{SENT}/answer", ANSWER)
    assert reply not in {duty.duty_id for duty in await feedback.duties()}
    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{ALSO_SENT}/answer", ANSWER)
    assert (await feedback.duty(reply)).closed_at is None

    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{id_of('again')}", FORWARDING)
    assert (await feedback.duty(reply)).closure == "not_owed"
    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{id_of('again')}/answer", ANSWER)
    assert (await feedback.duty(reply)).closed_at is None


async def test_what_the_office_forwarded_survives_an_edit_of_the_visit(
    feedback: Feedback, desk: Desk
) -> None:
    """A newer version that says nothing of paper does not undo the desk's work."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{SENT}", FORWARDING)

    await feedback.take(visit("evening", issue("ditch", title="Rãnh thoát nước"), version=2))

    assert (await feedback.duty(forward_duty_id(DITCH))).closure == "done"


async def test_what_cannot_be_is_refused_with_its_reason(feedback: Feedback, desk: Desk) -> None:
    """An agency nobody knows, a moment that has not come, an answer before the question."""
    await feedback.take(visit("evening", issue("ditch")))
    path = f"/issues/{DITCH}/forwardings/{SENT}"

    unknown = await desk.put(CLERK, path, FORWARDING | {"agency_unit_id": str(id_of("nobody"))})
    future = await desk.put(CLERK, path, FORWARDING | {"sent_at": "2026-12-06T08:00:00+07:00"})
    await desk.put(CLERK, path, FORWARDING)
    before = await desk.put(CLERK, f"{path}/answer", ANSWER | {"answered_at": "2026-10-05T08:00:00+07:00"})

    assert [unknown.status_code, future.status_code, before.status_code] == [422, 422, 422]
    assert unknown.json()["errors"][0]["pointer"] == "/agency_unit_id"


async def test_a_hidden_issue_and_a_missing_one_answer_alike(feedback: Feedback, desk: Desk) -> None:
    """Another member, another committee, another class: the same 404 as for nothing at all."""
    await feedback.take(visit("evening", issue("ditch"), issue("talk", access_class=AccessClass.IDEOLOGY)))

    async def answer(who: object, name: str) -> tuple[int, str]:
        response = await desk.get(who, f"/issues/{id_of(name)}")  # type: ignore[arg-type]  # a person's id
        return response.status_code, response.json().get("title", "")

    missing = await answer(OTHER_MEMBER, "no such issue")
    assert missing[0] == 404
    assert await answer(OTHER_MEMBER, "ditch") == missing
    assert await answer(STRANGER, "ditch") == missing
    assert await answer(CLERK, "talk") == missing
    assert await answer(CELL_SECRETARY, "talk") == missing
    for who in (SECRETARY, INSPECTOR, MEMBER):
        assert (await answer(who, "talk"))[0] == 200


async def test_restricted_classes_are_in_no_list_but_that_of_their_readers(
    feedback: Feedback, desk: Desk
) -> None:
    """Neither in the issues nor in the duties."""
    await feedback.take(visit("evening", issue("talk", access_class=AccessClass.IDEOLOGY)))

    for who, seen in ((CLERK, 0), (SECRETARY, 1), (MEMBER, 1)):
        assert len((await desk.read(who, "/issues"))["issues"]) == seen
        assert len((await desk.read(who, "/duties"))["duties"]) == seen + 1


async def test_the_agency_sees_what_was_sent_to_it_and_nothing_else(feedback: Feedback, desk: Desk) -> None:
    """Its own open list, issue and duty."""
    await feedback.take(visit("evening", issue("ditch"), issue("lamp")))
    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{SENT}", FORWARDING)

    issues = (await desk.read(AGENT, "/issues"))["issues"]
    duties = (await desk.read(AGENT, "/duties"))["duties"]

    assert [each["issue_id"] for each in issues] == [str(DITCH)]
    assert [each["duty_id"] for each in duties] == [str(answer_duty_id(SENT))]


async def test_the_register_shows_late_ones_first_page_by_page(feedback: Feedback, desk: Desk) -> None:
    """Open ones by due date, then what is closed; no duty twice, none left out."""
    starts = ["2026-09-01", "2026-10-05", "2026-09-15", "2026-08-03", "2026-10-01"]
    for start in starts:
        await feedback.take(visit(start, started=f"{start} 19:00"))
    await feedback.take(visit("2026-08-03", started="2026-08-03 19:00", version=2, filed="2026-08-05 08:00"))

    pages, after = [], {}
    while page := (await desk.read(CLERK, "/duties", limit=2, **after))["duties"]:
        pages += page
        after = {"after": page[-1]["duty_id"]}

    assert [duty["anchor"] for duty in pages] == [
        "2026-09-01",
        "2026-09-15",
        "2026-10-01",
        "2026-10-05",
        "2026-08-03",
    ]
    assert [duty["status"] for duty in pages] == ["overdue", "overdue", "open", "open", "on_time"]
    assert pages[0]["days_late"] == 29  # due 7/9 (6/9 is a Sunday), asked on 6/10
    overdue = await desk.read(CLERK, "/duties", status="overdue", unit=str(CELL), kind="report")
    assert [duty["anchor"] for duty in overdue["duties"]] == ["2026-09-01", "2026-09-15"]


async def test_a_duty_explains_itself(feedback: Feedback, desk: Desk) -> None:
    """Why this date, by which policy, in one sentence and day by day."""
    await feedback.take(visit("tet", started="2026-02-09 19:00"))

    shown = await desk.read(MEMBER, f"/duties/{report_duty_id(id_of('tet'))}")

    assert shown["due"]["due_at"] == "2026-02-24T00:00:00+07:00"
    assert shown["due"]["explanation"]["vi"].startswith("Dự sinh hoạt ngày 09/02/2026; 5 ngày kết thúc")
    assert shown["due"]["trace"][-1]["decision"] == "ends"
    assert "05 ngày" in shown["citation"]
    assert [each["what"] for each in shown["timeline"]] == ["overdue", "opened"]
