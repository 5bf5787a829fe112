"""The directory: snapshots in any order lead to one state, and reads answer as of a date."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import directory
from shared.clock import RehearsalClock
from shared.contracts.envelope import Event
from shared.contracts.visits import Role, SessionChanged
from shared.db import create_engine
from shared.ids import uuid7
from shared.uow import Database
from tests.conftest import Fresh
from tests.support.people import body, machinery, person, post, unit
from tests.support.servers import Databases

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
WARD = uuid7()


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Database]:
    engine = create_engine(dsn, pool=2)
    try:
        yield Database(engine, RehearsalClock(NOW))
    finally:
        await engine.dispose()


@pytest.fixture
async def copy(database: Fresh) -> AsyncIterator[Database]:
    async with opened(await database("feedback", machinery)) as opened_copy:
        yield opened_copy


async def take_in(copy: Database, *events: Event) -> None:
    async with copy.begin() as tx:
        await directory.apply(tx, events)


def _history() -> Sequence[Event]:
    """Two units, a body, two people and a session, each in several versions with different posts."""
    root, cell, member, clerk = WARD, uuid7(), uuid7(), uuid7()
    board, session, digest = uuid7(), uuid7(), "0" * 64
    posts = [post(role, cell) for role in (Role.COMMITTEE_MEMBER, Role.ASSISTANT, Role.INSPECTOR)]
    return (
        unit(root, "BN", "Phường Từ Sơn", unit_id=root),
        unit(root, "C1", "Chi bộ 1", unit_id=cell, parent_id=root),
        unit(root, "C1", "Chi bộ Đồng Kỵ", unit_id=cell, version=2, parent_id=root, successors=[root]),
        unit(root, "C1", "Chi bộ Đồng Kỵ 2", unit_id=cell, version=3),
        body(root, "permanent_board", "Thường trực Thành ủy", body_id=board),
        body(root, "permanent_board", "Thường trực Đảng ủy", body_id=board, version=2, successors=[root]),
        person(root, posts[0], posts[1], person_id=member),
        person(root, posts[1], person_id=member, version=2),
        person(root, posts[2], posts[0], person_id=member, version=3, full_name="Nguyễn Thị Hồng Đào"),
        person(root, person_id=clerk, code="P2", version=1),
        person(root, post(Role.OFFICE_CLERK, root), person_id=clerk, code="P2", version=2),
        *(
            SessionChanged(
                session_id=session,
                version=version,
                token_sha256=digest,
                person_id=member,
                opened_at=NOW,
                expires_at=NOW,
                closed_at=closed_at,
            )
            for version, closed_at in ((1, None), (2, NOW))
        ),
    )


HISTORY = _history()


TABLES = ("directory_unit", "directory_body", "directory_person", "directory_post", "directory_session")


@pytest.fixture(scope="module")
def scratch(databases: Databases) -> str:
    """A database for many histories, one after the other."""
    return asyncio.run(databases.fresh("feedback", machinery))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_with_any_repetition_ends_in_the_same_directory(scratch: str, data: st.DataObject) -> None:
    """Late, twice, all at once or one by one: the newest version of each thing is what stands (I2)."""
    events = data.draw(st.permutations([*HISTORY, *HISTORY]))
    size = data.draw(st.integers(1, len(events)))
    batches = [events[start : start + size] for start in range(0, len(events), size)]

    in_order = asyncio.run(state_after(scratch, [[event] for event in HISTORY]))
    shuffled = asyncio.run(state_after(scratch, batches))

    assert shuffled == in_order


async def state_after(dsn: str, batches: Sequence[Sequence[Event]]) -> dict[str, list[str]]:
    """Every row of an empty directory that took these batches in."""
    async with opened(dsn) as copy:
        async with copy.begin() as tx:
            for table in TABLES:
                await tx.execute(f"DELETE FROM {table}")
        for batch in batches:
            await take_in(copy, *batch)
        async with copy.read() as tx:
            return {
                table: [
                    row.whole
                    for row in await tx.all(f"SELECT {table}::text AS whole FROM {table} ORDER BY 1")
                ]
                for table in TABLES
            }


async def test_two_writers_of_one_person_leave_the_posts_of_the_newer(copy: Database) -> None:
    """The posts never mix two versions, even when both arrive at the same moment."""
    cell, who = uuid7(), uuid7()
    versions = [
        person(WARD, post(Role.INSPECTOR, cell), person_id=who, version=number) for number in range(1, 9)
    ]

    await asyncio.gather(*(take_in(copy, event) for event in versions))

    async with copy.read() as tx:
        found = await directory.person_by_id(tx, who)
    assert found is not None
    assert [held.post_id for held in found.posts] == [versions[-1].posts[0].post_id]


async def test_a_code_names_the_unit_that_bears_it_on_that_date(copy: Database) -> None:
    """After the reform another unit may have the old one's code; where none stands, the last one did."""
    old = unit(WARD, "C1", "Chi bộ cũ", since=date(2015, 1, 1), until=date(2025, 6, 30))
    new = unit(WARD, "C1", "Chi bộ mới", since=date(2025, 7, 1))
    gone = unit(WARD, "C2", "Chi bộ đã giải thể", until=date(2020, 1, 1))
    await take_in(copy, old, new, gone, unit(uuid7(), "C1", "Của nơi khác"))

    async with copy.read() as tx:
        before = await directory.units_by_code(tx, WARD, ["C1", "C2", "C3"], at=date(2025, 6, 30))
        after = await directory.units_by_code(tx, WARD, ["C1", "C2", "C3"], at=date(2025, 7, 1))

    assert {code: found.name for code, found in before.items()} == {"C1": old.name, "C2": gone.name}
    assert {code: found.name for code, found in after.items()} == {"C1": new.name, "C2": gone.name}


