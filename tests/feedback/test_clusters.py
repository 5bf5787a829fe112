"""The same trouble from several cells: merged by hand, answered once, taken apart again; no clock is shared."""

from typing import Any

from services.feedback.domain.owed import answer_duty_id, forward_duty_id, reply_duty_id
from shared.contracts.visits import AccessClass
from tests.feedback.desk import Desk
from tests.feedback.given import AGENCY, AGENT, CLERK, MEMBER, SECRETARY, Feedback, id_of, issue, local, visit

DITCH, CANAL, SECRET = id_of("ditch"), id_of("canal"), id_of("secret")
TROUBLE = f"/clusters/{id_of('flooding')}/issues"
SENT = {"agency_unit_id": str(AGENCY), "number": "12-CV/VP", "sent_at": "2026-10-06T08:00:00+07:00"}
SENT_LATER = SENT | {"number": "15-CV/VP", "sent_at": "2026-10-08T08:00:00+07:00"}
ANSWER = {"answered_at": "2026-10-09T09:00:00+07:00", "document_number": "45/UBND", "summary": "Đã nạo vét."}


def _way(matter: str) -> str:
    return f"/issues/{id_of(matter)}/forwardings/{id_of(f'{matter} sent')}"


async def _merged(desk: Desk, who: Any = CLERK, matter: str = "ditch") -> list[str]:
    return [
        each["issue"]["issue_id"] for each in (await desk.read(who, f"/issues/{id_of(matter)}"))["merged"]
    ]


async def test_merged_matters_are_answered_once_and_keep_their_own_clocks(
    feedback: Feedback, desk: Desk
) -> None:
    """F62, F63: one document answers both; each has its own due dates and each cell is owed its own reply."""
    await feedback.take(visit("evening", issue("ditch")), visit("morning", issue("canal")))
    for matter in (DITCH, CANAL, CANAL):
        assert (await desk.put(CLERK, f"{TROUBLE}/{matter}", None)).status_code == 204
    assert (await desk.put(CLERK, f"/clusters/{id_of('other')}/issues/{DITCH}", None)).status_code == 409
    feedback.clock.move_to(local("2026-10-09 10:00"))
    await desk.put(CLERK, _way("ditch"), SENT)
    met = await feedback.duty(forward_duty_id(DITCH))
    both = ANSWER | {"also": [str(id_of("canal sent"))]}

    assert (await desk.put(CLERK, f"{_way('ditch')}/answer", both)).status_code == 422
    assert (await feedback.duty(answer_duty_id(id_of("ditch sent")))).closed_at is None
    assert (await feedback.duty(forward_duty_id(CANAL))).closed_at is None
    await desk.put(CLERK, _way("canal"), SENT_LATER)
    due = [await feedback.duty(answer_duty_id(id_of(f"{each} sent"))) for each in ("ditch", "canal")]
    for _ in range(2):
        assert (await desk.put(AGENT, f"{_way('ditch')}/answer", both)).status_code == 200

    answered = [await feedback.duty(answer_duty_id(id_of(f"{each} sent"))) for each in ("ditch", "canal")]
    assert [each.closure for each in answered] == ["done", "done"]
    assert [each.due_at for each in answered] == [each.due_at for each in due]
    assert due[0].due_at < due[1].due_at
    assert await feedback.duty(forward_duty_id(DITCH)) == met
    assert [(await feedback.duty(reply_duty_id(each))).closed_at for each in (DITCH, CANAL)] == [None, None]


async def test_what_was_taken_apart_is_answered_alone(feedback: Feedback, desk: Desk) -> None:
    """F62: a matter leaves as it came, and may be merged with others then; the search finds it by its words."""
    await feedback.take(visit("evening", issue("ditch"), issue("canal", title="Kênh Bắc ùn rác")))
    for matter in (DITCH, CANAL):
        await desk.put(CLERK, f"{TROUBLE}/{matter}", None)
    feedback.clock.move_to(local("2026-10-09 10:00"))
    for matter in ("ditch", "canal"):
        await desk.put(CLERK, _way(matter), SENT)
    (found,) = (await desk.read(CLERK, "/issues", q="kenh bac"))["issues"]
    assert (found["issue_id"], found["cluster_id"]) == (str(CANAL), str(id_of("flooding")))
    assert await _merged(desk) == await _merged(desk, AGENT) == await _merged(desk, MEMBER) == [str(CANAL)]

    assert [(await desk.delete(CLERK, f"{TROUBLE}/{CANAL}")).status_code for _ in range(2)] == [204, 404]
    assert await _merged(desk) == []
    both = ANSWER | {"also": [str(id_of("canal sent"))]}
    assert (await desk.put(CLERK, f"{_way('ditch')}/answer", both)).status_code == 422
    assert (await desk.put(CLERK, f"/clusters/{id_of('other')}/issues/{DITCH}", None)).status_code == 204


async def test_a_restricted_matter_is_never_merged(feedback: Feedback, desk: Desk) -> None:
    """I12: not by the board either, which may read it; what becomes restricted is out of every cluster."""
    secret = issue("secret", access_class=AccessClass.IDEOLOGY, title=None)
    await feedback.take(visit("evening", issue("ditch"), issue("canal"), secret))
    for matter in (DITCH, CANAL):
        await desk.put(CLERK, f"{TROUBLE}/{matter}", None)
    assert (await desk.put(SECRETARY, f"{TROUBLE}/{SECRET}", None)).status_code == 409
    assert (await desk.put(CLERK, f"{TROUBLE}/{SECRET}", None)).status_code == 404

    became = issue("canal", access_class=AccessClass.IDEOLOGY, title=None)
    await feedback.take(visit("evening", issue("ditch"), became, secret, version=2))
    assert await _merged(desk, SECRETARY) == []
    assert await _merged(desk, SECRETARY, "canal") == []
    assert (await desk.delete(CLERK, f"{TROUBLE}/{CANAL}")).status_code == 404
