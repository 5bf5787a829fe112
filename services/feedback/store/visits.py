"""Copies of what visits tells: visits and issues as their newest version has them, anchors as the oldest had.

The newest version of a visit wins whenever it comes; the oldest version known gives the anchor. Both hold
for any order of arrival, so the rows depend on what was told and not on when (I2).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.feedback.domain.owed import reply_duty_id
from services.feedback.store.arrays import sparse
from shared.contracts.visits import AccessClass, IssueSnapshot, VisitKind, VisitRecorded
from shared.text import words
from shared.uow import UnitOfWork


class VisitRow(NamedTuple):
    """The newest version of a visit in hand, with the anchor of the oldest one in hand."""

    newest: VisitRecorded
    anchor: date
    anchor_version: int
    report_duty_id: UUID


class Recorded(NamedTuple):
    """A visit whose row was written. `new`: nothing was known of it before."""

    visit_id: UUID
    new: bool
    anchor: date


async def record(tx: UnitOfWork, rows: Sequence[VisitRow]) -> list[Recorded]:
    """Write the visits that are new or newer than what is known; tells which, with their anchors."""
    events = [row.newest for row in rows]
    written = await tx.all(
        """
        INSERT INTO visit (visit_id, version, committee_id, unit_id, visitor_id, kind, started_at, history,
                           report_filed_at, anchor, anchor_version, report_duty_id, erased_at, report_version,
                           withdrawn_at)
        SELECT * FROM unnest(
            CAST(:visit_id AS uuid[]), CAST(:version AS int[]), CAST(:committee_id AS uuid[]),
            CAST(:unit_id AS uuid[]), CAST(:visitor_id AS uuid[]), CAST(:kind AS text[]),
            CAST(:started_at AS timestamptz[]), CAST(:history AS bool[]),
            CAST(:report_filed_at AS timestamptz[]), CAST(:anchor AS date[]),
            CAST(:anchor_version AS int[]), CAST(:report_duty_id AS uuid[]),
            CAST(:erased_at AS timestamptz[]), CAST(:report_version AS int[]),
            CAST(:withdrawn_at AS timestamptz[]))
        ON CONFLICT (visit_id) DO UPDATE SET
            version = excluded.version, committee_id = excluded.committee_id, unit_id = excluded.unit_id,
            visitor_id = excluded.visitor_id, kind = excluded.kind, started_at = excluded.started_at,
            history = excluded.history, report_filed_at = excluded.report_filed_at,
            report_version = excluded.report_version, withdrawn_at = excluded.withdrawn_at,
            erased_at = coalesce(visit.erased_at, excluded.erased_at),
            anchor = CASE WHEN excluded.anchor_version < visit.anchor_version
                          THEN excluded.anchor ELSE visit.anchor END,
            anchor_version = least(excluded.anchor_version, visit.anchor_version)
        WHERE excluded.version > visit.version
        RETURNING visit_id, xmax = 0 AS new, anchor
        """,
        visit_id=[event.visit_id for event in events],
        version=[event.version for event in events],
        committee_id=[event.committee_id for event in events],
        unit_id=[event.unit_id for event in events],
        visitor_id=[event.visitor_id for event in events],
        kind=[event.kind for event in events],
        started_at=[event.started_at for event in events],
        history=[event.history for event in events],
        report_filed_at=sparse([event.report and event.report.filed_at for event in events]),
        anchor=[row.anchor for row in rows],
        anchor_version=[row.anchor_version for row in rows],
        report_duty_id=[row.report_duty_id for row in rows],
        erased_at=sparse([event.erased_at for event in events]),
        report_version=sparse([event.report and event.report.version for event in events]),
        withdrawn_at=sparse([event.withdrawn_at for event in events]),
    )
    return [Recorded(row.visit_id, row.new, row.anchor) for row in written]


async def anchor_earlier(tx: UnitOfWork, rows: Sequence[VisitRow]) -> list[UUID]:
    """Take the anchor of versions older than any seen; tells the visits whose anchor is another day now."""
    moved = await tx.all(
        """
        WITH older AS (
            SELECT visit.visit_id, old.anchor <> visit.anchor AS moves, old.anchor, old.version
            FROM unnest(CAST(:ids AS uuid[]), CAST(:anchors AS date[]), CAST(:versions AS int[]))
                 AS old (visit_id, anchor, version)
            JOIN visit USING (visit_id)
            WHERE old.version < visit.anchor_version
            FOR UPDATE OF visit
        )
        UPDATE visit SET anchor = older.anchor, anchor_version = older.version
        FROM older WHERE visit.visit_id = older.visit_id
        RETURNING visit.visit_id, older.moves
        """,
        ids=[row.newest.visit_id for row in rows],
        anchors=[row.anchor for row in rows],
        versions=[row.anchor_version for row in rows],
    )
    return [row.visit_id for row in moved if row.moves]


async def record_issues(
    tx: UnitOfWork, issues: Sequence[tuple[UUID, IssueSnapshot]], forward_duty_ids: Sequence[UUID]
) -> None:
    """Write issues of visits just recorded, as (visit, issue), in the order of their visits."""
    normal = [issue.access_class is AccessClass.NORMAL for _, issue in issues]
    await tx.execute(
        """
        INSERT INTO issue (issue_id, visit_id, access_class, kind, field, title, detail, urgency,
                           resolved_on_spot, forward_duty_id)
        SELECT * FROM unnest(
            CAST(:issue_id AS uuid[]), CAST(:visit_id AS uuid[]), CAST(:access_class AS text[]),
            CAST(:kind AS text[]), CAST(:field AS text[]), CAST(:title AS text[]),
            CAST(:detail AS text[]), CAST(:urgency AS text[]), CAST(:resolved_on_spot AS bool[]),
            CAST(:forward_duty_id AS uuid[]))
        ON CONFLICT (issue_id) DO UPDATE SET
            access_class = excluded.access_class, kind = excluded.kind, field = excluded.field,
            title = excluded.title, detail = excluded.detail, urgency = excluded.urgency,
            resolved_on_spot = excluded.resolved_on_spot, removed = false
        WHERE issue.visit_id = excluded.visit_id
        """,
        issue_id=[issue.issue_id for _, issue in issues],
        visit_id=[visit_id for visit_id, _ in issues],
        access_class=[issue.access_class for _, issue in issues],
        kind=[issue.kind for _, issue in issues],
        field=[issue.field for _, issue in issues],
        # A restricted issue keeps its id and class only, whatever was sent (I12).
        title=[issue.title if shown else None for (_, issue), shown in zip(issues, normal, strict=True)],
        detail=[issue.detail if shown else None for (_, issue), shown in zip(issues, normal, strict=True)],
        urgency=[issue.urgency for _, issue in issues],
        resolved_on_spot=[issue.resolved_on_spot for _, issue in issues],
        forward_duty_id=forward_duty_ids,
    )


async def remove_issues(tx: UnitOfWork, visit_ids: Collection[UUID], *, named: Collection[UUID]) -> None:
    """Mark the issues of these visits that their newest version no longer names."""
    await tx.execute(
        """
        UPDATE issue SET removed = true
        WHERE visit_id = ANY(CAST(:visits AS uuid[])) AND NOT removed
          AND NOT issue_id = ANY(CAST(:named AS uuid[]))
        """,
        visits=list(visit_ids),
        named=list(named),
    )


async def record_words(
    tx: UnitOfWork, issues: Sequence[tuple[UUID, IssueSnapshot]], updated: Collection[UUID]
) -> None:
    """Let issues just recorded, as (visit, issue), be found by the words of their titles.

    Those of the visits that were `updated` are found by these words only, and not at all when they are removed.
    """
    if updated:
        await tx.execute(
            """
            DELETE FROM issue_word USING issue
            WHERE issue.issue_id = issue_word.issue_id AND issue.visit_id = ANY(CAST(:updated AS uuid[]))
            """,
            updated=list(updated),
        )
    said = [
        (issue.issue_id, word)
        for _, issue in issues
        if issue.access_class is AccessClass.NORMAL and issue.title
        for word in words(issue.title)
    ]
    if said:
        await tx.execute(
            """
            INSERT INTO issue_word (issue_id, word, committee_id)
            SELECT issue_id, word, visit.committee_id
            FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS said (issue_id, word)
                 JOIN issue USING (issue_id) JOIN visit USING (visit_id)
            ON CONFLICT DO NOTHING
            """,
            ids=[issue_id for issue_id, _ in said],
            words=[word for _, word in said],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """What a duty needs to know of its visit."""

    visit_id: UUID
    committee_id: UUID
    unit_id: UUID
    visitor_id: UUID
    kind: VisitKind
    anchor: date
    history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFacts:
    """An issue on record with its visit."""

    issue_id: UUID
    visit: VisitFacts
    access_class: AccessClass
    urgency: str
    resolved_on_spot: bool
    removed: bool
    forward_duty_id: UUID
    erased: bool
    reopened: int
    """How often the cell has said that what it was answered does not settle the matter."""

    @property
    def reply_duty_id(self) -> UUID:
        return reply_duty_id(self.issue_id, self.reopened)


async def issue_for_update(tx: UnitOfWork, issue_id: UUID) -> IssueFacts | None:
    """The issue, its row locked: the acts of one issue happen one after the other."""
    return await issue(tx, issue_id, lock="FOR UPDATE OF issue")


async def issue(tx: UnitOfWork, issue_id: UUID, *, lock: str = "") -> IssueFacts | None:
    """The issue with its visit."""
    row = await tx.first(
        f"""
        SELECT issue.issue_id, issue.access_class, issue.urgency, issue.resolved_on_spot, issue.removed,
               issue.forward_duty_id, visit.visit_id, visit.committee_id, visit.unit_id, visit.visitor_id,
               visit.kind, visit.anchor, visit.history, visit.erased_at,
               (SELECT count(*) FROM verdict
                WHERE verdict.issue_id = issue.issue_id AND NOT settled) AS reopened
        FROM issue JOIN visit USING (visit_id)
        WHERE issue_id = :issue_id
        {lock}
        """,
        issue_id=issue_id,
    )
    if row is None:
        return None
    return IssueFacts(
        issue_id=row.issue_id,
        visit=VisitFacts(
            visit_id=row.visit_id,
            committee_id=row.committee_id,
            unit_id=row.unit_id,
            visitor_id=row.visitor_id,
            kind=VisitKind(row.kind),
            anchor=row.anchor,
            history=row.history,
        ),
        access_class=AccessClass(row.access_class),
        urgency=row.urgency,
        resolved_on_spot=row.resolved_on_spot,
        removed=row.removed,
        forward_duty_id=row.forward_duty_id,
        erased=row.erased_at is not None,
        reopened=row.reopened,
    )
