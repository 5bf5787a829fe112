"""The calendar of one's telephone: due dates under a secret address, parsed back as a telephone would."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from icalendar import Calendar

from services.visits import icalendar_feed
from services.visits.consumers import handle
from services.visits.domain.agenda import of_duty, of_plan
from services.visits.handlers import close_account
from shared.clock import LOCAL
from shared.contracts.feedback import (
    DueCause,
    DutiesOpened,
    DutyClosed,
    DutyClosure,
    DutyKind,
    DutyMoved,
    DutySnapshot,
    Moments,
)
from shared.contracts.visits import AccessClass, VisitKind
from shared.ids import uuid7
from tests.visits.test_plans import EVENING
from tests.visits.world import WARD, World, issue, person_id, trip, unit_id

API = "/visits/api"
DUE = datetime(2026, 11, 28, tzinfo=LOCAL)
"""The moment after the last day, the 27th."""


def duty(version: int = 1, **changes: Any) -> DutySnapshot:
    return DutySnapshot(
        **{
            "duty_id": UUID("018f0000-0000-7000-8000-0000000000d1"),
            "version": version,
            "due_version": version,
            "kind": DutyKind.REPORT,
            "committee_id": WARD,
            "unit_id": unit_id("C001"),
            "visit_id": uuid7(),
            "owner_person_id": person_id("M1"),
            "owner_unit_id": None,
            "urgency": "normal",
            "anchor": date(2026, 11, 22),
            "due_at": DUE,
            "first_due_at": DUE,
        }
        | changes
    )


async def hear(world: World, *events: Any) -> None:
    async with world.database.begin() as tx:
        await handle(events, tx)


async def published(world: World, code: str = "M1") -> str:
    """The path of a fresh feed."""
    answer = await (await world.client(code)).post(f"{API}/calendar")
    assert answer.status_code == 201, answer.text
    addresses = answer.json()
    assert addresses["webcal"].removeprefix("webcal") == addresses["https"].removeprefix("http")
    path: str = addresses["https"].removeprefix("http://127.0.0.1:8080")
    return path


async def read(world: World, path: str, **headers: str) -> httpx2.Response:
    return await (await world.anonymous()).get(path, headers=headers)


def events_of(answer: httpx2.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_due_date_stands_on_its_last_day_with_two_reminders(world: World) -> None:
    """A whole day, the evening before and the morning of it; it says what is owed and where, and nothing else."""
    await hear(world, DutiesOpened(duties=(duty(),)))

    answer = await read(world, await published(world))

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    [event] = events_of(answer)
    assert event["summary"] == "Hạn báo cáo: Chi bộ khu phố Đông Ngàn 1"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 11, 27), date(2026, 11, 28))
    assert [alarm.decoded("trigger") for alarm in event.walk("VALARM")] == [
        timedelta(hours=-5),
        timedelta(hours=7, minutes=30),
    ]
    assert event["url"] == "http://127.0.0.1:8080/feedback/#duty=018f0000-0000-7000-8000-0000000000d1"
    assert (event["transp"], event["status"], event["class"]) == ("TRANSPARENT", "CONFIRMED", "PRIVATE")
    assert "Nguyễn" not in answer.text


async def test_a_moved_due_date_is_the_same_entry_on_another_day(world: World) -> None:
    """Same UID, higher SEQUENCE, newer LAST-MODIFIED: the telephone moves it and makes no second one."""
    await hear(world, DutiesOpened(duties=(duty(),)))
    path = await published(world)
    [before] = events_of(await read(world, path))
    world.clock.move_to(world.clock.now() + timedelta(days=1))
    later = datetime(2026, 12, 2, tzinfo=LOCAL)
    moved = duty(2, due_at=later, provisional=True)
    await hear(
        world, DutyMoved(duty=moved, old_due_at=DUE, cause=DueCause.EXTENSION, moments=Moments(days={}))
    )

    [after] = events_of(await read(world, path))

    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (1, 2)
    assert before.decoded("last-modified") < after.decoded("last-modified")
    assert after.decoded("dtstart") == date(2026, 12, 1)
    assert (after["summary"], after["status"]) == (
        "Hạn báo cáo: Chi bộ khu phố Đông Ngàn 1 (tạm tính)",
        "TENTATIVE",
    )


async def test_what_is_done_leaves_the_calendar(world: World) -> None:
    """And what others owe was never in it."""
    other = duty(duty_id=uuid7(), owner_person_id=person_id("M2"))
    await hear(world, DutiesOpened(duties=(duty(), other)))
    path = await published(world)
    before = events_of(await read(world, path))

    await hear(world, DutyClosed(duty=duty(2, closed_at=world.clock.now(), closure=DutyClosure.DONE)))

    assert len(before) == 1
    assert events_of(await read(world, path)) == []


async def test_a_planned_visit_stands_there_until_it_is_called_off(world: World) -> None:
    """Its day, what kind and where; moved it is the same entry, called off it is gone."""
    member, plan = await world.client("M1"), f"{API}/plans/{uuid7()}"
    feed = await published(world)

    await member.put(plan, json=EVENING)
    [made] = events_of(await read(world, feed))
    await member.put(plan, json=EVENING | {"version": 2, "day": "2026-12-04"})
    [moved] = events_of(await read(world, feed))
    await member.put(plan, json=EVENING | {"version": 3, "day": "2026-12-04", "cancelled": "weather"})

    assert made["summary"] == "Dự sinh hoạt chi bộ: Chi bộ khu phố Đông Ngàn 1"
    assert (moved["uid"], moved["sequence"]) == (made["uid"], 2)
    assert moved.decoded("dtstart") == date(2026, 12, 4)
    assert events_of(await read(world, feed)) == []


async def test_a_restricted_matter_names_no_place(world: World) -> None:
    """A telephone's maker learns that something is due, and not where somebody spoke of an official."""
    visit, raised = str(uuid7()), issue(access_class=AccessClass.ABOUT_NAMED_OFFICIAL.value)
    member = await world.client("M1")
    recorded = await member.put(f"{API}/visits/{visit}", json=trip(issues=[raised]))
    assert recorded.status_code == 201, recorded.text
    forward = duty(kind=DutyKind.FORWARD, issue_id=UUID(raised["id"]), visit_id=UUID(visit))
    await hear(world, DutiesOpened(duties=(forward,)))

    [event] = events_of(await read(world, await published(world)))

    assert event["summary"] == "Hạn chuyển ý kiến, kiến nghị"
    assert raised["title"] not in event.to_ical().decode()


