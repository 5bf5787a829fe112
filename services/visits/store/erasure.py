"""Making tombstones: what people wrote leaves every row of a visit; ids, dates, kinds and counts stay.

Also the terms and decisions that say when. A content's hash stays, so that a phone that sends its record
again still gets the receipt it was given.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.visits.domain.retention import Retention, Schedule, Term
from services.visits.store.ways import FORWARDINGS_WITHOUT_TEXT
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class WithText:
    """Visits that share what their keeping depends on."""

    committee_id: UUID
    day: date
    accepted_on: date
    visit_ids: tuple[UUID, ...]


async def schedule(tx: UnitOfWork) -> Schedule:
    """Every term and decision there is."""
    terms = await tx.all("SELECT term_id, committee_id, first_day, last_day, basis_document FROM term")
    policies = await tx.all(
        "SELECT policy_id, committee_id, days, citation, valid_from FROM retention_policy"
    )
    return Schedule(
        terms=[Term(**row._asdict()) for row in terms],
        policies=[Retention(**row._asdict()) for row in policies],
    )


async def put_term(tx: UnitOfWork, term: Term, *, by: UUID) -> bool:
    """Write a term; False when its id stands for something else or is there already."""
    written = await tx.execute(
        """
        INSERT INTO term (term_id, committee_id, first_day, last_day, basis_document, recorded_by, recorded_at)
        VALUES (:term_id, :committee_id, :first_day, :last_day, :basis_document, :by, :now)
        ON CONFLICT (term_id) DO NOTHING
        """,
        term_id=term.term_id,
        committee_id=term.committee_id,
        first_day=term.first_day,
        last_day=term.last_day,
        basis_document=term.basis_document,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def put_policy(tx: UnitOfWork, policy: Retention, *, by: UUID) -> bool:
    """Write a decision; False when its id stands for something else or is there already."""
    written = await tx.execute(
        """
        INSERT INTO retention_policy (policy_id, committee_id, days, citation, valid_from, decided_by, recorded_at)
        VALUES (:policy_id, :committee_id, :days, :citation, :valid_from, :by, :now)
        ON CONFLICT (policy_id) DO NOTHING
        """,
        policy_id=policy.policy_id,
        committee_id=policy.committee_id,
        days=policy.days,
        citation=policy.citation,
        valid_from=policy.valid_from,
        by=by,
        now=tx.now,
    )
    return written.rowcount == 1


async def with_text(tx: UnitOfWork, *, before: date) -> Sequence[WithText]:
    """Visits of days before that one that still have their texts."""
    rows = await tx.all(
        """
        SELECT committee_id, day, CAST(accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) AS accepted_on,
               array_agg(visit_id ORDER BY visit_id) AS visit_ids
        FROM visit WHERE erased_at IS NULL AND day < :before
        GROUP BY 1, 2, 3 ORDER BY 2, 1, 3
        """,
        before=before,
    )
    return [WithText(row.committee_id, row.day, row.accepted_on, tuple(row.visit_ids)) for row in rows]


async def make_tombstones(tx: UnitOfWork, visit_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Erase the texts of those that have them; the visits this call erased, with their committees."""
    rows = await tx.all(
        """
        UPDATE visit SET erased_at = :now, revision = revision + 1
        WHERE visit_id IN (SELECT visit_id FROM visit WHERE visit_id = ANY(CAST(:ids AS uuid[]))
                           AND erased_at IS NULL ORDER BY visit_id FOR UPDATE)
        RETURNING visit_id, committee_id
        """,
        ids=list(visit_ids),
        now=tx.now,
    )
    erased = [row.visit_id for row in rows]
    for statement in _ERASURES:
        await tx.execute(statement, ids=erased)
    return [(row.visit_id, row.committee_id) for row in rows]


_WITHOUT_TEXT = """
    content || jsonb_build_object(
        'notes', '',
        'issues', (SELECT coalesce(jsonb_agg(issue || jsonb_build_object('title', '', 'detail', '') ORDER BY n), '[]')
                   FROM jsonb_array_elements(content -> 'issues') WITH ORDINALITY AS raised (issue, n)),
        'report', CASE WHEN jsonb_typeof(content -> 'report') = 'object'
                       THEN (content -> 'report') || jsonb_build_object('summary', '')
                       ELSE CAST('null' AS jsonb) END)
"""

_ERASURES = (
    "UPDATE issue SET title = '', detail = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    f"UPDATE visit_version SET content = {_WITHOUT_TEXT} WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    f"UPDATE visit_conflict SET content = {_WITHOUT_TEXT} WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    "UPDATE report_version SET summary = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    "UPDATE report_draft SET summary = '', reason = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    "UPDATE remark SET words = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    f"UPDATE visit_merge SET content = {_WITHOUT_TEXT} WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    f"""
    UPDATE issue_way SET forwardings = {FORWARDINGS_WITHOUT_TEXT},
           reply_summary = CASE WHEN reply_summary IS NOT NULL THEN '' END
    WHERE visit_id = ANY(CAST(:ids AS uuid[]))
    """,
    "DELETE FROM visit_photo WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    "UPDATE report_return SET comment = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    """
    UPDATE extension_copy SET reason = '', note = CASE WHEN note IS NOT NULL THEN '' END
    WHERE visit_id = ANY(CAST(:ids AS uuid[]))
    """,
)
