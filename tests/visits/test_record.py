"""F16, F74: one's own record: what is held, the quotas, questions to oneself, and what one says to it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.visits.domain.formality import Signal, Told, questions
from services.visits.handlers.objections import erase_objections
from shared.ids import uuid7
from tests.visits.test_changing import REPORT, path
from tests.visits.test_directory import API
from tests.visits.world import World, meeting, person_id, trip

MORNING = datetime(2026, 11, 2, 1, tzinfo=UTC)
CELLS = [UUID(int=n) for n in range(1, 9)]
TEXT = "Chi bộ sinh hoạt đúng kỳ, đảng viên dự đông đủ, thảo luận sôi nổi, nghị quyết sát thực tế khu phố."


def told(day: int, **changes: Any) -> Told:
    """A meeting of an hour and a half, logged the same evening, with one matter raised and its own words."""
    start = MORNING + timedelta(days=day)
    given: dict[str, Any] = {
        "visit_id": uuid7(),
        "unit_id": CELLS[day % len(CELLS)],
        "started_at": start,
        "ended_at": start + timedelta(minutes=90),
        "accepted_at": start + timedelta(hours=3),
        "meeting": True,
        "raised": 1,
        "text": f"{day} " * 20,
        "report_filed_at": start + timedelta(hours=4),
    }
    return Told(**given | changes)


def signals(*visits: Told, assigned: int = 3) -> set[Signal]:
    return {question.signal for question in questions(visits, assigned=assigned)}


def test_ordinary_work_raises_no_question() -> None:
    assert signals(*(told(day) for day in range(8))) == set()


@pytest.mark.parametrize(
    ("signal", "enough", "too_few"),
    [
        (
            Signal.COPIED_TEXT,
            [told(0, text=TEXT), told(1, text=TEXT + " Hết.")],
            [told(0, text=TEXT), told(1)],
        ),
        (
            Signal.FILED_IN_BULK,
            [told(day, report_filed_at=MORNING + timedelta(days=9, minutes=day)) for day in range(3)],
            [told(day, report_filed_at=MORNING + timedelta(days=9, hours=day)) for day in range(3)],
        ),
        (
            Signal.SAME_CELL,
            [told(day, unit_id=CELLS[0]) for day in range(4)],
            [told(day, unit_id=CELLS[0] if day else CELLS[1]) for day in range(4)],
        ),
        (
            Signal.NOTHING_EVER_RAISED,
            [told(day, raised=0) for day in range(4)],
            [told(day, raised=int(day == 2)) for day in range(4)],
        ),
        (
            Signal.LOGGED_LATE,
            [told(day, accepted_at=MORNING + timedelta(days=day + 5)) for day in range(2)],
            [told(day, accepted_at=MORNING + timedelta(days=day + 2)) for day in range(2)],
        ),
        (
            Signal.VERY_SHORT,
            [told(day, ended_at=MORNING + timedelta(days=day, minutes=20)) for day in range(2)],
            [told(day, ended_at=MORNING + timedelta(days=day, minutes=30)) for day in range(2)],
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Signal) else "",
)
def test_a_question_is_asked_from_its_threshold_on(
    signal: Signal, enough: list[Told], too_few: list[Told]
) -> None:
    """The number beside it is the threshold, and the visits it names are those it is about."""
    assert signal in signals(*enough)
    assert signal not in signals(*too_few)
    (asked,) = [each for each in questions(enough, assigned=3) if each.signal is signal]
    assert asked.count == len(asked.visit_ids) >= asked.threshold


def test_short_texts_are_alike_for_everybody() -> None:
    """'No issue raised' twice is no copy."""
    assert signals(told(0, text="Không có ý kiến."), told(1, text="Không có ý kiến.")) == set()


def test_who_is_asked_to_one_cell_is_not_asked_why() -> None:
    """Going where one is sent is no favour."""
    assert signals(*(told(day, unit_id=CELLS[0]) for day in range(6)), assigned=1) == set()


async def record(client: httpx2.AsyncClient, year: int = 2026) -> Any:
    answer = await client.get(f"{API}/me/record?year={year}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_record_says_what_is_held_and_stores_no_verdict(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Own data only; nothing is written by looking, and nobody else has a door to it."""
    for cell in ("C001", "C002"):
        visit_id = uuid7()
        await member.put(path(visit_id), json=trip(unit_code=cell, issues=[]))
        await member.put(path(visit_id, "/report"), json=REPORT | {"summary": TEXT})
    await (await world.client("M2")).put(path(uuid7()), json=meeting())
    before = await world.rows("SELECT relname, n_tup_ins FROM pg_stat_user_tables ORDER BY 1")

    shown = await record(member)

    assert shown["held"] | {"reports_owed": 0} == {
        "field_trips": 2,
        "meetings": 0,
        "units": 2,
        "versions": 2,
        "issues": 0,
        "reports": 2,
        "reports_on_time": 0,
        "reports_late": 0,
        "reports_owed": 0,
    }
    assert [each["signal"] for each in shown["questions"]] == ["copied_text"]
    assert shown["questions"][0]["threshold"] == 2
    assert len(shown["field_trip"]) == 12
    assert (await record(await world.client("M2")))["questions"] == []
    assert await world.rows("SELECT relname, n_tup_ins FROM pg_stat_user_tables ORDER BY 1") == before


async def test_an_objection_is_kept_as_said_and_read_by_the_office(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """Before a sheet is made of the period; sent again it is one, otherwise refused; its owner sees it."""
    at = f"{API}/me/objections/{uuid7()}"
    said = {"period": "2026-Q4", "text": "Chuyến đi ngày 20/11 chưa được tính."}

    answers = [
        await member.put(at, json=said),
        await member.put(at, json=said),
        await member.put(at, json=said | {"text": "Khác."}),
        await member.put(f"{API}/me/objections/{uuid7()}", json=said | {"period": "2027"}),
        await member.put(f"{API}/me/objections/{uuid7()}", json=said | {"period": "2026-13"}),
        await clerk.put(f"{API}/me/objections/{uuid7()}", json=said),
    ]

    assert [each.status_code for each in answers] == [201, 200, 409, 422, 422, 403]
    assert [each["text"] for each in (await record(member))["objections"]] == [said["text"]]
    (read,) = (await clerk.get(f"{API}/objections")).json()["objections"]
    assert read["person_id"] == str(person_id("M1"))
    assert (await member.get(f"{API}/objections")).status_code == 403
    assert (await (await world.client("X1")).get(f"{API}/objections")).json()["objections"] == []


async def test_an_objection_ends_with_the_term(world: World, member: httpx2.AsyncClient) -> None:
    """As long as the texts of visits, and no longer; once."""
    said = {"period": "2026-11", "text": "Chưa đúng XQ7."}
    await member.put(f"{API}/me/objections/{uuid7()}", json=said)
    database = world.database

    assert await erase_objections(database, datetime(2031, 12, 31, tzinfo=UTC).date()) == 0
    assert [await erase_objections(database, datetime(2032, 1, 1, tzinfo=UTC).date()) for _ in range(2)] == [
        1,
        0,
    ]
    (row,) = await world.rows("SELECT period, body FROM objection")
    assert (row.period, row.body) == ("2026-11", "")
