"""Figures of one's own committee, and what-if due dates."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.feedback.domain.deadline import due_date, parse_start
from services.feedback.domain.policy import MOST_DAYS, Policy, Rule
from services.feedback.domain.punctuality import Share, share
from services.feedback.domain.sentence import to_json
from services.feedback.live import Live
from services.feedback.store import phones as phone_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import Figures, figures, suppressed
from services.feedback.views.figures import Counts
from shared.access import RULES, Principal, allow
from shared.clock import LOCAL, local_date
from shared.http import Day, Instant
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_figures))]
SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]


def build_router(database: Database, book: CalendarBook, live: Live) -> APIRouter:
    router = APIRouter(tags=["figures"])

    @router.get("/figures")
    async def get_figures(
        principal: Reader,
        as_of: Instant | None = None,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
    ) -> dict[str, Any]:
        """Counts as of a moment over inclusive local dates; the same question always gets the same answer.

        `share`: on time of what fell due, in thousandths, and between what it lies while phones hold records
        that have not been sent; of a moment that was asked about, what was known then.
        """

        async def count() -> tuple[Figures, int]:
            async with database.read() as tx:
                waiting = (
                    0 if as_of else await phone_store.unsent(tx, principal.committee_id, local_date(tx.now))
                )
                return await figures(tx, principal.committee_id, as_of or tx.now, first, last), waiting

        found, unsent = await live.once(principal.committee_id, ("figures", as_of, first, last), count)
        return {
            "as_of": found.as_of.astimezone(LOCAL).isoformat(),
            "period": [day.isoformat() for day in found.period],
            "rule": found.rule,
            "days": found.days,
            "suppressed": suppressed(found),
            "share": asdict(_share(found.counts, unsent)),
        } | asdict(found.counts)

    @router.get("/deadline")
    async def get_deadline(
        principal: SignedIn,  # noqa: ARG001  # the rule of the route
        start: Annotated[str, Query(alias="from", max_length=40)],
        rule: Rule = Rule.CALENDAR_ROLL,
        days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 5,
        as_of: Instant | None = None,
    ) -> dict[str, Any]:
        """When something that began then would be due, and why: by the calendar in force, now or at a past instant."""
        async with database.read() as tx:
            calendar = await book.in_force(tx, as_of=as_of)
            due = due_date(parse_start(start), Policy(rule=rule, days=days), calendar)
        return to_json(due)

    return router


def _share(counts: Counts, unsent: int) -> Share:
    return share(
        counts.report_on_time + counts.forward_on_time,
        counts.report_due_by_as_of + counts.forward_due_by_as_of,
        counts.report_missing_overdue + counts.forward_missing_overdue,
        unsent,
    )
