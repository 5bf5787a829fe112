"""Visits become duties, whatever order their versions come in, a batch at a time.

Facts are stored by version, duties follow from the facts; a re-send or an edit never moves a clock (I4).
A visit never seen before costs one row in each bulk insert; only one seen before is compared with what
stands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.deadline import local_date
from services.feedback.domain.duty import Duty
from services.feedback.domain.owed import (
    Owed,
    answer_duty_id,
    forward_duty_id,
    owed,
    register_forwarding_id,
    report_duty_id,
)
from services.feedback.domain.terms import Terms
from services.feedback.handlers.changes import Changes, open_and_tell
from services.feedback.store import duties as duty_store
from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import policies as policy_store
from services.feedback.store import visits as visit_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.duties import NewDuty
from services.feedback.store.forwardings import Forwarding
from services.feedback.store.visits import Recorded, VisitRow
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.contracts.visits import VisitRecorded
from shared.uow import UnitOfWork


async def record_visits(tx: UnitOfWork, book: CalendarBook, events: Sequence[VisitRecorded]) -> None:
    """Take visits in: facts by the newest version, the clock by the oldest, duties by what follows.

    1. Write the visits that are new or newer. 2. Let versions older than any known set the anchor.
    3. Write issues and what paper registers say of them. 4. Open the duties of new visits.
    5. Compare those of visits seen before with what they owe now.
    """
    rows = _by_visit(events)
    recorded = await visit_store.record(tx, list(rows.values()))
    written = {each.visit_id for each in recorded}
    await _anchor_by_older_versions(tx, book, [row for id_, row in rows.items() if id_ not in written])
    if not recorded:
        return
    visits = [rows[each.visit_id].newest for each in recorded]
    updated = [each.visit_id for each in recorded if not each.new]
    await _record_issues(tx, visits, updated)
    terms = await _terms(tx, book, visits)
    await _open_duties(tx, terms, rows, [each for each in recorded if each.new])
    if updated:
        await _revise_duties(tx, terms, rows, [each for each in recorded if not each.new])


def _by_visit(events: Iterable[VisitRecorded]) -> dict[UUID, VisitRow]:
    """Per visit its newest version and the anchor of its oldest, in one order of row locks for all writers."""
    newest: dict[UUID, VisitRecorded] = {}
    oldest: dict[UUID, VisitRecorded] = {}
    for event in events:
        known = newest.get(event.visit_id)
        if known is None:
            newest[event.visit_id] = oldest[event.visit_id] = event
        elif event.version > known.version:
            newest[event.visit_id] = event
        elif event.version < oldest[event.visit_id].version:
            oldest[event.visit_id] = event
    return {
        visit_id: VisitRow(
            newest[visit_id],
            local_date(oldest[visit_id].started_at),
            oldest[visit_id].version,
            report_duty_id(visit_id),
        )
        for visit_id in sorted(newest)
    }


async def _terms(tx: UnitOfWork, book: CalendarBook, visits: Iterable[VisitRecorded]) -> Terms:
    committees = {visit.committee_id for visit in visits}
    return Terms(await policy_store.of_committees(tx, committees), await book.to_date_with(tx))


# --- Issues and what registers say of them -------------------------------------------------------


async def _record_issues(tx: UnitOfWork, visits: Sequence[VisitRecorded], updated: Sequence[UUID]) -> None:
    # An id twice in one visit is one issue; the row can be written once per statement.
    named = {issue.issue_id: (visit.visit_id, issue) for visit in visits for issue in visit.issues}
    if named:
        await visit_store.record_issues(
            tx, list(named.values()), [forward_duty_id(issue_id) for issue_id in named]
        )
    withdrawn = {visit.visit_id for visit in visits if visit.withdrawn_at is not None}
    standing = {id_: of for id_, of in named.items() if of[0] not in withdrawn}
    # A withdrawn visit raises nothing any more; its issues stay on record, removed, in whatever order it was heard.
    if updated or withdrawn:
        await visit_store.remove_issues(tx, {*updated, *withdrawn}, named=standing)
    await visit_store.record_words(tx, list(standing.values()), updated)
    on_paper = [forwarding for visit in visits for forwarding in _on_paper(visit, tx.now)]
    if on_paper:
        await forwarding_store.record_register(tx, on_paper)


def _on_paper(visit: VisitRecorded, now: datetime) -> Iterator[Forwarding]:
    for issue in visit.issues:
        if issue.paper and issue.paper.forwarded_at and visit.withdrawn_at is None:
            forwarding_id = register_forwarding_id(issue.issue_id)
            yield Forwarding(
                forwarding_id=forwarding_id,
                issue_id=issue.issue_id,
                agency_unit_id=issue.paper.forwarded_to,
                sent_at=issue.paper.forwarded_at,
                answered_at=issue.paper.answered_at,
                number="",
                proof="",
                source="register",
                recorded_by=None,
                recorded_at=now,
                answer_duty_id=answer_duty_id(forwarding_id),
            )


# --- Duties of visits never seen before ----------------------------------------------------------


async def _open_duties(
    tx: UnitOfWork, terms: Terms, rows: Mapping[UUID, VisitRow], new: Iterable[Recorded]
) -> None:
    opening = [
        _new_duty(rows[each.visit_id].newest, wanted, terms)
        for each in new
        for wanted in owed(rows[each.visit_id].newest, each.anchor, {})
    ]
    if opening:
        await open_and_tell(tx, opening)


def _new_duty(visit: VisitRecorded, wanted: Owed, terms: Terms) -> NewDuty:
    term = terms.of(visit.committee_id, wanted.kind, visit.kind, wanted.anchor)
    return NewDuty(visit.visit_id, wanted, term)


# --- Duties of visits seen before ----------------------------------------------------------------


async def _revise_duties(
    tx: UnitOfWork, terms: Terms, rows: Mapping[UUID, VisitRow], updated: Sequence[Recorded]
) -> None:
    """What a newer version owes, against what stands: open, change, close or give up duties."""
    standing = await duty_store.of_visits_for_update(tx, [each.visit_id for each in updated])
    sent = await forwarding_store.first_sent(
        tx, [issue.issue_id for each in updated for issue in rows[each.visit_id].newest.issues]
    )
    changes = Changes(tx, terms.calendar)
    wanted_ids: set[UUID] = set()
    for each in updated:
        visit = rows[each.visit_id].newest
        for wanted in owed(visit, each.anchor, sent):
            wanted_ids.add(wanted.duty_id)
            known = standing.get(wanted.duty_id)
            if known is None:
                changes.open(_new_duty(visit, wanted, terms))
            else:
                changes.note(known, _as_owed(known, visit, wanted, terms.calendar))
    for duty in standing.values():
        withdrawn = rows[duty.visit_id].newest.withdrawn_at is not None
        if duty.duty_id not in wanted_ids and (withdrawn or _follows_from_visit(duty)):
            changes.note(duty, duty.settled(DutyClosure.NOT_OWED, tx.now))
    await changes.write()
    await forwarding_store.withdraw_register(tx, _no_longer_on_paper(rows, updated))


def _no_longer_on_paper(rows: Mapping[UUID, VisitRow], updated: Sequence[Recorded]) -> list[UUID]:
    return [
        register_forwarding_id(issue.issue_id)
        for each in updated
        for issue in rows[each.visit_id].newest.issues
        if not (issue.paper and issue.paper.forwarded_at)
        or rows[each.visit_id].newest.withdrawn_at is not None
    ]


def _as_owed(duty: Duty, visit: VisitRecorded, wanted: Owed, calendar: Calendar) -> Duty:
    """The standing duty with everything the newest version says of it, and its clock where it was."""
    now = duty.anchored(wanted.anchor, calendar).settled(wanted.closure, wanted.met_at)
    told = replace(
        now,
        committee_id=visit.committee_id,
        unit_id=visit.unit_id,
        owner_person_id=wanted.owner_person_id,
        owner_unit_id=wanted.owner_unit_id,
        access_class=wanted.access_class,
        urgency=wanted.urgency,
    )
    return now if told == now else replace(told, version=now.version + 1)


def _follows_from_visit(duty: Duty) -> bool:
    """Whether the visit alone says that this is owed; the office's own forwardings say it of the rest."""
    if duty.kind is DutyKind.ANSWER:
        return duty.issue_id is not None and duty.forwarding_id == register_forwarding_id(duty.issue_id)
    return duty.kind in (DutyKind.REPORT, DutyKind.FORWARD)


async def _anchor_by_older_versions(tx: UnitOfWork, book: CalendarBook, stale: Sequence[VisitRow]) -> None:
    """A version older than any seen comes late: the clock starts where it says, as if it had come first."""
    moved = await visit_store.anchor_earlier(tx, stale) if stale else []
    if not moved:
        return
    anchors = {row.newest.visit_id: row.anchor for row in stale}
    changes = Changes(tx, await book.to_date_with(tx))
    for duty in (await duty_store.of_visits_for_update(tx, moved)).values():
        if duty.kind in (DutyKind.REPORT, DutyKind.FORWARD):
            changes.note(duty, duty.anchored(anchors[duty.visit_id], changes.calendar))
    await changes.write()
