"""Edits that went past each other: what each side said, what was made of it, and how a person decided."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.visits.domain.merging import Side
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Version `version` was made of the recorded version and of the content received, both from one base."""

    visit_id: UUID
    version: int
    base_version: int
    recorded_version: int
    content_hash: str
    content: Mapping[str, Any]
    received_by: UUID
    received_at: datetime
    fields: tuple[str, ...]
    settled_in: int | None = None
    settled_by: UUID | None = None
    settled_at: datetime | None = None
    choices: Mapping[str, Side] | None = None

    @property
    def in_conflict(self) -> bool:
        return bool(self.fields)


async def of_visit(tx: UnitOfWork, visit_id: UUID) -> Sequence[Merged]:
    """Every merge of one visit, in the order of versions."""
    rows = await tx.all("SELECT * FROM visit_merge WHERE visit_id = :id ORDER BY version", id=visit_id)
    return [
        Merged(
            **row._asdict()
            | {
                "fields": tuple(row.fields),
                "choices": None
                if row.choices is None
                else {pointer: Side(side) for pointer, side in row.choices.items()},
            }
        )
        for row in rows
    ]


async def insert(tx: UnitOfWork, merged: Merged) -> None:
    await tx.execute(
        """
        INSERT INTO visit_merge (visit_id, version, base_version, recorded_version, content_hash, content,
                                 received_by, received_at, fields)
        VALUES (:visit_id, :version, :base_version, :recorded_version, :content_hash, CAST(:content AS jsonb),
                :received_by, :received_at, CAST(:fields AS text[]))
        """,
        visit_id=merged.visit_id,
        version=merged.version,
        base_version=merged.base_version,
        recorded_version=merged.recorded_version,
        content_hash=merged.content_hash,
        content=json.dumps(merged.content, ensure_ascii=False),
        received_by=merged.received_by,
        received_at=merged.received_at,
        fields=list(merged.fields),
    )


async def settle(
    tx: UnitOfWork, visit_id: UUID, version: int, choices: Mapping[str, Side], *, settled_in: int, by: UUID
) -> None:
    """Write a person's decision; the visit is locked and nothing was decided before."""
    await tx.execute(
        """
        UPDATE visit_merge SET settled_in = :settled_in, settled_by = :by, settled_at = :now,
               choices = CAST(:choices AS jsonb)
        WHERE visit_id = :visit_id AND version = :version AND settled_at IS NULL
        """,
        visit_id=visit_id,
        version=version,
        settled_in=settled_in,
        by=by,
        now=tx.now,
        choices=json.dumps(choices),
    )
