"""More days: asked for by whoever owes, decided by the permanent board."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback.api.duties import duty_out
from services.feedback.handlers import extensions
from services.feedback.handlers.extensions import AskForExtension
from services.feedback.schemas.duties import (
    Asked,
    AskedPage,
    DecisionIn,
    DutyOut,
    ExtensionIn,
    ExtensionOut,
)
from services.feedback.store import extensions as extension_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.extensions import Extension
from services.feedback.views import duties as views
from services.feedback.views.filters import Filters
from shared import directory
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.http import json_body
from shared.http.audit import note_restricted
from shared.http.cautions import told_to
from shared.uow import Database

Asker = Annotated[Principal, Depends(allow(RULES.read_duties))]
"""Whoever sees a duty may try; the handler lets its owner ask, and the office for an owner on paper."""
Board = Annotated[Principal, Depends(allow(RULES.grant_extension))]
Limit = Annotated[int, Query(ge=1, le=200)]


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["duties"])

    @router.get("/extensions")
    async def get_extensions(principal: Board, after: UUID | None = None, limit: Limit = 50) -> AskedPage:
        """Open duties of the committee for which more days are asked and nobody has decided."""
        filters = Filters(more_days_asked=True)
        async with database.read() as tx:
            calendar = await book.in_force(tx)
            found = await views.register(tx, principal, filters, after=after, limit=limit)
            note_restricted(tx, "duty", {each.duty.duty_id: each.duty.access_class for each in found})
            asked = await extension_store.waiting(tx, [each.duty.duty_id for each in found])
            names = await directory.person_names(tx, {each.asked_by for each in asked})
            counted = await views.counted(tx, principal, filters)
            return AskedPage(
                waiting=[_asked(duty_out(each, calendar, tx.now), asked, names) for each in found],
                total=sum(counted.values()),
            )

    @router.put(
        "/duties/{duty_id}/extensions/{extension_id}",
        status_code=201,
        responses={200: {"model": ExtensionOut}},
    )
    async def put_extension(
        request: Request,
        principal: Asker,
        duty_id: UUID,
        extension_id: UUID,
        extension: Annotated[ExtensionIn, Depends(json_body(ExtensionIn))],
        response: Response,
    ) -> ExtensionOut:
        """Ask for more days on one's own duty; the office may record what was asked on paper."""
        command = AskForExtension(
            extension_id=extension_id, duty_id=duty_id, days=extension.days, reason=extension.reason
        )
        asked, new = await database.run(lambda tx: extensions.ask(tx, principal, command))
        response.status_code = 201 if new else 200
        warnings = told_to(request, personal_cautions("/reason", extension.reason))
        return ExtensionOut.model_validate(asdict(asked) | {"warnings": warnings})

    @router.put("/duties/{duty_id}/extensions/{extension_id}/decision")
    async def put_decision(
        request: Request,
        principal: Board,
        duty_id: UUID,
        extension_id: UUID,
        decision: Annotated[DecisionIn, Depends(json_body(DecisionIn))],
    ) -> ExtensionOut:
        """Grant or refuse; granting moves the due date and stops reminders at once."""
        decided = await database.run(
            lambda tx: extensions.decide(
                tx, book, principal, duty_id, extension_id, granted=decision.granted, note=decision.note
            )
        )
        warnings = told_to(request, personal_cautions("/note", decision.note))
        return ExtensionOut.model_validate(asdict(decided) | {"warnings": warnings})

    return router


def _asked(duty: DutyOut, asked: Sequence[Extension], names: Mapping[UUID, str]) -> Asked:
    own = [each for each in asked if each.duty_id == duty.duty_id]
    return Asked(
        duty=duty,
        extensions=[ExtensionOut.model_validate(asdict(each)) for each in own],
        asked_by={each.asked_by: names[each.asked_by] for each in own if each.asked_by in names},
    )
