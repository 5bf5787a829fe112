"""What is commended, and what is taken back: both are told with who decided, and both stay (decision 0051)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.feedback.domain.cadence import MEMBERS
from services.feedback.handlers.acts import same_or_conflict
from services.feedback.store import commendations as store
from services.feedback.store.commendations import Commendation
from shared import directory
from shared.access import RULES, Place, Principal, visible_or_404
from shared.audit import digest
from shared.clock import local_date
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Commend:
    """Exactly one of `unit_id` and `person_id`."""

    commendation_id: UUID
    unit_id: UUID | None
    person_id: UUID | None
    reason: str
    deciding_body: str
    document_number: str
    decided_on: date


async def commend(tx: UnitOfWork, principal: Principal, command: Commend) -> bool:
    """Record what was decided; True when it is new. Raises Invalid, and Conflict when the id stands for another."""
    if known := await store.find(tx, command.commendation_id):
        same_or_conflict(_said_again(known, command))
        return False
    if command.decided_on > local_date(tx.now):
        raise invalid(
            "/decided_on",
            "past",
            vi="Ngày quyết định chưa tới.",
            en="The day of the decision has not come yet.",
            value=command.decided_on,
        )
    await _check_subject(tx, principal, command)
    commendation = Commendation(
        commendation_id=command.commendation_id,
        committee_id=principal.committee_id,
        unit_id=command.unit_id,
        person_id=command.person_id,
        reason=command.reason,
        deciding_body=command.deciding_body,
        document_number=command.document_number,
        decided_on=command.decided_on,
        recorded_by=principal.person_id,
        recorded_at=tx.now,
    )
    same_or_conflict(await store.insert(tx, commendation))  # another committee's, or twice at the same time
    tx.audit(
        "commendation.recorded",
        "commendation",
        command.commendation_id,
        became={
            "unit": command.unit_id,
            "person": command.person_id,
            "decided_on": command.decided_on,
            "reason": digest(command.reason),
        },
    )
    return True


async def revoke(tx: UnitOfWork, principal: Principal, commendation_id: UUID, reason: str) -> bool:
    """Take it back; True when it stood until now. Raises NotFound, Conflict when it was revoked for another reason."""
    known = await store.find(tx, commendation_id)
    place = Place(committee_id=known.committee_id) if known else None
    known = visible_or_404(principal, RULES.record_praise, known, place)
    if known.revoked_at is not None:
        same_or_conflict(known.revocation == reason)
        return False
    if not await store.revoke(tx, commendation_id, reason=reason, by=principal.person_id):
        raise Conflict("Biểu dương này vừa được hủy bỏ.", "This commendation has just been revoked.")
    tx.audit(
        "commendation.revoked",
        "commendation",
        commendation_id,
        became={"reason": digest(reason)},
    )
    return True


async def _check_subject(tx: UnitOfWork, principal: Principal, command: Commend) -> None:
    """A unit of the committee, or somebody who sits or sat on it."""
    if command.unit_id is not None:
        unit = await directory.unit_by_id(tx, command.unit_id)
        if unit is None or unit.committee_id != principal.committee_id:
            raise unknown_unit(command.unit_id)
    if command.person_id is not None:
        person = await directory.person_by_id(tx, command.person_id)
        if (
            person is None
            or person.committee_id != principal.committee_id
            or not any(post.role in MEMBERS for post in person.posts)
        ):
            raise invalid(
                "/person_id",
                "unknown-member",
                vi="Không có cấp ủy viên này trong cấp ủy.",
                en="The committee has no such member.",
                value=command.person_id,
            )


def unknown_unit(unit_id: UUID) -> Exception:
    return invalid(
        "/unit_id",
        "unknown-unit",
        vi="Không có đơn vị này trong cấp ủy.",
        en="The committee has no such unit.",
        value=unit_id,
    )


def _said_again(known: Commendation, command: Commend) -> bool:
    return (
        known.unit_id,
        known.person_id,
        known.reason,
        known.deciding_body,
        known.document_number,
        known.decided_on,
    ) == (
        command.unit_id,
        command.person_id,
        command.reason,
        command.deciding_body,
        command.document_number,
        command.decided_on,
    )
