"""The fastest consumer one would write by hand: nats-py `fetch(200)` and two asyncpg statements a batch.

An inbox row per message and the duties, nothing else: no copy of the visit, no alarm, no outbox, no
quarantine, no receipts, no metrics. The limit that P3 measures our consumer against.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingThere

from shared.bus import connect

SCHEMA = """
CREATE TABLE inbox (event_id uuid PRIMARY KEY);
CREATE TABLE duties (id uuid PRIMARY KEY, kind text NOT NULL, issue_id uuid UNIQUE, visit_id uuid NOT NULL,
                     due_at timestamptz NOT NULL, status text NOT NULL);
CREATE INDEX ON duties (visit_id);
CREATE INDEX ON duties (due_at);
"""
TAKE = "INSERT INTO inbox SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id"
OPEN = """
INSERT INTO duties
SELECT id, kind, issue_id, visit_id, due_at, 'open'
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::timestamptz[])
     AS d (id, kind, issue_id, visit_id, due_at)
"""


async def run(dsn: str, nats_url: str, *, subject: str, stream: str, durable: str) -> None:
    """Consume until cancelled."""
    client = await connect(nats_url)
    connection = await asyncpg.connect(dsn)
    subscription = await client.jetstream().pull_subscribe(subject, durable=durable, stream=stream)
    try:
        while True:
            try:
                messages = await subscription.fetch(200, timeout=1)
            except NothingThere:
                continue
            await take(connection, messages)
            for message in messages:
                await message.ack()
    finally:
        await connection.close()
        await client.close()


async def take(connection: asyncpg.Connection, messages: Sequence[Msg]) -> None:
    bodies = {UUID((message.headers or {})["ce-id"]): message.data for message in messages}
    async with connection.transaction():
        new = await connection.fetch(TAKE, list(bodies))
        rows = [row for taken in new for row in duties(bodies[taken["event_id"]])]
        if rows:
            await connection.execute(OPEN, *zip(*rows, strict=True))


def duties(body: bytes) -> list[tuple[UUID, str, UUID | None, UUID, datetime]]:
    event = json.loads(body)
    visit_id = UUID(event["visit_id"])
    due_at = datetime.fromisoformat(event["started_at"]) + timedelta(days=5)
    forward = (UUID(issue["issue_id"]) for issue in event["issues"])
    return [
        (uuid4(), "report", None, visit_id, due_at),
        *((uuid4(), "forward", issue_id, visit_id, due_at) for issue_id in forward),
    ]
