"""Two digests: once a week what is late in the committee, for who supervises; once a month one's own, for a member.

A digest is figures as of its morning. It tells nothing that could not wait, so that no phone rings for it, and
where nothing is to be told there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.notify.domain.window import first_sending
from shared.clock import LOCAL, local_date
from shared.contracts.visits import Role
from shared.ids import derived_id

SUPERVISORS: Final = (Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE, Role.OFFICE_CLERK)
MEMBERS: Final = (Role.COMMITTEE_MEMBER, Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE)


class Scope(StrEnum):
    """Whose duties a digest counts."""

    COMMITTEE = "committee"
    OWN = "own"

    def period(self, today: date) -> date:
        """The first day of the week, from Monday, or of the month."""
        if self is Scope.COMMITTEE:
            return today - timedelta(days=today.weekday())
        return today.replace(day=1)

    @property
    def roles(self) -> tuple[Role, ...]:
        return SUPERVISORS if self is Scope.COMMITTEE else MEMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`soon`: duties that a reminder has told of and that are not late. `oldest_due_at` is of what is late."""

    late: int = 0
    soon: int = 0
    oldest_due_at: datetime | None = None

    def worth_telling(self, scope: Scope) -> bool:
        """A week without lateness is no news to supervisors; a member is told what is coming, too."""
        return self.late > 0 or (scope is Scope.OWN and self.soon > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One person's digest of one period."""

    committee_id: UUID
    person_id: UUID
    scope: Scope
    period: date
    figures: Figures
    as_of: datetime

    @property
    def digest_id(self) -> UUID:
        """Follows from what it is, so that it can be written only once."""
        return derived_id(self.person_id, self.scope, self.period.isoformat())


def opens(period: date, calendars: Iterable[frozenset[date]]) -> datetime:
    """The first working morning of a period. `calendars`: the working days around due dates, as duties tell them."""
    covering = [days for days in calendars if days and min(days) <= period <= max(days)]
    known = max(covering, key=max, default=frozenset())
    return first_sending(datetime.combine(period, time.min, LOCAL), known)


def periods(now: datetime) -> list[tuple[Scope, date]]:
    """The period of each digest that is running. One that went by in an outage is not made up for."""
    return [(scope, scope.period(local_date(now))) for scope in Scope]
