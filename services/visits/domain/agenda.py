"""A person's days ahead as calendar entries: due dates and planned visits, with no name and no issue's text.

Whatever calendar reads them lies outside of our walls: a telephone maker's, a mail provider's. So an entry says
what kind of thing it is and at which unit; about a matter of a restricted class not even that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.clock import local_date
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind
from shared.names import VISIT_KINDS

_DUE: Final[Mapping[DutyKind, str]] = {
    DutyKind.REPORT: "Hạn báo cáo",
    DutyKind.FORWARD: "Hạn chuyển ý kiến, kiến nghị",
    DutyKind.ANSWER: "Hạn trả lời ý kiến, kiến nghị",
    DutyKind.REPLY_TO_CELL: "Hạn trả lời chi bộ",
}
_MORNING: Final = timedelta(hours=7, minutes=30)
_EVENING_BEFORE: Final = timedelta(hours=-5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One whole day. `reminders` are counted from its first moment; `sequence` grows with every change."""

    uid: str
    sequence: int
    changed_at: datetime
    day: date
    summary: str
    path: str
    reminders: tuple[timedelta, ...]
    tentative: bool = False


def of_duty(
    *,
    duty_id: UUID,
    version: int,
    changed_at: datetime,
    kind: DutyKind,
    due_at: datetime,
    provisional: bool,
    unit_name: str | None,
) -> Entry:
    """The last day on which a duty is on time. `unit_name` None is a unit that must not be named."""
    where = f": {unit_name}" if unit_name else ""
    return Entry(
        uid=f"duty-{duty_id}@field-visits",
        sequence=version,
        changed_at=changed_at,
        day=local_date(due_at - timedelta(microseconds=1)),
        summary=_DUE[kind] + where + (" (tạm tính)" if provisional else ""),
        path=f"/feedback/#duty={duty_id}",
        reminders=(_EVENING_BEFORE, _MORNING),
        tentative=provisional,
    )


def of_plan(
    *, plan_id: UUID, version: int, changed_at: datetime, kind: VisitKind, day: date, unit_name: str | None
) -> Entry:
    """A day on which somebody means to go somewhere."""
    return Entry(
        uid=f"plan-{plan_id}@field-visits",
        sequence=version,
        changed_at=changed_at,
        day=day,
        summary=f"{VISIT_KINDS[kind]}: {unit_name}" if unit_name else VISIT_KINDS[kind],
        path="/visits/",
        reminders=(_EVENING_BEFORE,),
    )
