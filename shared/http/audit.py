"""`GET /{service}/api/audit`: what was done in one's own committee, for the inspector. It changes nothing."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import Row

from shared import audit
from shared.access import RULES, Principal, allow
from shared.contracts.visits import AccessClass
from shared.http.inputs import Instant
from shared.uow import Database, UnitOfWork

Inspector = Annotated[Principal, Depends(allow(RULES.read_audit))]
Word = Annotated[str | None, Query(max_length=80)]


class ActOut(BaseModel):
    """One row of the audit. A machine acts by its name, a person by a session."""

    seq: int
    at: AwareDatetime
    person_id: UUID | None
    session_id: UUID | None
    machine: str | None
    request_id: str | None
    act: str
    kind: str
    record_id: str
    was: dict[str, Any] | None
    became: dict[str, Any] | None


class ActPage(BaseModel):
    """Rows, the newest first; `next_before` asks for the page after this one."""

    acts: list[ActOut]
    next_before: int | None


def build_router(service: str, database: Database) -> APIRouter:
    router = APIRouter(prefix=f"/{service}/api", tags=["audit"])

    @router.get("/audit")
    async def list_audit(  # query parameters
        principal: Inspector,
        person_id: UUID | None = None,
        act: Word = None,
        kind: Word = None,
        record_id: Word = None,
        since: Instant | None = None,
        until: Instant | None = None,
        before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> ActPage:
        """Who did what to which record of the committee, and when; the newest first."""
        filters = audit.Filters(
            person_id=person_id, act=act, kind=kind, record_id=record_id, since=since, until=until
        )
        async with database.read() as tx:
            rows = await audit.listed(tx, principal.committee_id, filters, before=before, limit=limit)
        return ActPage(
            acts=[_act(row) for row in rows], next_before=rows[-1].seq if len(rows) == limit else None
        )

    return router


def note_restricted(tx: UnitOfWork, kind: str, shown: Mapping[UUID, str]) -> None:
    """Note those of the records shown that are of a restricted class: who read them is known for ever."""
    for record_id, access_class in shown.items():
        if access_class != AccessClass.NORMAL:
            tx.audit("restricted.read", kind, record_id)


def _act(row: Row[Any]) -> ActOut:
    facts = {name: json.loads(text) if (text := getattr(row, name)) else None for name in ("was", "became")}
    return ActOut(**row._asdict() | facts)
