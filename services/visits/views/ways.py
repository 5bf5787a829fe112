"""Issues on their way, as visits knows them: raised here, the rest told by feedback or by a paper register."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.contracts.visits import AccessClass
from shared.uow import UnitOfWork


class IssueState(StrEnum):
    """How far an issue has come."""

    RAISED = "raised"
    RESOLVED_ON_SPOT = "resolved_on_spot"
    FORWARDED = "forwarded"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    REPLIED_TO_CELL = "replied_to_cell"
    REOPENED = "reopened"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Where an issue was passed on to, and what came back."""

    agency: str | None
    sent_at: datetime
    number: str
    acknowledged_at: datetime | None
    answered_at: datetime | None
    answer_number: str | None
    answer_summary: str | None
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueWay:
    """An issue with its whole way. `row` has its visit's and unit's names."""

    row: Row[Any]
    sent: Sequence[Sent]
    duties: Sequence[Row[Any]]

    @property
    def access_class(self) -> AccessClass:
        return AccessClass(self.row.access_class)

    @property
    def state(self) -> IssueState:
        """Answered only when every agency has answered; forwarded as soon as one was asked. The cell says the last word."""
        judged = self._judged
        if judged or self.row.replied_at is not None:
            return IssueState.SETTLED if judged else IssueState.REPLIED_TO_CELL
        if judged is False:
            return IssueState.REOPENED
        if self.sent and all(each.answered_at for each in self.sent):
            return IssueState.ANSWERED
        if any(each.acknowledged_at for each in self.sent):
            return IssueState.ACKNOWLEDGED
        if self.sent:
            return IssueState.FORWARDED
        return IssueState.RESOLVED_ON_SPOT if self.row.resolved_on_spot else IssueState.RAISED

    @property
    def _judged(self) -> bool | None:
        """What the cell said last, unless the issue was passed on again since."""
        at = self.row.judged_at
        if at is None or any(each.sent_at > at for each in self.sent):
            return None
        return bool(self.row.settled)

    @property
    def is_open(self) -> bool:
        """Whether the cell still waits for something. A paper register tells of answers, not of replies."""
        if self.state in (IssueState.RESOLVED_ON_SPOT, IssueState.REPLIED_TO_CELL, IssueState.SETTLED):
            return False
        return not (self.row.history and self.state is IssueState.ANSWERED)


_WAYS = """
SELECT i.issue_id, i.visit_id, i.access_class, i.kind, i.field, i.title, i.detail, i.urgency, i.resolved_on_spot,
       i.forwarded_to, i.forwarded_at, i.answered_at,
       v.committee_id, v.unit_id, v.visitor_id, v.kind AS visit_kind, v.started_at AS raised_at, v.history,
       v.erased_at, u.code AS unit_code, u.name AS unit_name,
       way.forwardings, way.replied_at, way.reply_summary, way.settled, way.judged_at
FROM issue AS i JOIN visit AS v USING (visit_id) JOIN directory_unit AS u USING (unit_id)
     LEFT JOIN issue_way AS way USING (issue_id)
WHERE i.withdrawn_in IS NULL
"""


async def way(tx: UnitOfWork, issue_id: UUID) -> IssueWay | None:
    """One issue with its whole way."""
    found = await _ways(tx, "AND i.issue_id = :issue_id", issue_id=issue_id)
    return found[0] if found else None


async def own_ways(tx: UnitOfWork, person_id: UUID, *, since: datetime) -> list[IssueWay]:
    """The issues that a member raised since then, the latest first."""
    return await _ways(
        tx,
        "AND v.withdrawn_at IS NULL AND v.visitor_id = :person_id AND v.started_at >= :since",
        person_id=person_id,
        since=since,
    )


async def ways_at(tx: UnitOfWork, unit_ids: Collection[UUID], *, since: datetime) -> list[IssueWay]:
    """What was raised at these units since then, the latest first; restricted classes are in no list."""
    return await _ways(
        tx,
        "AND v.withdrawn_at IS NULL AND v.unit_id = ANY(CAST(:unit_ids AS uuid[])) AND v.started_at >= :since"
        " AND i.access_class = 'normal'",
        unit_ids=list(unit_ids),
        since=since,
    )


async def _ways(tx: UnitOfWork, which: str, **values: Any) -> list[IssueWay]:
    rows = await tx.all(f"{_WAYS} {which} ORDER BY v.started_at DESC, i.position, i.issue_id", **values)
    if not rows:
        return []
    duties = await tx.all(
        """
        SELECT * FROM duty_copy WHERE issue_id = ANY(CAST(:ids AS uuid[])) ORDER BY anchor, due_at, duty_id
        """,
        ids=[row.issue_id for row in rows],
    )
    agencies = await _names(tx, rows)
    return [
        IssueWay(
            row=row,
            sent=_sent(row, agencies),
            duties=[duty for duty in duties if duty.issue_id == row.issue_id],
        )
        for row in rows
    ]


async def _names(tx: UnitOfWork, rows: Sequence[Row[Any]]) -> dict[str, str]:
    ids = {each["agency_unit_id"] for row in rows for each in row.forwardings or ()}
    ids |= {str(row.forwarded_to) for row in rows if row.forwarded_to}
    names = await tx.all(
        "SELECT unit_id, name FROM directory_unit WHERE unit_id = ANY(CAST(:ids AS uuid[]))",
        ids=[each for each in ids if each],
    )
    return {str(row.unit_id): row.name for row in names}


def _sent(row: Row[Any], agencies: dict[str, str]) -> list[Sent]:
    """What feedback told, else what the paper register says."""
    if row.forwardings:
        return [
            Sent(
                agency=agencies.get(each["agency_unit_id"] or ""),
                sent_at=datetime.fromisoformat(each["sent_at"]),
                number=each["number"],
                acknowledged_at=_instant(each["acknowledged_at"]),
                answered_at=_instant(each["answered_at"]),
                answer_number=each["answer_number"],
                answer_summary=each["answer_summary"],
                promised_on=_day(each.get("promised_on")),
            )
            for each in row.forwardings
        ]
    if row.forwarded_at is None:
        return []
    return [
        Sent(
            agency=agencies.get(str(row.forwarded_to)),
            sent_at=row.forwarded_at,
            number="",
            acknowledged_at=None,
            answered_at=row.answered_at,
            answer_number=None,
            answer_summary=None,
        )
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
