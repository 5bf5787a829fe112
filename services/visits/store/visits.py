"""Visits, versions, issues and reports: inserted by the batch, changed under the visit's row lock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.visits.domain.receipt import Filed, Recorded
from services.visits.domain.snapshots import NewVisit, issue_snapshot
from services.visits.domain.visit import Issue, Report
from shared.contracts.visits import (
    AccessClass,
    IssueField,
    IssueKind,
    MeetingKind,
    RegisterFacts,
    ReportSnapshot,
    Urgency,
    VisitKind,
    VisitRecorded,
)
from shared.errors import Conflict
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A visit's row, locked for a change."""

    visit_id: UUID
    committee_id: UUID
    unit_id: UUID
    visitor_id: UUID
    kind: VisitKind
    day: date
    started_at: datetime
    version: int
    report_version: int | None
    report_filed_at: datetime | None


async def recorded(tx: UnitOfWork, visit_ids: Collection[UUID], *, version: int = 1) -> dict[UUID, Recorded]:
    """What was accepted under these ids as this version."""
    rows = await tx.all(
        """
        SELECT visit_id, v.version, visitor_id, serial, v.accepted_at, content_hash, v.report_filed_at
        FROM visit_version AS v JOIN visit USING (visit_id)
        WHERE visit_id = ANY(CAST(:ids AS uuid[])) AND v.version = :version
        """,
        ids=list(visit_ids),
        version=version,
    )
    return {row.visit_id: Recorded(**row._asdict()) for row in rows}


async def content(tx: UnitOfWork, visit_id: UUID, version: int) -> dict[str, Any]:
    """An accepted content, word for word."""
    found: dict[str, Any] = await tx.scalar(
        "SELECT content FROM visit_version WHERE visit_id = :visit_id AND version = :version",
        visit_id=visit_id,
        version=version,
    )
    return found


