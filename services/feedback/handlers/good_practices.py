"""What was done well is written down for others to do alike; a newer version replaces the text, the old one is kept.

A practice may name the visit or the matter it came from, if its author may read that, and never a matter of a
restricted class: whoever reads the practice could tell what the matter was.
"""

from dataclasses import dataclass
from uuid import UUID

from services.feedback.handlers.acts import same_or_conflict
from services.feedback.handlers.commendations import unknown_unit
from services.feedback.store import good_practices as store
from services.feedback.store import visits as visit_store
from services.feedback.store.good_practices import GoodPractice
from shared import directory
from shared.access import RULES, Place, Principal
from shared.audit import digest
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPractice:
    """At most one of `visit_id` and `issue_id`."""

    practice_id: UUID
    version: int
    unit_id: UUID
    title: str
    body: str
    visit_id: UUID | None
    issue_id: UUID | None


async def record(tx: UnitOfWork, principal: Principal, command: RecordPractice) -> bool:
    """Write the next version; True when it is new. Raises Invalid, and Conflict when another stands in its place."""
    if known := await store.find(tx, command.practice_id, command.version):
        same_or_conflict(_said_again(known, command))
        return False
    newest = await store.newest_version(tx, command.practice_id)
    if command.version != newest + 1:
        raise Conflict(
            f"Cách làm này đang ở bản {newest}; hãy tải lại trang rồi sửa.",
            f"This practice stands at version {newest}; load the page again and go on from there.",
        )
    unit = await directory.unit_by_id(tx, command.unit_id)
    if unit is None or unit.committee_id != principal.committee_id:
        raise unknown_unit(command.unit_id)
    practice = GoodPractice(
        practice_id=command.practice_id,
        version=command.version,
        committee_id=principal.committee_id,
        unit_id=command.unit_id,
        title=command.title,
        body=command.body,
        visit_id=await _visit_of(tx, principal, command),
        issue_id=command.issue_id,
        recorded_by=principal.person_id,
        recorded_at=tx.now,
    )
    same_or_conflict(await store.insert(tx, practice))  # another committee's, or twice at the same time
    tx.audit(
        "good_practice.recorded",
        "good_practice",
        command.practice_id,
        became={
            "version": command.version,
            "unit": command.unit_id,
            "visit": practice.visit_id,
            "issue": practice.issue_id,
            "title": digest(command.title),
            "body": digest(command.body),
        },
    )
    return True


async def _visit_of(tx: UnitOfWork, principal: Principal, command: RecordPractice) -> UUID | None:
    """The visit that the practice came from, if any. Hidden, erased and missing are refused alike."""
    visit_id = command.visit_id
    if command.issue_id is not None:
        issue = await visit_store.issue(tx, command.issue_id)
        if issue is None or issue.removed or issue.access_class.is_restricted:
            raise _unknown("/issue_id", command.issue_id)
        visit_id = issue.visit.visit_id
    if visit_id is None:
        return None
    visit = await store.origin(tx, visit_id)
    if (
        visit is None
        or visit.erased
        or not RULES.read_visits.covers(
            principal,
            Place(
                committee_id=visit.committee_id,
                person_ids=frozenset({visit.visitor_id}),
                unit_ids=frozenset({visit.unit_id}),
            ),
        )
    ):
        raise _unknown("/issue_id" if command.issue_id else "/visit_id", command.issue_id or visit_id)
    return visit_id


def _unknown(pointer: str, value: UUID) -> Exception:
    return invalid(
        pointer,
        "unknown-origin",
        vi="Không dẫn được đến chuyến đi hoặc ý kiến này.",
        en="This visit or matter cannot be named here.",
        value=value,
    )


def _said_again(known: GoodPractice, command: RecordPractice) -> bool:
    return (
        known.unit_id,
        known.title,
        known.body,
        known.issue_id,
        None if known.issue_id else known.visit_id,
    ) == (command.unit_id, command.title, command.body, command.issue_id, command.visit_id)
