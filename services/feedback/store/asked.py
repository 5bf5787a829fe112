"""Copies of what visits tells, of quotas, assignments, absences, plans, visits not held, evenings and objections.

The newest version wins.
"""

import json
from collections.abc import Sequence
from typing import Final

from shared.contracts.envelope import Event
from shared.contracts.visits import (
    AbsenceChanged,
    AssignmentChanged,
    EveningChanged,
    ObjectionMade,
    PlanChanged,
    QuotaChanged,
    UnheldRecorded,
)
from shared.uow import UnitOfWork

ASKED_EVENTS: Final = (
    QuotaChanged,
    AssignmentChanged,
    AbsenceChanged,
    PlanChanged,
    UnheldRecorded,
    ObjectionMade,
    EveningChanged,
)

_TABLES: Final[dict[type[Event], tuple[str, str, str]]] = {
    QuotaChanged: ("quota", "quota_id", "kind text, period text, min_count int, valid_from date"),
    AssignmentChanged: (
        "assignment",
        "assignment_id",
        "person_id uuid, unit_id uuid, duty text, valid_from date, valid_to date",
    ),
    AbsenceChanged: (
        "absence",
        "absence_id",
        "person_id uuid, first date, last date, reason text, withdrawn bool",
    ),
    PlanChanged: ("plan", "plan_id", "person_id uuid, unit_id uuid, kind text, day date, cancelled text"),
    UnheldRecorded: (
        "unheld",
        "unheld_id",
        "person_id uuid, unit_id uuid, kind text, day date",
    ),
    ObjectionMade: (
        "objection",
        "objection_id",
        "person_id uuid, period text, first_day date, body text, made_at timestamptz",
    ),
    EveningChanged: ("evening", "evening_id", "month date, day date, withdrawn bool"),
}
"""Per event its table, its key, and the columns beside key, version and committee."""


async def apply(tx: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep what these events say; a batch costs one statement for each kind that is in it."""
    for event, (table, key, columns) in _TABLES.items():
        newest: dict[str, dict[str, object]] = {}
        for each in events:
            if isinstance(each, event):
                row = each.model_dump(mode="json")
                known = newest.get(row[key])
                if known is None or known["version"] < row["version"]:
                    newest[row[key]] = row
        if newest:
            # One order of row locks for all writers.
            rows = [newest[id_] for id_ in sorted(newest)]
            await tx.execute(_upsert(table, key, columns), rows=json.dumps(rows))


def _upsert(table: str, key: str, columns: str) -> str:
    shape = f"{key} uuid, version int, committee_id uuid, {columns}"
    columns_of = [each.split()[0] for each in shape.split(", ")]
    names = ", ".join(columns_of)
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns_of if name != key)
    return f"""
        INSERT INTO {table} ({names})
        SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({shape})
        ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE {table}.version < excluded.version
    """