async def test_who_has_it_already_hears_so(world: World) -> None:
    """The same entries are the same bytes, so that a telephone that asks every hour costs nearly nothing."""
    await hear(world, DutiesOpened(duties=(duty(),)))
    path = await published(world)
    first = await read(world, path)

    again = await read(world, path, **{"if-none-match": first.headers["etag"]})
    await hear(world, DutiesOpened(duties=(duty(duty_id=uuid7()),)))
    changed = await read(world, path, **{"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_a_new_address_kills_the_old_one(world: World) -> None:
    """A change of address is what one does when somebody else saw it; withdrawing leaves none."""
    old = await published(world)
    new = await published(world)
    answers = [(await read(world, path)).status_code for path in (old, new)]
    member = await world.client("M1")

    gone = await member.delete(f"{API}/calendar")

    assert answers == [404, 200]
    assert gone.status_code == 204
    assert (await read(world, new)).status_code == 404
    shown = (await member.get(f"{API}/calendar")).json()
    assert shown == {"published": False, "created_at": None, "last_read_at": None}


async def test_the_address_is_secret_even_from_the_database(world: World) -> None:
    """Its digest is kept, and when it was read last, to the hour."""
    path = await published(world)
    token = path.split("/")[-1].removesuffix(".ics")
    await read(world, path)

    [row] = await world.rows("SELECT * FROM calendar_feed")

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert token not in str(row)
    assert row.created_at < row.last_read_at < world.clock.now()


async def test_guessing_is_slowed_and_tells_nothing(world: World) -> None:
    """An unknown address, a mangled one and an old one get the same answer; and soon no answer at all."""
    path = await published(world)
    answers = [
        await read(world, wrong)
        for wrong in (
            f"{API}/calendar/{'A' * 43}.ics",
            f"{API}/calendar/x.ics",
            path.replace(".ics", "x.ics"),
        )
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.json()["detail"] for answer in answers}) == 1

    tries = [(await read(world, f"{API}/calendar/x.ics")).status_code for _ in range(80)]

    assert tries[-1] == 429
    assert (await read(world, path)).status_code == 200


async def test_whoever_leaves_takes_the_calendar_along(world: World) -> None:
    """A closed account has no calendar; neither has who holds no post any more."""
    path = await published(world)
    async with world.database.begin() as tx:
        await tx.execute(
            "UPDATE directory_post SET valid_to = '2026-11-01' WHERE person_id = :id", id=person_id("M1")
        )
    without_post = await read(world, path)
    async with world.database.begin() as tx:
        await close_account(person_id("M1"), tx)

    assert without_post.status_code == 404
    assert await world.count("calendar_feed") == 0


async def test_only_its_owner_keeps_the_calendar(world: World) -> None:
    """Nobody without a session makes, sees or withdraws one."""
    stranger = await world.anonymous()

    for answer in (
        await stranger.get(f"{API}/calendar"),
        await stranger.post(f"{API}/calendar"),
        await stranger.delete(f"{API}/calendar"),
    ):
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "name", ["Chi bộ Tổ dân phố số 14 phường Đồng Kỵ, khu vực " + "Ấp Đông " * 20, 'A;B,C\\D"E']
)
def test_long_and_awkward_names_survive_the_form(name: str) -> None:
    """Lines are folded at 75 octets without breaking a letter; commas and semicolons come back as they were."""
    entry = of_plan(
        plan_id=uuid7(),
        version=3,
        changed_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        kind=VisitKind.MEETING_ATTENDANCE,
        day=date(2026, 12, 3),
        unit_name=name,
    )

    written = icalendar_feed.write([entry], "https://bam-co-so.example.vn")

    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    [event] = Calendar.from_ical(written).walk("VEVENT")
    assert event["summary"] == f"Dự sinh hoạt chi bộ: {name}"
    assert event.decoded("dtstart") == date(2026, 12, 3)


@pytest.mark.parametrize(
    "due_at", [datetime(2026, 12, 1, tzinfo=LOCAL), datetime(2026, 11, 30, 17, tzinfo=UTC)]
)
def test_the_last_day_is_that_of_viet_nam(due_at: datetime) -> None:
    """Whole days have no zone: whatever zone the server or the telephone lives in, it is the 30th."""
    entry = of_duty(
        duty_id=uuid7(),
        version=1,
        changed_at=datetime(2026, 11, 22, tzinfo=UTC),
        kind=DutyKind.ANSWER,
        due_at=due_at,
        provisional=False,
        unit_name=None,
    )

    written = icalendar_feed.write([entry], "https://bam-co-so.example.vn").decode()

    assert "DTSTART;VALUE=DATE:20261130" in written
    assert "TZID" not in written
