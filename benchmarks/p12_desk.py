"""P12: the desk over 100,000 issues and 1,000,000 events, beside a bare round trip to the same database; and live.

The figures of the morning, the register as it opens, narrowed, and searched, each by HTTP with a guard and a wall
around it, one request at a time, the questions in turn. Nobody listens meanwhile, so no answer is shared. Then so
many desks listen, a member records a visit, and each desk asks for its figures again when it hears of it: what is
measured is from the receipt to the moment at which the last desk holds figures that count the visit.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.engines import Bench, bench_engines, connected
from benchmarks.halves import Half, our_half, settled, sign_in_tokens, signed_in
from benchmarks.harness import Result, at_most, limit, percentile
from benchmarks.load import Connection, request

ISSUES, QUICK_ISSUES = 100_000, 20_000
EVENTS, QUICK_EVENTS = 1_000_000, 100_000
ROUNDS, QUICK_ROUNDS = 5, 3
TURNS, QUICK_TURNS = 20, 10
DESKS, QUICK_DESKS = 200, 50
BOARD = 2
"""Whose link it is among those of the demo."""

QUESTIONS = {
    "figures of the morning": "/feedback/api/figures",
    "register as it opens": "/feedback/api/duties?status=overdue&limit=25",
    "register narrowed": "/feedback/api/duties?status=overdue&kind=forward&limit=25",
    "register searched": "/feedback/api/duties?status=overdue&q=den%20duong&limit=25",
    "register searched for a person": "/feedback/api/duties?q=hoang%20an&limit=25",
}
GOALS = {"figures of the morning": 200.0}
REGISTER_GOAL = 100.0


async def run(*, quick: bool) -> Result:
    rounds, turns = (QUICK_ROUNDS, QUICK_TURNS) if quick else (ROUNDS, TURNS)
    issues, events = (QUICK_ISSUES, QUICK_EVENTS) if quick else (ISSUES, EVENTS)
    async with bench_engines() as bench, our_half(bench) as half:
        await fill(bench.owner_dsn("feedback"), issues, events)
        cookie = await board(bench, half)
        await asked(half, cookie, turns)  # connections, plans and caches
        measured = [await asked(half, cookie, turns) for _ in range(rounds)]
        waits = [await live(half, cookie, QUICK_DESKS if quick else DESKS) for _ in range(rounds)]
    bare = sorted(each["SELECT 1"] for each in measured)[rounds // 2]
    return Result(
        id="P12",
        title=f"the desk over {issues:,} issues and {events:,} events",
        lines=(
            *(
                limit(
                    f"{name}, p95",
                    ours=[each[name] for each in measured],
                    goal=at_most(GOALS.get(name, REGISTER_GOAL), "ms"),
                )
                for name in QUESTIONS
            ),
            limit(
                f"receipt → figures on the last of {QUICK_DESKS if quick else DESKS} desks",
                ours=waits,
                goal=at_most(1_000, "ms"),
            ),
        ),
        notes=(f"SELECT 1 over the same connection to the database, p95: {bare:.2f} ms",),
    )


async def board(bench: Bench, half: Half) -> str:
    """A session of somebody who sees the whole committee."""
    tokens = await sign_in_tokens(bench.dsn("visits"))
    cookie = await signed_in(half.port, tokens[BOARD])
    await settled(bench)  # the session travels as an event
    return cookie


async def asked(half: Half, cookie: str, turns: int) -> dict[str, float]:
    """One round: the 95th percentile of each question in milliseconds, and that of a bare round trip."""
    took: dict[str, list[float]] = {name: [] for name in (*QUESTIONS, "SELECT 1")}
    connection = await Connection.open(half.desk_port)
    async with connected(half.feedback_dsn) as database:
        for _ in range(turns):
            for name, path in QUESTIONS.items():
                since = time.perf_counter()
                answer = await connection.send(request("GET", path, headers=f"Cookie: {cookie}\r\n"))
                took[name].append(time.perf_counter() - since)
                assert answer.status == 200, answer.body
            since = time.perf_counter()
            await database.fetchval("SELECT 1")
            took["SELECT 1"].append(time.perf_counter() - since)
    connection.close()
    return {name: 1000 * percentile(seconds, 95) for name, seconds in took.items()}


async def get(port: int, path: str, cookie: str) -> tuple[int, bytes]:
    connection = await Connection.open(port)
    try:
        answer = await connection.send(request("GET", path, headers=f"Cookie: {cookie}\r\n"))
        return answer.status, answer.body
    finally:
        connection.close()


# --- live ------------------------------------------------------------------------------------------


async def live(half: Half, cookie: str, desks: int) -> float:
    """Milliseconds from the receipt of a visit until every desk has figures in which it is counted."""
    before = await counted(half.desk_port, cookie)
    async with asyncio.TaskGroup() as open_desks:
        ready = asyncio.Semaphore(0)
        waiting = [open_desks.create_task(desk(half.desk_port, cookie, before, ready)) for _ in range(desks)]
        for _ in range(desks):
            await ready.acquire()
        connection = await Connection.open(half.port)
        answer = await connection.send(next(half.requests))
        received = time.perf_counter()
        connection.close()
        assert answer.status == 201, answer.body
    return 1000 * max(each.result() - received for each in waiting)


async def desk(port: int, cookie: str, before: int, ready: asyncio.Semaphore) -> float:
    """One that listens; when it knew."""
    async with listening(port, cookie) as stream:
        async for line in stream:
            if line.startswith("data:"):
                ready.release()
            if line == "event: change" and await counted(port, cookie) > before:
                return time.perf_counter()
    raise AssertionError("the stream ended")


async def counted(port: int, cookie: str) -> int:
    status, body = await get(port, "/feedback/api/figures", cookie)
    assert status == 200, body
    figures = json.loads(body)
    return int(figures["field_trips"] + figures["meetings_attended"])


@asynccontextmanager
async def listening(port: int, cookie: str) -> AsyncIterator[AsyncIterator[str]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /feedback/api/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n"
        f"Cookie: {cookie}\r\n\r\n".encode()
    )

    async def lines() -> AsyncIterator[str]:
        while line := await reader.readline():
            yield line.decode().strip()

    try:
        yield lines()
    finally:
        writer.close()


# --- what is in the database ---------------------------------------------------------------------------


async def fill(dsn: str, issues: int, events: int) -> None:
    """Five years of a committee with the people, cells and agencies of the demo; a fiftieth still open, half of it late."""
    async with connected(dsn) as connection:
        for statement in SEED:
            arguments = (issues,) if "$1" in statement else ()
            await connection.execute(statement, *arguments)
        await connection.execute(EVENTS_TAKEN_IN, events)
        await connection.execute("VACUUM ANALYZE")


EVENTS_TAKEN_IN = """
INSERT INTO inbox (event_id, producer, seq, body_hash)
SELECT uuidv7(), 'elsewhere', n, sha256(int4send(CAST(n AS int))) FROM generate_series(1, $1) AS n
"""
SEED = (
    """
    CREATE TEMP TABLE cell AS
    SELECT unit_id, committee_id, row_number() OVER (ORDER BY unit_id) - 1 AS turn, count(*) OVER () AS cells
    FROM directory_unit WHERE kind = 'party_cell'
    """,
    """
    CREATE TEMP TABLE person AS
    SELECT person_id, row_number() OVER (ORDER BY person_id) - 1 AS turn, count(*) OVER () AS people
    FROM (SELECT DISTINCT person_id FROM directory_post WHERE role = 'committee_member') AS member
    """,
    """
    CREATE TEMP TABLE made AS
    SELECT n, uuidv7() AS visit_id, uuidv7() AS report_duty_id, committee_id, unit_id, person_id,
           now() - n % 1800 * interval '1 day' - n % 9 * interval '1 hour' AS started_at,
           CASE WHEN n % 50 > 0 THEN n % 7 * interval '1 day' END AS took
    FROM generate_series(0, CAST($1 * 6 / 10 AS int)) AS n
         JOIN cell ON cell.turn = n % cells JOIN person ON person.turn = n % people
    """,
    """
    CREATE TEMP TABLE raised AS
    SELECT series.n, uuidv7() AS issue_id, uuidv7() AS forward_duty_id, visit_id, committee_id, unit_id, person_id,
           started_at, CASE WHEN series.n % 50 <> 1 THEN series.n % 7 * interval '1 day' END AS took
    FROM generate_series(1, $1) AS series (n) JOIN made ON made.n = series.n % CAST($1 * 6 / 10 AS int)
    """,
    """
    INSERT INTO visit (visit_id, version, committee_id, unit_id, visitor_id, kind, started_at, history,
                       report_filed_at, anchor, anchor_version, report_duty_id)
    SELECT visit_id, 1, committee_id, unit_id, person_id,
           CASE WHEN n % 3 = 0 THEN 'meeting_attendance' ELSE 'field_trip' END, started_at, false,
           started_at + took, CAST(started_at AS date), 1, report_duty_id
    FROM made
    """,
    """
    INSERT INTO issue (issue_id, visit_id, access_class, kind, field, title, urgency, resolved_on_spot,
                       forward_duty_id)
    SELECT issue_id, visit_id, 'normal', 'petition', 'transport',
           (ARRAY['Đèn đường', 'Rãnh thoát nước', 'Nhà văn hóa', 'Đường nội đồng'])[1 + n % 4] || ' số ' || n,
           CASE WHEN n % 40 = 0 THEN 'urgent' ELSE 'normal' END, false, forward_duty_id
    FROM raised
    """,
    """
    INSERT INTO issue_word (issue_id, word, committee_id)
    SELECT issue_id, word, committee_id
    FROM raised, LATERAL string_to_table(
        (ARRAY['den duong', 'ranh thoat nuoc', 'nha van hoa', 'duong noi dong'])[1 + n % 4] || ' so ' || n, ' ') AS word
    """,
    """
    INSERT INTO forwarding (forwarding_id, issue_id, sent_at, number, proof, source, recorded_at, answer_duty_id)
    SELECT uuidv7(), issue_id, started_at + took, '', '', 'register', started_at + took, uuidv7()
    FROM raised WHERE took IS NOT NULL
    """,
    """
    INSERT INTO duty (duty_id, version, due_version, kind, committee_id, unit_id, visit_id, issue_id, owner_person_id,
                      access_class, urgency, policy_id, rule, days, anchor, calendar_revision, last_day, due_at,
                      first_due_at, provisional, opened_at, closed_at, closure)
    SELECT duty_id, 1, 1, kind, owed.committee_id, unit_id, visit_id, issue_id, person_id, 'normal', 'normal',
           policy_id, 'calendar_roll', 5, CAST(started_at AS date), 1, CAST(started_at AS date) + 5,
           started_at + interval '6 days', started_at + interval '6 days', false, started_at, started_at + took,
           CASE WHEN took IS NOT NULL THEN 'done' END
    FROM (SELECT report_duty_id AS duty_id, 'report' AS kind, CAST(NULL AS uuid) AS issue_id, visit_id, committee_id,
                 unit_id, person_id, started_at, took FROM made
          UNION ALL
          SELECT forward_duty_id, 'forward', issue_id, visit_id, committee_id, unit_id, person_id, started_at, took
          FROM raised) AS owed
         JOIN policy USING (kind)
    """,
)
"""Five years in the directory of the demo."""
