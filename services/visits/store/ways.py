"""What feedback told of issues on their way, of returned reports and of extensions.

The newest version wins, in whatever order it came. Under a tombstone no text is kept, however late it comes.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row

from shared.contracts.feedback import ExtensionChanged, IssueProgressed, ReportReturned
from shared.uow import UnitOfWork

FORWARDINGS_WITHOUT_TEXT = """
    (SELECT coalesce(jsonb_agg(CASE WHEN sent ->> 'answer_summary' IS NULL THEN sent
                               ELSE sent || jsonb_build_object('answer_summary', '') END ORDER BY n), '[]')
     FROM jsonb_array_elements(forwardings) WITH ORDINALITY AS each_sent (sent, n))
"""
"""The column `forwardings` as it stays under a tombstone."""

_ERASED = "EXISTS (SELECT FROM visit WHERE visit.visit_id = new.visit_id AND erased_at IS NOT NULL)"


async def keep_ways(tx: UnitOfWork, events: Collection[IssueProgressed]) -> None:
    """Store the newest way of each issue, unless a newer one is here."""
    newest = {each.issue_id: each for each in sorted(events, key=lambda each: each.version)}
    rows = [newest[issue_id] for issue_id in sorted(newest)]
    await tx.execute(
        f"""
        INSERT INTO issue_way (issue_id, version, visit_id, committee_id, forwardings, replied_at, reply_summary,
                               settled, judged_at)
        SELECT issue_id, version, visit_id, committee_id,
               CASE WHEN {_ERASED} THEN {FORWARDINGS_WITHOUT_TEXT} ELSE forwardings END, replied_at,
               CASE WHEN {_ERASED} AND reply_summary IS NOT NULL THEN '' ELSE reply_summary END,
               settled, judged_at
        FROM (SELECT issue_id, version, visit_id, committee_id, CAST(forwardings AS jsonb) AS forwardings,
                     replied_at, reply_summary, settled, judged_at
              FROM unnest(CAST(:issue_id AS uuid[]), CAST(:version AS int[]), CAST(:visit_id AS uuid[]),
                          CAST(:committee_id AS uuid[]), CAST(:forwardings AS text[]),
                          CAST(:replied_at AS timestamptz[]), CAST(:reply_summary AS text[]),
                          CAST(:settled AS bool[]), CAST(:judged_at AS timestamptz[]))
              AS told (issue_id, version, visit_id, committee_id, forwardings, replied_at, reply_summary,
                       settled, judged_at)) AS new
        ON CONFLICT (issue_id) DO UPDATE SET
            version = excluded.version, forwardings = excluded.forwardings,
            replied_at = excluded.replied_at, reply_summary = excluded.reply_summary,
            settled = excluded.settled, judged_at = excluded.judged_at
        WHERE issue_way.version < excluded.version
        """,
        issue_id=[each.issue_id for each in rows],
        version=[each.version for each in rows],
        visit_id=[each.visit_id for each in rows],
        committee_id=[each.committee_id for each in rows],
        forwardings=[
            json.dumps([sent.model_dump(mode="json") for sent in each.forwardings]) for each in rows
        ],
        replied_at=[each.replied_at for each in rows],
        reply_summary=[each.reply_summary for each in rows],
        settled=[each.settled for each in rows],
        judged_at=[each.judged_at for each in rows],
    )


async def keep_returns(tx: UnitOfWork, events: Collection[ReportReturned]) -> None:
    """Store each return once; it never changes."""
    rows = sorted({each.return_id: each for each in events}.values(), key=lambda each: each.return_id)
    await tx.execute(
        f"""
        INSERT INTO report_return (return_id, duty_id, visit_id, committee_id, report_version, comment,
                                   returned_at, returned_by)
        SELECT return_id, duty_id, visit_id, committee_id, report_version,
               CASE WHEN {_ERASED} THEN '' ELSE comment END, returned_at, returned_by
        FROM unnest(CAST(:return_id AS uuid[]), CAST(:duty_id AS uuid[]), CAST(:visit_id AS uuid[]),
                    CAST(:committee_id AS uuid[]), CAST(:report_version AS int[]), CAST(:comment AS text[]),
                    CAST(:returned_at AS timestamptz[]), CAST(:returned_by AS uuid[]))
        AS new (return_id, duty_id, visit_id, committee_id, report_version, comment, returned_at, returned_by)
        ON CONFLICT (return_id) DO NOTHING
        """,
        **_columns(rows, _RETURNED),
    )


async def keep_extensions(tx: UnitOfWork, events: Collection[ExtensionChanged]) -> None:
    """Store the newest state of each extension, unless a newer one is here."""
    newest = {each.extension_id: each for each in sorted(events, key=lambda each: each.version)}
    rows = [newest[extension_id] for extension_id in sorted(newest)]
    await tx.execute(
        f"""
        INSERT INTO extension_copy (extension_id, version, duty_id, visit_id, committee_id, days, reason,
                                    asked_by, asked_at, granted, note, decided_at)
        SELECT extension_id, version, duty_id, visit_id, committee_id, days,
               CASE WHEN {_ERASED} THEN '' ELSE reason END, asked_by, asked_at, granted,
               CASE WHEN {_ERASED} AND note IS NOT NULL THEN '' ELSE note END, decided_at
        FROM unnest(CAST(:extension_id AS uuid[]), CAST(:version AS int[]), CAST(:duty_id AS uuid[]),
                    CAST(:visit_id AS uuid[]), CAST(:committee_id AS uuid[]), CAST(:days AS int[]),
                    CAST(:reason AS text[]), CAST(:asked_by AS uuid[]), CAST(:asked_at AS timestamptz[]),
                    CAST(:granted AS bool[]), CAST(:note AS text[]), CAST(:decided_at AS timestamptz[]))
        AS new (extension_id, version, duty_id, visit_id, committee_id, days, reason, asked_by, asked_at,
                granted, note, decided_at)
        ON CONFLICT (extension_id) DO UPDATE SET
            version = excluded.version, granted = excluded.granted, note = excluded.note,
            decided_at = excluded.decided_at
        WHERE extension_copy.version < excluded.version
        """,
        **_columns(rows, _EXTENDED),
    )


async def returns_of(tx: UnitOfWork, visit_id: Any) -> Sequence[Row[Any]]:
    """Every return of the report of one visit, the first one first; `answered` once a newer version is here."""
    return await tx.all(
        f"{RETURNS} WHERE r.visit_id = :visit_id ORDER BY returned_at, return_id", visit_id=visit_id
    )


RETURNS = """
SELECT r.return_id, r.visit_id, r.duty_id, r.report_version, r.comment, r.returned_at,
       coalesce(v.report_version, 0) > r.report_version AS answered,
       v.kind, v.started_at, u.unit_id, u.code AS unit_code, u.name AS unit_name
FROM report_return AS r JOIN visit AS v USING (visit_id) LEFT JOIN directory_unit AS u USING (unit_id)
"""

_RETURNED = (
    "return_id",
    "duty_id",
    "visit_id",
    "committee_id",
    "report_version",
    "comment",
    "returned_at",
    "returned_by",
)
_EXTENDED = (
    "extension_id",
    "version",
    "duty_id",
    "visit_id",
    "committee_id",
    "days",
    "reason",
    "asked_by",
    "asked_at",
    "granted",
    "note",
    "decided_at",
)


def _columns(rows: Collection[object], names: Collection[str]) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names}
