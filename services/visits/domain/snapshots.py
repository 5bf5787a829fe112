"""What leaves with a visit's event: facts to count and to work with, never a restricted text (I12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.visits.domain.visit import Issue, Report, Visit
from shared.contracts.visits import Approval, IssueSnapshot, RegisterFacts, ReportSnapshot, VisitRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit:
    """An accepted visit on its way into the database."""

    visit_id: UUID
    committee_id: UUID
    unit_id: UUID
    visitor_id: UUID
    recorded_by: UUID
    visit: Visit
    content: str
    content_hash: str
    accepted_at: datetime
    filed_at: datetime | None
    history: bool = False
    on_behalf: bool = False
    """Written by an assistant: the member has yet to confirm it, and its report is only a draft."""
    paper: Mapping[UUID, RegisterFacts] = field(default_factory=dict)

    @property
    def report(self) -> Report | None:
        """The report that is filed with this content."""
        return None if self.on_behalf else self.visit.report

    @property
    def approval(self) -> Approval | None:
        return Approval.WAITING if self.on_behalf else None


def first_snapshot(new: NewVisit) -> VisitRecorded:
    """The event of a visit that has just been accepted."""
    visit, report = new.visit, new.report
    return VisitRecorded(
        visit_id=new.visit_id,
        version=1,
        committee_id=new.committee_id,
        unit_id=new.unit_id,
        visitor_id=new.visitor_id,
        recorded_by=new.recorded_by,
        kind=visit.kind,
        meeting_kind=visit.meeting.kind if visit.meeting else None,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        accepted_at=new.accepted_at,
        nothing_raised=visit.nothing_raised,
        history=new.history,
        from_register=visit.device is None,
        issues=tuple(issue_snapshot(issue, new.paper.get(issue.issue_id)) for issue in visit.issues),
        report=None
        if report is None or new.filed_at is None
        else ReportSnapshot(version=1, filed_at=new.filed_at, claimed_at=report.claimed_at),
        approval=new.approval,
    )


def issue_snapshot(issue: Issue, paper: RegisterFacts | None, *, erased: bool = False) -> IssueSnapshot:
    """An issue as others may know it. A restricted one tells its class and its way, an erased one no text."""
    shown = not issue.is_restricted
    return IssueSnapshot(
        issue_id=issue.issue_id,
        access_class=issue.access_class,
        kind=issue.kind if shown else None,
        field=issue.field if shown else None,
        title=issue.title if shown and not erased else None,
        detail=issue.detail if shown and not erased else None,
        urgency=issue.urgency,
        resolved_on_spot=issue.resolved_on_spot,
        paper=paper,
    )
