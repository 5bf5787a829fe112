"""The time machine: what the register said at an instant it says of that instant for ever."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.feedback.domain.duty import Status
from services.feedback.domain.owed import forward_duty_id, reply_duty_id, report_duty_id
from services.feedback.views import figures
from services.feedback.views.duties import Filters, counted
from shared.access import Principal
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import AccessClass, Role, Urgency, VisitRecorded
from shared.directory import Post
from tests.feedback import registers
from tests.feedback.desk import OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import (
    AGENCY,
    AGENT,
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
from tests.feedback.test_moves import MONDAY_OFF, SATURDAY_WORKED
from tests.feedback.test_office import ANSWER

REPORT, DITCH = report_duty_id(id_of("evening")), id_of("ditch")
ASKED, SENT = (
    f"/duties/{REPORT}/extensions/{id_of('asked')}",
    f"/issues/{DITCH}/forwardings/{id_of('sent')}",
)
Act = Callable[[], Awaitable[Any]]


def story(feedback: Feedback, desk: Desk) -> list[tuple[str, str | None, Act]]:
    """Everything that may become of a duty, each at its minute, and what the list of changes calls it."""

    async def first() -> None:
        await feedback.take(visit("evening", issue("ditch"), issue("lamp")), visit("done"))

    async def filed() -> None:
        await feedback.take(visit("done", version=2, filed="2026-10-07 09:00"))

    async def urgent() -> None:
        await feedback.take(
            visit("evening", issue("ditch"), issue("lamp", urgency=Urgency.URGENT), version=2)
        )

    async def taken_over() -> None:
        lamp = issue("lamp", urgency=Urgency.URGENT)
        await feedback.take(visit("evening", issue("ditch"), lamp, version=3, visitor_id=OTHER_MEMBER))

    async def withdrawn() -> None:
        await feedback.take(visit("evening", issue("ditch"), version=4, visitor_id=OTHER_MEMBER))

    def put(who: UUID, path: str, body: Any) -> Act:
        async def act() -> None:
            answer = await desk.put(who, path, body)
            assert answer.status_code in (200, 201), answer.text

        return act

    sent = {"agency_unit_id": str(AGENCY), "number": "9-CV", "proof": ""}
    answered = ANSWER | {"answered_at": "2026-10-16T09:30:00+07:00"}
    revisions = "/calendar/revisions"
    return [
        ("2026-10-06 08:30", "opened", first),
        ("2026-10-07 09:00", "done", filed),
        ("2026-10-07 09:10", "report_returned", put(CLERK, f"/duties/{report_duty_id(id_of('done'))}/returns/{id_of('r')}", {"comment": "Thiếu"})),
        ("2026-10-08 08:00", "urgency", urgent),
        ("2026-10-08 09:00", None, put(CLERK, f"{revisions}/2", MONDAY_OFF)),
        ("2026-10-08 10:00", "moved", put(SECRETARY, f"{revisions}/2/approval", {})),
        ("2026-10-14 08:00", "extension_asked", put(MEMBER, ASKED, {"days": 3, "reason": "Đi công tác"})),
        ("2026-10-14 09:00", "moved", put(SECRETARY, f"{ASKED}/decision", {"granted": True, "note": ""})),
        ("2026-10-15 10:00", "done", put(CLERK, SENT, sent)),
        ("2026-10-16 08:00", "handed_over", taken_over),
        ("2026-10-16 09:30", "done", put(AGENT, f"{SENT}/answer", answered)),
        ("2026-10-16 10:00", "done", put(CLERK, f"/issues/{DITCH}/reply", {"summary": "Đã nói tại chi bộ"})),
        ("2026-10-17 10:00", "opened", put(CELL_SECRETARY, f"/issues/{DITCH}/verdicts/{id_of('v')}", {"settled": False, "reason": "Chưa thông"})),
        ("2026-10-18 10:00", "not_owed", withdrawn),
        ("2026-10-19 08:00", None, put(CLERK, f"{revisions}/3", SATURDAY_WORKED)),
    ]  # fmt: skip


async def told(desk: Desk, who: UUID, **query: Any) -> dict[str, Any]:
    """The register in two pages, and each of its duties opened."""
    first = await desk.read(who, "/duties", limit=3, **query)
    rest = (
        await desk.read(who, "/duties", after=first["duties"][-1]["duty_id"], **query)
        if first["duties"]
        else {"duties": []}
    )
    duties = [*first["duties"], *rest["duties"]]
    as_of = {key: query[key] for key in query if key == "as_of"}
    return {
        "duties": duties,
        "counted": first["counted"],
        "opened": [await desk.read(who, f"/duties/{each['duty_id']}", **as_of) for each in duties],
    }


async def test_the_register_as_of_an_instant_is_what_it_said_then(feedback: Feedback, desk: Desk) -> None:
    """F86: asked at each step of a story and asked again of that step at the end, the answers are the same."""
    said: list[tuple[datetime, dict[str, Any]]] = []
    for at, _, act in story(feedback, desk):
        feedback.clock.move_to(local(at))
        await act()
        feedback.clock.move_to(local(at) + timedelta(minutes=5))
        said.append((feedback.clock.now(), await told(desk, CLERK)))
    feedback.clock.move_to(local("2026-11-20 08:00"))

    for at, answer in said:
        again = await told(desk, CLERK, as_of=at.isoformat())
        for duty in (*answer["opened"], *again["opened"]):
            for returned in duty["returns"]:
                del returned["answered"]  # of today, as the view says
        assert again == answer, at
    assert (await told(desk, CLERK, as_of="2026-10-06T08:00:00+07:00"))["duties"] == []
    late = await desk.read(CLERK, "/duties", status="overdue", as_of="2026-10-14T08:30:00+07:00")
    assert {duty["duty_id"] for duty in late["duties"]} == {
        str(REPORT), str(forward_duty_id(DITCH)), str(forward_duty_id(id_of("lamp"))),
    }  # fmt: skip


async def test_what_changed_since_tells_each_change_once_and_in_order(feedback: Feedback, desk: Desk) -> None:
    """F86: every act of the story stands at its minute; the pages laid together are the list."""
    steps = story(feedback, desk)
    for at, _, act in steps:
        feedback.clock.move_to(local(at))
        await act()

    since = "2026-10-06T08:00:00+07:00"
    whole = await desk.read(CLERK, "/changes", since=since, limit=200)
    pages = [await desk.read(CLERK, "/changes", since=since, skip=skip, limit=4) for skip in range(0, 40, 4)]

    changed = [(_minute(each["at"]), each["what"]) for each in whole["changes"]]
    assert [each["at"] for each in whole["changes"]] == sorted(each["at"] for each in whole["changes"])
    for at, what, _ in steps:
        assert {found for when, found in changed if when == local(at)} >= ({what} if what else set()), at
    assert {when for when, _ in changed} == {local(at) for at, what, _ in steps if what}
    assert whole["total"] == len(changed)
    assert [each for page in pages for each in page["changes"]] == whole["changes"]
    moved = [each for each in whole["changes"] if each["what"] == "moved" and each["duty_id"] == str(REPORT)]
    assert [(each["was"] < each["became"]) for each in moved] == [True, True]
    assert (await desk.read(STRANGER, "/changes", since=since))["total"] == 0


async def test_a_matter_restricted_today_is_unseen_in_its_open_past(feedback: Feedback, desk: Desk) -> None:
    """Looking back shows nobody more than looking now; the board, who may know, sees it and is noted."""
    await feedback.take(visit("evening", issue("matter")))
    feedback.clock.move_to(local("2026-10-07 08:00"))
    await feedback.take(
        visit("evening", issue("matter", access_class=AccessClass.IDEOLOGY, title=None), version=2)
    )
    then = {"as_of": "2026-10-06T12:00:00+07:00"}

    seen = {
        who: {duty["kind"] for duty in (await desk.read(who, "/duties", **then))["duties"]}
        for who in (CLERK, SECRETARY)
    }

    assert seen == {CLERK: {"report"}, SECRETARY: {"report", "forward"}}
    hidden = f"/duties/{forward_duty_id(id_of('matter'))}"
    assert (await desk.get(CLERK, hidden, **then)).status_code == 404
    assert (await desk.read(CLERK, "/changes", since="2026-10-06T00:00:00+07:00"))["total"] == 1
    (noted,) = await feedback.rows("SELECT count(*) AS n FROM audit WHERE act = 'restricted.read'")
    assert noted.n >= 1


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2026-09-30T08:00:00+07:00", None),
        ("2026-10-01T20:00:00+07:00", "open"),
        ("2026-10-06T07:00:00+07:00", "on_time"),
    ],
)
async def test_what_a_paper_register_tells_stands_where_the_paper_puts_it(
    feedback: Feedback, desk: Desk, as_of: str, status: str | None
) -> None:
    """Taken in at once and long afterwards, it has a past of its own; what began when it was told has none."""
    paper = visit("paper", started="2026-10-01 19:00", filed="2026-10-05 08:00", from_register=True)
    await feedback.take(paper, visit("late told", started="2026-10-01 19:00"))

    shown = (await desk.read(CLERK, "/duties", as_of=as_of))["duties"]

    assert [(duty["visit_id"], duty["status"]) for duty in shown] == (
        [(str(id_of("paper")), status)] if status else []
    )
    assert reply_duty_id(DITCH) not in {duty["duty_id"] for duty in shown}


async def test_the_list_and_the_figures_of_an_instant_are_the_same_duties(feedback: Feedback) -> None:
    """F86: a ward's register of a year, taken in at its end: at forty instants of it every figure can be drilled into."""
    feedback.clock.move_to(local("2026-11-23 09:00"))
    events = list(registers.events(registers.read(WARD), history=False))
    await feedback.take(*events)
    (ward,) = {event.committee_id for event in events if isinstance(event, VisitRecorded)}
    clerk = reader_of(ward)
    dice = random.Random(20261123)  # noqa: S311  # the same instants every time

    for _ in range(40):
        at = local("2026-01-05 00:00") + timedelta(minutes=dice.randrange(460_000))
        async with feedback.database.read() as tx:
            counts = asdict((await figures(tx, ward, at)).counts)
            listed = {
                f"{kind}_{name}": (await counted(tx, clerk, Filters(statuses=[status], as_of=at))).get(
                    kind, 0
                )
                for name, status in FIGURES.items()
                for kind in (DutyKind.REPORT, DutyKind.FORWARD)
            }
        assert listed == {name: counts[name] for name in listed}, at


FIGURES = {
    "on_time": Status.ON_TIME,
    "late": Status.LATE,
    "missing_overdue": Status.OVERDUE,
    "missing_not_due": Status.OPEN,
}
WARD = Path(__file__).parents[1] / "data" / "registers" / "tu_son_2026"


def reader_of(committee_id: UUID) -> Principal:
    """Somebody who sees the whole committee, and no restricted matter."""
    post = Post(
        post_id=id_of("post"),
        role=Role.OFFICE_CLERK,
        body="",
        title="",
        unit_id=committee_id,
        valid_from=None,
        valid_to=None,
        serves=(),
    )
    return Principal(
        person_id=CLERK,
        committee_id=committee_id,
        session_id=id_of("session"),
        full_name="",
        posts=(post,),
        today=date(2026, 11, 23),
    )


def _minute(at: str) -> datetime:
    """The clock of a rehearsal walks on while an act is done."""
    return datetime.fromisoformat(at).replace(second=0, microsecond=0)
