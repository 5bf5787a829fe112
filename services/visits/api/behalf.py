"""An assistant writes, the member decides: whom one serves, drafts of reports, and the member's word on both."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.visits import handlers, views
from services.visits.api.shown import shared_fields
from services.visits.metrics import VisitsMetrics
from services.visits.schemas.directory import ServedList, ServedOut
from services.visits.schemas.visits import (
    ApprovalIn,
    DraftIn,
    DraftOut,
    FiledOut,
    RejectionIn,
    RemarkOut,
    ReportIn,
)
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.http import json_body
from shared.http.cautions import told_to
from shared.uow import Database

Assistant = Annotated[Principal, Depends(allow(RULES.draft_report))]
Member = Annotated[Principal, Depends(allow(RULES.approve_own))]


def build_router(database: Database, metrics: VisitsMetrics) -> APIRouter:
    """The routes between a member and whoever writes for them."""
    router = APIRouter(prefix="/visits/api", tags=["behalf"])

    @router.get("/served")
    async def list_served(principal: Annotated[Principal, Depends(allow(RULES.read_served))]) -> ServedList:
        """The members whom one serves today."""
        async with database.read() as tx:
            people = await views.served(tx, principal)
        return ServedList(members=[ServedOut(**shared_fields(person, ServedOut)) for person in people])

    @router.put("/visits/{visit_id}/approval", status_code=201, responses={200: {"model": RemarkOut}})
    async def put_approval(
        request: Request,
        principal: Member,
        visit_id: UUID,
        body: Annotated[ApprovalIn, Depends(json_body(ApprovalIn))],
        response: Response,
    ) -> RemarkOut:
        """Confirm or reject what an assistant recorded of one's own visit. A rejection names its reason."""
        remark, is_new = await database.run(
            lambda tx: handlers.decide_on_visit(
                visit_id,
                body.version,
                member_id=principal.person_id,
                approved=body.approved,
                reason=body.reason,
                tx=tx,
            )
        )
        response.status_code = 201 if is_new else 200
        warnings = told_to(request, personal_cautions("/reason", body.reason))
        return RemarkOut(**shared_fields(remark, RemarkOut), warnings=warnings)

    @router.put(
        "/visits/{visit_id}/report-drafts/{draft_id}", status_code=201, responses={200: {"model": DraftOut}}
    )
    async def put_draft(
        request: Request,
        principal: Assistant,
        visit_id: UUID,
        draft_id: UUID,
        body: Annotated[DraftIn, Depends(json_body(DraftIn))],
        response: Response,
    ) -> DraftOut:
        """Draft the report for a member whom one serves. Nothing is filed until that member signs it."""
        member_id = RULES.draft_report.member(principal, body.on_behalf_of)
        draft, is_new = await database.run(
            lambda tx: handlers.draft_report(
                visit_id,
                draft_id,
                body.summary,
                member_id=member_id,
                assistant_id=principal.person_id,
                tx=tx,
            )
        )
        response.status_code = 201 if is_new else 200
        warnings = told_to(request, personal_cautions("/summary", body.summary))
        return DraftOut(**shared_fields(draft, DraftOut), warnings=warnings)

    @router.put("/visits/{visit_id}/report-drafts/{draft_id}/signature")
    async def put_signature(
        request: Request,
        principal: Member,
        visit_id: UUID,
        draft_id: UUID,
        body: Annotated[ReportIn, Depends(json_body(ReportIn))],
    ) -> FiledOut:
        """Sign a draft and so file it as one's own report: the words that were read, and when they were signed."""
        filed, is_new = await database.run(
            lambda tx: handlers.approve_draft(
                visit_id, draft_id, body.as_report(), member_id=principal.person_id, tx=tx
            )
        )
        if is_new:
            metrics.reports.inc()
        return FiledOut(
            visit_id=filed.visit_id,
            version=filed.version,
            filed_at=filed.first_filed_at,
            version_filed_at=filed.filed_at,
            claimed_at=filed.claimed_at,
            content_hash=filed.content_hash,
            warnings=told_to(request, personal_cautions("/summary", body.summary)),
        )

    @router.put("/visits/{visit_id}/report-drafts/{draft_id}/rejection")
    async def put_rejection(
        request: Request,
        principal: Member,
        visit_id: UUID,
        draft_id: UUID,
        body: Annotated[RejectionIn, Depends(json_body(RejectionIn))],
    ) -> DraftOut:
        """Hand a draft back with the reason. The duty to report stays as it is, and so does its date."""
        draft = await database.run(
            lambda tx: handlers.reject_draft(
                visit_id, draft_id, body.reason, member_id=principal.person_id, tx=tx
            )
        )
        warnings = told_to(request, personal_cautions("/reason", body.reason))
        return DraftOut(**shared_fields(draft, DraftOut), warnings=warnings)

    return router
