"""A paper register comes in whole, once, and again only where it has changed."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import services.demo
from services.visits.domain.cadence import FIRST_QUOTAS
from services.visits.domain.register import Register, RegisterErrors, read_register, register_id
from services.visits.handlers import PutBody, import_register, put_body
from shared import directory
from shared.clock import LOCAL
from shared.contracts.visits import PersonChanged, Role, VisitRecorded
from tests.conftest import Fresh
from tests.visits.world import World, migrate_visits, open_world

WARD_2026 = read_register(Path(services.demo.__file__).parent)


@pytest.fixture
async def paper(database: Fresh) -> AsyncIterator[World]:
    """A world on the day the register was closed."""
    world = await open_world(
        await database("visits", migrate_visits), datetime(2026, 11, 22, 8, tzinfo=LOCAL)
    )
    yield world
    await world.close()


async def put_in(world: World, register: Register) -> str:
    async with world.database.begin() as tx:
        return str(await import_register(register, tx))


async def test_a_ward_comes_in_within_seconds_and_once(paper: World) -> None:
    """Every row an event, each body that people sit in and each first quota; the second import changes and publishes nothing."""
    bodies = {row.body for row in WARD_2026.people}
    before = await paper.count("outbox")
    started = time.monotonic()

    async with paper.database.begin() as tx:
        first = await import_register(WARD_2026, tx)
    took = time.monotonic() - started
    events = await paper.count("outbox")
    async with paper.database.begin() as tx:
        second = await import_register(WARD_2026, tx)

    assert first.visits.added == len(WARD_2026.visits)
    assert first.units.added == len(WARD_2026.units)
    rows = len(WARD_2026.units) + len(WARD_2026.people) + len(WARD_2026.visits)
    assert events - before == len(bodies) + len(FIRST_QUOTAS) + rows
    assert second.changed_nothing
    assert await paper.count("outbox") == events
    assert await paper.count("issue") == len(WARD_2026.issues)
    assert took < 20


async def test_what_is_on_paper_leaves_with_the_event(paper: World) -> None:
    """Reports with their filing time, forwardings and answers; board members with their roles."""
    await put_in(paper, WARD_2026)

    events = [VisitRecorded.model_validate_json(each) for each in await paper.events()]
    papers = [issue.paper for event in events for issue in event.issues if issue.paper]
    people = [
        PersonChanged.model_validate_json(each)
        for each in await paper.events("visits.directory.person_changed.v1")
    ]

    assert sum(event.report is not None for event in events) == sum(
        row.report_filed_at is not None for row in WARD_2026.visits
    )
    filed = {row.ref: row.report_filed_at for row in WARD_2026.visits}
    ids = {register_id(WARD_2026.root_code, "visit", ref): ref for ref in filed}
    assert all(event.report.filed_at == filed[ids[event.visit_id]] for event in events if event.report)
    assert len(papers) == sum(row.forwarded_at is not None for row in WARD_2026.issues)
    assert not any(event.history for event in events)
    secretary = next(
        each for each in people if each.person_id == register_id(WARD_2026.root_code, "person", "M01")
    )
    assert {post.role for post in secretary.posts} == {Role.PERMANENT_BOARD, Role.COMMITTEE_MEMBER}


async def test_a_body_keeps_the_name_that_the_office_gave_it(paper: World) -> None:
    """A register knows bodies by their code; importing it again is no reason to call them otherwise."""
    await put_in(paper, WARD_2026)
    committee_id = register_id(WARD_2026.root_code, "unit", WARD_2026.root_code)
    async with paper.database.begin() as tx:
        bodies = await directory.bodies_by_code(tx, committee_id, at=date(2026, 11, 22))
        board = bodies["permanent_board"]
        named = PutBody(
            body_id=board.body_id,
            committee_id=committee_id,
            code=board.code,
            name="Thường trực Đảng ủy phường Từ Sơn",
        )
        await put_body(named, tx)

    await put_in(paper, WARD_2026)

    async with paper.database.read() as tx:
        names = await directory.body_names(tx, committee_id, at=date(2026, 11, 22))
    assert board.name == "Thường trực cấp ủy"
    assert names["permanent_board"] == "Thường trực Đảng ủy phường Từ Sơn"


async def test_a_changed_row_is_a_new_version(paper: World) -> None:
    """A report that came late onto paper: one visit changes, one event leaves, the rest stays."""
    await put_in(paper, WARD_2026)
    missing = next(row for row in WARD_2026.visits if row.report_filed_at is None)
    filed_at = missing.ended_at + timedelta(days=2)
    later = replace(
        WARD_2026,
        visits=tuple(
            replace(row, report_filed_at=filed_at) if row is missing else row for row in WARD_2026.visits
        ),
    )
    events = await paper.count("outbox")

    async with paper.database.begin() as tx:
        summary = await import_register(later, tx)

    assert (summary.visits.added, summary.visits.changed) == (0, 1)
    assert await paper.count("outbox") == events + 1
    event = VisitRecorded.model_validate_json((await paper.events())[-1])
    assert event.visit_id == register_id(WARD_2026.root_code, "visit", missing.ref)
    assert event.version > 1
    assert event.report is not None
    assert event.report.filed_at == filed_at


async def test_what_anchors_a_deadline_is_not_changed_by_paper_either(paper: World) -> None:
    """The row is named, and nothing is half imported."""
    await put_in(paper, WARD_2026)
    row = WARD_2026.visits[5]
    moved = replace(row, started_at=row.started_at - timedelta(days=1))
    events = await paper.count("outbox")

    with pytest.raises(RegisterErrors, match=rf"visits\.csv, line {row.line}, column started_at"):
        await put_in(paper, replace(WARD_2026, visits=(*WARD_2026.visits[:5], moved, *WARD_2026.visits[6:])))

    assert await paper.count("outbox") == events


async def test_one_bad_row_among_thousands_and_nothing_is_imported(paper: World) -> None:
    """The row that cannot be is the last one: it is named by its line, and not one of the others came in."""
    *good, last = WARD_2026.visits
    early = replace(
        last, started_at=datetime(2031, 1, 1, tzinfo=LOCAL), ended_at=datetime(2031, 1, 2, tzinfo=LOCAL)
    )
    before = await paper.count("outbox")

    with pytest.raises(RegisterErrors, match=rf"visits\.csv, line {last.line}"):
        await put_in(paper, replace(WARD_2026, visits=(*good, early)))

    assert (await paper.count("visit"), await paper.count("outbox")) == (0, before)


async def test_a_register_of_tomorrow_is_refused(database: Fresh) -> None:
    """A visit in the future of the system's clock is a mistake in the register, or in the clock."""
    world = await open_world(await database("visits", migrate_visits), datetime(2026, 3, 1, tzinfo=LOCAL))
    before = await world.count("outbox")

    with pytest.raises(RegisterErrors, match=r"visits\.csv, line \d+, column started_at"):
        await put_in(world, WARD_2026)

    assert await world.count("outbox") == before
    await world.close()


async def test_a_past_term_is_history(paper: World) -> None:
    """It counts in the figures and opens no duties."""
    past = replace(
        WARD_2026,
        is_history=True,
        visits=tuple(replace(row, report_filed_at=None) for row in WARD_2026.visits),
    )

    await put_in(paper, past)

    assert all(VisitRecorded.model_validate_json(each).history for each in await paper.events())
