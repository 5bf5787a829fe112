"""What a list of duties is narrowed to: within whose reach, and by what was chosen; one way for all that shows duties."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.feedback.domain.duty import Status
from services.feedback.domain.policy import Rule
from services.feedback.views.search import Word, spoken_of
from shared.access import RULES, Principal
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import IssueField, Urgency
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DueGroup:
    """Everything that a due date hangs on: the open duties that share it move together."""

    anchor: date
    rule: Rule
    days: int
    due_at: datetime
    calendar_revision: int
    extensions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None or none is everything."""

    statuses: Sequence[Status] = ()
    kinds: Sequence[DutyKind] = ()
    owner_person_id: UUID | None = None
    unit_id: UUID | None = None
    field: IssueField | None = None
    """Of the matter that the duty is about; a report is about none."""
    urgency: Urgency | None = None
    due_from: date | None = None
    due_to: date | None = None
    """Last days of duties, inclusive."""
    restricted: bool = True
    """Whether what few may know of is among them; the figures leave it out."""
    words: Sequence[Word] = ()
    """Each must be borne by who owes the duty, where, or what it is about."""
    as_of: datetime | None = None
    """As the register stood at that past instant; None is now."""
    group: DueGroup | None = None
    """Open duties of one group only."""
    more_days_asked: bool = False
    """Open duties for which more days were asked, and nobody has decided."""


WITHIN_REACH = """
    duty.committee_id = :committee_id
    AND (:all OR duty.owner_person_id = ANY(CAST(:person_ids AS uuid[]))
         OR duty.owner_unit_id = ANY(CAST(:unit_ids AS uuid[])))
    AND (duty.access_class = 'normal' OR :restricted
         OR duty.owner_person_id = CAST(:restricted_person_id AS uuid))
"""
"""Which rows of `duty` a reader may see, today or as they once were; with the values of `reach_of`."""

_OF_STATUS = {
    Status.OPEN: "duty.closed_at IS NULL AND duty.due_at > :now",
    Status.OVERDUE: "duty.closed_at IS NULL AND duty.due_at <= :now",
    Status.ON_TIME: "duty.closure = 'done' AND duty.closed_at < duty.due_at",
    Status.LATE: "duty.closure = 'done' AND duty.closed_at >= duty.due_at",
    Status.NOT_OWED: "duty.closure = 'not_owed'",
}
_OF_GROUP = """
    duty.closed_at IS NULL AND duty.anchor = :group_anchor AND duty.rule = :group_rule
    AND duty.days = :group_days AND duty.due_at = :group_due_at
    AND duty.calendar_revision = :group_calendar_revision
    AND duty.extensions = CAST(:group_extensions AS int[])
"""
_MORE_DAYS_ASKED = """
    duty.closed_at IS NULL
    AND duty.duty_id IN (SELECT extension.duty_id FROM extension WHERE extension.granted IS NULL)
"""
_OF_FIELD = """duty.issue_id IN (
    SELECT issue_id FROM issue WHERE field = :field AND access_class = 'normal' AND NOT removed)"""


def reach_of(principal: Principal) -> dict[str, Any]:
    """The values of `WITHIN_REACH`."""
    reach, restricted = RULES.read_duties.reach(principal), RULES.read_restricted.reach(principal)
    return {
        "committee_id": reach.committee_id,
        "all": reach.all,
        "person_ids": reach.person_ids,
        "unit_ids": list(reach.unit_ids),
        "restricted": restricted.all,
        "restricted_person_id": restricted.person_id,
    }


def wanted_by(tx: UnitOfWork, principal: Principal, filters: Filters) -> tuple[str, dict[str, Any]]:
    """The condition on `duty` for what is chosen within one's reach, and its values."""
    conditions, values = [WITHIN_REACH], reach_of(principal)
    if filters.as_of is not None:
        values["as_of"] = filters.as_of
    if filters.statuses:
        conditions.append("(" + " OR ".join(f"({_OF_STATUS[each]})" for each in filters.statuses) + ")")
    if {Status.OPEN, Status.OVERDUE} & set(filters.statuses):
        values["now"] = filters.as_of or tx.now
    for condition, name, value in (
        ("duty.kind = ANY(CAST(:kinds AS text[]))", "kinds", [*filters.kinds] or None),
        ("duty.owner_person_id = :owner", "owner", filters.owner_person_id),
        ("CAST(:unit AS uuid) IN (duty.unit_id, duty.owner_unit_id)", "unit", filters.unit_id),
        (_OF_FIELD, "field", filters.field),
        ("duty.urgency = :urgency", "urgency", filters.urgency),
        ("duty.last_day >= :due_from", "due_from", filters.due_from),
        ("duty.last_day <= :due_to", "due_to", filters.due_to),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if filters.group is not None:
        conditions.append(_OF_GROUP)
        values |= {f"group_{name}": value for name, value in asdict(filters.group).items()}
        values["group_extensions"] = list(filters.group.extensions)
    if filters.more_days_asked:
        conditions.append(_MORE_DAYS_ASKED)
    if not filters.restricted:
        conditions.append("duty.access_class = 'normal'")
    borne, borne_by = spoken_of(
        filters.words,
        people=["duty.owner_person_id"],
        units=["duty.owner_unit_id", "duty.unit_id"],
        issue="duty.issue_id",
    )
    conditions.append(borne)
    values |= borne_by
    return " AND ".join(conditions), values


class Named(BaseModel):
    """Somebody or some place that can be chosen."""

    id: UUID
    name: str


async def owners(tx: UnitOfWork, principal: Principal) -> list[Named]:
    """The people who owe or owed a duty within the reader's reach, by name."""
    return await _named(
        tx,
        principal,
        f"""
        SELECT person_id AS id, full_name AS name FROM directory_person
        WHERE person_id IN (SELECT owner_person_id FROM duty WHERE {WITHIN_REACH})
        ORDER BY sort_key, person_id
        """,
    )


async def units(tx: UnitOfWork, principal: Principal) -> list[Named]:
    """The units where a duty within the reader's reach began, and the agencies that owe one, by name."""
    return await _named(
        tx,
        principal,
        f"""
        WITH mine AS (SELECT unit_id, owner_unit_id FROM duty WHERE {WITHIN_REACH})
        SELECT unit_id AS id, name FROM directory_unit
        WHERE unit_id IN (SELECT unit_id FROM mine UNION SELECT owner_unit_id FROM mine)
        ORDER BY sort_key, unit_id
        """,
    )


async def _named(tx: UnitOfWork, principal: Principal, query: str) -> list[Named]:
    return [Named(id=row.id, name=row.name) for row in await tx.all(query, **reach_of(principal))]
