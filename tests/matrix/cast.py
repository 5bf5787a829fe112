"""Who asks: a person for each role, and those whose rights are no single role's.

Two committees stand side by side. Ours has two cells and two agencies: `A` is where the cell's secretary and the
agency hold their posts, `B` is where they do not.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from services.visits import handlers
from services.visits.handlers import PutBody, PutPerson, PutUnit
from services.visits.handlers.sessions import open_device_session
from shared.contracts.visits import PostHeld, Role
from shared.ids import derived_id
from tests.matrix.world import World

OURS: Final = UUID("018f0000-0000-7000-8000-000000000001")
THEIRS: Final = UUID("018f0000-0000-7000-8000-000000000002")
LIFETIME: Final = handlers.Lifetime(absolute=timedelta(days=90), idle=timedelta(days=90))

ROLES: Final = {
    "member": Role.COMMITTEE_MEMBER,
    "follow": Role.FOLLOWER,
    "assist": Role.ASSISTANT,
    "clerk": Role.OFFICE_CLERK,
    "board": Role.PERMANENT_BOARD,
    "standing": Role.STANDING_COMMITTEE,
    "cell": Role.CELL_SECRETARY,
    "agency": Role.AGENCY,
    "inspector": Role.INSPECTOR,
    "ops": Role.OPS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Somebody who asks. `columns` are the columns of the tables whose rights they have."""

    name: str
    columns: tuple[str, ...]
    committee_id: UUID = OURS
    phone: bool = False
    """Not the person asks, but what their phone holds."""
    fresh: bool = True

    @property
    def person_id(self) -> UUID:
        return derived_id(self.committee_id, "person", self.name)


NOBODY: Final = Persona(name="nobody", columns=())
FORMER: Final = Persona(name="former", columns=())
"""Held every post until yesterday."""
NEIGHBOUR: Final = Persona(
    name="neighbour",
    columns=tuple(name for name in ROLES if name not in ("assist", "cell")),
    committee_id=THEIRS,
)
"""Holds every post of a whole committee there is, in the other one."""
CAST: Final = (
    NOBODY,
    *(Persona(name=column, columns=(column,)) for column in ROLES),
    Persona(name="phone", columns=("board",), phone=True),
    Persona(name="stale", columns=("clerk", "board"), fresh=False),
    Persona(name="several", columns=("member", "cell", "agency")),
    FORMER,
    NEIGHBOUR,
)
SERVED: Final = "member"
"""Whom the assistant serves."""
BYSTANDERS: Final = {
    OURS: Persona(name="bystander", columns=("member",)),
    THEIRS: Persona(name="stranger", columns=("member",), committee_id=THEIRS),
}
"""Whose records those are that are nobody's own."""
PERSONS: Final = tuple(each for each in CAST if each is not NOBODY)


def unit_id(code: str, committee_id: UUID = OURS) -> UUID:
    return derived_id(committee_id, "unit", code)


CELLS: Final = {OURS: ("CA", "CB"), THEIRS: ("CX",)}
AGENCIES: Final = {OURS: ("QA", "QB"), THEIRS: ("QX",)}


async def settle(world: World) -> None:
    """Units, bodies and people of both committees, who sign in; the other services hear of them."""
    async with world.visits.database.begin() as tx:
        for committee_id, code, name in ((OURS, "TS", "phường Từ Sơn"), (THEIRS, "TM", "phường Tam Sơn")):
            await _found(tx, committee_id, code, name)
        for persona in (*PERSONS, *BYSTANDERS.values()):
            await put_person(tx, persona)
    for persona in (*PERSONS, *BYSTANDERS.values()):
        world.tokens[persona.name] = await sign_in(world, persona)
    async with world.visits.database.begin() as tx:
        yesterday = world.clock.now().date() - timedelta(days=1)
        await put_person(tx, FORMER, roles=tuple(ROLES.values()), until=yesterday)
    await world.carry()


async def sign_in(world: World, persona: Persona) -> str:
    """The token of a new session of this persona, of the kind they have."""
    async with world.visits.database.begin() as tx:
        if persona.phone:
            opened = await open_device_session(persona.person_id, LIFETIME, tx)
        else:
            proved = timedelta(days=1) if persona.fresh else -timedelta(minutes=1)
            opened = await handlers.open_session(persona.person_id, LIFETIME, tx, fresh_until=tx.now + proved)
    return str(opened.token)


async def put_person(
    tx: Any, persona: Persona, *, roles: tuple[Role, ...] | None = None, until: date | None = None
) -> None:
    """The person with their posts: at the committee, or at cell and agency `A` where the role has a unit."""
    command = PutPerson(
        person_id=persona.person_id,
        committee_id=persona.committee_id,
        code=persona.name.upper(),
        full_name=f"Đồng chí {persona.name}",
        portfolios=("transport",),
        posts=posts_of(persona, roles=roles, until=until),
    )
    await handlers.put_person(command, tx)


def posts_of(
    persona: Persona, *, roles: tuple[Role, ...] | None = None, until: date | None = None
) -> tuple[PostHeld, ...]:
    if roles is None:
        roles = tuple(ROLES[column] for column in persona.columns or ROLES)
    return tuple(_post(persona, role, until) for role in roles)


def _post(persona: Persona, role: Role, until: date | None) -> PostHeld:
    place = persona.committee_id
    at = {
        Role.CELL_SECRETARY: unit_id(CELLS[place][0], place),
        Role.AGENCY: unit_id(AGENCIES[place][0], place),
    }
    return PostHeld(
        post_id=derived_id(persona.person_id, role),
        role=role,
        title="Ủy viên",
        unit_id=at.get(role, place),
        serves=(derived_id(place, "person", SERVED),) if role is Role.ASSISTANT and place == OURS else (),
        valid_to=until,
    )


async def _found(tx: Any, committee_id: UUID, code: str, name: str) -> None:
    """A committee with its cells, agencies and bodies."""
    root = PutUnit(
        unit_id=committee_id,
        committee_id=committee_id,
        code=code,
        name=f"Đảng bộ {name}",
        kind="party_organisation",
    )
    await handlers.put_unit(root, tx)
    for kind, codes in (("party_cell", CELLS[committee_id]), ("agency", AGENCIES[committee_id])):
        for each in codes:
            await handlers.put_unit(unit(each, committee_id, kind=kind), tx)
    for body, title in (
        ("permanent_board", "Thường trực Đảng ủy"),
        ("standing_committee", "Ban Thường vụ Đảng ủy"),
    ):
        await handlers.put_body(
            PutBody(
                body_id=derived_id(committee_id, "body", body),
                committee_id=committee_id,
                code=body,
                name=title,
            ),
            tx,
        )


def unit(code: str, committee_id: UUID = OURS, *, kind: str = "party_cell") -> PutUnit:
    return PutUnit(
        unit_id=unit_id(code, committee_id),
        committee_id=committee_id,
        code=code,
        name=f"Đơn vị {code}",
        kind=kind,
        parent_id=committee_id,
    )
