"""The unsafe dual write: commit, then publish, and a consumer that inserts what it hears.

A crash between commit and publish loses the duty, a redelivery doubles it. That is the price of having
nothing between the two, and so it is the limit of latency that P2 measures us against: plain asyncpg,
plain nats-py, the same durable stream.

`python -m benchmarks.peers.unsafe_dual_write visits DSN NATS PORT` and `… feedback DSN NATS`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, Request
from nats.aio.msg import Msg

from benchmarks.peers.obvious_build import STREAM, SUBJECT
from benchmarks.peers.schemas import IssueRaised, Receipt, VisitIn, VisitRecorded
from shared.bus import connect

VISITS_SCHEMA = """
CREATE TABLE visits (id uuid PRIMARY KEY, body jsonb NOT NULL, recorded_at timestamptz NOT NULL)
"""
FEEDBACK_SCHEMA = """
CREATE TABLE duties (id uuid PRIMARY KEY, kind text NOT NULL, issue_id uuid, visit_id uuid NOT NULL,
                     due_at timestamptz NOT NULL, status text NOT NULL);
CREATE INDEX ON duties (visit_id)
"""


def visits_app(dsn: str, nats_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn) as app.state.pool:
            client = await connect(nats_url)
            app.state.stream = client.jetstream()
            yield
            await client.close()

    app = FastAPI(lifespan=lifespan)

    @app.put("/visits/{visit_id}", status_code=201)
    async def record_visit(visit_id: UUID, body: VisitIn, request: Request) -> Receipt:
        now = datetime.now(UTC)
        await request.app.state.pool.execute(
            "INSERT INTO visits VALUES ($1, $2, $3)", visit_id, body.model_dump_json(), now
        )
        event = VisitRecorded(
            visit_id=visit_id,
            started_at=body.started_at,
            issues=[
                IssueRaised(issue_id=issue.id, title=issue.title, urgency=issue.urgency)
                for issue in body.issues
            ],
        )
        await request.app.state.stream.publish(SUBJECT, event.model_dump_json().encode())
        return Receipt(id=visit_id, recorded_at=now)

    return app


async def consume(dsn: str, nats_url: str) -> None:
    pool = await asyncpg.create_pool(dsn)
    client = await connect(nats_url)

    async def make_duties(message: Msg) -> None:
        event = VisitRecorded.model_validate_json(message.data)
        due_at = event.started_at + timedelta(days=5)
        await pool.executemany(
            "INSERT INTO duties VALUES ($1, $2, $3, $4, $5, 'open')",
            [
                (uuid4(), "report", None, event.visit_id, due_at),
                *((uuid4(), "forward", issue.issue_id, event.visit_id, due_at) for issue in event.issues),
            ],
        )
        await message.ack()

    await client.jetstream().subscribe(
        SUBJECT, stream=STREAM, durable="feedback", cb=make_duties, manual_ack=True
    )
    await asyncio.Event().wait()


def main(role: str, dsn: str, nats_url: str, port: str = "0") -> None:
    if role == "visits":
        uvicorn.run(visits_app(dsn, nats_url), port=int(port), log_level="warning", access_log=False)
    else:
        uvloop.run(consume(dsn, nats_url))


if __name__ == "__main__":
    main(*sys.argv[1:])
