"""What a visit owes, as a pure function of its newest version: so any order of messages ends the same (I2).

A report on every visit, also when nothing was raised; a forwarding of each issue that was not resolved on
the spot; an answer to whatever a paper register says was forwarded. A register of the past owes nothing, nor does what was
withdrawn.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.feedback.domain.deadline import local_date
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.contracts.visits import AccessClass, IssueSnapshot, Urgency, VisitRecorded
from shared.ids import derived_id


class Owed(NamedTuple):
    """One duty as the facts have it: whose, since which day, and whether it was met."""

    duty_id: UUID
    kind: DutyKind
    anchor: date
    issue_id: UUID | None = None
    forwarding_id: UUID | None = None
    owner_person_id: UUID | None = None
    owner_unit_id: UUID | None = None
    access_class: AccessClass = AccessClass.NORMAL
    urgency: Urgency = Urgency.NORMAL
    met_at: datetime | None = None
    since: datetime | None = None
    """When a paper register says that it began; None: it began when it was told."""

    @property
    def closure(self) -> DutyClosure | None:
        return None if self.met_at is None else DutyClosure.DONE


@lru_cache(maxsize=4096)  # asked for with the fact and again with the duty
def report_duty_id(visit_id: UUID) -> UUID:
    return derived_id(visit_id, "report")


@lru_cache(maxsize=4096)  # asked for with the fact and again with the duty
def forward_duty_id(issue_id: UUID) -> UUID:
    return derived_id(issue_id, "forward")


def answer_duty_id(forwarding_id: UUID) -> UUID:
    return derived_id(forwarding_id, "answer")


def reply_duty_id(issue_id: UUID, reopened: int = 0) -> UUID:
    """The duty to answer the cell; each time the cell says that it is not settled, a new one is owed."""
    return derived_id(issue_id, "reply_to_cell", *([str(reopened)] if reopened else []))


def register_forwarding_id(issue_id: UUID) -> UUID:
    """The forwarding that a paper register tells of; it knows of one at most."""
    return derived_id(issue_id, "register")


def owed(visit: VisitRecorded, anchor: date, sent: Mapping[UUID, datetime]) -> Iterator[Owed]:
    """The duties of one visit. `sent`: when the office first forwarded an issue, where it did."""
    if visit.history or visit.withdrawn_at is not None:
        return
    report = visit.report
    yield Owed(
        report_duty_id(visit.visit_id),
        DutyKind.REPORT,
        anchor,
        owner_person_id=visit.visitor_id,
        met_at=report.filed_at if report else None,
        since=_on_paper_since(visit),
    )
    for issue in visit.issues:
        if not issue.resolved_on_spot:
            yield _forward(visit, issue, anchor, sent.get(issue.issue_id))
        if issue.paper and issue.paper.forwarded_at:
            yield _answer(issue, issue.paper.forwarded_at)


def _forward(visit: VisitRecorded, issue: IssueSnapshot, anchor: date, sent_at: datetime | None) -> Owed:
    on_paper = issue.paper.forwarded_at if issue.paper else None
    return Owed(
        forward_duty_id(issue.issue_id),
        DutyKind.FORWARD,
        anchor,
        issue_id=issue.issue_id,
        owner_person_id=visit.visitor_id,
        access_class=issue.access_class,
        urgency=issue.urgency,
        met_at=min(filter(None, (on_paper, sent_at)), default=None),
        since=_on_paper_since(visit),
    )


def _on_paper_since(visit: VisitRecorded) -> datetime | None:
    return visit.started_at if visit.from_register else None


def _answer(issue: IssueSnapshot, forwarded_at: datetime) -> Owed:
    forwarding_id = register_forwarding_id(issue.issue_id)
    return Owed(
        answer_duty_id(forwarding_id),
        DutyKind.ANSWER,
        local_date(forwarded_at),
        issue_id=issue.issue_id,
        forwarding_id=forwarding_id,
        owner_unit_id=issue.paper.forwarded_to if issue.paper else None,
        access_class=issue.access_class,
        urgency=issue.urgency,
        met_at=issue.paper.answered_at if issue.paper else None,
        since=forwarded_at,
    )
