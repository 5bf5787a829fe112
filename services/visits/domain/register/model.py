"""What a register says once it has been read: frozen rows, their words, and ids that never change.

Instants are aware and in UTC. A row's line is where a person finds it, not part of what it says: two
registers that say the same are equal, whatever their delimiters and line ends.
"""

import hashlib
import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

from services.visits.domain.register.findings import Finding, Place
from shared.contracts.visits import FOCUS, AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind
from shared.ids import derived_id

ROOT_KIND: Final = "party_organisation"
AGENCY_KIND: Final = "agency"


class Body(StrEnum):
    """The body of the committee in which a person sits."""

    PERMANENT_BOARD = "permanent_board"
    STANDING_COMMITTEE = "standing_committee"
    EXECUTIVE_COMMITTEE = "executive_committee"


class Attention(StrEnum):
    """Why a cell deserves more visits."""

    DIFFICULT = "difficult"
    WEAK = "weak"
    FOCUS = FOCUS


class Recognition(StrEnum):
    """What a cell has been praised for: it draws visits away from the others."""

    MODEL = "model"
    FOUR_GOOD = "four_good"
    CLEAN_STRONG = "clean_strong"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """An organisation of the tree, or an agency beside it (kind `agency`, no parent)."""

    line: int = field(compare=False)
    code: str
    name: str
    kind: str
    parent_code: str | None
    cell_type: str | None
    attention: Attention | None
    recognition: Recognition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A committee member with the post, the body and the fields of work in charge."""

    line: int = field(compare=False)
    code: str
    full_name: str
    post: str
    body: Body
    portfolios: tuple[IssueField, ...]
    committee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """One person at one unit, one time. `nothing_raised` is False where the register does not say."""

    line: int = field(compare=False)
    ref: str
    kind: VisitKind
    visitor_code: str
    unit_code: str
    started_at: datetime
    ended_at: datetime
    meeting_kind: MeetingKind | None
    nothing_raised: bool
    report_filed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """One matter raised at a visit and how far it has gone."""

    line: int = field(compare=False)
    ref: str
    visit_ref: str
    kind: IssueKind
    field: IssueField
    title: str
    urgency: Urgency
    access_class: AccessClass
    resolved_on_spot: bool
    forwarded_to: str | None
    forwarded_at: datetime | None
    answered_at: datetime | None


Row = UnitRow | PersonRow | VisitRow | IssueRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register: every code it mentions is in it or, where it is only a part, known to the committee."""

    root_code: str
    units: tuple[UnitRow, ...]
    people: tuple[PersonRow, ...]
    visits: tuple[VisitRow, ...]
    issues: tuple[IssueRow, ...]
    is_history: bool
    visits_place: Place = field(default=Place(name="visits.csv"), compare=False)
    notes: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def latest(self) -> VisitRow:
        """The visit that started last: whoever knows the time checks it against now."""
        return max(self.visits, key=lambda visit: visit.started_at)


def register_id(root_code: str, kind: str, code: str) -> UUID:
    """The id of a row for ever: a second import of the same committee's register finds the same rows."""
    return derived_id(_namespace(root_code, kind), code)


def content_hash(row: Row) -> str:
    """Tells whether a row says something else than the last time; its line does not count."""
    says = {each.name: getattr(row, each.name) for each in fields(row) if each.compare}
    text = json.dumps(says, default=datetime.isoformat, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


_REGISTERS = UUID("5d0f6f0e-64c5-5a53-9f0b-3b6f5c1f7a20")


@lru_cache(maxsize=64)
def _namespace(root_code: str, kind: str) -> UUID:
    # One name at a time: joined names would let two pairs of codes share an id.
    return derived_id(derived_id(_REGISTERS, root_code), kind)
