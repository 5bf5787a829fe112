"""Reports, corrections and reading: every version is kept, and everybody sees what is theirs to see."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2

from services.visits import consumers
from shared.clock import local_date
from shared.contracts.feedback import DutiesOpened, DutyClosed, DutyClosure, DutyKind, DutySnapshot
from shared.contracts.visits import VisitRecorded
from shared.ids import uuid7
from tests.visits.world import WARD, World, issue, meeting, person_id, trip, unit_id

REPORT = {"summary": "Chi bộ sinh hoạt nền nếp.", "claimed_at": "2026-11-20T21:00:00+07:00"}


def path(visit_id: object, rest: str = "") -> str:
    return f"/visits/api/visits/{visit_id}{rest}"


async def last_event(world: World) -> VisitRecorded:
    return VisitRecorded.model_validate_json((await world.events())[-1])


async def test_a_report_filed_later_counts_from_its_first_filing(
    world: World, member: httpx2.AsyncClient
) -> None:
    """The server's clock stamps the first filing; a later version keeps the old one and that time."""
    visit_id = uuid7()
    await member.put(path(visit_id), json=meeting())

    first = await member.put(path(visit_id, "/report"), json=REPORT)
    again = await member.put(path(visit_id, "/report"), json=REPORT)
    world.clock.move_to(world.clock.now() + timedelta(days=1))
    member = await world.client("M1")
    better = await member.put(path(visit_id, "/report"), json=REPORT | {"summary": "Bổ sung một ý."})
    late_retry = await member.put(path(visit_id, "/report"), json=REPORT)

    assert [answer.status_code for answer in (first, again, better, late_retry)] == [201, 200, 201, 200]
    assert again.content == first.content == late_retry.content
    assert better.json()["version"] == 2
    assert better.json()["filed_at"] == first.json()["filed_at"]
    event = await last_event(world)
    assert event.report is not None
    assert (event.version, event.report.version) == (3, 2)
    assert [each["version"] for each in (await member.get(path(visit_id))).json()["reports"]] == [1, 2]


