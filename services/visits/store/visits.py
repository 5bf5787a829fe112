"""Visits, versions, issues and reports: inserted by the batch, changed under the visit's row lock."""

from collections.abc import Collection, Sequence
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
    Approval,
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
    approval: Approval | None
    disputed_at: datetime | None
    erased_at: datetime | None
    withdrawn_at: datetime | None


async def recorded(tx: UnitOfWork, visit_ids: Collection[UUID], *, version: int = 1) -> dict[UUID, Recorded]:
    """What was accepted under these ids as this version."""
    rows = await tx.all(
        """
        SELECT visit_id, v.version, visitor_id, v.recorded_by, serial, v.accepted_at, content_hash,
               v.report_filed_at
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


async def already_here(
    tx: UnitOfWork, visit_ids: Collection[UUID], issue_ids: Collection[UUID]
) -> tuple[dict[UUID, Recorded], dict[UUID, UUID]]:
    """What stands under these ids: the first content of each visit, and which visit each issue belongs to."""
    rows = await tx.all(
        """
        SELECT CAST(NULL AS uuid) AS issue_id, visit_id, v.version, visitor_id, v.recorded_by, serial,
               v.accepted_at, content_hash, v.report_filed_at
        FROM visit_version AS v JOIN visit USING (visit_id)
        WHERE visit_id = ANY(CAST(:visit_ids AS uuid[])) AND v.version = 1
        UNION ALL
        SELECT issue_id, visit_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM issue WHERE issue_id = ANY(CAST(:issue_ids AS uuid[]))
        """,
        visit_ids=list(visit_ids),
        issue_ids=list(issue_ids),
    )
    visits = {
        row.visit_id: Recorded(
            visit_id=row.visit_id,
            version=row.version,
            visitor_id=row.visitor_id,
            recorded_by=row.recorded_by,
            serial=row.serial,
            accepted_at=row.accepted_at,
            content_hash=row.content_hash,
            report_filed_at=row.report_filed_at,
        )
        for row in rows
        if row.issue_id is None
    }
    return visits, {row.issue_id: row.visit_id for row in rows if row.issue_id is not None}


async def insert(tx: UnitOfWork, visits: Sequence[NewVisit]) -> dict[UUID, Recorded]:
    """Insert visits with their issues and reports; those whose id was taken meanwhile are left out.

    Rows go in by id, so that two batches with the same visits wait for each other in one order.
    An issue id of another visit ends the transaction.
    """
    ordered = sorted(visits, key=lambda new: new.visit_id)
    issues = [(new, place, issue) for new in ordered for place, issue in enumerate(new.visit.issues)]
    rows = await tx.all(
        _INSERT,
        **_visit_columns(ordered),
        **_version_columns(ordered, version=1),
        **_issue_columns(issues),
        **_report_columns(ordered),
    )
    serials = {row.visit_id: row.serial for row in rows}
    if rows:
        _check_issues(rows[0].issues, sum(new.visit_id in serials for new, _, _ in issues))
    return {
        new.visit_id: _recorded(new, 1, serials[new.visit_id]) for new in ordered if new.visit_id in serials
    }


async def keep_clash(
    tx: UnitOfWork, visit_id: UUID, version: int, *, content: str, content_hash: str, received_by: UUID
) -> bool:
    """Keep a submission whose place is taken by other content, for a person to look at.

    False under a tombstone: no text is written there any more.
    """
    standing = await tx.scalar(
        """
        WITH standing AS (
            SELECT visit_id FROM visit WHERE visit_id = :visit_id AND erased_at IS NULL FOR SHARE
        ),
        kept AS (
            INSERT INTO visit_conflict (visit_id, version, content_hash, content, received_by, received_at)
            SELECT visit_id, :version, :content_hash, CAST(:content AS jsonb), :received_by, :now FROM standing
            ON CONFLICT DO NOTHING
        )
        SELECT count(*) FROM standing
        """,
        visit_id=visit_id,
        version=version,
        content=content,
        content_hash=content_hash,
        received_by=received_by,
        now=tx.now,
    )
    return bool(standing)


async def lock(tx: UnitOfWork, visit_id: UUID) -> Standing | None:
    """The visit as it stands, locked until the end of the transaction."""
    row = await tx.first(
        """
        SELECT visit_id, committee_id, unit_id, visitor_id, kind, day, started_at, version,
               report_version, report_filed_at, approval, disputed_at, erased_at,
               withdrawn_at
        FROM visit WHERE visit_id = :visit_id FOR UPDATE
        """,
        visit_id=visit_id,
    )
    if row is None:
        return None
    known = {"kind": VisitKind(row.kind), "approval": Approval(row.approval) if row.approval else None}
    return Standing(**row._asdict() | known)


async def restricted_issues(tx: UnitOfWork, visit_id: UUID) -> list[UUID]:
    """The issues of restricted classes that a visit raises as it now stands."""
    rows = await tx.execute(
        """
        SELECT issue_id FROM issue
        WHERE visit_id = :visit_id AND withdrawn_in IS NULL AND access_class <> 'normal'
        """,
        visit_id=visit_id,
    )
    return list(rows.scalars())


async def add_version(
    tx: UnitOfWork, new: NewVisit, version: int, *, unseen: Collection[UUID] = ()
) -> Recorded:
    """Make `new` the content of a locked visit. Issues it leaves out stay, marked withdrawn.

    `unseen` are issues its writer may not know of, and so could not leave out: they stand as they stood.
    A new content ends a dispute about the old one, and a visit that was withdrawn stands again with it.
    """
    visit = new.visit
    await tx.execute(
        """
        UPDATE visit SET version = :version, revision = revision + 1, started_at = :started_at,
               ended_at = :ended_at, meeting_kind = :meeting_kind, nothing_raised = :nothing_raised,
               approval = :approval, disputed_at = NULL
        WHERE visit_id = :visit_id
        """,
        visit_id=new.visit_id,
        version=version,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        meeting_kind=visit.meeting.kind if visit.meeting else None,
        nothing_raised=visit.nothing_raised and not unseen,
        approval=new.approval,
    )
    serial = await tx.scalar(_INSERT_VERSION, **_version_columns([new], version=version))
    await tx.execute(
        """
        UPDATE issue SET withdrawn_in = :version
        WHERE visit_id = :visit_id AND withdrawn_in IS NULL AND NOT issue_id = ANY(CAST(:kept AS uuid[]))
        """,
        visit_id=new.visit_id,
        version=version,
        kept=[*(issue.issue_id for issue in visit.issues), *unseen],
    )
    issues = [(new, place, issue) for place, issue in enumerate(visit.issues)]
    if issues:
        written = await tx.execute(_UPSERT_ISSUES, **_issue_columns(issues))
        _check_issues(written.rowcount, len(issues))
    return _recorded(new, version, serial)


async def withdraw(tx: UnitOfWork, visit_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Withdraw the visits that stand among these; those this call withdrew, with their committees, by id.

    What was said of them stays on record; only their event gets a higher version.
    """
    rows = await tx.all(
        """
        UPDATE visit SET withdrawn_at = :now, revision = revision + 1
        WHERE visit_id IN (SELECT visit_id FROM visit WHERE visit_id = ANY(CAST(:ids AS uuid[]))
                           AND withdrawn_at IS NULL ORDER BY visit_id FOR UPDATE)
        RETURNING visit_id, committee_id
        """,
        ids=list(visit_ids),
        now=tx.now,
    )
    return sorted((row.visit_id, row.committee_id) for row in rows)


async def papers(tx: UnitOfWork, visit_id: UUID) -> dict[UUID, RegisterFacts]:
    """What the register says of the way of each issue that a visit ever named."""
    rows = await tx.all(
        "SELECT issue_id, forwarded_to, forwarded_at, answered_at FROM issue WHERE visit_id = :id",
        id=visit_id,
    )
    return {row.issue_id: paper for row in rows if (paper := _paper_of(row)) is not None}


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


_STANDING = """
SELECT visit.*, coalesce((SELECT device_id IS NULL FROM visit_version
                          WHERE visit_version.visit_id = visit.visit_id AND version = 1), false) AS from_register
FROM visit WHERE visit_id = :id
"""


async def snapshot(tx: UnitOfWork, visit_id: UUID) -> VisitRecorded:
    """The event of a visit as it now stands."""
    visit = (await tx.execute(_STANDING, id=visit_id)).one()
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
        from_register=visit.from_register,
        issues=tuple(
            issue_snapshot(issue_of(row), _paper_of(row), erased=visit.erased_at is not None)
            for row in issues
        ),
        erased_at=visit.erased_at,
        withdrawn_at=visit.withdrawn_at,
        report=None
        if visit.report_version is None
        else ReportSnapshot(
            version=visit.report_version,
            filed_at=visit.report_filed_at,
            claimed_at=visit.report_claimed_at,
        ),
        approval=Approval(visit.approval) if visit.approval else None,
        disputed=visit.disputed_at is not None,
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
        suggested_agency_id=row.suggested_agency_id,
    )


