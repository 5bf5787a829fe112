"""A person's own choices of the register, by the name they gave them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A choice and its name. `choice` is in the form of the request that saved it."""

    view_id: UUID
    person_id: UUID
    name: str
    choice: Mapping[str, Any]
    saved_at: datetime


async def of_person(tx: UnitOfWork, person_id: UUID) -> list[SavedView]:
    """All of one's own, in the order in which they were first saved."""
    rows = await tx.all(
        """
        SELECT view_id, person_id, name, choice, saved_at FROM saved_view
        WHERE person_id = :person_id ORDER BY view_id
        """,
        person_id=person_id,
    )
    return [
        SavedView(
            **row._asdict()
            | {"choice": json.loads(row.choice) if isinstance(row.choice, str) else row.choice}
        )
        for row in rows
    ]


async def save(tx: UnitOfWork, view: SavedView, committee_id: UUID) -> bool | None:
    """Write it or write it anew; whether it is new, None when the id is somebody else's."""
    new: bool | None = await tx.scalar(
        """
        INSERT INTO saved_view (view_id, committee_id, person_id, name, choice, saved_at)
        VALUES (:view_id, :committee_id, :person_id, :name, CAST(:choice AS jsonb), :saved_at)
        ON CONFLICT (view_id) DO UPDATE
            SET name = excluded.name, choice = excluded.choice, saved_at = excluded.saved_at
            WHERE saved_view.person_id = excluded.person_id
        RETURNING xmax = 0
        """,
        view_id=view.view_id,
        committee_id=committee_id,
        person_id=view.person_id,
        name=view.name,
        choice=json.dumps(view.choice),
        saved_at=view.saved_at,
    )
    return new


async def delete(tx: UnitOfWork, person_id: UUID, view_id: UUID) -> bool:
    """Whether there was one of this person's to take away."""
    gone = await tx.execute(
        "DELETE FROM saved_view WHERE view_id = :view_id AND person_id = :person_id",
        view_id=view_id,
        person_id=person_id,
    )
    return gone.rowcount == 1
