"""Who holds the posts that rungs name, as of today; looked up once for a whole sweep batch."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from services.notify.domain.escalation import Duty, Escalation
from services.notify.domain.ladder import OWNER, Rung, Whom
from shared import directory
from shared.clock import local_date
from shared.contracts.visits import Role
from shared.directory import Person
from shared.uow import UnitOfWork

_OF_RESTRICTED: frozenset[Whom] = frozenset({OWNER, Role.PERMANENT_BOARD})
"""Who may hear that there is a matter of a restricted class, as in `RULES.read_restricted`."""


class Audience:
    """The people behind the roles of some escalations."""

    def __init__(
        self,
        holders: dict[tuple[UUID, Role, UUID | None], list[UUID]],
        owners: frozenset[UUID],
        assistants: Mapping[UUID, tuple[UUID, ...]],
    ) -> None:
        self._holders = holders
        self._owners = owners
        self._assistants = assistants

    def whom(self, duty: Duty, rung: Rung) -> tuple[UUID, ...]:
        """Everybody the rung tells, each once, whatever posts they hold; empty when all of them are vacant."""
        found: dict[UUID, None] = {}
        for target in rung.targets:
            roles = [role for role in target.roles if not duty.restricted or role in _OF_RESTRICTED]
            people = next(filter(None, (self._people(duty, role) for role in roles)), [])
            found.update(dict.fromkeys(people))
        return tuple(found)

    def _people(self, duty: Duty, role: Whom) -> list[UUID]:
        if role == Role.ASSISTANT:
            # Whoever serves the duty's owner, and never all who serve anybody.
            return list(self._assistants.get(duty.owner_person_id, ())) if duty.owner_person_id else []
        if role != OWNER:
            return self._holders[duty.committee_id, role, None]
        if duty.owner_person_id is not None:
            return [duty.owner_person_id] if duty.owner_person_id in self._owners else []
        if duty.owner_unit_id is not None and not duty.restricted:
            return self._holders[duty.committee_id, Role.AGENCY, duty.owner_unit_id]
        return []


async def audience_of(tx: UnitOfWork, escalations: Iterable[Escalation]) -> Audience:
    """Everybody whom the ladders of these escalations may name today."""
    today = local_date(tx.now)
    wanted: dict[tuple[UUID, Role, UUID | None], None] = {}
    owners: set[UUID] = set()
    for escalation in escalations:
        duty = escalation.duty
        wanted.update(dict.fromkeys((duty.committee_id, role, None) for role in _roles(escalation)))
        if duty.owner_person_id is not None:
            owners.add(duty.owner_person_id)
        elif duty.owner_unit_id is not None:
            wanted[duty.committee_id, Role.AGENCY, duty.owner_unit_id] = None
    holders = {
        (committee_id, role, unit_id): [
            person.person_id
            for person in await directory.holders(tx, role, committee_id, at=today, unit_id=unit_id)
        ]
        for committee_id, role, unit_id in wanted
    }
    people = await directory.people_by_ids(tx, owners) if owners else {}
    assistants = await directory.assistants(tx, owners, at=today) if owners else {}
    in_post = frozenset(key for key, person in people.items() if _in_post(person, today))
    return Audience(holders, in_post, assistants)


def _roles(escalation: Escalation) -> Iterable[Role]:
    ladder = escalation.ladder
    for rung in ladder.rungs if ladder.alarm is None else (ladder.alarm, *ladder.rungs):
        for target in rung.targets:
            yield from (role for role in target.roles if role not in (OWNER, Role.ASSISTANT))


def _in_post(person: Person, today: date) -> bool:
    return any(post.held(today) for post in person.posts)
