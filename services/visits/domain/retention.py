"""How long what people wrote about a visit stays: to the end of its term, and some time more.

A visit belongs to a term by its day: to one of its committee's own terms, else to one of the installation's.
What was taken in after its term had ended, such as a paper register, is kept as long from that day on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """From one congress to the next; both days belong to it. No committee: the installation's default."""

    term_id: UUID
    committee_id: UUID | None
    first_day: date
    last_day: date
    basis_document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A dated decision: texts stay so many days after the end of the term."""

    policy_id: UUID
    committee_id: UUID | None
    days: int
    citation: str
    valid_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The terms and decisions of an installation."""

    terms: Sequence[Term]
    policies: Sequence[Retention]

    def last_kept(self, committee_id: UUID, day: date, accepted_on: date, *, today: date) -> date | None:
        """The last day on which the texts of such a visit are kept; None while no term says when."""
        term = self._term(committee_id, day)
        if term is None:
            return None
        days = in_force(self.policies, committee_id, today).days
        return max(term.last_day, accepted_on) + timedelta(days=days)

    def _term(self, committee_id: UUID, day: date) -> Term | None:
        covering = [term for term in self.terms if term.first_day <= day <= term.last_day]
        own = [term for term in covering if term.committee_id == committee_id]
        default = [term for term in covering if term.committee_id is None]
        return max(own or default, key=lambda term: term.last_day, default=None)


def in_force(policies: Iterable[Retention], committee_id: UUID, today: date) -> Retention:
    """What a committee decided last, else the default of the installation."""
    known = [
        policy
        for policy in policies
        if policy.committee_id in (committee_id, None) and (policy.valid_from or date.min) <= today
    ]
    return max(known, key=lambda policy: (policy.committee_id is not None, policy.valid_from or date.min))
