"""What a page listens to while it is open: server-sent events that say when to look again."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel

from services.feedback.live import Live
from shared.access import RULES, Principal, PrincipalSource, allow
from shared.clock import Clock
from shared.errors import DomainError

Reader = Annotated[Principal, Depends(allow(RULES.read_duties))]
EVENTS = "text/event-stream"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The time; as server-sent events again after every change", "content": {EVENTS: {}}}
}


class Moment(BaseModel):
    """The server's time, which in a rehearsal is not the browser's."""

    now: str


def build_router(clock: Clock, live: Live) -> APIRouter:
    router = APIRouter(tags=["duties"])

    @router.get("/live", responses=_ANSWERS, response_model=Moment)
    async def get_live(request: Request, principal: Reader) -> Response:
        """Hear when something of one's committee has changed: `Accept: text/event-stream`.

        An event named `change` says that it is worth asking again, any other that the server is still there;
        both hold the time and nothing else. The stream ends when its session does.
        """
        if EVENTS not in request.headers.get("accept", ""):
            return JSONResponse(_moment(clock))
        return StreamingResponse(_stream(request, principal), media_type=EVENTS)

    async def _stream(request: Request, principal: Principal) -> AsyncIterator[str]:
        sessions: PrincipalSource = request.app.state.sessions
        async for changed in live.changes(principal.committee_id):
            try:
                RULES.read_duties.check(await sessions.of(request))
            except DomainError:
                return
            event = "event: change\n" if changed else ""
            yield f"{event}data: {json.dumps(_moment(clock))}\n\n"

    return router


def _moment(clock: Clock) -> dict[str, str]:
    return Moment(now=clock.now().isoformat()).model_dump()
