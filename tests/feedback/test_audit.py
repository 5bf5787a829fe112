"""Every route of feedback that changes something leaves a row, and so does every reading of a restricted matter."""

from shared.contracts.visits import AccessClass
from shared.ids import uuid7
from tests.feedback.desk import INSPECTOR, Desk
from tests.feedback.given import (
    AGENT,
    CELL_SECRETARY,
    CLERK,
    COMMITTEE,
    MEMBER,
    SECRETARY,
    Feedback,
    id_of,
    issue,
    visit,
)
from tests.feedback.test_office import ANSWER, FORWARDING
from tests.feedback.test_praise import CELL_PRAISED, PRACTICE
from tests.support.audited import Watch, changing_routes

DITCH = f"/issues/{id_of('ditch')}"


async def test_every_change_leaves_a_row(feedback: Feedback, desk: Desk) -> None:
    """One story through all routes; a new route without a row fails here."""
    watch = Watch(desk.app, feedback.database)
    await feedback.take(visit("evening", issue("ditch")))
    (duty,) = await feedback.rows("SELECT duty_id FROM duty WHERE kind = 'report'")
    extension, request = f"/duties/{duty.duty_id}/extensions/{uuid7()}", uuid7()
    policy = {
        "kind": "report",
        "rule": "working_days",
        "days": 3,
        "owed_to": "permanent_board",
        "citation": "05-QĐ/ĐU",
        "valid_from": "2027-01-01",
    }
    days = [{"date": "2026-12-21", "off": True, "kind": "compensatory", "vi": "Nghỉ bù", "en": "Off"}]
    for who, path, body in (
        (CLERK, f"{DITCH}/contact", {"contact": "Bà Nga"}),
        (MEMBER, extension, {"days": 2, "reason": "Ốm"}),
        (SECRETARY, f"{extension}/decision", {"granted": True, "note": "Đồng ý"}),
        (CLERK, "/calendar/revisions/2", {"notice": "TB 1", "decided_on": "2026-10-06", "days": days}),
        (SECRETARY, "/calendar/revisions/2/approval", {}),
        (SECRETARY, f"/policies/{uuid7()}", policy),
        (SECRETARY, f"/retention/{uuid7()}", {"days": 9, "citation": "1-QĐ", "valid_from": "2026-10-01"}),
        (MEMBER, f"/me/requests/{request}", {"kind": "correct", "about": "Sai số"}),
        (CLERK, f"/requests/{request}/answer", {"done": True, "note": "Đã sửa"}),
    ):
        answer = await desk.put(who, path, body)
        assert answer.status_code in (200, 201), (path, answer.text)
        await watch.saw(answer)
    feedback.clock.move_to(feedback.clock.now().replace(month=11))
    await feedback.take(visit("evening", issue("ditch"), version=2, filed="2026-10-08 08:00"))
    praised = f"/commendations/{uuid7()}"
    sent, question = f"{DITCH}/forwardings/{uuid7()}", uuid7()
    for who, path, body in (
        (CLERK, f"/duties/{duty.duty_id}/returns/{uuid7()}", {"comment": "Ghi rõ hơn"}),
        (CLERK, f"/chases/{uuid7()}", {"duty_ids": [str(duty.duty_id)]}),
        (CLERK, f"/saved-views/{request}", {"name": "Trễ hạn", "choice": {}}),
        (CLERK, f"/people/{MEMBER}/sheet", {"sheet_id": str(uuid7()), "period": "2026-Q1"}),
        (CLERK, praised, CELL_PRAISED),
        (CLERK, f"{praised}/revocation", {"reason": "Thay thế"}),
        (CLERK, f"/good-practices/{uuid7()}/versions/1", PRACTICE),
        (CLERK, sent, FORWARDING),
        (AGENT, f"{sent}/acknowledgement", {}),
        (AGENT, f"{sent}/notes/{question}", {"kind": "question", "text": "Đoạn nào?"}),
        (CLERK, f"{DITCH}/notes/{question}/reply", {"text": "Từ cầu"}),
        (AGENT, f"{sent}/answer", ANSWER),
        (MEMBER, f"{DITCH}/reply", {"summary": "Đã báo chi bộ"}),
        (CELL_SECRETARY, f"{DITCH}/verdicts/{uuid7()}", {"settled": False, "reason": "Chưa xong"}),
    ):
        answer = await desk.put(who, path, body)
        assert answer.status_code in (200, 201), (path, answer.text)
        await watch.saw(answer)
    merged = f"/clusters/{uuid7()}{DITCH}"
    await watch.saw(await desk.put(CLERK, merged, None))
    await watch.saw(await desk.delete(CLERK, merged))
    await watch.saw(await desk.delete(CLERK, f"{DITCH}/contact"))
    await watch.saw(await desk.delete(CLERK, f"/saved-views/{request}"))

    assert watch.silent == set()
    assert set(watch.audited) == changing_routes(desk.app)


async def test_reading_a_restricted_matter_leaves_a_row(feedback: Feedback, desk: Desk) -> None:
    """In a list and alone; an ordinary one leaves none, and who is refused sees nothing that could be noted."""
    await feedback.take(visit("evening", issue("matter", access_class=AccessClass.IDEOLOGY), issue("lamp")))

    await desk.get(CLERK, f"/issues/{id_of('matter')}")
    await desk.read(CLERK, f"/issues/{id_of('lamp')}")
    assert await reads(feedback) == []
    await desk.read(SECRETARY, "/issues")
    await desk.read(INSPECTOR, f"/issues/{id_of('matter')}")

    assert await reads(feedback) == [(SECRETARY, str(id_of("matter"))), (INSPECTOR, str(id_of("matter")))]


async def reads(feedback: Feedback) -> list[tuple[object, str]]:
    rows = await feedback.rows(
        "SELECT person_id, record_id FROM audit WHERE act = 'restricted.read' AND kind = 'issue' ORDER BY seq"
    )
    return [(row.person_id, row.record_id) for row in rows]


async def test_no_name_and_no_text_reaches_the_audit(feedback: Feedback, desk: Desk) -> None:
    """What was written in an answer or asked as a reason is there as a digest only."""
    await feedback.take(visit("evening", issue("ditch")))
    feedback.clock.move_to(feedback.clock.now().replace(month=11))
    sent = f"{DITCH}/forwardings/{uuid7()}"
    await desk.put(CLERK, sent, FORWARDING)
    await desk.put(
        AGENT, f"{sent}/answer", ANSWER | {"summary": "Trăn trở XQ7", "document_number": "XQ7/UBND"}
    )

    rows = await feedback.rows("SELECT CAST(to_jsonb(audit) AS text) AS row FROM audit")

    assert rows
    assert not any("XQ7" in row.row or "Trăn" in row.row for row in rows)
    assert {row.committee_id for row in await feedback.rows("SELECT committee_id FROM audit")} == {COMMITTEE}
