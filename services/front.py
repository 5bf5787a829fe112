"""One origin for the three services: requests go to the service their first path segment names.

Also the rehearsal clock's address, which exists only when the clock may be moved by hand.
"""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.access import RULES, Principal, allow, public
from shared.clock import Clock, ClockError, RehearsalClock
from shared.contracts.visits import Role
from shared.errors import SignInRequired, invalid
from shared.http import Input, Instant, create_api, json_body
from shared.metrics import Metrics
from shared.sessions import Sessions
from shared.uow import Database


class ClockIn(Input):
    """Where to move the rehearsal clock."""

    now: Instant


class ClockOut(BaseModel):
    """What the clock shows."""

    now: str
    rehearsal: bool


class OneOrigin:
    """An ASGI application that hands each request to the application mounted for its first segment."""

    def __init__(self, mounted: dict[str, ASGIApp], front: ASGIApp) -> None:
        self._mounted = mounted
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segment = scope["path"].split("/", 2)[1] if scope["type"] in ("http", "websocket") else ""
        await self._mounted.get(segment, self._front)(scope, receive, send)


def front(clock: Clock, sessions: Sessions, database: Database, *, public_url: str, version: str) -> FastAPI:
    """`/` sends each person home by role; `/ops/clock` shows and moves the clock of a rehearsal.

    Whoever moves it stands in the audit of `database`, which is that of visits.
    """
    app = create_api(
        "ops",
        title="Bám cơ sở",
        version=version,
        metrics=Metrics("ops"),
        public_url=public_url,
        sessions=sessions,
    )

    @app.get("/", dependencies=[Depends(public)], include_in_schema=False)
    async def home(request: Request) -> RedirectResponse:
        try:
            principal = await sessions.of(request)
        except SignInRequired:
            return RedirectResponse("/visits/", status_code=303)
        return RedirectResponse(home_of(principal), status_code=303)

    if isinstance(clock, RehearsalClock):
        _add_clock(app, clock, database)
    return app


def _add_clock(app: FastAPI, clock: RehearsalClock, database: Database) -> None:
    """The address of a clock that people may move. A real clock has none, and answers 404 to everybody."""

    @app.get("/ops/clock")
    async def clock_shows(_: Annotated[Principal, Depends(allow(RULES.signed_in))]) -> ClockOut:
        """The time this rehearsal lives in."""
        return _shown(clock)

    @app.post("/ops/clock")
    async def clock_moves(
        _: Annotated[Principal, Depends(allow(RULES.signed_in))],
        wanted: Annotated[ClockIn, Depends(json_body(ClockIn))],
    ) -> ClockOut:
        """Move the rehearsal clock forward; every due date, reminder and escalation follows."""
        was = clock.now()
        try:
            clock.move_to(wanted.now)
        except ClockError as error:
            raise invalid(
                "/now",
                "forward",
                vi="Đồng hồ diễn tập chỉ đi tới, không lùi lại",
                en=str(error),
                value=wanted.now.isoformat(),
            ) from None
        async with database.begin() as tx:
            tx.audit("clock.moved", "clock", "rehearsal", was={"now": was}, became={"now": wanted.now})
        return _shown(clock)


def home_of(principal: Principal) -> str:
    """Members go to their phone page, the office and the leaders to the desk, the rest to their messages."""
    if principal.has(
        Role.OFFICE_CLERK, Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE, Role.INSPECTOR, Role.AGENCY
    ):
        return "/feedback/"
    if principal.has(Role.COMMITTEE_MEMBER, Role.FOLLOWER, Role.ASSISTANT, Role.CELL_SECRETARY):
        return "/visits/"
    return "/notify/"


def _shown(clock: RehearsalClock) -> ClockOut:
    return ClockOut(now=clock.now().isoformat(), rehearsal=True)
