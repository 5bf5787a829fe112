"""The people around a member of the small ward: assistants who write for them, secretaries of the cells they visit."""

from datetime import date
from uuid import UUID

import httpx2

from services.visits import handlers
from services.visits.handlers import PutPerson
from shared.contracts.visits import PostHeld, Role
from shared.ids import derived_id
from tests.visits.world import WARD, World, person_id, unit_id

TODAY = date(2026, 11, 22)
YESTERDAY = date(2026, 11, 21)


async def appoint(
    world: World,
    code: str,
    role: Role,
    *,
    unit: UUID = WARD,
    serves: tuple[str, ...] = (),
    until: date | None = None,
) -> None:
    """Somebody of the ward with one post; where it ends, with another of the same role that serves nobody."""
    post = PostHeld(
        post_id=derived_id(person_id(code), role),
        role=role,
        title="Giúp việc" if role is Role.ASSISTANT else "Bí thư chi bộ",
        unit_id=unit,
        valid_to=until,
        serves=tuple(sorted(person_id(served) for served in serves)),
    )
    another = PostHeld(post_id=derived_id(person_id(code), "another"), role=role, title="Khác", unit_id=WARD)
    async with world.database.begin() as tx:
        await handlers.put_person(
            PutPerson(
                person_id=person_id(code),
                committee_id=WARD,
                code=code,
                full_name=f"Người {code}",
                posts=(post,) if until is None else (post, another),
            ),
            tx,
        )


async def assistant(world: World, *serves: str, code: str = "A1") -> httpx2.AsyncClient:
    """Signed in as an assistant who serves these members."""
    await appoint(world, code, Role.ASSISTANT, serves=serves)
    return await world.client(code)


async def secretary(world: World, cell: str = "C001", code: str = "S1") -> httpx2.AsyncClient:
    """Signed in as the secretary of a cell."""
    await appoint(world, code, Role.CELL_SECRETARY, unit=unit_id(cell))
    return await world.client(code)
