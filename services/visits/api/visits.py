"""Writing visits over HTTP: accepted by the batch, answered with receipts; edits and reports.

The answers of the busy route are built here as bytes: nothing stands between the committed transaction and
the phone that waits for its receipt.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.visits import handlers
from services.visits.api.shown import merge_out
from services.visits.domain.cautions import cautions_about
from services.visits.domain.merging import Side
from services.visits.domain.receipt import Filed, Recorded
from services.visits.domain.visit import Report, Visit
from services.visits.handlers import Accepted, Clashed, Outcome, RecordVisit, Refused
from services.visits.metrics import VisitsMetrics
from services.visits.schemas.visits import (
    VISIT_BYTES,
    DecisionIn,
    FiledOut,
    MergeOut,
    ReceiptOut,
    ReportIn,
    VersionIn,
    VisitIn,
)
from shared import tracing
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions, told
from shared.db import database_away
from shared.errors import Conflict
from shared.groupcommit import GroupCommit
from shared.http import json_body, problem_response
from shared.http.documents import PROBLEM
from shared.http.problems import MEDIA_TYPE, wants_vietnamese
from shared.uow import Database, UnitOfWork

_CONTENT: dict[str, Any] = {"type": "object", "description": "A visit as it was sent."}
_CLASH: dict[str, Any] = PROBLEM | {
    "properties": PROBLEM["properties"]
    | {
        "recorded": {
            "type": "object",
            "required": ["version", "receipt_number", "accepted_at", "content_hash", "content"],
            "properties": {
                "version": {"type": "integer"},
                "receipt_number": {"type": "string"},
                "accepted_at": {"type": "string", "format": "date-time"},
                "content_hash": {"type": "string"},
                "content": _CONTENT,
            },
        },
        "received": {"type": "object", "required": ["content"], "properties": {"content": _CONTENT}},
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": ReceiptOut, "description": "The same content was accepted before; the same receipt"},
    201: {"model": ReceiptOut, "description": "Accepted"},
    409: {
        "description": "Other content stands here; both are kept and, to their writer, shown",
        "content": {MEDIA_TYPE: {"schema": _CLASH}},
    },
}


def build_router(database: Database, metrics: VisitsMetrics) -> APIRouter:
    """The routes of visits, with the group in which waiting requests share a transaction."""

    async def commit(commands: Sequence[RecordVisit]) -> Sequence[Outcome]:
        outcomes = await database.everywhere.run(lambda tx: handlers.record_visits(commands, tx))
        metrics.count(outcomes)
        return outcomes

    group: GroupCommit[RecordVisit, Outcome] = GroupCommit(commit, everybody=database_away)
    router = APIRouter(prefix="/visits/api", tags=["visits"])

    @router.put("/visits/{visit_id}", status_code=201, responses=_ANSWERS, response_class=Response)
    async def put_visit(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.record_visit))],
        visit_id: UUID,
        visit: Annotated[VisitIn, Depends(json_body(VisitIn, max_bytes=VISIT_BYTES))],
    ) -> Response:
        """Record a visit under an id made by the phone. Sending it again is safe and gives the same receipt."""
        command = _command(principal, visit_id, visit)
        return _answer(request, await group.submit(command), command.visit)

    @router.put(
        "/visits/{visit_id}/versions/{version}",
        status_code=201,
        responses=_ANSWERS,
        response_class=Response,
    )
    async def put_version(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.record_visit))],
        visit_id: UUID,
        version: int,
        visit: Annotated[VersionIn, Depends(json_body(VersionIn, max_bytes=VISIT_BYTES))],
    ) -> Response:
        """Correct a visit: its whole content as the next version. Kind, unit and day cannot change.

        With `base_version`, an edit that came between is merged in instead of refused.
        """
        command, base = _command(principal, visit_id, visit), visit.base_version
        outcome = await database.run(lambda tx: handlers.edit_visit(command, version, tx, base_version=base))
        return _answer(request, outcome, command.visit)

    @router.put("/visits/{visit_id}/versions/{version}/decision")
    async def put_decision(
        principal: Annotated[Principal, Depends(allow(RULES.record_visit))],
        visit_id: UUID,
        version: int,
        body: Annotated[DecisionIn, Depends(json_body(DecisionIn))],
    ) -> MergeOut:
        """Say which side is right where two edits changed the same. The other one stays on record."""
        choices = {pointer: Side(side) for pointer, side in body.choices.items()}
        settled = await database.run(
            lambda tx: handlers.settle_conflict(
                visit_id, version, choices, person_id=principal.person_id, tx=tx
            )
        )
        return merge_out(settled, restricted=True)

    @router.put(
        "/visits/{visit_id}/report",
        status_code=201,
        responses={200: {"model": FiledOut, "description": "Filed before; the same answer"}},
    )
    async def put_report(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.file_report))],
        visit_id: UUID,
        body: Annotated[ReportIn, Depends(json_body(ReportIn))],
    ) -> FiledOut:
        """File the report on one's own visit. A later version keeps the old one and the first filing time."""
        report = body.as_report()

        async def file(tx: UnitOfWork) -> tuple[Filed, bool]:
            return await handlers.file_report(visit_id, report, person_id=principal.person_id, tx=tx)

        filed, is_new = await database.run(file)
        if is_new:
            metrics.reports.inc()
        shown = _filed(filed, report, vietnamese=_vietnamese(request))
        return JSONResponse(shown.model_dump(mode="json"), 201 if is_new else 200)  # type: ignore[return-value]  # FastAPI takes a response for its model

    return router


