"""What stood before it was told: quotas, assignments, plans, visits not held and objections, each once.

feedback had acknowledged earlier events of plans without keeping them, so that these are told again with the
version they have: whoever knows it already drops it.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Row

from shared.contracts.envelope import Event
from shared.contracts.visits import (
    AssignmentChanged,
    ObjectionMade,
    PlanChanged,
    QuotaChanged,
    UnheldRecorded,
)
from shared.uow import Database, UnitOfWork

_BATCH = 200

_UNTOLD: tuple[tuple[str, str, type[Event]], ...] = (
    ("quota", "quota_id", QuotaChanged),
    ("assignment", "assignment_id", AssignmentChanged),
    ("plan", "plan_id", PlanChanged),
    ("unheld_visit", "unheld_id", UnheldRecorded),
    ("objection", "objection_id", ObjectionMade),
)
_SPOKEN = {
    "unheld_visit": "*, 1 AS version, visitor_id AS person_id,"
    " CAST(planned_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date) AS day",
    "objection": "*, CASE WHEN erased_at IS NULL THEN 1 ELSE 2 END AS version",
}
"""What a row is called in its event, where the two differ."""


async def tell_untold(database: Database, _today: date) -> int:
    """Tell what no event has told; how much that was."""
    return sum([await _tell_all(database, *each) for each in _UNTOLD])


async def _tell_all(database: Database, table: str, key: str, event: type[Event]) -> int:
    told = 0
    while done := await database.run(_telling(table, key, event)):
        told += done
    return told


def _telling(table: str, key: str, event: type[Event]) -> Callable[[UnitOfWork], Any]:
    spoken = _SPOKEN.get(table, "*")

    async def tell(tx: UnitOfWork) -> int:
        rows = await tx.all(
            f"""
            SELECT {spoken} FROM {table} WHERE NOT told
            ORDER BY {key} LIMIT :limit FOR UPDATE SKIP LOCKED
            """,
            limit=_BATCH,
        )
        for row in rows:
            tx.publish(_event_of(event, row), key=getattr(row, key))
        await tx.execute(
            f"UPDATE {table} SET told = true WHERE {key} = ANY(CAST(:ids AS uuid[]))",
            ids=[getattr(row, key) for row in rows],
        )
        return len(rows)

    return tell


def _event_of(event: type[Event], row: Row[Any]) -> Event:
    return event.model_validate({name: getattr(row, name) for name in event.model_fields})