async def visits_of_issues(tx: UnitOfWork, issue_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Which visit each of these issues belongs to, where there is one."""
    rows = await tx.all(
        "SELECT issue_id, visit_id FROM issue WHERE issue_id = ANY(CAST(:ids AS uuid[]))", ids=list(issue_ids)
    )
    return {row.issue_id: row.visit_id for row in rows}


async def insert(tx: UnitOfWork, visits: Sequence[NewVisit]) -> dict[UUID, Recorded]:
    """Insert visits with their issues and reports; those whose id was taken meanwhile are left out.

    Rows go in by id, so that two batches with the same visits wait for each other in one order.
    """
    ordered = sorted(visits, key=lambda new: new.visit_id)
    inserted = set((await tx.execute(_INSERT_VISITS, **_visit_columns(ordered))).scalars())
    ordered = [new for new in ordered if new.visit_id in inserted]
    if not ordered:
        return {}
    rows = await tx.all(_INSERT_VERSIONS, **_version_columns(ordered, [1] * len(ordered)))
    serials = {row.visit_id: row.serial for row in rows}
    issues = [(new, place, issue) for new in ordered for place, issue in enumerate(new.visit.issues)]
    if issues:
        await _insert_issues(tx, issues)
    reports = [(new, new.visit.report) for new in ordered if new.visit.report is not None]
    if reports:
        await _insert_reports(tx, reports)
    return {
        new.visit_id: Recorded(
            visit_id=new.visit_id,
            version=1,
            visitor_id=new.visitor_id,
            serial=serials[new.visit_id],
            accepted_at=new.accepted_at,
            content_hash=new.content_hash,
            report_filed_at=new.filed_at,
        )
        for new in ordered
    }


async def keep_clash(
    tx: UnitOfWork, visit_id: UUID, version: int, *, content: str, content_hash: str, received_by: UUID
) -> None:
    """Keep a submission whose place is taken by other content, for a person to look at."""
    await tx.execute(
        """
        INSERT INTO visit_conflict (visit_id, version, content_hash, content, received_by, received_at)
        VALUES (:visit_id, :version, :content_hash, CAST(:content AS jsonb), :received_by, :now)
        ON CONFLICT DO NOTHING
        """,
        visit_id=visit_id,
        version=version,
        content=content,
        content_hash=content_hash,
        received_by=received_by,
        now=tx.now,
    )


async def lock(tx: UnitOfWork, visit_id: UUID) -> Standing | None:
    """The visit as it stands, locked until the end of the transaction."""
    row = await tx.first(
        """
        SELECT visit_id, committee_id, unit_id, visitor_id, kind, day, started_at, version,
               report_version, report_filed_at
        FROM visit WHERE visit_id = :visit_id FOR UPDATE
        """,
        visit_id=visit_id,
    )
    return Standing(**row._asdict() | {"kind": VisitKind(row.kind)}) if row else None


async def add_version(tx: UnitOfWork, new: NewVisit, version: int) -> Recorded:
    """Make `new` the content of a locked visit. Issues it leaves out stay, marked withdrawn."""
    visit = new.visit
    await tx.execute(
        """
        UPDATE visit SET version = :version, revision = revision + 1, started_at = :started_at,
               ended_at = :ended_at, meeting_kind = :meeting_kind, nothing_raised = :nothing_raised
        WHERE visit_id = :visit_id
        """,
        visit_id=new.visit_id,
        version=version,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        meeting_kind=visit.meeting.kind if visit.meeting else None,
        nothing_raised=visit.nothing_raised,
    )
    rows = await tx.all(_INSERT_VERSIONS, **_version_columns([new], [version]))
    await tx.execute(
        """
        UPDATE issue SET withdrawn_in = :version
        WHERE visit_id = :visit_id AND withdrawn_in IS NULL AND NOT issue_id = ANY(CAST(:kept AS uuid[]))
        """,
        visit_id=new.visit_id,
        version=version,
        kept=[issue.issue_id for issue in visit.issues],
    )
    issues = [(new, place, issue) for place, issue in enumerate(visit.issues)]
    if issues:
        await _insert_issues(tx, issues)
    return Recorded(
        visit_id=new.visit_id,
        version=version,
        visitor_id=new.visitor_id,
        serial=rows[0].serial,
        accepted_at=new.accepted_at,
        content_hash=new.content_hash,
        report_filed_at=new.filed_at,
    )


async def filed(tx: UnitOfWork, visit_id: UUID, content_hash: str) -> Filed | None:
    """The version of the report that said the same."""
    row = await tx.first(
        """
        SELECT visit_id, r.version, content_hash, claimed_at, filed_at, report_filed_at AS first_filed_at
        FROM report_version AS r JOIN visit USING (visit_id)
        WHERE visit_id = :visit_id AND content_hash = :content_hash
        """,
        visit_id=visit_id,
        content_hash=content_hash,
    )
    return Filed(**row._asdict()) if row else None


async def add_report(
    tx: UnitOfWork,
    standing: Standing,
    report: Report,
    *,
    filed_by: UUID,
    filed_at: datetime,
) -> Filed:
    """File a version of the report of a locked visit; the first filing time stands for ever."""
    version = (standing.report_version or 0) + 1
    first = standing.report_filed_at or filed_at
    await tx.execute(
        """
        WITH filed AS (
            INSERT INTO report_version
                (visit_id, version, content_hash, summary, claimed_at, filed_at, filed_by)
            VALUES (:visit_id, :version, :content_hash, :summary, :claimed_at, :filed_at, :filed_by)
        )
        UPDATE visit SET report_version = :version, report_filed_at = :first,
               report_claimed_at = coalesce(report_claimed_at, :claimed_at), revision = revision + 1
        WHERE visit_id = :visit_id
        """,
        visit_id=standing.visit_id,
        version=version,
        content_hash=report.content_hash,
        summary=report.summary,
        claimed_at=report.claimed_at,
        filed_at=filed_at,
        filed_by=filed_by,
        first=first,
    )
    return Filed(
        visit_id=standing.visit_id,
        version=version,
        content_hash=report.content_hash,
        claimed_at=report.claimed_at,
        filed_at=filed_at,
        first_filed_at=first,
    )


async def snapshot(tx: UnitOfWork, visit_id: UUID) -> VisitRecorded:
    """The event of a visit as it now stands."""
    visit = (await tx.execute("SELECT * FROM visit WHERE visit_id = :id", id=visit_id)).one()
    issues = await tx.all(
        "SELECT * FROM issue WHERE visit_id = :id AND withdrawn_in IS NULL ORDER BY position", id=visit_id
    )
    return VisitRecorded(
        visit_id=visit.visit_id,
        version=visit.revision,
        committee_id=visit.committee_id,
        unit_id=visit.unit_id,
        visitor_id=visit.visitor_id,
        recorded_by=visit.recorded_by,
        kind=VisitKind(visit.kind),
        meeting_kind=MeetingKind(visit.meeting_kind) if visit.meeting_kind else None,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        accepted_at=visit.accepted_at,
        nothing_raised=visit.nothing_raised,
        history=visit.history,
        issues=tuple(issue_snapshot(issue_of(row), _paper_of(row)) for row in issues),
        report=None
        if visit.report_version is None
        else ReportSnapshot(
            version=visit.report_version,
            filed_at=visit.report_filed_at,
            claimed_at=visit.report_claimed_at,
        ),
    )


def issue_of(row: Row[Any]) -> Issue:
    """An issue from its row."""
    return Issue(
        issue_id=row.issue_id,
        kind=IssueKind(row.kind),
        field=IssueField(row.field),
        title=row.title,
        detail=row.detail,
        urgency=Urgency(row.urgency),
        access_class=AccessClass(row.access_class),
        resolved_on_spot=row.resolved_on_spot,
    )


def _paper_of(row: Row[Any]) -> RegisterFacts | None:
    if row.forwarded_at is None:
        return None
    return RegisterFacts(
        forwarded_to=row.forwarded_to, forwarded_at=row.forwarded_at, answered_at=row.answered_at
    )


async def _insert_issues(tx: UnitOfWork, issues: Sequence[tuple[NewVisit, int, Issue]]) -> None:
    """Insert issues, or change those of the same visit. An id of another visit ends the transaction."""
    ordered = sorted(issues, key=lambda entry: entry[2].issue_id)
    written = (await tx.execute(_UPSERT_ISSUES, **_issue_columns(ordered))).rowcount
    if written != len(ordered):
        raise Conflict(
            "Mã của một vấn đề đã được dùng cho chuyến đi khác.",
            "The id of an issue is already used by another visit.",
        )


async def _insert_reports(tx: UnitOfWork, reports: Sequence[tuple[NewVisit, Report]]) -> None:
    """The first reports of visits that are being inserted."""
    await tx.execute(
        """
        INSERT INTO report_version (visit_id, version, content_hash, summary, claimed_at, filed_at, filed_by)
        SELECT r.visit_id, 1, r.content_hash, r.summary, r.claimed_at, r.filed_at, r.filed_by
        FROM unnest(CAST(:visit_ids AS uuid[]), CAST(:hashes AS text[]), CAST(:summaries AS text[]),
                    CAST(:claimed_ats AS timestamptz[]), CAST(:filed_ats AS timestamptz[]),
                    CAST(:filed_by AS uuid[]))
             AS r (visit_id, content_hash, summary, claimed_at, filed_at, filed_by)
        """,
        visit_ids=[new.visit_id for new, _ in reports],
        hashes=[report.content_hash for _, report in reports],
        summaries=[report.summary for _, report in reports],
        claimed_ats=[report.claimed_at for _, report in reports],
        filed_ats=[new.filed_at for new, _ in reports],
        filed_by=[new.recorded_by for new, _ in reports],
    )


def _visit_columns(visits: Sequence[NewVisit]) -> Mapping[str, list[Any]]:
    return {
        "visit_ids": [new.visit_id for new in visits],
        "committee_ids": [new.committee_id for new in visits],
        "unit_ids": [new.unit_id for new in visits],
        "visitor_ids": [new.visitor_id for new in visits],
        "kinds": [new.visit.kind for new in visits],
        "days": [new.visit.day for new in visits],
        "started_ats": [new.visit.started_at for new in visits],
        "ended_ats": [new.visit.ended_at for new in visits],
        "meeting_kinds": [new.visit.meeting.kind if new.visit.meeting else None for new in visits],
        "nothing_raised": [new.visit.nothing_raised for new in visits],
        "history": [new.history for new in visits],
        "recorded_by": [new.recorded_by for new in visits],
        "accepted_ats": [new.accepted_at for new in visits],
        "report_versions": [None if new.visit.report is None else 1 for new in visits],
        "filed_ats": [new.filed_at for new in visits],
        "claimed_ats": [new.visit.report.claimed_at if new.visit.report else None for new in visits],
    }


_INSERT_VISITS = """
INSERT INTO visit (visit_id, committee_id, unit_id, visitor_id, kind, day, started_at, ended_at, meeting_kind,
                   nothing_raised, history, recorded_by, accepted_at, version, revision,
                   report_version, report_filed_at, report_claimed_at)
SELECT v.visit_id, v.committee_id, v.unit_id, v.visitor_id, v.kind, v.day, v.started_at, v.ended_at,
       v.meeting_kind, v.nothing_raised, v.history, v.recorded_by, v.accepted_at, 1, 1,
       v.report_version, v.filed_at, v.claimed_at
FROM unnest(CAST(:visit_ids AS uuid[]), CAST(:committee_ids AS uuid[]), CAST(:unit_ids AS uuid[]),
            CAST(:visitor_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:days AS date[]),
            CAST(:started_ats AS timestamptz[]), CAST(:ended_ats AS timestamptz[]),
            CAST(:meeting_kinds AS text[]), CAST(:nothing_raised AS bool[]), CAST(:history AS bool[]),
            CAST(:recorded_by AS uuid[]), CAST(:accepted_ats AS timestamptz[]), CAST(:report_versions AS int[]),
            CAST(:filed_ats AS timestamptz[]), CAST(:claimed_ats AS timestamptz[]))
     AS v (visit_id, committee_id, unit_id, visitor_id, kind, day, started_at, ended_at, meeting_kind,
           nothing_raised, history, recorded_by, accepted_at, report_version, filed_at, claimed_at)
ON CONFLICT (visit_id) DO NOTHING
RETURNING visit_id
"""


def _version_columns(visits: Sequence[NewVisit], versions: Sequence[int]) -> Mapping[str, list[Any]]:
    devices = [new.visit.device for new in visits]
    return {
        "visit_ids": [new.visit_id for new in visits],
        "versions": list(versions),
        "hashes": [new.content_hash for new in visits],
        "contents": [new.content for new in visits],
        "recorded_by": [new.recorded_by for new in visits],
        "accepted_ats": [new.accepted_at for new in visits],
        "filed_ats": [new.filed_at for new in visits],
        "device_ids": [device.id if device else None for device in devices],
        "device_seqs": [device.seq if device else None for device in devices],
        "device_ats": [device.recorded_at if device else None for device in devices],
    }


_INSERT_VERSIONS = """
INSERT INTO visit_version (visit_id, version, content_hash, content, recorded_by, accepted_at, report_filed_at,
                           device_id, device_seq, device_at)
SELECT v.visit_id, v.version, v.content_hash, CAST(v.content AS jsonb), v.recorded_by, v.accepted_at, v.filed_at,
       v.device_id, v.device_seq, v.device_at
FROM unnest(CAST(:visit_ids AS uuid[]), CAST(:versions AS int[]), CAST(:hashes AS text[]),
            CAST(:contents AS text[]), CAST(:recorded_by AS uuid[]), CAST(:accepted_ats AS timestamptz[]),
            CAST(:filed_ats AS timestamptz[]), CAST(:device_ids AS text[]), CAST(:device_seqs AS bigint[]),
            CAST(:device_ats AS timestamptz[]))
     AS v (visit_id, version, content_hash, content, recorded_by, accepted_at, filed_at, device_id, device_seq,
           device_at)
RETURNING visit_id, serial
"""


def _issue_columns(issues: Sequence[tuple[NewVisit, int, Issue]]) -> Mapping[str, list[Any]]:
    papers = [new.paper.get(issue.issue_id) for new, _, issue in issues]
    return {
        "issue_ids": [issue.issue_id for _, _, issue in issues],
        "visit_ids": [new.visit_id for new, _, _ in issues],
        "positions": [place for _, place, _ in issues],
        "kinds": [issue.kind for _, _, issue in issues],
        "fields": [issue.field for _, _, issue in issues],
        "titles": [issue.title for _, _, issue in issues],
        "details": [issue.detail for _, _, issue in issues],
        "urgencies": [issue.urgency for _, _, issue in issues],
        "access_classes": [issue.access_class for _, _, issue in issues],
        "resolved": [issue.resolved_on_spot for _, _, issue in issues],
        "forwarded_to": [paper.forwarded_to if paper else None for paper in papers],
        "forwarded_ats": [paper.forwarded_at if paper else None for paper in papers],
        "answered_ats": [paper.answered_at if paper else None for paper in papers],
    }


_UPSERT_ISSUES = """
INSERT INTO issue (issue_id, visit_id, position, kind, field, title, detail, urgency, access_class,
                   resolved_on_spot, forwarded_to, forwarded_at, answered_at)
SELECT *
FROM unnest(CAST(:issue_ids AS uuid[]), CAST(:visit_ids AS uuid[]), CAST(:positions AS int[]),
            CAST(:kinds AS text[]), CAST(:fields AS text[]), CAST(:titles AS text[]), CAST(:details AS text[]),
            CAST(:urgencies AS text[]), CAST(:access_classes AS text[]), CAST(:resolved AS bool[]),
            CAST(:forwarded_to AS uuid[]), CAST(:forwarded_ats AS timestamptz[]),
            CAST(:answered_ats AS timestamptz[]))
ON CONFLICT (issue_id) DO UPDATE SET
    position = excluded.position, kind = excluded.kind, field = excluded.field, title = excluded.title,
    detail = excluded.detail, urgency = excluded.urgency, access_class = excluded.access_class,
    resolved_on_spot = excluded.resolved_on_spot, withdrawn_in = NULL,
    forwarded_to = coalesce(excluded.forwarded_to, issue.forwarded_to),
    forwarded_at = coalesce(excluded.forwarded_at, issue.forwarded_at),
    answered_at = coalesce(excluded.answered_at, issue.answered_at)
WHERE issue.visit_id = excluded.visit_id
"""
