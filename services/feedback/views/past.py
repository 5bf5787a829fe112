"""The register as it stood at a past minute, and what has changed since then.

A duty is shown as the register showed it then: what was not yet known is left out, what has changed is as it was.
What a paper register tells stands where the paper puts it. Two things are of today, so that looking back shows
nobody more than looking now: how far the reader reaches, and whether a matter is restricted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from services.feedback.store.duties import PAST
from services.feedback.views.filters import WITHIN_REACH
from shared.contracts.feedback import DutyKind
from shared.uow import UnitOfWork

_FIXED = "kind, visit_id, issue_id, forwarding_id, access_class, policy_id, rule, days, opened_at"
_NAMES = [name.strip() for name in PAST.split(",")]
_WAS = ", ".join(f"past.{name}" for name in _NAMES)
_IS = ", ".join(f"reached.{name}" for name in _NAMES)

AS_OF: Final = f"""
WITH reached AS (
    SELECT * FROM duty WHERE {WITHIN_REACH} AND duty.opened_at <= :as_of
),
duty AS (
    SELECT DISTINCT ON (duty_id) * FROM (
        SELECT duty_id, {_FIXED}, {_WAS} FROM duty_past AS past JOIN reached USING (duty_id)
        WHERE past.until > :as_of
        UNION ALL
        SELECT duty_id, {_FIXED}, {_IS} FROM reached
    ) AS known
    ORDER BY duty_id, version
)
"""
"""Before a query that reads `duty`: it reads the duties as they stood at `:as_of`, each as its oldest version after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that became of a duty. `was` and `became`: the due dates, where the due date moved."""

    at: datetime
    what: str
    duty_id: UUID
    kind: DutyKind
    access_class: str
    unit_name: str | None
    owner_name: str | None
    title: str | None
    was: datetime | None
    became: datetime | None


async def changes(
    tx: UnitOfWork, reach: Mapping[str, Any], since: datetime, *, skip: int, limit: int
) -> tuple[list[Change], int]:
    """What became of the duties within reach after an instant, the newest last; and how much that is in all.

    The list only grows at its end, so that a page that was skipped stays the same page.
    """
    rows = await tx.all(
        f"{_CHANGES} {_SHOWN} ORDER BY at, duty_id, what OFFSET :skip LIMIT :limit",
        **reach,
        since=since,
        skip=skip,
        limit=limit,
    )
    total = await tx.scalar(f"{_CHANGES} SELECT count(*) FROM change", **reach, since=since)
    return [_change(row) for row in rows], int(total)


def _change(row: Row[Any]) -> Change:
    values = row._asdict()
    return Change(**values | {"kind": DutyKind(values["kind"])})


_CHANGES = f"""
WITH reached AS (SELECT * FROM duty WHERE {WITHIN_REACH}),
stood AS (
    SELECT duty_id, until, {_WAS} FROM duty_past AS past JOIN reached USING (duty_id) WHERE until > :since
    UNION ALL
    SELECT duty_id, NULL, {_IS} FROM reached
),
step AS (
    SELECT stood.*, lead(closed_at) OVER each AS next_closed_at, lead(closure) OVER each AS next_closure,
           lead(due_at) OVER each AS next_due_at, lead(urgency) OVER each AS next_urgency,
           lead(owner_person_id) OVER each AS next_person_id, lead(owner_unit_id) OVER each AS next_agency_id
    FROM stood WINDOW each AS (PARTITION BY duty_id ORDER BY version)
),
change AS (
    SELECT opened_at AS at, 'opened' AS what, duty_id, CAST(NULL AS timestamptz) AS was,
           CAST(NULL AS timestamptz) AS became
    FROM reached WHERE opened_at > :since
    UNION ALL
    SELECT until, next_closure, duty_id, NULL, NULL FROM step
    WHERE until IS NOT NULL AND closed_at IS NULL AND next_closed_at IS NOT NULL
    UNION ALL
    SELECT until, 'reopened', duty_id, NULL, NULL FROM step
    WHERE until IS NOT NULL AND closed_at IS NOT NULL AND next_closed_at IS NULL
    UNION ALL
    SELECT until, 'moved', duty_id, due_at, next_due_at FROM step WHERE until IS NOT NULL AND due_at <> next_due_at
    UNION ALL
    SELECT until, 'handed_over', duty_id, NULL, NULL FROM step
    WHERE until IS NOT NULL AND (owner_person_id, owner_unit_id) IS DISTINCT FROM (next_person_id, next_agency_id)
    UNION ALL
    SELECT until, 'urgency', duty_id, NULL, NULL FROM step WHERE until IS NOT NULL AND urgency <> next_urgency
    UNION ALL
    SELECT asked_at, 'extension_asked', duty_id, NULL, NULL FROM extension JOIN reached USING (duty_id)
    WHERE asked_at > :since
    UNION ALL
    SELECT decided_at, 'extension_refused', duty_id, NULL, NULL FROM extension JOIN reached USING (duty_id)
    WHERE decided_at > :since AND NOT granted
    UNION ALL
    SELECT returned_at, 'report_returned', duty_id, NULL, NULL FROM report_return JOIN reached USING (duty_id)
    WHERE returned_at > :since
)
"""

_SHOWN = """
SELECT at, what, duty_id, reached.kind, reached.access_class, unit.name AS unit_name, issue.title,
       coalesce(person.full_name, agency.name) AS owner_name, was, became
FROM change JOIN reached USING (duty_id)
LEFT JOIN directory_unit AS unit ON unit.unit_id = reached.unit_id
LEFT JOIN directory_unit AS agency ON agency.unit_id = reached.owner_unit_id
LEFT JOIN directory_person AS person ON person.person_id = reached.owner_person_id
LEFT JOIN issue ON issue.issue_id = reached.issue_id
"""
