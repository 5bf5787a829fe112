"""Keeping photographs: each an act of its own, after its visit, and never a condition of anything.

What must never break: what is kept was drawn anew here, and an id stands for one photograph.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from services.visits.domain.photos import PER_ISSUE, PER_VISIT, drawn_anew
from services.visits.handlers.visits import erased, refuse_withdrawn
from services.visits.store import photos as store
from services.visits.store import visits
from services.visits.store.photos import Kept
from services.visits.store.visits import Standing
from shared.access import RULES, Place, Principal, visible_or_404
from shared.errors import Conflict, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph under an id made by the phone: as it was sent, and the picture that is kept of it."""

    photo_id: UUID
    visit_id: UUID
    issue_id: UUID
    sent: bytes = field(repr=False)
    picture: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sent).hexdigest()


class Darkroom:
    """Pictures are drawn in a thread, one at a time: many photographs must not stop the visits."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def draw(self, sent: bytes) -> bytes:
        """Raises Invalid."""
        async with self._turn:
            return await asyncio.to_thread(drawn_anew, sent)


async def keep_photo(photo: Photo, principal: Principal, tx: UnitOfWork) -> tuple[Kept, bool]:
    """Keep a photograph of an issue; the same bytes again are the same photograph (False).

    Raises NotFound for an issue that this person may not record, Conflict for other bytes under the id and for a
    visit whose texts are erased, Invalid when there are enough.
    """
    visit = await visits.lock(tx, photo.visit_id)
    place = _place(visit) if visit else None
    of_issue = await store.class_of_issue(tx, photo.visit_id, photo.issue_id)
    access_class = visible_or_404(principal, RULES.record_visit, of_issue, place)
    standing = visible_or_404(principal, RULES.record_visit, visit, place, access_class=access_class)
    if standing.erased_at is not None:
        raise erased()
    there = await store.of_visit(tx, photo.visit_id)
    if (same := next((each for each in there if each.photo_id == photo.photo_id), None)) is not None:
        if (same.sha256, same.issue_id) != (photo.sha256, photo.issue_id):
            raise _other_photo()
        return same, False
    refuse_withdrawn(standing)
    if len(there) >= PER_VISIT or sum(each.issue_id == photo.issue_id for each in there) >= PER_ISSUE:
        raise invalid(
            "/photo",
            "enough-photographs",
            vi=f"Mỗi vấn đề có tối đa {PER_ISSUE} ảnh, mỗi chuyến đi tối đa {PER_VISIT} ảnh.",
            en=f"An issue has at most {PER_ISSUE} photographs, a visit at most {PER_VISIT}.",
        )
    return await _add(photo, principal.person_id, tx), True


def _place(visit: Standing) -> Place:
    return Place(committee_id=visit.committee_id, person_ids=frozenset({visit.visitor_id}))


async def _add(photo: Photo, by: UUID, tx: UnitOfWork) -> Kept:
    ids = {"photo_id": photo.photo_id, "visit_id": photo.visit_id, "issue_id": photo.issue_id}
    if not await store.add(tx, **ids, sha256=photo.sha256, picture=photo.picture, by=by):
        raise _other_photo()
    facts = {"visit": photo.visit_id, "issue": photo.issue_id, "content": photo.sha256}
    tx.audit("photo.kept", "photo", photo.photo_id, became=facts)
    return Kept(**ids, sha256=photo.sha256, size=len(photo.picture), kept_at=tx.now)


def _other_photo() -> Conflict:
    return Conflict(
        "Mã này đã dùng cho một ảnh khác; ảnh đã nhận được giữ nguyên.",
        "Another photograph stands under this id, and is kept.",
    )
