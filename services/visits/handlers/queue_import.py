"""The queue of a phone that cannot send, brought to the office as a file.

The bytes are those the phone would have sent, under the same ids, so that a phone that sends them later after
all gets the receipt of what already stands. Each act is its own transaction: one that is refused keeps no other
from landing. The member stays the visitor; the audit and the record say who wrote it down.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from services.visits.domain.receipt import numbered
from services.visits.domain.unheld import UnheldVisit
from services.visits.domain.visit import Report, Visit
from services.visits.handlers.edits import edit_visit
from services.visits.handlers.phones import RecordUnheld, record_unheld
from services.visits.handlers.visits import (
    Accepted,
    Clashed,
    Outcome,
    RecordVisit,
    Refused,
    file_report,
    record_visits,
)
from shared import directory
from shared.access import RULES, Principal
from shared.directory import Person
from shared.errors import Invalid, NotFound
from shared.uow import UnitOfWork

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PATH: Final = re.compile(
    rf"/visits/api/(?:visits/(?P<visit>{_UUID})(?:/versions/(?P<version>[0-9]{{1,6}})|(?P<report>/report))?"
    rf"|unheld/(?P<unheld>{_UUID}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an act of the queue is about: exactly what the address says that the phone would have sent it to."""

    kind: Literal["visit", "version", "report", "unheld"]
    record_id: UUID
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What became of one act."""

    outcome: Literal["accepted", "repeated", "conflict"]
    receipt_number: str | None


def target_of(path: str) -> Target:
    """Raises Invalid for an address that the office cannot act on for somebody else."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise Invalid(
            "Mục này không nhập hộ được; đồng chí gửi từ điện thoại.",
            "This kind of act cannot be imported; send it from the phone.",
        )
    if found["unheld"]:
        return Target(kind="unheld", record_id=UUID(found["unheld"]))
    visit_id = UUID(found["visit"])
    if found["version"]:
        return Target(kind="version", record_id=visit_id, version=int(found["version"]))
    return Target(kind="report" if found["report"] else "visit", record_id=visit_id)


def check_bytes(body: bytes, sha256: str) -> None:
    """Raises Invalid when these are not the bytes that the phone froze."""
    if hashlib.sha256(body).hexdigest() != sha256:
        raise Invalid(
            "Nội dung không còn như lúc điện thoại khóa lại; tệp đã bị sửa hoặc hỏng.",
            "The content is not what the phone froze; the file was changed or damaged.",
        )


async def writer_of(person_id: UUID, clerk: Principal, tx: UnitOfWork) -> Person:
    """Whose queue it is: somebody of the clerk's own committee. Raises NotFound."""
    person = await directory.person_by_id(tx, person_id)
    if person is None or person.committee_id != clerk.committee_id:
        raise NotFound("Không tìm thấy người này trong danh bạ.", "The directory knows no such person.")
    return person


async def land(
    target: Target,
    content: Visit | Report | UnheldVisit,
    person: Person,
    clerk: Principal,
    tx: UnitOfWork,
    *,
    on_behalf_of: UUID | None = None,
) -> Landed:
    """Record one act for its member, whom an assistant's act names. Raises what the phone would have been told."""
    visitor_id = _visitor(person, on_behalf_of, clerk)
    match content:
        case UnheldVisit():
            command = RecordUnheld(
                unheld_id=target.record_id,
                visitor_id=visitor_id,
                recorded_by=clerk.person_id,
                committee_id=clerk.committee_id,
                visit=content,
            )
            standing, is_new = await record_unheld(command, tx)
            return _landed(is_new=is_new, number=numbered(standing.accepted_at, standing.serial, "K"))
        case Report():
            _, is_new = await file_report(
                target.record_id, content, person_id=person.person_id, filed_by=clerk.person_id, tx=tx
            )
            return _landed(is_new=is_new, number=None)
        case Visit():
            visit = RecordVisit(
                visit_id=target.record_id,
                visitor_id=visitor_id,
                assistant_id=person.person_id if visitor_id != person.person_id else None,
                committee_id=clerk.committee_id,
                visit=content,
                carried_by=clerk.person_id,
            )
            if target.kind == "version":
                base = target.version - 1  # every phone says so, and the address says it too
                return _of_outcome(await edit_visit(visit, target.version, tx, base_version=base))
            (outcome,) = await record_visits([visit], tx)
            return _of_outcome(outcome)


def _visitor(person: Person, on_behalf_of: UUID | None, clerk: Principal) -> UUID:
    """Whose visit an act of this person's phone tells of: by the rule that the phone would have met."""
    if on_behalf_of is None:
        return person.person_id
    writer = replace(clerk, person_id=person.person_id, posts=person.posts, device_only=True)
    return RULES.record_visit.member(writer, on_behalf_of)


def _of_outcome(outcome: Outcome) -> Landed:
    match outcome:
        case Accepted(recorded, is_new):
            return _landed(is_new=is_new, number=recorded.receipt_number)
        case Clashed(clash):
            return Landed(
                outcome="conflict", receipt_number=None if clash is None else clash.recorded.receipt_number
            )
        case Refused(error):
            raise error


def _landed(*, is_new: bool, number: str | None) -> Landed:
    return Landed(outcome="accepted" if is_new else "repeated", receipt_number=number)
