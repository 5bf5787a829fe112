"""What leaves feedback of an issue's way, of returned reports and of extensions, and how those texts end."""

from typing import TypeVar

from services.feedback.handlers.ways import tell_untold_ways
from shared.contracts.envelope import ERASED_BODY, Event
from shared.contracts.feedback import ExtensionChanged, IssueProgressed, ReportReturned
from shared.contracts.visits import AccessClass, VisitErased
from shared.ids import uuid7
from tests.feedback.desk import OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import AGENCY, AGENT, CLERK, MEMBER, SECRETARY, Feedback, id_of, issue, local, visit
from tests.feedback.test_office import ANSWER, FORWARDING

E = TypeVar("E", bound=Event)
DITCH = f"/issues/{id_of('ditch')}"


async def told(feedback: Feedback, model: type[E]) -> list[E]:
    """Events of one type, in order; those that were emptied are left out."""
    rows = await feedback.rows(
        "SELECT payload FROM outbox WHERE subject = :subject AND payload <> :gone ORDER BY seq",
        subject=model.subject,
        gone=ERASED_BODY.decode(),
    )
    return [model.model_validate_json(row.payload) for row in rows]


async def the_whole_way(desk: Desk, name: str = "ditch") -> None:
    sent = f"/issues/{id_of(name)}/forwardings/{uuid7()}"
    board = SECRETARY
    for who, path, body in (
        (board, sent, FORWARDING),
        (board, f"{sent}/acknowledgement", {}),
        (board, f"{sent}/answer", ANSWER),
        (board, f"/issues/{id_of(name)}/reply", {"summary": "Đã báo chi bộ."}),
    ):
        answer = await desk.put(who, path, body)
        assert answer.status_code in (200, 201), answer.text


async def test_every_step_of_the_way_is_told_as_a_snapshot(feedback: Feedback, desk: Desk) -> None:
    """Passed on, acknowledged, answered, carried back: the newest version says it all (F19, M5)."""
    await feedback.take(visit("evening", issue("ditch")))
    feedback.clock.move_to(local("2026-11-06 08:00"))
    await the_whole_way(desk)

    ways = await told(feedback, IssueProgressed)

    assert [way.version for way in ways] == [1, 2, 3, 4]
    (sent,) = ways[-1].forwardings
    assert (sent.agency_unit_id, sent.answer_summary) == (AGENCY, ANSWER["summary"])
    assert sent.acknowledged_at is not None
    assert ways[-1].reply_summary == "Đã báo chi bộ."
    assert ways[1].forwardings[0].answered_at is None


async def test_of_a_restricted_issue_only_the_moments_leave(feedback: Feedback, desk: Desk) -> None:
    """No number, no answer, no reply: its texts stay on the desk (I12)."""
    await feedback.take(visit("evening", issue("matter", access_class=AccessClass.IDEOLOGY)))
    feedback.clock.move_to(local("2026-11-06 08:00"))
    await the_whole_way(desk, "matter")

    way = (await told(feedback, IssueProgressed))[-1]

    assert way.replied_at is not None
    assert (way.reply_summary, way.forwardings[0].number) == (None, "")
    assert (way.forwardings[0].answer_number, way.forwardings[0].answer_summary) == (None, None)


async def test_a_returned_report_goes_back_and_no_clock_starts_again(feedback: Feedback, desk: Desk) -> None:
    """F26: the comment leaves, the duty stays done on its day, and the next version answers it."""
    await feedback.take(visit("evening", filed="2026-10-06 07:00"))
    (duty,) = await feedback.duties()
    path = f"/duties/{duty.duty_id}/returns/{uuid7()}"

    first = await desk.put(CLERK, path, {"comment": "Ghi rõ hơn kết quả."})
    again = await desk.put(CLERK, path, {"comment": "Ghi rõ hơn kết quả."})
    other = await desk.put(CLERK, path, {"comment": "Khác."})

    assert [each.status_code for each in (first, again, other)] == [201, 200, 409]
    assert await feedback.duty(duty.duty_id) == duty
    (returned,) = await told(feedback, ReportReturned)
    assert (returned.report_version, returned.comment) == (1, "Ghi rõ hơn kết quả.")
    assert (await desk.read(CLERK, f"/duties/{duty.duty_id}"))["returns"][0]["answered"] is False

    better = visit("evening", version=3, filed="2026-10-06 07:00")
    assert better.report is not None
    report = better.report.model_copy(update={"version": 2})
    await feedback.take(better.model_copy(update={"report": report}))

    detail = await desk.read(CLERK, f"/duties/{duty.duty_id}")
    assert detail["returns"][0]["answered"] is True
    assert "report_returned" in [moment["what"] for moment in detail["timeline"]]
    assert (await feedback.duty(duty.duty_id)).closed_at == duty.closed_at