def _paper_of(row: Row[Any]) -> RegisterFacts | None:
    if row.forwarded_at is None:
        return None
    return RegisterFacts(
        forwarded_to=row.forwarded_to, forwarded_at=row.forwarded_at, answered_at=row.answered_at
    )


def _recorded(new: NewVisit, version: int, serial: int) -> Recorded:
    return Recorded(
        visit_id=new.visit_id,
        version=version,
        visitor_id=new.visitor_id,
        recorded_by=new.recorded_by,
        serial=serial,
        accepted_at=new.accepted_at,
        content_hash=new.content_hash,
        report_filed_at=new.filed_at,
    )


def _check_issues(written: int, wanted: int) -> None:
    if written != wanted:
        raise Conflict(
            "Mã của một vấn đề đã được dùng cho chuyến đi khác.",
            "The id of an issue is already used by another visit.",
        )


def _visit_columns(visits: Sequence[NewVisit]) -> dict[str, list[Any]]:
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
        "filed_ats": [new.filed_at for new in visits],
        "claimed_ats": [new.report.claimed_at if new.report else None for new in visits],
        "approvals": [new.approval for new in visits],
    }


def _version_columns(visits: Sequence[NewVisit], *, version: int) -> dict[str, Any]:
    devices = [new.visit.device for new in visits]
    return {
        "version": version,
        "version_of": [new.visit_id for new in visits],
        "hashes": [new.content_hash for new in visits],
        "contents": [new.content for new in visits],
        "version_by": [new.recorded_by for new in visits],
        "version_ats": [new.accepted_at for new in visits],
        "version_filed_ats": [new.filed_at for new in visits],
        "device_ids": [device.id if device else None for device in devices],
        "device_seqs": [device.seq if device else None for device in devices],
        "device_ats": [device.recorded_at if device else None for device in devices],
        "device_offsets": [device.offset_ms if device else None for device in devices],
        "app_versions": [device.app_version if device else None for device in devices],
    }