def _command(principal: Principal, visit_id: UUID, visit: VisitIn) -> RecordVisit:
    visitor_id = RULES.record_visit.member(principal, visit.on_behalf_of)
    return RecordVisit(
        visit_id=visit_id,
        visitor_id=visitor_id,
        assistant_id=principal.person_id if visitor_id != principal.person_id else None,
        committee_id=principal.committee_id,
        visit=visit.as_visit(),
        traceparent=tracing.carried(),
    )


def _answer(request: Request, outcome: Outcome, visit: Visit) -> Response:
    match outcome:
        case Accepted(recorded, is_new):
            body = receipt(recorded, visit, vietnamese=_vietnamese(request), merged=_merged(outcome))
            return Response(body, 201 if is_new else 200, media_type="application/json")
        case Clashed():
            return _clash(request, outcome)
        case Refused(error):
            raise error


def _merged(outcome: Accepted) -> dict[str, Any]:
    """What a receipt says of an edit that another had come before; nothing for all others."""
    return {"merged": True, "conflicts": list(outcome.conflicts)} if outcome.merged else {}


def receipt(
    recorded: Recorded, visit: Visit, *, vietnamese: bool, merged: Mapping[str, Any] = MappingProxyType({})
) -> bytes:
    """The receipt's JSON, byte for byte the same for the same content."""
    delay = None if visit.device is None else recorded.accepted_at - visit.device.recorded_at
    cautions = cautions_about(visit, accepted_at=recorded.accepted_at)
    return json.dumps(
        {
            "receipt_number": recorded.receipt_number,
            "visit_id": str(recorded.visit_id),
            "version": recorded.version,
            "visitor_id": str(recorded.visitor_id),
            "recorded_by": str(recorded.recorded_by),
            "accepted_at": recorded.accepted_at.isoformat(),
            "content_hash": recorded.content_hash,
            "report_filed_at": recorded.report_filed_at.isoformat() if recorded.report_filed_at else None,
            "device_delay_seconds": None if delay is None else round(delay.total_seconds(), 3),
            "warnings": told(cautions, vietnamese=vietnamese),
            **merged,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _clash(request: Request, clashed: Clashed) -> Response:
    """The problem, and to the writer of both contents the two side by side."""
    problem = problem_response(
        request,
        Conflict(
            "Mã này đã ghi nội dung khác. Cả hai bản đều được giữ lại để đối chiếu.",
            "Other content already stands under this id. Both are kept.",
        ),
    )
    if clashed.clash is None:
        return problem
    clash = clashed.clash
    body = json.loads(bytes(problem.body)) | {
        "recorded": {
            "version": clash.recorded.version,
            "receipt_number": clash.recorded.receipt_number,
            "accepted_at": clash.recorded.accepted_at.isoformat(),
            "content_hash": clash.recorded.content_hash,
            "content": clash.recorded_content,
        },
        "received": {"content": clash.received_content},
    }
    return JSONResponse(body, 409, media_type=problem.media_type)


def _filed(filed: Filed, report: Report, *, vietnamese: bool) -> FiledOut:
    return FiledOut(
        visit_id=filed.visit_id,
        version=filed.version,
        filed_at=filed.first_filed_at,
        version_filed_at=filed.filed_at,
        claimed_at=filed.claimed_at,
        content_hash=filed.content_hash,
        warnings=told(personal_cautions("/summary", report.summary), vietnamese=vietnamese),
    )


def _vietnamese(request: Request) -> bool:
    return wants_vietnamese(request.headers.get("accept-language"))
