"""What a cell is told of its matters and what it says of the answers: the answer card, and the verdict."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback.handlers.verdicts import judge_answer
from services.feedback.schemas.cells import CardLine, CardOut
from services.feedback.schemas.issues import VerdictIn, VerdictOut
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import cards as views
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.clock import local_date
from shared.errors import NotFound
from shared.http import Day, json_body
from shared.http.cautions import told_to
from shared.uow import Database

A_QUARTER = timedelta(days=92)


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["cells"])

    @router.get("/units/{unit_id}/card")
    async def get_card(
        principal: Annotated[Principal, Depends(allow(RULES.read_issues))],
        unit_id: UUID,
        since: Annotated[Day | None, Query(alias="from")] = None,
    ) -> CardOut:
        """The answer card of a cell: what it raised and heard since a day, and whatever is still open.

        Restricted classes are on no card, whoever prints it: it is read aloud.
        """
        async with database.read() as tx:
            today = local_date(tx.now)
            first = since or today - A_QUARTER
            name = await views.unit_name(tx, principal, unit_id)
            if name is None:
                raise NotFound("Không tìm thấy.", "There is no such thing.")
            lines = await views.card(tx, principal, unit_id, since=first, today=today)
        return CardOut(
            unit_id=unit_id,
            unit_name=name,
            today=today,
            since=first,
            lines=[CardLine.model_validate(asdict(line)) for line in lines],
        )

    @router.put(
        "/issues/{issue_id}/verdicts/{verdict_id}", status_code=201, responses={200: {"model": VerdictOut}}
    )
    async def put_verdict(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.judge_answer))],
        issue_id: UUID,
        verdict_id: UUID,
        verdict: Annotated[VerdictIn, Depends(json_body(VerdictIn))],
        response: Response,
    ) -> VerdictOut:
        """The cell has heard the answer and the matter is settled; or it is not, and why."""
        given, new = await database.run(
            lambda tx: judge_answer(
                tx,
                book,
                principal,
                issue_id,
                verdict_id,
                settled=verdict.settled,
                reason=verdict.reason,
            )
        )
        response.status_code = 201 if new else 200
        warnings = told_to(request, personal_cautions("/reason", verdict.reason))
        return VerdictOut.model_validate(asdict(given) | {"warnings": warnings})

    return router
