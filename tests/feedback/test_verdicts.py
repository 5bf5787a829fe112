"""The cell closes the loop: it says whether an answer settles what it raised, and hears of it on one page."""

from typing import Any

from services.feedback.domain.owed import reply_duty_id
from shared.contracts.feedback import IssueProgressed
from shared.contracts.visits import AccessClass
from tests.feedback.desk import INSPECTOR, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import (
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
from tests.feedback.test_office import ANSWER, DITCH, FORWARDING, SENT

CARD = f"/units/{CELL}/card"
NOT_YET = {"settled": False, "reason": "Mưa là lại ngập."}


def verdict(name: str) -> str:
    return f"/issues/{DITCH}/verdicts/{id_of(name)}"


async def answered(feedback: Feedback, desk: Desk, *, reply: bool = True) -> None:
    """The ditch of 5/10 was passed on, answered on 20/10, and carried back to the cell."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"/issues/{DITCH}/forwardings/{SENT}", FORWARDING)
    feedback.clock.move_to(local("2026-10-20 09:30"))
    await desk.put(AGENT, f"/issues/{DITCH}/forwardings/{SENT}/answer", ANSWER)
    if reply:
        await desk.put(MEMBER, f"/issues/{DITCH}/reply", {"summary": "Đã nạo vét, mời chi bộ xem."})


async def state(desk: Desk) -> str:
    return str((await desk.read(CLERK, f"/issues/{DITCH}"))["issue"]["state"])


async def test_the_cell_confirms_and_the_loop_is_closed(feedback: Feedback, desk: Desk) -> None:
    """Whoever raised it says that it is settled; said again it counts once; the way tells of it (F65)."""
    await answered(feedback, desk)

    first = await desk.put(CELL_SECRETARY, verdict("heard"), {"settled": True})
    again = await desk.put(CELL_SECRETARY, verdict("heard"), {"settled": True})
    other = await desk.put(CELL_SECRETARY, verdict("heard"), NOT_YET)

    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert first.json() == again.json()
    assert await state(desk) == "settled"
    ways = [event for event in await feedback.published() if isinstance(event, IssueProgressed)]
    assert (ways[-1].settled, str(ways[-1].judged_at)[:16]) == (True, "2026-10-20 02:30")


async def test_heard_by_the_cell_is_answered_even_if_nobody_noted_the_reply(
    feedback: Feedback, desk: Desk
) -> None:
    """The secretary's word meets the duty to answer the cell."""
    await answered(feedback, desk, reply=False)
    assert (await feedback.duty(reply_duty_id(DITCH))).closed_at is None

    await desk.put(CELL_SECRETARY, verdict("heard"), {"settled": True})

    duty = await feedback.duty(reply_duty_id(DITCH))
    assert (duty.closure, str(duty.closed_at)[:16]) == ("done", "2026-10-20 02:30")


async def test_what_is_not_settled_is_owed_anew_and_what_was_met_stays_met(
    feedback: Feedback, desk: Desk
) -> None:
    """A reason is owed; a new duty runs from that day; the old reply stands beside the verdict, and a new one follows."""
    await answered(feedback, desk)
    met = await feedback.duty(reply_duty_id(DITCH))
    feedback.clock.move_to(local("2026-11-03 20:00"))

    silent = await desk.put(CELL_SECRETARY, verdict("silent"), {"settled": False})
    said = await desk.put(CELL_SECRETARY, verdict("not yet"), NOT_YET)
    twice = await desk.put(CELL_SECRETARY, verdict("again"), NOT_YET)
    owed = await feedback.duty(reply_duty_id(DITCH, 1))
    reopened = await state(desk)
    replied = await desk.put(MEMBER, f"/issues/{DITCH}/reply", {"summary": "Sẽ làm cống mới."})
    detail = await desk.read(CELL_SECRETARY, f"/issues/{DITCH}")

    assert (silent.status_code, said.status_code, twice.status_code) == (422, 201, 409)
    assert silent.json()["errors"][0]["pointer"] == "/reason"
    assert reopened == "reopened"
    assert (owed.anchor.isoformat(), owed.owner_person_id, owed.closed_at) == ("2026-11-03", MEMBER, None)
    assert await feedback.duty(reply_duty_id(DITCH)) == met
    assert replied.status_code == 201
    assert (await feedback.duty(reply_duty_id(DITCH, 1))).closure == "done"
    assert detail["issue"]["state"] == "replied_to_cell"
    assert detail["reply"]["summary"] == "Sẽ làm cống mới."
    assert [each["reply_summary"] for each in detail["verdicts"]] == ["Đã nạo vét, mời chi bộ xem."]
    timeline = (await desk.read(CLERK, f"/duties/{owed.duty_id}"))["timeline"]
    assert [each["reason"] for each in timeline if each["what"] == "cell_reopened"] == ["Mưa là lại ngập."]


async def test_a_reopened_matter_may_be_passed_on_again(feedback: Feedback, desk: Desk) -> None:
    """While another agency has it the cell is owed no reply; its answer makes one owed again."""
    await answered(feedback, desk)
    await desk.put(CELL_SECRETARY, verdict("not yet"), NOT_YET)
    again = f"/issues/{DITCH}/forwardings/{id_of('again')}"

    feedback.clock.move_to(local("2026-10-21 09:00"))
    await desk.put(CLERK, again, FORWARDING | {"sent_at": "2026-10-21T08:00:00+07:00"})
    waiting = (await state(desk), (await feedback.duty(reply_duty_id(DITCH, 1))).closure)
    feedback.clock.move_to(local("2026-10-26 09:00"))
    await desk.put(AGENT, f"{again}/answer", ANSWER | {"answered_at": "2026-10-26T08:00:00+07:00"})

    assert waiting == ("forwarded", "not_owed")
    assert await state(desk) == "answered"
    assert (await feedback.duty(reply_duty_id(DITCH, 1))).closed_at is None


async def test_only_the_cell_that_raised_it_judges_and_only_what_was_answered(
    feedback: Feedback, desk: Desk
) -> None:
    """Others have no such act; restricted or absent is answered alike; before an answer there is nothing to say."""
    talk = issue("talk", access_class=AccessClass.IDEOLOGY)
    await feedback.take(
        visit("evening", issue("ditch"), talk), visit("elsewhere", issue("lamp"), unit_id=id_of("x"))
    )

    early = await desk.put(CELL_SECRETARY, verdict("heard"), {"settled": True})
    others = [
        (await desk.put(who, verdict("heard"), {"settled": True})).status_code
        for who in (MEMBER, CLERK, SECRETARY, AGENT, INSPECTOR, STRANGER)
    ]
    hidden = [
        await desk.put(CELL_SECRETARY, f"/issues/{id_of(name)}/verdicts/{id_of('v')}", {"settled": True})
        for name in ("talk", "lamp", "nothing")
    ]

    assert early.status_code == 409
    assert others == [403] * 6
    assert {(answer.status_code, answer.json()["detail"]) for answer in hidden} == {
        (404, hidden[-1].json()["detail"])
    }


async def test_the_answer_card_says_who_answered_in_how_many_days_and_what_is_open(
    feedback: Feedback, desk: Desk
) -> None:
    """One page for the cell: no restricted matter, no person, and no line of another cell."""
    await feedback.take(
        visit(
            "evening",
            issue("ditch"),
            issue("lamp", title="Đèn đường hỏng"),
            issue("talk", access_class=AccessClass.IDEOLOGY, title="Chuyện riêng"),
        ),
        visit("elsewhere", issue("road"), unit_id=id_of("x")),
    )
    await answered(feedback, desk)

    card = await desk.read(CELL_SECRETARY, CARD)
    by_reader = {
        who: (await desk.get(who, CARD)).status_code
        for who in (CLERK, SECRETARY, INSPECTOR, MEMBER, AGENT, STRANGER)
    }
    other = await desk.get(CELL_SECRETARY, f"/units/{id_of('x')}/card")
    not_mine = await desk.read(OTHER_MEMBER, CARD)

    lines: dict[str, Any] = {line["title"]: line for line in card["lines"]}
    assert set(lines) == {"Rãnh thoát nước bị tắc", "Đèn đường hỏng"}
    ditch, lamp = lines["Rãnh thoát nước bị tắc"], lines["Đèn đường hỏng"]
    assert (ditch["raised_on"], ditch["days"], ditch["state"]) == ("2026-10-05", 15, "replied_to_cell")
    assert [(each["agency_name"], each["answered_on"], each["number"]) for each in ditch["answers"]] == [
        ("agency", "2026-10-20", "45/UBND")
    ]
    assert (lamp["state"], lamp["days"], lamp["answers"]) == ("raised", 15, [])
    assert by_reader == {CLERK: 200, SECRETARY: 200, INSPECTOR: 200, MEMBER: 200, AGENT: 404, STRANGER: 404}
    assert other.status_code == 404
    assert not_mine["lines"] == []
    assert "Chuyện riêng" not in str(await desk.read(SECRETARY, CARD))
