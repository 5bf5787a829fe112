"""A visit as its visitor tells it.

The content hash is its identity on the wire: the same content sent again is the same visit, other content
under the same id is never silently taken for it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.clock import local_date
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind


class TransferredKind(StrEnum):
    """What has its own law and never enters this record: only a register number and an office are kept."""

    COMPLAINT = "complaint"
    DENUNCIATION = "denunciation"
    CLASSIFIED = "classified"


class Did(StrEnum):
    """What a visitor does at a cell, beside listening (Guidance on cell meetings)."""

    BRIEFED = "briefed"
    ADVISED = "advised"
    LISTENED = "listened"
    CHECKED_RESOLUTION = "checked_resolution"
    TOLD_ANSWERS = "told_answers"
    VISITED_HOUSEHOLDS = "visited_households"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Which phone wrote the record, and what its clock said then: a claim, kept beside the server's time."""

    id: str
    seq: int
    recorded_at: datetime
    offset_ms: int | None = None
    """By how much the server was ahead of that clock, as far as the phone knew."""
    app_version: str | None = None
    opened_at: datetime | None = None

    @property
    def corrected_at(self) -> datetime:
        """When it was recorded by the server's clock, as far as the phone knew how the two differ."""
        return self.recorded_at + timedelta(milliseconds=self.offset_ms or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The attended meeting in counts: nobody's attendance is kept by name."""

    kind: MeetingKind
    summoned: int | None = None
    present: int | None = None
    excused: int | None = None
    unexcused: int | None = None
    speakers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One matter raised at the visit: the matter, never the speaker."""

    issue_id: UUID
    kind: IssueKind
    field: IssueField
    title: str
    detail: str = ""
    urgency: Urgency = Urgency.NORMAL
    access_class: AccessClass = AccessClass.NORMAL
    resolved_on_spot: bool = False
    suggested_agency_id: UUID | None = None
    """Who may be competent, as the visitor sees it; the office decides."""

    @property
    def is_restricted(self) -> bool:
        return self.access_class is not AccessClass.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report on the visit. `claimed_at` is when the phone says it was signed."""

    summary: str
    claimed_at: datetime

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(_dump(_report(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person at one unit, one time. The unit is named by its id or by its code."""

    kind: VisitKind
    unit: UUID | str
    started_at: datetime
    ended_at: datetime
    device: Device | None
    meeting: Meeting | None
    notes: str
    nothing_raised: bool
    issues: tuple[Issue, ...]
    report: Report | None = None
    did: tuple[Did, ...] = ()
    """What the visitor did there, ticked off a list."""

    @property
    def day(self) -> date:
        """The local date on which every duty of this visit is anchored (I4)."""
        return local_date(self.started_at)

    def as_json(self) -> dict[str, Any]:
        """The visit in the words of the interface."""
        return {
            "kind": self.kind,
            "unit": str(self.unit),
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "device": None if self.device is None else _device(self.device),
            "meeting": None if self.meeting is None else _meeting(self.meeting),
            "notes": self.notes,
            "nothing_raised": self.nothing_raised,
            "issues": [_issue(issue) for issue in self.issues],
            "report": None if self.report is None else _report(self.report),
            **({"did": list(self.did)} if self.did else {}),
        }


def visit_of(content: Mapping[str, Any]) -> Visit:
    """The visit that an accepted content tells of: what `as_json` said, read back."""
    device, meeting, report = content["device"], content["meeting"], content["report"]
    return Visit(
        kind=VisitKind(content["kind"]),
        unit=_unit(content["unit"]),
        started_at=datetime.fromisoformat(content["started_at"]),
        ended_at=datetime.fromisoformat(content["ended_at"]),
        device=device
        and Device(
            id=device["id"],
            seq=device["seq"],
            recorded_at=datetime.fromisoformat(device["recorded_at"]),
            offset_ms=device.get("server_offset_ms"),
            app_version=device.get("app_version"),
        ),
        meeting=meeting and Meeting(**meeting | {"kind": MeetingKind(meeting["kind"])}),
        notes=content["notes"],
        nothing_raised=content["nothing_raised"],
        issues=tuple(
            Issue(
                issue_id=UUID(issue["id"]),
                kind=IssueKind(issue["kind"]),
                field=IssueField(issue["field"]),
                title=issue["title"],
                detail=issue["detail"],
                urgency=Urgency(issue["urgency"]),
                access_class=AccessClass(issue["access_class"]),
                resolved_on_spot=issue["resolved_on_spot"],
                suggested_agency_id=UUID(agency) if (agency := issue.get("suggested_agency_id")) else None,
            )
            for issue in content["issues"]
        ),
        did=tuple(Did(each) for each in content.get("did", ())),
        report=report
        and Report(summary=report["summary"], claimed_at=datetime.fromisoformat(report["claimed_at"])),
    )


def _unit(name: str) -> UUID | str:
    try:
        return UUID(name)
    except ValueError:
        return name


def content_hash(content: str) -> str:
    """The identity of a canonical text."""
    return hashlib.sha256(content.encode()).hexdigest()


def canonical(visit: Visit) -> str:
    """The one JSON text of a visit: sorted keys, instants in UTC."""
    return _dump(visit.as_json())


def _device(device: Device) -> dict[str, Any]:
    """What came after the first phones is told only where it is said, so that an old content keeps its hash."""
    opened = device.opened_at.isoformat() if device.opened_at else None
    more = {"server_offset_ms": device.offset_ms, "app_version": device.app_version, "opened_at": opened}
    said = {name: value for name, value in more.items() if value is not None}
    return {"id": device.id, "seq": device.seq, "recorded_at": device.recorded_at.isoformat(), **said}


def _meeting(meeting: Meeting) -> dict[str, Any]:
    return {
        "kind": meeting.kind,
        "summoned": meeting.summoned,
        "present": meeting.present,
        "excused": meeting.excused,
        "unexcused": meeting.unexcused,
        "speakers": meeting.speakers,
    }


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "id": str(issue.issue_id),
        "kind": issue.kind,
        "field": issue.field,
        "title": issue.title,
        "detail": issue.detail,
        "urgency": issue.urgency,
        "access_class": issue.access_class,
        "resolved_on_spot": issue.resolved_on_spot,
        **({"suggested_agency_id": str(agency)} if (agency := issue.suggested_agency_id) else {}),
    }


def _report(report: Report) -> dict[str, Any]:
    return {"summary": report.summary, "claimed_at": report.claimed_at.isoformat()}


def _dump(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
