"""Which policy governs a duty, and when it is due under it: dated per committee, the default where it is silent.

A duty keeps the policy that was in force at its anchor; a policy decided afterwards changes nothing of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.deadline import Due, due_date
from services.feedback.domain.duty import warn_at
from services.feedback.domain.policy import Policy, Rule
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind

THE_CELL = "party_cell"
"""The one recipient that is no body of the committee: the unit that was visited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyPolicy:
    """One dated decision on one kind of duty. Without a committee it is the default; without a kind of
    visit it holds for every kind.

    `owed_to` is the code of the committee's body that receives what is done, `urgent_owed_to` of the one that
    receives it for an urgent matter; None is the same body.
    """

    policy_id: UUID
    committee_id: UUID | None
    kind: DutyKind
    visit_kind: VisitKind | None
    rule: Rule
    days: int
    owed_to: str
    urgent_owed_to: str | None
    citation: str
    extensions_allowed: int
    valid_from: date | None
    valid_to: date | None

    def governs(self, committee_id: UUID | None, kind: DutyKind, visit_kind: VisitKind, at: date) -> bool:
        return (
            self.kind is kind
            and self.committee_id in (None, committee_id)
            and self.visit_kind in (None, visit_kind)
            and (self.valid_from is None or self.valid_from <= at)
            and (self.valid_to is None or at <= self.valid_to)
        )

    @property
    def recipients(self) -> dict[str, str]:
        """The bodies that it names, by the field that names them; the cell that was visited is none."""
        named = {"owed_to": self.owed_to, "urgent_owed_to": self.urgent_owed_to}
        return {field: code for field, code in named.items() if code is not None and code != THE_CELL}

    @property
    def weight(self) -> tuple[bool, bool, date, UUID]:
        """The committee's own decision before the default, the narrower before the wider, then the newest."""
        newest = self.valid_from or date.min
        return self.committee_id is not None, self.visit_kind is not None, newest, self.policy_id

    @property
    def counting(self) -> Policy:
        return Policy(rule=self.rule, days=self.days, policy_id=str(self.policy_id), citation=self.citation)


class NoPolicyError(LookupError):
    """No policy governs a duty; the defaults of the installation were removed."""


@dataclass(frozen=True, slots=True)
class Term:
    """Under which policy, until when, and from when on it is due soon."""

    policy: DutyPolicy
    due: Due
    warn_at: datetime


class Terms:
    """All policies under one calendar revision; each question is reckoned once.

    Committees without a decision of their own share the answers, however many there are.
    """

    def __init__(self, policies: Sequence[DutyPolicy], calendar: Calendar) -> None:
        self.calendar = calendar
        self._policies = policies
        self._deciding = {policy.committee_id for policy in policies}
        self._known: dict[tuple[UUID | None, DutyKind, VisitKind, date], Term] = {}

    def of(self, committee_id: UUID, kind: DutyKind, visit_kind: VisitKind, anchor: date) -> Term:
        question = (committee_id if committee_id in self._deciding else None, kind, visit_kind, anchor)
        term = self._known.get(question)
        if term is None:
            term = self._known[question] = self._reckon(*question)
        return term

    def _reckon(self, committee_id: UUID | None, kind: DutyKind, visit_kind: VisitKind, anchor: date) -> Term:
        policy = in_force(self._policies, committee_id, kind, visit_kind, anchor)
        due = due_date(anchor, policy.counting, self.calendar)
        return Term(policy, due, warn_at(due.last_day, self.calendar))


def in_force(
    policies: Iterable[DutyPolicy], committee_id: UUID | None, kind: DutyKind, visit_kind: VisitKind, at: date
) -> DutyPolicy:
    """The one policy that governs. Raises NoPolicyError when there is none."""
    governing = [policy for policy in policies if policy.governs(committee_id, kind, visit_kind, at)]
    if not governing:
        raise NoPolicyError(f"no policy governs {kind} on {at}")
    return max(governing, key=lambda policy: policy.weight)


class Standing(StrEnum):
    """What a decision is on one day. `past`: its time is over, or another governs everything in its place."""

    PAST = "past"
    IN_FORCE = "in_force"
    COMING = "coming"


def standing(policies: Sequence[DutyPolicy], policy: DutyPolicy, committee_id: UUID, today: date) -> Standing:
    """Where a decision stands among all that a committee has, the defaults with them."""
    if policy.valid_from is not None and policy.valid_from > today:
        return Standing.COMING
    governs = any(
        policy.governs(committee_id, policy.kind, each, today)
        and in_force(policies, committee_id, policy.kind, each, today) == policy
        for each in VisitKind
    )
    return Standing.IN_FORCE if governs else Standing.PAST
