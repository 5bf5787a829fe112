"""A person keeps choices of the register under names of their own; nobody else sees or changes them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from services.feedback.store import saved_views as store
from services.feedback.store.saved_views import SavedView
from shared.access import Principal
from shared.errors import Conflict, NotFound, TooMany
from shared.uow import UnitOfWork

MOST: Final = 50


async def keep(
    tx: UnitOfWork, principal: Principal, view_id: UUID, *, name: str, choice: Mapping[str, Any]
) -> tuple[SavedView, bool]:
    """Write it, or write it anew; True when it is new. Raises Conflict for an id of somebody else's, TooMany."""
    own = {each.view_id for each in await store.of_person(tx, principal.person_id)}
    if view_id not in own and len(own) >= MOST:
        raise TooMany(f"Chỉ lưu được {MOST} bộ lọc.", f"No more than {MOST} views can be kept.")
    view = SavedView(
        view_id=view_id, person_id=principal.person_id, name=name, choice=choice, saved_at=tx.now
    )
    new = await store.save(tx, view, principal.committee_id)
    if new is None:
        raise Conflict("Mã này đã được dùng.", "This id already stands for something else.")
    tx.audit("view.kept", "saved_view", view_id)
    return view, new


async def forget(tx: UnitOfWork, principal: Principal, view_id: UUID) -> None:
    """Take one's own away. Raises NotFound."""
    if not await store.delete(tx, principal.person_id, view_id):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    tx.audit("view.forgotten", "saved_view", view_id)
