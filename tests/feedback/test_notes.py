"""What an agency says before it answers: one question, a promise once it is late, that it is not competent."""

import csv
import io
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain import promise
from services.feedback.domain.owed import answer_duty_id, forward_duty_id, reply_duty_id
from shared.contracts.visits import AccessClass
from tests.feedback.desk import Desk
from tests.feedback.given import AGENCY, AGENT, CLERK, MEMBER, SECRETARY, Feedback, id_of, issue, local, visit

DITCH, SENT, AGAIN = id_of("ditch"), id_of("sent"), id_of("sent again")
WAY = f"/issues/{DITCH}"
FORWARDING = {"agency_unit_id": str(AGENCY), "number": "12-CV/VP", "sent_at": "2026-10-06T08:00:00+07:00"}
ELSEWHERE = FORWARDING | {"number": "19-CV/VP", "sent_at": "2026-10-12T08:00:00+07:00"}
ANSWER = {"answered_at": "2026-10-24T09:00:00+07:00", "document_number": "45/UBND", "summary": "Đã nạo vét."}
NOT_OURS = {"kind": "not_competent", "text": "Kênh do thủy nông quản lý."}


def _note(name: str, forwarding: object = SENT) -> str:
    return f"{WAY}/forwardings/{forwarding}/notes/{id_of(name)}"


async def test_an_agency_that_is_not_competent_gives_the_matter_back_and_no_clock_starts_again(
    feedback: Feedback, desk: Desk
) -> None:
    """F62, I4: it is in the inbox again with its first dates; whoever is asked next has a term of its own."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"{WAY}/forwardings/{SENT}", FORWARDING)
    met = await feedback.duty(forward_duty_id(DITCH))
    feedback.clock.move_to(local("2026-10-12 08:00"))

    answers = [await desk.put(AGENT, _note("refusal"), NOT_OURS) for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 200]
    assert (await feedback.duty(answer_duty_id(SENT))).closure == "not_owed"
    (waiting,) = (await desk.read(CLERK, "/inbox"))["waiting"]
    assert (waiting["step"], waiting["issue"]["issue_id"]) == ("forward_again", str(DITCH))
    assert waiting["first_sent_at"] == "2026-10-06T01:00:00Z"
    assert await feedback.duty(forward_duty_id(DITCH)) == met

    await desk.put(CLERK, f"{WAY}/forwardings/{AGAIN}", ELSEWHERE)
    assert (await desk.read(CLERK, "/inbox"))["total"] == 0
    assert (await feedback.duty(answer_duty_id(AGAIN))).anchor == date(2026, 10, 12)
    assert await feedback.duty(forward_duty_id(DITCH)) == met
    assert (await desk.put(CLERK, f"{WAY}/forwardings/{SENT}/answer", ANSWER)).status_code == 409


async def test_the_cell_is_owed_a_reply_when_all_that_are_competent_have_answered(
    feedback: Feedback, desk: Desk
) -> None:
    """F63: of two agencies one answers and one is not competent; the matter waits for nobody but the office."""
    await feedback.take(visit("evening", issue("ditch")))
    for forwarding in (SENT, AGAIN):
        await desk.put(CLERK, f"{WAY}/forwardings/{forwarding}", FORWARDING)
    feedback.clock.move_to(local("2026-10-24 10:00"))
    await desk.put(CLERK, f"{WAY}/forwardings/{SENT}/answer", ANSWER)
    await desk.put(CLERK, _note("refusal", AGAIN), NOT_OURS)

    assert (await feedback.duty(reply_duty_id(DITCH))).closed_at is None
    assert [each["step"] for each in (await desk.read(CLERK, "/inbox"))["waiting"]] == ["reply"]


async def test_one_question_and_the_clock_runs_on(feedback: Feedback, desk: Desk) -> None:
    """F63: asked once, answered by the member; the due date is what it was before."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"{WAY}/forwardings/{SENT}", FORWARDING)
    before = await feedback.duty(answer_duty_id(SENT))
    asked = {"kind": "question", "text": "Đoạn nào?"}

    assert (await desk.put(AGENT, _note("question"), asked)).status_code == 201
    assert (await desk.put(AGENT, _note("second question"), asked)).status_code == 409
    assert [each["step"] for each in (await desk.read(CLERK, "/inbox"))["waiting"]] == ["question"]

    reply = f"{WAY}/notes/{id_of('question')}/reply"
    assert (await desk.put(MEMBER, reply, {"text": "Từ cầu đến chợ."})).status_code == 200
    assert (await desk.put(MEMBER, reply, {"text": "Chỗ khác."})).status_code == 409
    assert (await desk.read(CLERK, "/inbox"))["total"] == 0
    assert await feedback.duty(answer_duty_id(SENT)) == before
    (note,) = (await desk.read(AGENT, WAY))["notes"]
    assert note["reply"] == "Từ cầu đến chợ."


