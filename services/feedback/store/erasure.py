"""What people wrote about a visit leaves every row that came of it; ids, numbers, dates and duties stay."""

from collections.abc import Collection, Sequence
from uuid import UUID

from shared.uow import UnitOfWork


async def erase_texts(tx: UnitOfWork, visit_ids: Collection[UUID]) -> None:
    """Erase what visits told of these visits and what the office, agencies and owners wrote about them."""
    for statement in _ERASURES:
        await tx.execute(statement, ids=list(visit_ids))
    await tx.execute(_MARK, ids=list(visit_ids), now=tx.now)
    await tx.execute(_ERASE_CONTACTS, ids=list(visit_ids), now=tx.now)


async def written_since(tx: UnitOfWork) -> Sequence[UUID]:
    """Erased visits about which somebody wrote something since: an answer that came late, a reason."""
    rows = await tx.execute(
        """
        SELECT visit_id FROM visit WHERE erased_at IS NOT NULL AND (
            EXISTS (SELECT FROM issue LEFT JOIN forwarding USING (issue_id) LEFT JOIN reply USING (issue_id)
                    WHERE issue.visit_id = visit.visit_id
                      AND (issue.title <> '' OR issue.detail <> '' OR forwarding.proof <> ''
                           OR forwarding.answer_summary <> '' OR reply.summary <> ''))
            OR EXISTS (SELECT FROM duty JOIN extension USING (duty_id)
                       WHERE duty.visit_id = visit.visit_id
                         AND (extension.reason <> '' OR extension.note <> ''))
            OR EXISTS (SELECT FROM duty JOIN duty_chase AS chase USING (duty_id)
                       WHERE duty.visit_id = visit.visit_id AND chase.note <> '')
            OR EXISTS (SELECT FROM issue JOIN verdict USING (issue_id)
                       WHERE issue.visit_id = visit.visit_id
                         AND (verdict.reason <> '' OR verdict.reply_summary <> ''))
            OR EXISTS (SELECT FROM issue JOIN agency_note USING (issue_id)
                       WHERE issue.visit_id = visit.visit_id
                         AND (agency_note.text <> '' OR agency_note.reply <> ''))
            OR EXISTS (SELECT FROM good_practice AS practice
                       WHERE practice.visit_id = visit.visit_id AND practice.title <> '')
            OR EXISTS (SELECT FROM report_return AS r WHERE r.visit_id = visit.visit_id AND r.comment <> ''))
        """
    )
    return rows.scalars().all()


_OF_VISITS = "issue_id IN (SELECT issue_id FROM issue WHERE visit_id = ANY(CAST(:ids AS uuid[])))"

_MARK = "UPDATE visit SET erased_at = :now WHERE visit_id = ANY(CAST(:ids AS uuid[])) AND erased_at IS NULL"
_ERASE_CONTACTS = f"""
    UPDATE contact SET sealed = NULL, key_id = NULL, erased_at = :now
    WHERE {_OF_VISITS} AND erased_at IS NULL
"""
_ERASURES = (
    f"DELETE FROM issue_word WHERE {_OF_VISITS}",
    "UPDATE issue SET title = NULL, detail = NULL WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    f"""
    UPDATE forwarding SET proof = '', answer_summary = CASE WHEN answer_summary IS NOT NULL THEN '' END
    WHERE {_OF_VISITS}
    """,
    f"UPDATE reply SET summary = '' WHERE {_OF_VISITS}",
    f"UPDATE verdict SET reason = '', reply_summary = '' WHERE {_OF_VISITS}",
    f"UPDATE agency_note SET text = '', reply = CASE WHEN reply IS NOT NULL THEN '' END WHERE {_OF_VISITS}",
    """
    UPDATE good_practice SET title = '', body = '', folded = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))
    """,
    "UPDATE report_return SET comment = '' WHERE visit_id = ANY(CAST(:ids AS uuid[]))",
    """
    UPDATE duty_chase SET note = '' FROM duty
    WHERE duty.duty_id = duty_chase.duty_id AND duty.visit_id = ANY(CAST(:ids AS uuid[]))
    """,
    """
    UPDATE extension SET reason = '', note = CASE WHEN note IS NOT NULL THEN '' END
    FROM duty WHERE duty.duty_id = extension.duty_id AND duty.visit_id = ANY(CAST(:ids AS uuid[]))
    """,
)
