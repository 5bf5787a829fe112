"""A calendar of one's own for the telephone: due dates and planned visits under an address nobody can guess."""

from uuid import UUID

from services.visits.domain.agenda import Entry, of_duty, of_plan
from services.visits.store import calendar as store
from shared.contracts.feedback import DutyKind
from shared.contracts.visits import VisitKind
from shared.errors import NotFound
from shared.sessions import new_token, token_sha256
from shared.uow import UnitOfWork


async def publish_calendar(person_id: UUID, tx: UnitOfWork) -> str:
    """A new address for one's calendar: its token, told this once. The one before is dead."""
    token = new_token()
    await store.publish(tx, person_id, token_sha256(token))
    tx.audit("calendar.published", "person", person_id)
    return token


async def withdraw_calendar(person_id: UUID, tx: UnitOfWork) -> None:
    """No address any more; none before is as good."""
    if await store.withdraw(tx, person_id):
        tx.audit("calendar.withdrawn", "person", person_id)


async def calendar_reader(token: str, tx: UnitOfWork) -> UUID | None:
    """Whose calendar the address names; None for one that is unknown, or was once."""
    return await store.reader(tx, token_sha256(token)) if token.isascii() else None


async def agenda(person_id: UUID, tx: UnitOfWork) -> list[Entry]:
    """Everything that stands in a person's calendar now."""
    duties = [
        of_duty(
            duty_id=row.duty_id,
            version=row.version,
            changed_at=row.changed_at,
            kind=DutyKind(row.kind),
            due_at=row.due_at,
            provisional=row.provisional,
            unit_name=row.unit_name,
        )
        for row in await store.open_duties(tx, person_id)
    ]
    plans = [
        of_plan(
            plan_id=row.plan_id,
            version=row.version,
            changed_at=row.changed_at,
            kind=VisitKind(row.kind),
            day=row.day,
            unit_name=row.unit_name,
        )
        for row in await store.plans(tx, person_id)
    ]
    return duties + plans


def no_calendar() -> NotFound:
    return NotFound("Không tìm thấy.", "There is no such thing.")