async def test_only_the_office_returns_and_only_what_was_filed(feedback: Feedback, desk: Desk) -> None:
    """A member may not; of another committee it is as if it were not there; an open duty has nothing to return."""
    await feedback.take(visit("evening"))
    (duty,) = await feedback.duties()
    path = f"/duties/{duty.duty_id}/returns/{uuid7()}"

    statuses = [
        (await desk.put(who, path, {"comment": "Ghi rõ."})).status_code
        for who in (MEMBER, AGENT, STRANGER, CLERK)
    ]

    assert statuses == [403, 403, 404, 409]


async def test_an_extension_is_told_when_asked_and_when_decided(feedback: Feedback, desk: Desk) -> None:
    """The phone shows that it waits, and what was answered."""
    await feedback.take(visit("evening"))
    (duty,) = await feedback.duties()
    path = f"/duties/{duty.duty_id}/extensions/{uuid7()}"
    await desk.put(MEMBER, path, {"days": 2, "reason": "Đi công tác"})
    await desk.put(SECRETARY, f"{path}/decision", {"granted": False, "note": "Chưa đủ lý do"})

    asked, decided = await told(feedback, ExtensionChanged)

    assert (asked.version, asked.granted, asked.reason) == (1, None, "Đi công tác")
    assert (decided.version, decided.granted, decided.note) == (2, False, "Chưa đủ lý do")


async def test_erasing_a_visit_empties_what_was_told_and_tells_what_remains(
    feedback: Feedback, desk: Desk
) -> None:
    """No text of it waits in the outbox; the moments come again under a newer version."""
    evening = visit("evening", issue("ditch"), filed="2026-10-06 07:00")
    await feedback.take(evening)
    (report,) = [duty for duty in await feedback.duties() if duty.kind == "report"]
    await desk.put(CLERK, f"/duties/{report.duty_id}/returns/{uuid7()}", {"comment": "XQ7 ghi rõ"})
    feedback.clock.move_to(local("2026-11-06 08:00"))
    await the_whole_way(desk)

    gone = evening.model_copy(update={"version": 9, "erased_at": feedback.clock.now(), "issues": ()})
    issues = tuple(each.model_copy(update={"title": None, "detail": None}) for each in evening.issues)
    await feedback.take(VisitErased(visit=gone.model_copy(update={"issues": issues})))

    assert await told(feedback, ReportReturned) == []
    (way,) = await told(feedback, IssueProgressed)
    assert way.version == 5
    assert (way.forwardings[0].answer_summary, way.reply_summary) == ("", "")
    (kept,) = await feedback.rows("SELECT comment FROM report_return")
    assert kept.comment == ""


async def test_ways_of_before_are_told_once(feedback: Feedback, desk: Desk) -> None:
    """After an upgrade the phone learns of what was already on its way."""
    await feedback.take(visit("evening", issue("ditch")))
    feedback.clock.move_to(local("2026-11-06 08:00"))
    await the_whole_way(desk)
    async with feedback.database.begin() as tx:
        await tx.execute("UPDATE issue SET way_version = 0")

    day = feedback.clock.now().date()
    assert [await tell_untold_ways(feedback.database, day) for _ in range(2)] == [1, 0]
    assert len((await told(feedback, IssueProgressed))[-1].forwardings) == 1


async def test_a_phone_reads_the_reasons_of_its_own_open_duties(feedback: Feedback, desk: Desk) -> None:
    """F17: sentence and steps in one answer, 304 until something moves; nobody else's are in it."""
    await feedback.take(visit("evening", issue("ditch")))

    first = await desk.get(MEMBER, "/phone")

    duties = first.json()["duties"]
    assert len(duties) == 2
    assert duties[0]["due"]["explanation"]["vi"].startswith("Dự sinh hoạt ngày 05/10/2026")
    assert duties[0]["due"]["trace"]
    assert (await desk.read(OTHER_MEMBER, "/phone"))["duties"] == []
    tag = first.headers["etag"]
    assert (await desk.get(MEMBER, "/phone", tag=tag)).status_code == 304
    (duty, _) = await feedback.duties()
    asked = f"/duties/{duty.duty_id}/extensions/{uuid7()}"
    await desk.put(MEMBER, asked, {"days": 2, "reason": "Đi công tác"})
    await desk.put(SECRETARY, f"{asked}/decision", {"granted": True})
    assert (await desk.get(MEMBER, "/phone", tag=tag)).status_code == 200
