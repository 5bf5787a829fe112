"""The made-up ward with its cells and people, before its first visit; and people of it who sign in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import httpx2

from services.demo import demo_register
from services.demo.opening import COMMITTEE, open_demo
from services.installation import Installation
from services.visits.domain.register import read_register, register_id
from services.visits.handlers import issue_sign_in_link
from shared.clock import LOCAL, RehearsalClock

NEW_YEAR = datetime(2026, 1, 1, tzinfo=LOCAL)
"""The demo's register begins two days later."""

REGISTER = read_register(demo_register())
MEMBERS = [person.code for person in REGISTER.people]
CELLS = [unit.code for unit in REGISTER.units if unit.kind == "party_cell"]


async def open_ward(found: Installation) -> None:
    """Units and people of every role, no visits."""
    early = replace(found, clock=RehearsalClock(NEW_YEAR))
    async with early.database("visits") as database:
        await open_demo(database, demo_register(), say=lambda _: None)


def person_id(code: str) -> UUID:
    return register_id(COMMITTEE, "person", code)


def unit_id(code: str) -> UUID:
    return register_id(COMMITTEE, "unit", code)


async def links_for(found: Installation, codes: Sequence[str]) -> list[str]:
    """The paths of one-time sign-in links, one for each code."""
    async with found.database("visits") as database, database.begin() as tx:
        tokens = [await issue_sign_in_link(person_id(code), timedelta(days=1), tx) for code in codes]
    return [f"/visits/sign-in/{token}" for token in tokens]


@asynccontextmanager
async def signed_in(
    found: Installation, url: str, codes: Sequence[str]
) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """A browser or phone for each code, signed in by a link, which it opens like everybody else."""
    async with AsyncExitStack() as stack:
        clients = []
        for link in await links_for(found, codes):
            # Without certificates to load: they take longer than all the rest, and there is no HTTPS here.
            client = httpx2.AsyncClient(base_url=url, timeout=45, verify=False)
            clients.append(await stack.enter_async_context(client))
            answer = await client.get(link)
            assert answer.status_code == 303, answer.text
        yield clients
