"""The obvious build: FastAPI and the SQLAlchemy ORM, faststream-outbox as the relay, and a FastStream
consumer that makes the duty with the ORM, one message after the other.

It keeps every promise that P1 counts (state and event in one transaction, an inbox row against
duplicates, acknowledged after the commit), so it is slow only where the obvious way is slow. It checks
no session and its due date knows no holidays, which both speak for the peer.

Two processes, as it would be deployed: `python -m benchmarks.peers.obvious_build visits DSN NATS PORT`
(HTTP and relay) and `… feedback DSN NATS` (the consumer).
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
import uvloop
from fastapi import Depends, FastAPI
from faststream import AckPolicy, FastStream
from faststream.nats import JStream, NatsBroker, NatsMessage
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import DateTime, ForeignKey, MetaData
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from benchmarks.peers.schemas import IssueRaised, Receipt, VisitIn, VisitRecorded
from shared.bus import KeyedBroker

STREAM = "PEER"
SUBJECT = "peer.visit.recorded"
QUEUE = "visits"


class VisitsBase(DeclarativeBase):
    """The tables of the service that accepts visits."""

    metadata = MetaData()
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's own spelling


class Visit(VisitsBase):
    __tablename__ = "visits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    unit_code: Mapped[str] = mapped_column(index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    device_id: Mapped[UUID]
    device_seq: Mapped[int]
    notes: Mapped[str]
    nothing_raised: Mapped[bool]
    recorded_at: Mapped[datetime]
    issues: Mapped[list["Issue"]] = relationship(lazy="raise")


class Issue(VisitsBase):
    __tablename__ = "issues"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    kind: Mapped[str]
    field: Mapped[str]
    title: Mapped[str]
    detail: Mapped[str]
    urgency: Mapped[str]
    access_class: Mapped[str]
    resolved_on_spot: Mapped[bool]


OUTBOX = make_outbox_table(VisitsBase.metadata)


class FeedbackBase(DeclarativeBase):
    """The tables of the service that owes the duties."""

    metadata = MetaData()
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012  # SQLAlchemy's own spelling


class ProcessedMessage(FeedbackBase):
    """The inbox: an event that was worked on once is not worked on again."""

    __tablename__ = "processed_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    processed_at: Mapped[datetime]


class Duty(FeedbackBase):
    __tablename__ = "duties"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    issue_id: Mapped[UUID | None] = mapped_column(unique=True)
    visit_id: Mapped[UUID] = mapped_column(index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[str]


async def create_tables(dsn: str, base: type[DeclarativeBase]) -> None:
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        await connection.run_sync(base.metadata.create_all)
    await engine.dispose()


def visits_app(dsn: str, nats_url: str) -> FastAPI:
    """HTTP and the relay: one process, one engine, both brokers started in the lifespan."""
    engine = create_async_engine(dsn, pool_size=20)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    nats = KeyedBroker(nats_url, logger=None)
    outbox = OutboxBroker(engine, outbox_table=OUTBOX, logger=None)

    @nats.publisher(SUBJECT, stream=STREAM, timeout=5)
    @outbox.subscriber(QUEUE, propagate_inbound_headers=True)
    async def relay(event: dict[str, Any]) -> dict[str, Any]:
        return event

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with nats, outbox:
            yield

    async def transaction() -> AsyncIterator[AsyncSession]:
        async with sessions() as session, session.begin():
            yield session

    app = FastAPI(lifespan=lifespan)

    # The function scope closes the transaction before the answer leaves: a receipt means committed.
    @app.put("/visits/{visit_id}", status_code=201)
    async def record_visit(
        visit_id: UUID,
        body: VisitIn,
        session: Annotated[AsyncSession, Depends(transaction, scope="function")],
    ) -> Receipt:
        known = await session.get(Visit, visit_id)
        if known is not None:
            return Receipt(id=known.id, recorded_at=known.recorded_at)
        visit = Visit(
            id=visit_id,
            device_id=body.device.id,
            device_seq=body.device.seq,
            recorded_at=datetime.now(UTC),
            issues=[Issue(**issue.model_dump()) for issue in body.issues],
            **body.model_dump(exclude={"device", "issues"}),
        )
        session.add(visit)
        event = VisitRecorded(
            visit_id=visit.id,
            started_at=visit.started_at,
            issues=[
                IssueRaised(issue_id=issue.id, title=issue.title, urgency=issue.urgency)
                for issue in visit.issues
            ],
        )
        await outbox.publish(
            event.model_dump(mode="json"),
            queue=QUEUE,
            session=session,
            headers={"ce-id": str(uuid4())},
        )
        return Receipt(id=visit.id, recorded_at=visit.recorded_at)

    return app


def feedback_broker(dsn: str, nats_url: str, *, subject: str, stream: str, durable: str) -> NatsBroker:
    """The consumer: FastStream's ordinary durable subscriber, one ORM transaction per message."""
    sessions = async_sessionmaker(create_async_engine(dsn), expire_on_commit=False)
    broker = KeyedBroker(nats_url, logger=None)

    @broker.subscriber(
        subject,
        stream=JStream(stream, declare=False),
        durable=durable,
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def make_duties(event: VisitRecorded, message: NatsMessage) -> None:
        message_id = UUID(message.headers["ce-id"])
        async with sessions() as session, session.begin():
            if await session.get(ProcessedMessage, message_id) is not None:
                return
            session.add(ProcessedMessage(id=message_id, processed_at=datetime.now(UTC)))
            due = {
                "visit_id": event.visit_id,
                "due_at": event.started_at + timedelta(days=5),
                "status": "open",
            }
            session.add(Duty(kind="report", **due))
            session.add_all(Duty(kind="forward", issue_id=issue.issue_id, **due) for issue in event.issues)

    return broker


def main(role: str, dsn: str, nats_url: str, port: str = "0") -> None:
    if role == "visits":
        uvicorn.run(visits_app(dsn, nats_url), port=int(port), log_level="warning", access_log=False)
    else:
        broker = feedback_broker(dsn, nats_url, subject=SUBJECT, stream=STREAM, durable="feedback")
        uvloop.run(FastStream(broker, logger=None).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
