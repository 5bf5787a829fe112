"""What a reader of the register chose, as the query says it: one way for the list and for its file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.feedback.domain.duty import Status
from services.feedback.views.duties import Filters
from services.feedback.views.search import words_of
from shared.contracts.feedback import DutyKind
from shared.http import Instant
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Query parameters; `q` is looked for among people, units and matters, without marks."""

    status: Status | None = None
    kind: DutyKind | None = None
    owner: UUID | None = None
    unit: UUID | None = None
    q: Annotated[str, Query(max_length=100)] = ""
    as_of: Instant | None = None
    """As the register stood at that instant; one that has not come is now."""

    async def filters(self, tx: UnitOfWork, committee_id: UUID) -> Filters:
        return Filters(
            status=self.status,
            kind=self.kind,
            owner_person_id=self.owner,
            unit_id=self.unit,
            words=await words_of(tx, committee_id, self.q),
            as_of=past(self.as_of, tx.now),
        )


def past(as_of: datetime | None, now: datetime) -> datetime | None:
    """A past instant, or None for now: nobody looks at what is to come."""
    return None if as_of is None or as_of >= now else as_of
