"""Looking up, in one statement for a whole batch, the units that visits name and what visitors may settle."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedUnit:
    """A unit by one of its names, with the days on which it stands."""

    unit_id: UUID
    committee_id: UUID
    code: str
    valid_from: date | None
    valid_to: date | None

    def stands(self, at: date) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class NamedUnits:
    """The units a batch names. A code may have been borne by several units, one after the other."""

    _by_id: dict[UUID, NamedUnit] = field(default_factory=dict)
    _by_code: dict[tuple[UUID, str], list[NamedUnit]] = field(default_factory=dict)

    def add(self, unit: NamedUnit) -> None:
        self._by_id[unit.unit_id] = unit
        self._by_code.setdefault((unit.committee_id, unit.code), []).append(unit)

    def find(self, committee_id: UUID, name: UUID | str, at: date) -> NamedUnit | None:
        """The unit of that committee so named; among several, the one that stands on that day."""
        if isinstance(name, UUID):
            unit = self._by_id.get(name)
            return unit if unit and unit.committee_id == committee_id else None
        bearers = self._by_code.get((committee_id, name), [])
        return max(bearers, key=lambda unit: (unit.stands(at), unit.unit_id), default=None)


async def named_units(
    tx: UnitOfWork, unit_ids: Collection[UUID], codes: Sequence[tuple[UUID, str]]
) -> NamedUnits:
    """The units with these ids, and those with these codes in their committee."""
    rows = await tx.all(
        """
        SELECT unit_id, committee_id, code, valid_from, valid_to
        FROM directory_unit WHERE unit_id = ANY(CAST(:ids AS uuid[]))
        UNION
        SELECT unit_id, committee_id, code, valid_from, valid_to
        FROM unnest(CAST(:committees AS uuid[]), CAST(:codes AS text[])) AS wanted (committee_id, code)
             JOIN directory_unit USING (committee_id, code)
        """,
        ids=list(unit_ids),
        committees=[committee for committee, _ in codes],
        codes=[code for _, code in codes],
    )
    found = NamedUnits()
    for row in rows:
        found.add(NamedUnit(**row._asdict()))
    return found


async def portfolios(tx: UnitOfWork, person_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """The fields of work each person is in charge of."""
    rows = await tx.all(
        "SELECT person_id, portfolios FROM directory_person WHERE person_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(person_ids),
    )
    return {row.person_id: frozenset(row.portfolios) for row in rows}