async def test_twenty_filings_at_once_are_one_report(world: World, member: httpx2.AsyncClient) -> None:
    """Check and act are one: the visit's row is locked."""
    visit_id = uuid7()
    await member.put(path(visit_id), json=meeting())

    answers = await asyncio.gather(*(member.put(path(visit_id, "/report"), json=REPORT) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert await world.count("report_version") == 1
    assert len(await world.events()) == 2


async def test_nobody_else_files_or_edits(world: World, member: httpx2.AsyncClient) -> None:
    """A visit of somebody else answers like one that does not exist."""
    visit_id = uuid7()
    await member.put(path(visit_id), json=meeting())
    other = await world.client("M2")

    answers = [
        await other.put(path(visit_id, "/report"), json=REPORT),
        await other.put(path(uuid7(), "/report"), json=REPORT),
        await other.put(path(visit_id, "/versions/2"), json=meeting()),
        await other.get(path(visit_id)),
        await other.get(path(uuid7())),
        await (await world.client("X1")).get(path(visit_id)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_a_correction_is_a_new_version_and_the_old_stays(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Issues may come and go; the event tells the visit as it now stands."""
    visit_id, kept, dropped, added = uuid7(), issue(), issue(title="Nhầm"), issue(title="Thêm")
    body = meeting(issues=[kept, dropped])
    first = await member.put(path(visit_id), json=body)

    corrected = body | {"notes": "đã sửa", "issues": [kept | {"urgency": "urgent"}, added]}
    second = await member.put(path(visit_id, "/versions/2"), json=corrected)
    again = await member.put(path(visit_id, "/versions/2"), json=corrected)
    retried = await member.put(path(visit_id), json=body)

    assert (second.status_code, again.status_code, again.content) == (201, 200, second.content)
    assert (retried.status_code, retried.content) == (200, first.content)
    event = await last_event(world)
    assert event.version == 2
    assert [(each.title, each.urgency) for each in event.issues] == [
        (kept["title"], "urgent"),
        ("Thêm", "normal"),
    ]
    shown = (await member.get(path(visit_id))).json()
    assert [each["content"]["notes"] for each in shown["versions"]] == [body["notes"], "đã sửa"]
    assert len(shown["issues"]) == 2


async def test_two_corrections_with_one_number_are_both_kept(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Two devices of one member: the second is shown both, and neither is lost."""
    visit_id = uuid7()
    await member.put(path(visit_id), json=trip())

    one, two = await asyncio.gather(
        *(member.put(path(visit_id, "/versions/2"), json=trip(notes=notes)) for notes in ("một", "hai"))
    )
    too_high = await member.put(path(visit_id, "/versions/9"), json=trip(notes="ba"))
    zero = await member.put(path(visit_id, "/versions/0"), json=trip(notes="ba"))

    assert sorted(answer.status_code for answer in (one, two)) == [201, 409]
    clash = (one if one.status_code == 409 else two).json()
    assert {clash["recorded"]["content"]["notes"], clash["received"]["content"]["notes"]} == {"một", "hai"}
    assert await world.count("visit_conflict") == 1
    assert (too_high.status_code, zero.status_code) == (409, 409)


async def test_what_anchors_a_deadline_cannot_be_corrected(member: httpx2.AsyncClient) -> None:
    """Kind, unit and day stand for ever (I4), and the answer says why."""
    visit_id, body = uuid7(), trip()
    await member.put(path(visit_id), json=body)

    refused = {
        pointer: await member.put(path(visit_id, "/versions/2"), json=body | change)
        for pointer, change in {
            "/unit_id": {"unit_code": "C002"},
            "/started_at": {"started_at": "2026-11-19T08:00:00+07:00"},
            "/kind": meeting(),
        }.items()
    }
    moved = await member.put(
        path(visit_id, "/versions/2"), json=body | {"started_at": "2026-11-20T07:00:00+07:00"}
    )

    for pointer, answer in refused.items():
        assert answer.status_code == 422
        assert pointer in {each["pointer"] for each in answer.json()["errors"]}
    assert moved.status_code == 201


async def test_lists_show_ones_own_or_the_committees(world: World, member: httpx2.AsyncClient) -> None:
    """A member reads their own; office, board and inspector read all of their committee, page by page."""
    for day in range(1, 6):
        await member.put(
            path(uuid7()),
            json=trip(
                unit_code="C001" if day % 2 else "C002",
                started_at=f"2026-11-0{day}T08:00:00+07:00",
                ended_at=f"2026-11-0{day}T09:00:00+07:00",
            ),
        )
    await (await world.client("M2")).put(path(uuid7()), json=meeting())

    async def listed(code: str, query: str = "") -> Any:
        answer = await (await world.client(code)).get(f"/visits/api/visits{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert len((await listed("M1"))["visits"]) == 5
    assert [len((await listed(code))["visits"]) for code in ("K1", "B1", "I1", "X1")] == [6, 6, 6, 0]
    assert len((await listed("K1", f"?member_id={person_id('M2')}"))["visits"]) == 1
    assert len((await listed("K1", f"?unit_id={unit_id('C002')}&kind=field_trip"))["visits"]) == 2
    assert len((await listed("K1", "?from=2026-11-02&to=2026-11-03"))["visits"]) == 2
    first = await listed("M1", "?limit=3")
    rest = await listed("M1", f"?limit=3&cursor={first['next_cursor']}")
    days = [each["started_at"][8:10] for each in first["visits"] + rest["visits"]]
    assert days == ["05", "04", "03", "02", "01"]
    assert rest["next_cursor"] is None


async def test_a_wrong_question_is_refused_not_guessed(clerk: httpx2.AsyncClient) -> None:
    """Cursors, limits, dates and kinds that cannot be."""
    queries = ["cursor=x", "cursor=%FF", "limit=0", "limit=1000000000", "from=2026-02-30", "kind=party"]

    answers = [await clerk.get(f"/visits/api/visits?{query}") for query in queries]

    assert [answer.status_code for answer in answers] == [422] * len(queries)


async def test_duties_are_ones_own_and_the_newest_word_wins(world: World, member: httpx2.AsyncClient) -> None:
    """In whatever order feedback's events come; lateness is computed, the late ones stand first."""
    now = world.clock.now()

    def duty(version: int, due_in: timedelta, **more: Any) -> DutySnapshot:
        due_at = now + due_in
        return DutySnapshot(
            **{
                "duty_id": uuid7(),
                "version": version,
                "due_version": 1,
                "kind": DutyKind.REPORT,
                "committee_id": WARD,
                "unit_id": unit_id("C001"),
                "visit_id": uuid7(),
                "owner_person_id": person_id("M1"),
                "anchor": local_date(now),
                "due_at": due_at,
                "first_due_at": due_at,
            }
            | more
        )

    late, soon = duty(1, timedelta(days=-1)), duty(1, timedelta(days=2))
    done = duty(3, timedelta(days=1), closed_at=now, closure=DutyClosure.DONE)
    stale = done.model_copy(update={"version": 1, "closed_at": None, "closure": None})
    others = duty(1, timedelta(days=1), owner_person_id=person_id("M2"))

    async with world.database.begin() as tx:
        await consumers.handle([DutyClosed(duty=done), DutiesOpened(duties=(soon, late, others, stale))], tx)
    async with world.database.begin() as tx:
        await consumers.handle([DutiesOpened(duties=(stale, late))], tx)

    opened = (await member.get("/visits/api/duties")).json()["duties"]
    closed = (await member.get("/visits/api/duties?state=closed")).json()["duties"]
    assert [(each["duty_id"], each["late"]) for each in opened] == [
        (str(late.duty_id), True),
        (str(soon.duty_id), False),
    ]
    assert opened[0]["unit"]["code"] == "C001"
    assert [(each["duty_id"], each["closure"]) for each in closed] == [(str(done.duty_id), "done")]


async def test_cadence_counts_ones_own_visits_in_local_months(member: httpx2.AsyncClient) -> None:
    """A trip just after midnight in Từ Sơn belongs to the new month."""
    await member.put(
        path(uuid7()),
        json=trip(started_at="2026-10-31T17:30:00Z", ended_at="2026-10-31T18:00:00Z"),
    )

    shown = (await member.get("/visits/api/cadence?year=2026")).json()

    by_month = {each["first"]: (each["done"], each["required"]) for each in shown["field_trip"]}
    assert by_month["2026-11-01"] == (1, 1)
    assert by_month["2026-10-01"] == (0, 1)
    assert len(shown["meeting_attendance"]) == 4
