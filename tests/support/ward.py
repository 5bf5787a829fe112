"""The made-up ward with its cells and people, before its first visit; and people of it who sign in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


async def link_for(found: Installation, code: str) -> str:
    """The path of a one-time sign-in link."""
    async with found.database("visits") as database, database.begin() as tx:
        token = await issue_sign_in_link(person_id(code), timedelta(days=1), tx)
    return f"/visits/sign-in/{token}"


@asynccontextmanager
async def signed_in(found: Installation, url: str, code: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A person's browser or phone, signed in by a link, which it opens like everybody else."""
    async with httpx2.AsyncClient(base_url=url, timeout=10) as client:
        answer = await client.get(await link_for(found, code))
        assert answer.status_code == 303, answer.text
        yield client
