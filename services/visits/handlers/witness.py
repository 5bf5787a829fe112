"""Acts about an account in the audit: whoever stands at the door is named by what they proved, not by a session."""

from dataclasses import replace
from uuid import UUID

from shared import directory
from shared.acting import acting
from shared.audit import Facts
from shared.uow import UnitOfWork


async def note(
    tx: UnitOfWork,
    act: str,
    person_id: UUID,
    *,
    kind: str = "account",
    record_id: UUID | None = None,
    became: Facts | None = None,
) -> None:
    """Note what happens to the account of `person_id`, in the committee that person belongs to."""
    who = acting()
    if who.person_id is None and who.machine is None:
        who = replace(who, person_id=person_id)
    person = await directory.person_by_id(tx, person_id)
    tx.audit(
        act,
        kind,
        record_id or person_id,
        became={"person": person_id} | dict(became or {}),
        committee_id=person.committee_id if person else None,
        by=who,
    )
