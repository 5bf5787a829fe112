"""Codes of a register as the records they stand for: those the committee has, and those that follow from a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.visits.domain.register import Around, IssueRow, Register, register_id
from services.visits.domain.register.model import Body
from services.visits.store import registers as store
from shared import directory
from shared.ids import derived_id
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """Every code of the register as the id it stands for.

    A code that somebody bears keeps its bearer's id; else the id follows from the code. A visit whose record
    was taken back is another visit when it comes again, since what anchors its deadlines may differ.
    """

    committee: UUID
    namespace: str
    units: Mapping[str, UUID]
    people: Mapping[str, UUID]
    visits: Mapping[str, UUID] = field(default_factory=dict)

    def unit(self, code: str) -> UUID:
        return self.units.get(code) or register_id(self.namespace, "unit", code)

    def body(self, body: Body) -> UUID:
        return register_id(self.namespace, "body", body)

    def person(self, code: str) -> UUID:
        return self.people.get(code) or register_id(self.namespace, "person", code)

    def visit(self, ref: str) -> UUID:
        return self.visits.get(ref) or register_id(self.namespace, "visit", ref)

    def issue(self, issue: IssueRow) -> UUID:
        usual = register_id(self.namespace, "issue", issue.ref)
        again = self.visits.get(issue.visit_ref)
        return derived_id(usual, str(again)) if again else usual


async def around(tx: UnitOfWork, committee_id: UUID) -> Around:
    """What the committee has, for reading a register that gives only a part."""
    units = [unit for unit in await directory.units(tx, committee_id) if unit.valid_to is None]
    codes = {unit.unit_id: unit.code for unit in units}
    people = await directory.people(tx, committee_id)
    return Around(
        root_code=codes[committee_id],
        parents={unit.code: codes.get(unit.parent_id) if unit.parent_id else None for unit in units},
        people=frozenset(person.code for person in people),
    )


async def ids_of(tx: UnitOfWork, register: Register, committee: UUID) -> Ids:
    """Every code that the register names, against what the committee has and what was taken back."""
    usual = register_id(register.root_code, "unit", register.root_code) == committee
    namespace = register.root_code if usual else str(committee)
    units = {
        unit.code: unit.unit_id for unit in await directory.units(tx, committee) if unit.valid_to is None
    }
    people = await directory.people_by_code(tx, committee, [row.code for row in register.people])
    people |= await directory.people_by_code(tx, committee, [row.visitor_code for row in register.visits])
    again: dict[str, UUID] = {}
    asked = {visit.ref: register_id(namespace, "visit", visit.ref) for visit in register.visits}
    while taken_back := await store.withdrawn(tx, asked.values()):
        asked = {ref: derived_id(id_, "again") for ref, id_ in asked.items() if id_ in taken_back}
        again |= asked
    return Ids(
        committee=committee,
        namespace=namespace,
        units=units,
        people={code: person.person_id for code, person in people.items()},
        visits=again,
    )
