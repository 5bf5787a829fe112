"""What feedback said last of each duty: the newest version wins, in whatever order it came."""

from collections.abc import Collection
from typing import Any, Final

from shared.contracts.feedback import DutySnapshot
from shared.uow import UnitOfWork

_COLUMNS: Final = {
    "duty_id": "uuid",
    "version": "int",
    "kind": "text",
    "committee_id": "uuid",
    "unit_id": "uuid",
    "visit_id": "uuid",
    "issue_id": "uuid",
    "owner_person_id": "uuid",
    "owner_unit_id": "uuid",
    "urgency": "text",
    "anchor": "date",
    "due_at": "timestamptz",
    "first_due_at": "timestamptz",
    "provisional": "bool",
    "closed_at": "timestamptz",
    "closure": "text",
}

_KEEP: Final = f"""
INSERT INTO duty_copy ({", ".join(_COLUMNS)}, changed_at)
SELECT *, CAST(:now AS timestamptz) FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())})
ON CONFLICT (duty_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "changed_at"))}
WHERE duty_copy.version < excluded.version
"""


async def keep(tx: UnitOfWork, duties: Collection[DutySnapshot]) -> None:
    """Store one snapshot for each of these duties, unless a newer one is here."""
    ordered = sorted(duties, key=lambda duty: duty.duty_id)
    columns: dict[str, list[Any]] = {name: [getattr(duty, name) for duty in ordered] for name in _COLUMNS}
    await tx.execute(_KEEP, now=tx.now, **columns)
