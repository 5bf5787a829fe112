"""P4: 20,000 waiting outbox rows on their way into the stream, beside faststream-outbox, default and tuned.

Counted are the messages the stream holds. The peers are measured over the first seconds of the same
backlog, since the default relay would need a minute for all of it.
"""

from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine

import services.visits
from benchmarks.engines import PEER_STREAM, PEER_SUBJECT, Bench, bench_engines, connected, sqlalchemy
from benchmarks.harness import Result, at_least, compare, interleave, rate, rounds
from benchmarks.ours import relaying
from benchmarks.peers import outbox_relay
from benchmarks.traffic import recorded_event
from shared.db import migrate
from shared.topology import stream_of

ROWS = 20_000
PATIENCE = 4.0
MIGRATIONS = Path(services.visits.__file__).parent / "migrations" / "versions"
STREAM = stream_of("visits")

FILL_OURS = """
WITH emptied AS (UPDATE outbox_relay SET published_seq = 0),
     headed AS (UPDATE outbox_head SET last_seq = $1)
INSERT INTO outbox (seq, event_id, subject, key, occurred_at, payload)
SELECT n, uuidv7(), $2, $3, now(), $4 FROM generate_series(1, $1) AS n
"""
FILL_PEER = """
INSERT INTO outbox (queue, payload, headers)
SELECT $2, $3, '{"content-type": "application/json"}'::jsonb FROM generate_series(1, $1)
"""


async def run(*, quick: bool) -> Result:
    async with bench_engines() as bench:
        await migrate(bench.owner_dsn("visits"), MIGRATIONS)
        peer_dsn = await bench.peer_database("peer_visits")
        engine = create_async_engine(sqlalchemy(peer_dsn))
        async with engine.begin() as connection:
            await connection.run_sync(outbox_relay.METADATA.create_all)
        await engine.dispose()

        measured = await interleave(
            rounds(quick=quick),
            {
                "ours": lambda: ours(bench),
                "default": lambda: theirs(bench, peer_dsn, outbox_relay.DEFAULT),
                "tuned": lambda: theirs(bench, peer_dsn, outbox_relay.TUNED),
            },
        )
    return Result(
        id="P4",
        title="relay of 20,000 outbox rows",
        lines=(
            compare(
                "outbox to stream",
                "events/s",
                ours=measured["ours"],
                peer="faststream-outbox",
                theirs=measured["default"],
                goal=at_least(30),
            ),
            compare(
                "outbox to stream",
                "events/s",
                ours=measured["ours"],
                peer="faststream-outbox, tuned",
                theirs=measured["tuned"],
                goal=at_least(8),
            ),
        ),
    )


async def ours(bench: Bench) -> float:
    event = recorded_event()
    async with connected(bench.dsn("visits")) as connection:
        await connection.execute("TRUNCATE outbox")
        await connection.execute(FILL_OURS, ROWS, event.subject, str(event.visit_id), event.model_dump_json())
    await bench.js.purge_stream(STREAM)
    async with relaying(bench):
        return await rate(lambda: bench.messages(STREAM), goal=ROWS, seconds=60)


async def theirs(bench: Bench, dsn: str, options: dict[str, object]) -> float:
    async with connected(dsn) as connection:
        await connection.execute("TRUNCATE outbox")
        payload = recorded_event().model_dump_json().encode()
        await connection.execute(FILL_PEER, ROWS, outbox_relay.QUEUE, payload)
    await bench.js.purge_stream(PEER_STREAM)
    nats, outbox = outbox_relay.brokers(
        sqlalchemy(dsn), bench.nats_url, subject=PEER_SUBJECT, stream=PEER_STREAM, options=options
    )
    async with nats, outbox:
        return await rate(lambda: bench.messages(PEER_STREAM), goal=ROWS, seconds=PATIENCE)
