"""What the tests of feedback start from: a committee, its visits as events, and the service around a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.feedback.consumers import Consumer
from services.feedback.domain.duty import Duty
from services.feedback.store import duties as duty_store
from shared.clock import LOCAL, RehearsalClock
from shared.contracts.envelope import Event
from shared.contracts.feedback import FEEDBACK_EVENTS, DutiesOpened, DutySnapshot
from shared.contracts.visits import (
    IssueField,
    IssueKind,
    IssueSnapshot,
    RegisterFacts,
    ReportSnapshot,
    VisitKind,
    VisitRecorded,
)
from shared.uow import Database

NAMES = UUID("5fbd2a8e-0c29-4a35-9a2c-6f1b7d9c1e10")
NOW = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
"""Tuesday 6/10/2026, 8:00 in Từ Sơn."""
COMMITTEE, CELL, AGENCY = (uuid5(NAMES, name) for name in ("committee", "cell", "agency"))
MEMBER, CLERK, SECRETARY, CELL_SECRETARY, AGENT = (
    uuid5(NAMES, name) for name in ("member", "clerk", "secretary", "cell secretary", "agent")
)


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


def local(text: str) -> datetime:
    """`local("2026-10-05 19:00")`, an instant told as in Từ Sơn."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def issue(name: str, **facts: Any) -> IssueSnapshot:
    """A petition; `forwarded_at`, `forwarded_to` and `answered_at` make it one from a paper register."""
    paper = {key: facts.pop(key) for key in ("forwarded_to", "forwarded_at", "answered_at") if key in facts}
    return IssueSnapshot(
        issue_id=id_of(name),
        **{
            "kind": IssueKind.PETITION,
            "field": IssueField.ENVIRONMENT,
            "title": "Rãnh thoát nước bị tắc",
            "paper": RegisterFacts(**paper) if paper else None,
        }
        | facts,
    )


def visit(
    name: str,
    *issues: IssueSnapshot,
    version: int = 1,
    started: str = "2026-10-05 19:00",
    filed: str | None = None,
    **facts: Any,
) -> VisitRecorded:
    """A meeting attended in the evening of Monday 5/10/2026, whose five days end with Monday 12/10."""
    start = local(started)
    report = ReportSnapshot(version=1, filed_at=local(filed)) if filed else None
    values = {
        "visit_id": id_of(name),
        "version": version,
        "committee_id": COMMITTEE,
        "unit_id": CELL,
        "visitor_id": MEMBER,
        "recorded_by": MEMBER,
        "kind": VisitKind.MEETING_ATTENDANCE,
        "started_at": start,
        "ended_at": start + timedelta(hours=2),
        "accepted_at": start + timedelta(hours=3),
        "nothing_raised": not issues,
        "issues": issues,
        "report": report,
    }
    return VisitRecorded(**values | facts)


@dataclass(frozen=True, slots=True)
class Feedback:
    """The service without its edges: events go in by `take`, events that leave are read from the outbox."""

    database: Database
    requests: Database
    clock: RehearsalClock
    consumer: Consumer = field(default_factory=Consumer)

    async def take(self, *events: Event) -> None:
        """One batch, one transaction."""
        async with self.database.begin() as tx:
            await self.consumer.handle(events, tx)

    async def duties(self) -> list[Duty]:
        async with self.database.read() as tx:
            rows = await tx.all("SELECT * FROM duty ORDER BY kind, due_at, duty_id")
        return [duty_store.of_row(row) for row in rows]

    async def duty(self, duty_id: UUID) -> Duty:
        return next(duty for duty in await self.duties() if duty.duty_id == duty_id)

    async def published(self) -> list[Event]:
        """Everything that left, in order, read as a consumer would read it."""
        models = {event.subject: event for event in FEEDBACK_EVENTS}
        async with self.database.read() as tx:
            rows = await tx.all("SELECT seq, subject, payload FROM outbox ORDER BY seq")
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        return [models[row.subject].model_validate_json(row.payload) for row in rows]

    async def told(self) -> dict[UUID, DutySnapshot]:
        """The duties as somebody knows them who has read every event and keeps what is newer."""
        known: dict[UUID, DutySnapshot] = {}
        for event in await self.published():
            for duty in snapshots(event):
                if duty.duty_id not in known or known[duty.duty_id].version <= duty.version:
                    known[duty.duty_id] = duty
        return known

    async def rows(self, query: str, **values: Any) -> Sequence[Any]:
        async with self.database.read() as tx:
            return await tx.all(query, **values)


def snapshots(event: Any) -> tuple[DutySnapshot, ...]:
    """The duties an event tells of; one about an issue's way or a report's return tells of none."""
    if isinstance(event, DutiesOpened):
        return event.duties
    return (event.duty,) if hasattr(event, "duty") else ()
