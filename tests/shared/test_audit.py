"""The audit: with the transaction or not at all, no names and no texts, and a chain that tells where it was broken."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import asyncpg
import pytest

from shared import audit
from shared.acting import Acting, acting_as
from shared.clock import SystemClock
from shared.contracts.visits import SessionChanged
from shared.db import create_engine
from shared.ids import uuid7
from shared.uow import Database
from tests.conftest import Fresh
from tests.support.messaging import session
from tests.support.people import machinery
from tests.support.servers import Databases

COMMITTEE = uuid7()


@pytest.fixture
async def dsn(database: Fresh) -> str:
    return await database("visits", machinery)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    engine = create_engine(dsn)
    yield Database(engine, SystemClock())
    await engine.dispose()


async def act(db: Database, count: int = 1, *, publish: bool = False) -> None:
    async with db.begin() as tx:
        for _ in range(count):
            tx.audit("visit.recorded", "visit", uuid7(), was={"version": 1}, became={"version": 2})
        if publish:
            event: SessionChanged = session()
            tx.publish(event, key=event.session_id)


async def chain(db: Database) -> audit.Chain:
    async with db.read() as tx:
        return await audit.proven(tx)


async def test_who_what_and_when_stand_in_a_row(db: Database) -> None:
    """A person by session and request; a machine by its name, in the committee it works for."""
    who = Acting(committee_id=COMMITTEE, person_id=uuid7(), session_id=uuid7(), request_id="r-1")
    record = uuid7()
    with acting_as(who):
        async with db.begin() as tx:
            tx.audit("duty.closed", "duty", record, was={"state": "open"}, became={"on": date(2026, 11, 22)})
    with acting_as(Acting(machine="retention")):
        async with db.begin() as tx:
            tx.audit("visit.erased", "visit", record, committee_id=COMMITTEE)

    async with db.read() as tx:
        erased, closed = await audit.listed(tx, COMMITTEE, audit.Filters(), before=None, limit=10)

    assert (closed.person_id, closed.session_id, closed.request_id) == (who.person_id, who.session_id, "r-1")
    assert (closed.act, closed.kind, closed.record_id) == ("duty.closed", "duty", str(record))
    assert (closed.was, closed.became) == ('{"state":"open"}', '{"on":"2026-11-22"}')
    assert (erased.machine, erased.person_id) == ("retention", None)


@pytest.mark.parametrize(
    "value", ["Nguyễn Văn An", "two words", "a" * 81, "x\ny", 1.5, {"a": "b"}, b"bytes", "đường"]
)
async def test_names_and_texts_are_refused_where_they_are_noted(db: Database, value: object) -> None:
    """Ids, codes, states, numbers, days and digests are all there is."""
    with pytest.raises(ValueError, match="no place in the audit") as refused:
        async with db.begin() as tx:
            tx.audit("person.put", "person", uuid7(), became={"value": value})

    assert str(value) not in str(refused.value)


async def test_what_is_rolled_back_leaves_no_row_and_no_gap(db: Database) -> None:
    """The head goes back with it."""

    async def act_in_vain() -> None:
        async with db.begin() as tx:
            tx.audit("visit.recorded", "visit", uuid7())
            await tx.flush()
            raise ZeroDivisionError

    await act(db)
    with pytest.raises(ZeroDivisionError):
        await act_in_vain()
    await act(db)

    assert await chain(db) == audit.Chain(2, (await chain(db)).head, None)


async def test_writers_at_once_make_one_chain(db: Database) -> None:
    """Alone, in batches, with events and without: places have no gap and each hash continues the one before."""
    writers = [
        act(db, count, publish=publish) for count in (1, 3, 40) for publish in (True, False) for _ in range(5)
    ]

    await asyncio.gather(*writers)

    found = await chain(db)
    assert (found.length, found.broken) == (44 * 2 * 5, None)


async def test_a_reader_is_noted_before_anything_is_shown(db: Database) -> None:
    """The transaction that reads cannot write; the row stands when the block is left."""
    async with db.read() as tx:
        tx.audit("restricted.read", "issue", uuid7())

    assert (await chain(db)).length == 1


TAMPERING: dict[str, tuple[str, str]] = {
    "a changed act": ("UPDATE audit SET act = 'visit.lost' WHERE seq = 3", "row 3 (visit.lost"),
    "a changed person": (f"UPDATE audit SET person_id = '{uuid7()}' WHERE seq = 3", "row 3 ("),
    "a changed time": ("UPDATE audit SET at = at - interval '1 day' WHERE seq = 3", "row 3 ("),
    "a changed fact": ("UPDATE audit SET became = '{\"version\":3}' WHERE seq = 3", "row 3 ("),
    "a changed hash": ("UPDATE audit SET hash = sha256('x') WHERE seq = 3", "row 3 ("),
    "a row taken out": ("DELETE FROM audit WHERE seq = 3", "row 3 is missing"),
    "the first row taken out": ("DELETE FROM audit WHERE seq = 1", "row 1 is missing"),
    "the last row cut off": ("DELETE FROM audit WHERE seq = 5", "row 5 is missing: the head names row 5"),
    "all of them": ("DELETE FROM audit", "row 1 is missing: the head names row 5"),
    "two rows exchanged": (
        "UPDATE audit SET seq = -7 + seq WHERE seq IN (3, 4); UPDATE audit SET seq = -seq WHERE seq < 0",
        "row 3 (",
    ),
    "a head set back": (
        "DELETE FROM audit WHERE seq = 5; UPDATE audit_head SET last_seq = 4",
        "row 4: the head",
    ),
}


@pytest.mark.parametrize("way", TAMPERING)
async def test_the_first_broken_link_is_named(db: Database, databases: Databases, dsn: str, way: str) -> None:
    """Whoever owns the tables can change a row, and cannot hide it."""
    statement, names = TAMPERING[way]
    await act(db, 5)
    connection = await asyncpg.connect(databases.owner_dsn(dsn), server_settings={"fv.service": "on"})
    await connection.execute(statement)
    await connection.close()

    assert str((await chain(db)).broken).startswith(names)


async def test_a_forged_row_at_the_end_is_found(db: Database, databases: Databases, dsn: str) -> None:
    """The service may add rows; one that is not chained shows, and so does everything after it."""
    await act(db)
    connection = await asyncpg.connect(databases.owner_dsn(dsn), server_settings={"fv.service": "on"})
    await connection.execute(
        "INSERT INTO audit (seq, at, act, kind, record_id, hash) VALUES (2, now(), 'a', 'b', 'c', sha256('x'))"
    )
    await connection.close()

    assert str((await chain(db)).broken).startswith("row 2 (a b c)")


def test_python_and_the_database_reckon_the_same_link() -> None:
    """Fixed for ever: a chain of years must still be provable by a later release."""
    row = audit.noted(
        "visit.recorded", "visit", "v", Acting(machine="m"), was=None, became={"b": 1, "a": "x"}
    )
    body = audit.body(row, datetime(2026, 11, 22, 1, 2, 3, 4, UTC))

    assert body == (
        '["2026-11-22T01:02:03.000004+00:00",null,null,null,"m",null,'
        '"visit.recorded","visit","v",null,"{\\"a\\":\\"x\\",\\"b\\":1}"]'
    )
    assert audit.link(audit.GENESIS, 1, body).hex() == HASH


HASH = "3d037fb533b57895f210f911488c05955c54c3bf2a622694bee3aa1df9138051"