async def test_a_late_agency_promises_a_day_and_a_broken_promise_is_counted(
    feedback: Feedback, desk: Desk
) -> None:
    """F64: only when late, never in the past, one at a time; the first due date stays."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"{WAY}/forwardings/{SENT}", FORWARDING)
    first = {"kind": "promise", "text": "Đang chờ máy xúc.", "promised_on": "2026-10-27"}
    later = first | {"promised_on": "2026-11-02"}

    assert (await desk.put(AGENT, _note("early"), first)).status_code == 409
    feedback.clock.move_to(local("2026-10-22 08:00"))
    assert (await desk.put(AGENT, _note("past"), first | {"promised_on": "2026-10-21"})).status_code == 422
    assert (await desk.put(AGENT, _note("first"), first)).status_code == 201
    assert (await desk.put(AGENT, _note("too soon"), later)).status_code == 409
    feedback.clock.move_to(local("2026-10-28 08:00"))
    assert (await desk.put(AGENT, _note("later"), later)).status_code == 201

    (owed,) = (await desk.read(AGENT, "/answers"))["answers"]
    assert (owed["promised_on"], owed["broken"], owed["late"]) == ("2026-11-02", 1, True)
    assert owed["due_at"] == owed["first_due_at"] == "2026-10-20T17:00:00Z"


async def test_the_register_keeps_promises_beside_the_due_date(feedback: Feedback, desk: Desk) -> None:
    """F64, F54: on the screen and in the file, as of a past minute too; an answer keeps what was broken before."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"{WAY}/forwardings/{SENT}", FORWARDING)
    feedback.clock.move_to(local("2026-10-22 08:00"))
    promised = {"kind": "promise", "text": "Đang chờ máy xúc.", "promised_on": "2026-10-23"}
    await desk.put(AGENT, _note("first"), promised)

    async def shown(**query: str) -> tuple[str | None, int]:
        duty = (await desk.read(CLERK, f"/duties/{answer_duty_id(SENT)}", **query))["duty"]
        return duty["promised_on"], duty["broken_promises"]

    assert await shown() == ("2026-10-23", 0)
    feedback.clock.move_to(local("2026-10-24 10:00"))
    assert await shown() == (None, 1)
    assert await shown(as_of="2026-10-21T08:00:00+07:00") == (None, 0)
    await desk.put(CLERK, f"{WAY}/forwardings/{SENT}/answer", ANSWER)
    feedback.clock.move_to(local("2026-10-30 10:00"))

    assert await shown() == (None, 1)
    assert await shown(as_of="2026-10-22T09:00:00+07:00") == ("2026-10-23", 0)
    file = (await desk.get(CLERK, "/register", format="csv", kind="answer")).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["Cam kết"], row["Cam kết không giữ"]) == ("", "1")


async def test_what_waits_longer_than_a_day_is_at_the_top(feedback: Feedback, desk: Desk) -> None:
    """F72: restricted matters are there for their few readers only; the search knows no marks."""
    restricted = issue("secret", access_class=AccessClass.IDEOLOGY)
    await feedback.take(visit("evening", issue("ditch"), restricted))
    feedback.clock.move_to(local("2026-10-08 20:00"))

    (waiting,) = (await desk.read(CLERK, "/inbox"))["waiting"]
    assert (waiting["long"], waiting["hours"] > 24, waiting["step"]) == (True, True, "forward")
    assert (await desk.read(SECRETARY, "/inbox"))["total"] == 2
    assert (await desk.read(CLERK, "/inbox", q="xyzzy"))["total"] == 0


@given(st.lists(st.dates()), st.dates())
def test_a_promise_is_either_over_or_still_to_come(days: list[date], today: date) -> None:
    """F64: every promise counts once, and the one that stands is never counted as broken."""
    still = promise.standing(days, today)
    assert promise.broken(days, today) == len(days) - sum(each >= today for each in days)
    assert still is None or still >= today
