"""The morning page of a committee: what is new, urgent and not visited, the weeks before, and whose phone is silent."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from services.feedback.live import Live
from services.feedback.schemas.morning import (
    FreshnessOut,
    MorningOut,
    PhoneSeen,
    UnvisitedLine,
    UnvisitedList,
    WeekOut,
)
from services.feedback.store import phones as phone_store
from services.feedback.views import morning as views
from services.feedback.views.morning import Morning, Unvisited
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.http import Day
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_figures))]


def build_router(database: Database, live: Live) -> APIRouter:
    router = APIRouter(tags=["figures"])

    @router.get("/morning")
    async def get_morning(principal: Reader) -> MorningOut:
        """What is newly late, urgent and not visited, and the last twelve whole weeks by what fell due in them."""

        async def count() -> Morning:
            async with database.read() as tx:
                return await views.morning(tx, principal.committee_id)

        found = await live.once(principal.committee_id, "morning", count)
        weeks = [WeekOut(**asdict(week), due=week.due) for week in found.weeks]
        return MorningOut(**{**asdict(found), "weeks": weeks})

    @router.get("/unvisited")
    async def list_unvisited(principal: Reader) -> UnvisitedList:
        """The cells of today's register in which no meeting was attended this year, and who was there last when."""
        async with database.read() as tx:
            today = local_date(tx.now)
            units = await views.unvisited(tx, principal.committee_id)
            return UnvisitedList(
                as_of=tx.now,
                since=today.replace(month=1, day=1),
                units=[UnvisitedLine(**asdict(unit), days=_days_since(unit, today)) for unit in units],
            )

    @router.get("/freshness")
    async def get_freshness(
        principal: Annotated[Principal, Depends(allow(RULES.read_freshness))],
    ) -> FreshnessOut:
        """What the phones of every member said last of what they have not sent."""

        async def look() -> FreshnessOut:
            async with database.read() as tx:
                rows = await phone_store.by_member(tx, principal.committee_id, local_date(tx.now))
                return FreshnessOut(
                    as_of=tx.now, members=[PhoneSeen.model_validate(row._asdict()) for row in rows]
                )

        return await live.once(principal.committee_id, "freshness", look)

    return router


def _days_since(unit: Unvisited, today: Day) -> int | None:
    been = [day for day in (unit.last_attended, unit.last_trip) if day is not None]
    return (today - max(been)).days if been else None
