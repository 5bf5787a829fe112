"""A person's calendar over HTTP: its secret address made and withdrawn, and the feed that telephones read.

The feed is open to whoever knows the address, because calendars cannot sign in; it shows what such a reader may
know. Guessing costs a try at the door like any other, and reading counts against its owner.
"""

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel

from services.visits import handlers, icalendar_feed
from services.visits.api.doors import SignedIn
from services.visits.store import calendar as store
from shared.access import WriteCounter, address_of, public
from shared.uow import Database

Token = Annotated[str, Path(max_length=100)]


class CalendarOut(BaseModel):
    """Whether one's calendar has an address, and when a telephone last read it."""

    published: bool
    created_at: AwareDatetime | None
    last_read_at: AwareDatetime | None


class CalendarAddressOut(BaseModel):
    """The address, shown this once: `webcal` opens the calendar of a telephone, `https` is for copying."""

    webcal: str
    https: str


def build_router(database: Database, public_url: str) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["calendar"])
    origin = public_url.rstrip("/")

    @router.get("/calendar")
    async def get_calendar(principal: SignedIn) -> CalendarOut:
        """One's own calendar for the telephone."""
        async with database.read() as tx:
            row = await store.of_person(tx, principal.person_id)
        return CalendarOut(
            published=row is not None,
            created_at=row.created_at if row else None,
            last_read_at=row.last_read_at if row else None,
        )

    @router.post("/calendar", status_code=201)
    async def publish_calendar(principal: SignedIn) -> CalendarAddressOut:
        """A new address; whoever had the one before reads nothing any more."""
        token = await database.run(lambda tx: handlers.publish_calendar(principal.person_id, tx))
        address = f"{origin}/visits/api/calendar/{token}.ics"
        return CalendarAddressOut(webcal=f"webcal://{address.partition('://')[2]}", https=address)

    @router.delete("/calendar", status_code=204)
    async def withdraw_calendar(principal: SignedIn) -> None:
        """No telephone reads one's calendar any more."""
        await database.run(lambda tx: handlers.withdraw_calendar(principal.person_id, tx))

    _add_feed(router, database.everywhere, origin)
    return router


def _add_feed(router: APIRouter, everywhere: Database, origin: str) -> None:
    """The feed is read by nobody we know; whose it is, its address says, and it shows nothing of anybody else."""

    @router.head("/calendar/{token}.ics", dependencies=[Depends(public)], include_in_schema=False)
    @router.get(
        "/calendar/{token}.ics",
        dependencies=[Depends(public)],
        response_class=Response,
        responses={200: {"content": {"text/calendar": {}}}, 304: {"description": "Nothing has changed."}},
    )
    async def read_calendar(request: Request, token: Token) -> Response:
        """The calendar behind a secret address, for the calendar of a telephone."""
        counter: WriteCounter = request.app.state.quotas
        async with everywhere.begin() as tx:
            person_id = await handlers.calendar_reader(token, tx)
            if person_id is None:
                counter.knock(address_of(request))
                raise handlers.no_calendar()
            counter.write(address_of(request), person_id)
            await store.note_reading(tx, person_id)
            entries = await handlers.agenda(person_id, tx)
        content = await asyncio.to_thread(icalendar_feed.write, entries, origin)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"etag": tag}
        if tag in _tags(request):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _tags(request: Request) -> set[str]:
    """The tags a reader has; a proxy that zipped by itself may have made them weak."""
    return {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
