"""Photographs of issues over HTTP: sent after their visit, one by one; read by whoever may read the issue.

Where the committee has not switched them on, both routes answer as if nothing were there.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from services.visits import handlers, views
from services.visits.api.shown import shared_fields
from services.visits.domain.photos import SENT_BYTES
from services.visits.schemas.visits import PhotoOut
from services.visits.store import photos as store
from shared.access import RULES, Principal, allow, visible_or_404
from shared.errors import NotFound
from shared.http import raw_body
from shared.http.audit import note_restricted
from shared.uow import Database

_PATH = "/visits/{visit_id}/issues/{issue_id}/photos/{photo_id}"
_DRESS = {
    "content-disposition": f"attachment; filename*=UTF-8''{quote('ảnh.jpg')}",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}
"""It is a picture, and not a page, whatever a reader takes it for."""
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The photograph, as a download",
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def build_router(database: Database, *, switched_on: bool) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["visits"])
    darkroom = handlers.Darkroom()
    only_if_on = _switch(on=switched_on)

    @router.put(
        _PATH,
        status_code=201,
        responses={200: {"model": PhotoOut, "description": "The same bytes were kept before"}},
    )
    async def put_photo(
        principal: Annotated[Principal, Depends(allow(RULES.record_visit))],
        _: Annotated[None, Depends(only_if_on)],
        visit_id: UUID,
        issue_id: UUID,
        photo_id: UUID,
        sent: Annotated[bytes, Depends(raw_body("image/jpeg", "image/png", max_bytes=SENT_BYTES))],
    ) -> PhotoOut:
        """Attach a photograph to an issue of a visit that is recorded. Sending it again is safe.

        It is drawn anew and kept as a JPEG without anything but its picture.
        """
        photo = handlers.Photo(
            photo_id=photo_id,
            visit_id=visit_id,
            issue_id=issue_id,
            sent=sent,
            picture=await darkroom.draw(sent),
        )
        kept, is_new = await database.run(lambda tx: handlers.keep_photo(photo, principal, tx))
        shown = PhotoOut(**shared_fields(kept, PhotoOut))
        return JSONResponse(shown.model_dump(mode="json"), 201 if is_new else 200)  # type: ignore[return-value]  # FastAPI takes a response for its model

    @router.get(_PATH, response_class=Response, responses=_PICTURE)
    async def get_photo(
        principal: Annotated[Principal, Depends(allow(RULES.read_visits))],
        _: Annotated[None, Depends(only_if_on)],
        visit_id: UUID,
        issue_id: UUID,
        photo_id: UUID,
    ) -> Response:
        """A photograph of an issue that one may read; of any other there is none."""
        async with database.read() as tx:
            visit = await views.whole_visit(tx, visit_id, restricted=RULES.read_restricted.reach(principal))
            whole = visible_or_404(principal, RULES.read_visits, visit, visit.place if visit else None)
            raised = next((issue for issue in whole.issues if issue.issue_id == issue_id), None)
            picture = await store.picture(tx, photo_id, issue_id=issue_id) if raised else None
            if raised is None or picture is None:
                raise _absent()
            visible_or_404(
                principal, RULES.read_visits, raised, whole.place, access_class=raised.access_class
            )
            note_restricted(tx, "issue", {issue_id: raised.access_class})
        return Response(picture, media_type="image/jpeg", headers=_DRESS)

    return router


def _switch(*, on: bool) -> Callable[[], Awaitable[None]]:
    """A dependency that lets nothing through where photographs are not switched on."""

    async def switched() -> None:
        if not on:
            raise _absent()

    return switched


def _absent() -> NotFound:
    return NotFound("Không tìm thấy.", "There is no such thing.")
