"""Excusing a member for whole months, and taking that back; by the office, each change told to feedback."""

from dataclasses import replace
from uuid import UUID

from services.visits.domain.absences import Absence, whole_months
from services.visits.store import absences as store
from shared import directory
from shared.contracts.visits import AbsenceChanged
from shared.errors import NotFound, invalid
from shared.uow import UnitOfWork


async def put_absence(wanted: Absence, tx: UnitOfWork, *, by: UUID) -> tuple[Absence, bool]:
    """The absence as it now stands, and whether it is new. Its version is counted here."""
    standing = await store.lock(tx, wanted.absence_id)
    if standing is not None and standing.committee_id != wanted.committee_id:
        raise _not_found()
    person = await directory.person_by_id(tx, wanted.person_id)
    if person is None or person.committee_id != wanted.committee_id:
        raise invalid(
            "/person_id",
            "unknown-person",
            vi="Không có người này trong cấp ủy.",
            en="The committee has no such person.",
        )
    if not whole_months(wanted.first, wanted.last):
        raise invalid(
            "/last",
            "whole-months",
            vi="Vắng mặt có lý do ghi theo tháng tròn, từ ngày đầu tháng đến ngày cuối tháng, không quá hai năm.",
            en="An absence is of whole months, from the first day of one to the last day of one, two years at most.",
        )
    if standing is not None and replace(wanted, version=standing.version) == standing:
        return standing, False
    absence = replace(wanted, version=standing.version + 1 if standing else 1)
    if not await store.put(tx, absence, by=by):
        raise _not_found()
    _tell(tx, absence)
    return absence, standing is None


def _tell(tx: UnitOfWork, absence: Absence) -> None:
    tx.publish(
        AbsenceChanged(
            absence_id=absence.absence_id,
            version=absence.version,
            committee_id=absence.committee_id,
            person_id=absence.person_id,
            first=absence.first,
            last=absence.last,
            reason=absence.reason,
            withdrawn=absence.withdrawn,
        ),
        key=absence.absence_id,
    )
    tx.audit(
        "absence.put",
        "absence",
        absence.absence_id,
        was={"version": absence.version - 1},
        became={
            "version": absence.version,
            "person": absence.person_id,
            "first": absence.first,
            "last": absence.last,
            "reason": absence.reason.value,
            "withdrawn": absence.withdrawn,
        },
        committee_id=absence.committee_id,
    )


def _not_found() -> NotFound:
    return NotFound("Không tìm thấy.", "There is no such thing.")