def _issue_columns(issues: Sequence[tuple[NewVisit, int, Issue]]) -> dict[str, list[Any]]:
    ordered = sorted(issues, key=lambda entry: entry[2].issue_id)
    papers = [new.paper.get(issue.issue_id) for new, _, issue in ordered]
    return {
        "issue_ids": [issue.issue_id for _, _, issue in ordered],
        "issue_of": [new.visit_id for new, _, _ in ordered],
        "positions": [place for _, place, _ in ordered],
        "issue_kinds": [issue.kind for _, _, issue in ordered],
        "fields": [issue.field for _, _, issue in ordered],
        "titles": [issue.title for _, _, issue in ordered],
        "details": [issue.detail for _, _, issue in ordered],
        "urgencies": [issue.urgency for _, _, issue in ordered],
        "access_classes": [issue.access_class for _, _, issue in ordered],
        "resolved": [issue.resolved_on_spot for _, _, issue in ordered],
        "agencies": [issue.suggested_agency_id for _, _, issue in ordered],
        "forwarded_to": [paper.forwarded_to if paper else None for paper in papers],
        "forwarded_ats": [paper.forwarded_at if paper else None for paper in papers],
        "answered_ats": [paper.answered_at if paper else None for paper in papers],
    }


def _report_columns(visits: Sequence[NewVisit]) -> dict[str, list[Any]]:
    reports = [(new, new.report) for new in visits if new.report is not None]
    return {
        "report_of": [new.visit_id for new, _ in reports],
        "report_hashes": [report.content_hash for _, report in reports],
        "summaries": [report.summary for _, report in reports],
        "report_claimed_ats": [report.claimed_at for _, report in reports],
        "report_filed_ats": [new.filed_at for new, _ in reports],
        "report_by": [new.recorded_by for new, _ in reports],
    }


_VERSION_ROWS = """
unnest(CAST(:version_of AS uuid[]), CAST(:hashes AS text[]), CAST(:contents AS text[]),
       CAST(:version_by AS uuid[]), CAST(:version_ats AS timestamptz[]),
       CAST(:version_filed_ats AS timestamptz[]), CAST(:device_ids AS text[]), CAST(:device_seqs AS bigint[]),
       CAST(:device_ats AS timestamptz[]), CAST(:device_offsets AS bigint[]), CAST(:app_versions AS text[]))
AS w (visit_id, content_hash, content, recorded_by, accepted_at, filed_at, device_id, device_seq, device_at,
      device_offset_ms, app_version)
"""

_INSERT_INTO_VERSION = """
INSERT INTO visit_version (visit_id, version, content_hash, content, recorded_by, accepted_at, report_filed_at,
                           device_id, device_seq, device_at, device_offset_ms, app_version)
SELECT w.visit_id, CAST(:version AS int), w.content_hash, CAST(w.content AS jsonb), w.recorded_by,
       w.accepted_at, w.filed_at, w.device_id, w.device_seq, w.device_at, w.device_offset_ms, w.app_version
"""

_INSERT_VERSION = f"{_INSERT_INTO_VERSION} FROM {_VERSION_ROWS} RETURNING serial"

