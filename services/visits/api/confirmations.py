"""The cell's word on what was recorded of it, and the answer of the member or the office."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.visits import handlers
from services.visits.api.shown import shared_fields
from services.visits.handlers import Confirmation
from services.visits.schemas.visits import ConfirmationIn, RemarkOut, StatementIn
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.http import json_body
from shared.http.cautions import told_to
from shared.uow import Database


def build_router(database: Database) -> APIRouter:
    """The routes of the visited cell."""
    router = APIRouter(prefix="/visits/api", tags=["confirmations"])

    @router.put("/visits/{visit_id}/confirmation", status_code=201, responses={200: {"model": RemarkOut}})
    async def put_confirmation(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.confirm_record))],
        visit_id: UUID,
        body: Annotated[ConfirmationIn, Depends(json_body(ConfirmationIn))],
        response: Response,
    ) -> RemarkOut:
        """Confirm a record of one's own cell, or dispute it: it is wrong, or it names somebody."""
        said = Confirmation(version=body.version, right=body.outcome == "confirmed", comment=body.comment)
        remark, is_new = await database.run(lambda tx: handlers.confirm_record(visit_id, said, principal, tx))
        response.status_code = 201 if is_new else 200
        warnings = told_to(request, personal_cautions("/comment", body.comment))
        return RemarkOut(**shared_fields(remark, RemarkOut), warnings=warnings)

    @router.put(
        "/visits/{visit_id}/confirmation/answer", status_code=201, responses={200: {"model": RemarkOut}}
    )
    async def put_answer(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.answer_dispute))],
        visit_id: UUID,
        body: Annotated[StatementIn, Depends(json_body(StatementIn))],
        response: Response,
    ) -> RemarkOut:
        """Answer the cell's objection with a statement; a correction of the visit answers it as well."""
        remark, is_new = await database.run(
            lambda tx: handlers.answer_dispute(visit_id, body.statement, principal, tx)
        )
        response.status_code = 201 if is_new else 200
        warnings = told_to(request, personal_cautions("/statement", body.statement))
        return RemarkOut(**shared_fields(remark, RemarkOut), warnings=warnings)

    return router
