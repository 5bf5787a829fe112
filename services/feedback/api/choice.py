"""What a reader of the register chose, as the query says it: one way for the list and for its file."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.feedback.domain.duty import Status
from services.feedback.views.filters import Filters
from services.feedback.views.search import words_of
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import IssueField, Urgency
from shared.http import Day, Instant
from shared.uow import UnitOfWork


def _one_or_more(words: type[StrEnum]) -> str:
    """A pattern for one word of the vocabulary or several, divided by commas: no parameter is said twice."""
    one = "|".join(words)
    return f"^({one})(,({one})){{0,{len(words) - 1}}}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Query parameters. `status` and `kind` take several, divided by commas; `due_from` and `due_to` are last days,
    inclusive; `restricted=false` leaves out what few may know of, as the figures do; `q` is looked for among
    people, units and matters, without marks.
    """

    status: Annotated[str | None, Query(pattern=_one_or_more(Status))] = None
    kind: Annotated[str | None, Query(pattern=_one_or_more(DutyKind))] = None
    owner: UUID | None = None
    unit: UUID | None = None
    field: IssueField | None = None
    urgency: Urgency | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    restricted: bool = True
    q: Annotated[str, Query(max_length=100)] = ""
    as_of: Instant | None = None
    """As the register stood at that instant; one that has not come is now."""

    async def filters(self, tx: UnitOfWork, committee_id: UUID) -> Filters:
        return Filters(
            statuses=[Status(each) for each in _split(self.status)],
            kinds=[DutyKind(each) for each in _split(self.kind)],
            owner_person_id=self.owner,
            unit_id=self.unit,
            field=self.field,
            urgency=self.urgency,
            due_from=self.due_from,
            due_to=self.due_to,
            restricted=self.restricted,
            words=await words_of(tx, committee_id, self.q),
            as_of=past(self.as_of, tx.now),
        )


def past(as_of: datetime | None, now: datetime) -> datetime | None:
    """A past instant, or None for now: nobody looks at what is to come."""
    return None if as_of is None or as_of >= now else as_of


def _split(several: str | None) -> list[str]:
    return several.split(",") if several else []
