"""What both HTTP peers read and answer: the same request body as our own `PUT` of a visit."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class DeviceIn(BaseModel):
    id: UUID
    seq: int
    recorded_at: datetime


class IssueIn(BaseModel):
    id: UUID
    kind: str
    field: str
    title: str
    detail: str
    urgency: str
    access_class: str
    resolved_on_spot: bool


class VisitIn(BaseModel):
    kind: str
    unit_code: str
    started_at: datetime
    ended_at: datetime
    device: DeviceIn
    notes: str
    nothing_raised: bool
    issues: list[IssueIn]


class Receipt(BaseModel):
    id: UUID
    recorded_at: datetime


class IssueRaised(BaseModel):
    """One issue inside the event."""

    issue_id: UUID
    title: str | None = None
    urgency: str


class VisitRecorded(BaseModel):
    """The event of the peers: a part of ours with the same field names, so one backlog feeds everybody."""

    visit_id: UUID
    started_at: datetime
    issues: list[IssueRaised]