_ISSUE_ROWS = """
unnest(CAST(:issue_ids AS uuid[]), CAST(:issue_of AS uuid[]), CAST(:positions AS int[]),
       CAST(:issue_kinds AS text[]), CAST(:fields AS text[]), CAST(:titles AS text[]),
       CAST(:details AS text[]), CAST(:urgencies AS text[]), CAST(:access_classes AS text[]),
       CAST(:resolved AS bool[]), CAST(:forwarded_to AS uuid[]), CAST(:forwarded_ats AS timestamptz[]),
       CAST(:answered_ats AS timestamptz[]), CAST(:agencies AS uuid[]))
AS i (issue_id, visit_id, position, kind, field, title, detail, urgency, access_class, resolved_on_spot,
      forwarded_to, forwarded_at, answered_at, suggested_agency_id)
"""

_INSERT_INTO_ISSUE = """
INSERT INTO issue (issue_id, visit_id, position, kind, field, title, detail, urgency, access_class,
                   resolved_on_spot, forwarded_to, forwarded_at, answered_at, suggested_agency_id)
SELECT i.issue_id, i.visit_id, i.position, i.kind, i.field, i.title, i.detail, i.urgency, i.access_class,
       i.resolved_on_spot, i.forwarded_to, i.forwarded_at, i.answered_at, i.suggested_agency_id
"""

_UPSERT_ISSUES = f"""
{_INSERT_INTO_ISSUE} FROM {_ISSUE_ROWS}
ON CONFLICT (issue_id) DO UPDATE SET
    position = excluded.position, kind = excluded.kind, field = excluded.field, title = excluded.title,
    detail = excluded.detail, urgency = excluded.urgency, access_class = excluded.access_class,
    resolved_on_spot = excluded.resolved_on_spot, withdrawn_in = NULL,
    suggested_agency_id = excluded.suggested_agency_id,
    forwarded_to = coalesce(excluded.forwarded_to, issue.forwarded_to),
    forwarded_at = coalesce(excluded.forwarded_at, issue.forwarded_at),
    answered_at = coalesce(excluded.answered_at, issue.answered_at)
WHERE issue.visit_id = excluded.visit_id
"""

# One statement for the whole batch: what hangs on a visit goes in only where the visit itself did.
_INSERT = f"""
WITH added AS (
    INSERT INTO visit (visit_id, committee_id, unit_id, visitor_id, kind, day, started_at, ended_at,
                       meeting_kind, nothing_raised, history, recorded_by, accepted_at, version, revision,
                       report_version, report_filed_at, report_claimed_at, approval)
    SELECT v.visit_id, v.committee_id, v.unit_id, v.visitor_id, v.kind, v.day, v.started_at, v.ended_at,
           v.meeting_kind, v.nothing_raised, v.history, v.recorded_by, v.accepted_at, 1, 1,
           CASE WHEN v.claimed_at IS NOT NULL THEN 1 END, v.filed_at, v.claimed_at, v.approval
    FROM unnest(CAST(:visit_ids AS uuid[]), CAST(:committee_ids AS uuid[]), CAST(:unit_ids AS uuid[]),
                CAST(:visitor_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:days AS date[]),
                CAST(:started_ats AS timestamptz[]), CAST(:ended_ats AS timestamptz[]),
                CAST(:meeting_kinds AS text[]), CAST(:nothing_raised AS bool[]), CAST(:history AS bool[]),
                CAST(:recorded_by AS uuid[]), CAST(:accepted_ats AS timestamptz[]),
                CAST(:filed_ats AS timestamptz[]), CAST(:claimed_ats AS timestamptz[]),
                CAST(:approvals AS text[]))
         AS v (visit_id, committee_id, unit_id, visitor_id, kind, day, started_at, ended_at, meeting_kind,
               nothing_raised, history, recorded_by, accepted_at, filed_at, claimed_at, approval)
    ON CONFLICT (visit_id) DO NOTHING
    RETURNING visit_id
),
versions AS ({_INSERT_INTO_VERSION} FROM {_VERSION_ROWS} JOIN added USING (visit_id)
    RETURNING visit_id, serial
),
issues AS ({_INSERT_INTO_ISSUE} FROM {_ISSUE_ROWS} JOIN added USING (visit_id)
    ON CONFLICT (issue_id) DO NOTHING RETURNING issue_id
),
reports AS (
    INSERT INTO report_version (visit_id, version, content_hash, summary, claimed_at, filed_at, filed_by)
    SELECT r.visit_id, 1, r.content_hash, r.summary, r.claimed_at, r.filed_at, r.filed_by
    FROM unnest(CAST(:report_of AS uuid[]), CAST(:report_hashes AS text[]), CAST(:summaries AS text[]),
                CAST(:report_claimed_ats AS timestamptz[]), CAST(:report_filed_ats AS timestamptz[]),
                CAST(:report_by AS uuid[]))
         AS r (visit_id, content_hash, summary, claimed_at, filed_at, filed_by)
         JOIN added USING (visit_id)
)
SELECT visit_id, serial, (SELECT count(*) FROM issues) AS issues FROM versions
"""
