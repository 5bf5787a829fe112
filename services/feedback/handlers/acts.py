"""One act on one issue: who may, what is refused, and what it does to the issue's duties.

The issue's row is locked, so that its acts happen one after the other.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.feedback.domain.duty import Duty
from services.feedback.domain.owed import Owed
from services.feedback.domain.terms import Terms
from services.feedback.handlers.changes import Changes
from services.feedback.store import duties as duty_store
from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import policies as policy_store
from services.feedback.store import visits as visit_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.duties import NewDuty
from services.feedback.store.visits import IssueFacts
from shared.access import Place, Principal, Rule, visible_or_404
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.contracts.visits import Urgency
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork

CLOCK_AHEAD = timedelta(hours=1)
"""What a phone may be ahead of us, as for the hours of a visit."""


@dataclass(slots=True)
class Step:
    """What one act does to the duties of one issue, whose row is locked."""

    issue: IssueFacts
    terms: Terms
    standing: dict[UUID, Duty]
    changes: Changes

    @classmethod
    async def on(cls, tx: UnitOfWork, book: CalendarBook, issue: IssueFacts) -> "Step":
        calendar = await book.to_date_with(tx)
        ids = [issue.forward_duty_id, issue.reply_duty_id]
        ids += [each.answer_duty_id for each in await forwarding_store.of_issue(tx, issue.issue_id)]
        return cls(
            issue,
            Terms(await policy_store.of_committees(tx, [issue.visit.committee_id]), calendar),
            await duty_store.for_update(tx, ids),
            Changes(tx, calendar),
        )

    def meet(self, duty_id: UUID, at: datetime) -> None:
        """Done at that moment. What is not owed, as after a visit of the past, stays so."""
        duty = self.standing.get(duty_id)
        if duty is not None and duty.closure is not DutyClosure.NOT_OWED:
            self.changes.note(duty, duty.settled(DutyClosure.DONE, at))

    def meet_if_open(self, duty_id: UUID, at: datetime) -> None:
        """Done at that moment, unless it was done before."""
        duty = self.standing.get(duty_id)
        if duty is not None and duty.closed_at is None:
            self.meet(duty_id, at)

    def no_longer_owed(self, duty_id: UUID) -> None:
        """An open duty waits for another act first."""
        duty = self.standing.get(duty_id)
        if duty is not None and duty.closed_at is None:
            self.changes.note(duty, duty.settled(DutyClosure.NOT_OWED, self.changes.tx.now))

    def open(self, owed: Owed) -> None:
        """A duty that this act brings, opened again when it stood closed as not owed."""
        duty = self.standing.get(owed.duty_id)
        if duty is not None:
            anchored = duty.anchored(owed.anchor, self.terms.calendar)
            self.changes.note(duty, anchored.settled(None, None))
            return
        visit = self.issue.visit
        term = self.terms.of(visit.committee_id, owed.kind, visit.kind, owed.anchor)
        self.changes.open(NewDuty(visit.visit_id, owed, term))

    def open_reply(self, since: date) -> None:
        """The cell is owed an answer, by whoever brought the matter from it."""
        self.open(
            Owed(
                self.issue.reply_duty_id,
                DutyKind.REPLY_TO_CELL,
                since,
                issue_id=self.issue.issue_id,
                owner_person_id=self.issue.visit.visitor_id,
                access_class=self.issue.access_class,
                urgency=Urgency(self.issue.urgency),
            )
        )

    async def write(self) -> None:
        await self.changes.write()


async def issue_or_404(tx: UnitOfWork, principal: Principal, rule: Rule, issue_id: UUID) -> IssueFacts:
    """The issue, locked, if the principal may do this to it. Hidden and missing answer alike (I10).

    A restricted issue is passed on by the permanent board: its id and number are here, its text is not.
    """
    issue = await visit_store.issue_for_update(tx, issue_id)
    if issue is None or issue.removed:
        return visible_or_404(principal, rule, None, None)
    return visible_or_404(principal, rule, issue, place_of(issue), access_class=issue.access_class)


def place_of(issue: IssueFacts, units: frozenset[UUID] = frozenset()) -> Place:
    """Where an issue stands for the one who acts on it; `units`: the agencies, or the cell, whose act it is."""
    return Place(
        committee_id=issue.visit.committee_id,
        person_ids=frozenset({issue.visit.visitor_id}),
        unit_ids=units,
    )


def same_or_conflict(same: bool) -> None:
    if not same:
        raise Conflict(
            "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
            "This id already stands for other content, which is kept.",
        )


def not_in_the_future(
    tx: UnitOfWork, at: datetime | None, pointer: str, *, ahead: timedelta = timedelta()
) -> None:
    """`ahead`: by how much the clock of whoever says so may differ from ours."""
    if at is not None and at > tx.now + ahead:
        raise invalid(
            pointer, "past", vi="Thời điểm này chưa tới.", en="This moment has not come yet.", value=at
        )


def not_before(at: datetime | None, earlier: datetime, pointer: str) -> None:
    if at is not None and at < earlier:
        raise invalid(
            pointer,
            "order",
            vi=f"Thời điểm này trước lúc chuyển đi ({earlier.isoformat()}).",
            en=f"This is before it was sent ({earlier.isoformat()}).",
            value=at,
        )