async def test_a_body_is_called_what_it_is_called_on_that_date(copy: Database) -> None:
    """Two bodies may bear one code one after the other; readers get them in Vietnamese order."""
    old = body(WARD, "permanent_board", "Thường trực Thành ủy", until=date(2025, 6, 30))
    new = body(WARD, "permanent_board", "Thường trực Đảng ủy", since=date(2025, 7, 1))
    gone = body(WARD, "mass_board", "Ban Dân vận", until=date(2025, 1, 31))
    await take_in(copy, old, new, gone, body(uuid7(), "permanent_board", "Của nơi khác"))

    async with copy.read() as tx:
        before = await directory.body_names(tx, WARD, at=date(2025, 6, 30))
        after = await directory.body_names(tx, WARD, at=date(2025, 7, 1))
        names = [found.name for found in await directory.bodies(tx, WARD)]
        found = await directory.body_by_id(tx, old.body_id)

    assert before == {"permanent_board": old.name, "mass_board": gone.name}
    assert after == {"permanent_board": new.name, "mass_board": gone.name}
    assert names == [gone.name, new.name, old.name]
    assert found is not None
    assert (found.stands(date(2025, 6, 30)), found.stands(date(2025, 7, 1))) == (True, False)


async def test_the_tree_is_read_with_all_below_even_with_a_loop(copy: Database) -> None:
    """A wrong parent in the data must not hang a query."""
    root, branch, leaf = uuid7(), uuid7(), uuid7()
    await take_in(
        copy,
        unit(root, "R", "Gốc", unit_id=root, parent_id=leaf),
        unit(root, "B", "Nhánh", unit_id=branch, parent_id=root),
        unit(root, "L", "Lá", unit_id=leaf, parent_id=branch),
    )

    async with copy.read() as tx:
        assert set(await directory.subtree(tx, root)) == {root, branch, leaf}
        assert [found.name for found in await directory.committees(tx)] == ["Gốc"]


async def test_holders_are_those_of_the_day(copy: Database) -> None:
    """A ladder asks who holds the role when it climbs, not when the duty began."""
    office = uuid7()
    before = person(
        WARD, post(Role.OFFICE_CLERK, office, until=date(2026, 10, 31)), code="P1", full_name="Trần Văn An"
    )
    now = person(
        WARD, post(Role.OFFICE_CLERK, office, since=date(2026, 11, 1)), code="P2", full_name="Lê Thị Bình"
    )
    elsewhere = person(uuid7(), post(Role.OFFICE_CLERK, office), code="P3")
    await take_in(copy, before, now, elsewhere)

    async with copy.read() as tx:
        october = await directory.holders(tx, Role.OFFICE_CLERK, WARD, at=date(2026, 10, 31))
        november = await directory.holders(tx, Role.OFFICE_CLERK, WARD, at=date(2026, 11, 1), unit_id=office)
        nowhere = await directory.holders(tx, Role.OFFICE_CLERK, WARD, at=date(2026, 11, 1), unit_id=uuid7())

    assert [found.full_name for found in october] == ["Trần Văn An"]
    assert [found.full_name for found in november] == ["Lê Thị Bình"]
    assert nowhere == []


async def test_units_are_found_without_marks_and_sorted_as_readers_expect(copy: Database) -> None:
    """`dong ky` finds Đồng Kỵ, a percent sign finds itself, and đ stands after d."""
    await take_in(
        copy,
        *(
            unit(WARD, f"C{number}", name)
            for number, name in enumerate(
                ["Đồng Kỵ", "Dương Lôi", "100% Tân Hồng", "Khu phố 10", "Khu phố 9"]
            )
        ),
    )

    async with copy.read() as tx:
        names = [found.name for found in await directory.units(tx, WARD)]
        matches = [found.name for found in await directory.find_units(tx, WARD, "DONG ky")]
        literal = [found.name for found in await directory.find_units(tx, WARD, "0% T")]
        wildcard = await directory.find_units(tx, WARD, "_%_")

    assert names == ["100% Tân Hồng", "Dương Lôi", "Đồng Kỵ", "Khu phố 9", "Khu phố 10"]
    assert (matches, literal, wildcard) == (["Đồng Kỵ"], ["100% Tân Hồng"], [])


async def test_names_and_people_are_read_in_bulk(copy: Database) -> None:
    """Lists ask once for all names; unknown ids are simply absent."""
    cell = unit(WARD, "C1", "Chi bộ 1")
    first = person(WARD, code="P1", full_name="Nguyễn Văn Đức")
    second = person(WARD, code="P2", full_name="Trần Thị Bích")
    await take_in(copy, cell, first, second)

    async with copy.read() as tx:
        assert await directory.unit_names(tx, [cell.unit_id, uuid7()]) == {cell.unit_id: "Chi bộ 1"}
        assert set(await directory.person_names(tx, [first.person_id, uuid7()])) == {first.person_id}
        assert set(await directory.people_by_code(tx, WARD, ["P1", "P9"])) == {"P1"}
        assert set(await directory.people_by_ids(tx, [second.person_id])) == {second.person_id}
        assert [found.code for found in await directory.people(tx, WARD)] == ["P2", "P1"]
        assert set(await directory.units_by_ids(tx, [cell.unit_id])) == {cell.unit_id}
        assert (await directory.unit_by_id(tx, uuid7()), await directory.person_by_id(tx, uuid7())) == (
            None,
            None,
        )
