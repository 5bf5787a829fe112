"""A tiny service behind the real edge, and the ways a client may speak to it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx2
from fastapi import APIRouter, Depends, FastAPI
from pydantic import model_validator

from shared.access import public
from shared.http import Day, Id, Input, Instant, Line, Text, broken_rule, create_api, json_body
from shared.metrics import Metrics

ORIGIN = "http://127.0.0.1:8080"
VISIT_PATH = "/visits/api/visits/018f2f6e-7c3a-7d5e-9b1a-3f2d1c0b9a87"


class IssueIn(Input):
    id: Id
    title: Annotated[str, Line(200)]
    detail: Annotated[str, Text(10_000, empty=True)] = ""


class VisitIn(Input):
    kind: Literal["field_trip", "meeting_attendance"]
    started_at: Instant
    ended_at: Instant | None = None
    month: Day | None = None
    count: int = 0
    notes: Annotated[str, Text(2_000)]
    issues: tuple[IssueIn, ...] = ()

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> "VisitIn":
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise broken_rule(
                "end-before-start", vi="Kết thúc trước khi bắt đầu.", en="The end is before the start."
            )
        return self


GOOD: dict[str, Any] = {
    "kind": "field_trip",
    "started_at": "2026-11-22T08:00:00+07:00",
    "notes": "Bà con kiến nghị sửa đường thôn.",
    "issues": [{"id": "018F2F6E-7C3A-7D5E-9B1A-3F2D1C0B9A88", "title": "Sửa đường"}],
}


def visit(**changes: Any) -> bytes:
    """A good visit with some fields changed, as bytes of a request."""
    return json.dumps(GOOD | changes, ensure_ascii=False).encode()


def tiny_service(
    *, public_url: str = ORIGIN, failure: Exception | None = None, sessions: Any = None
) -> FastAPI:
    """One route that reads a visit and gives it back, or fails as told."""
    app = create_api(
        "visits",
        title="Tiny",
        version="1",
        metrics=Metrics("visits"),
        public_url=public_url,
        sessions=sessions,
    )
    router = APIRouter(prefix="/visits/api")

    @router.put("/visits/{visit_id}", dependencies=[Depends(public)])
    async def put_visit(
        visit_id: UUID, visit: Annotated[VisitIn, Depends(json_body(VisitIn))]
    ) -> dict[str, Any]:
        if failure is not None:
            raise failure
        return {"id": str(visit_id), **visit.model_dump(mode="json")}

    @router.get("/visits/{visit_id}", dependencies=[Depends(public)])
    async def read_visit(visit_id: UUID, page: int = 1) -> dict[str, Any]:
        return {"id": str(visit_id), "page": page}

    app.include_router(router)
    return app


@asynccontextmanager
async def client_of(app: FastAPI, base_url: str = ORIGIN) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=base_url) as client:
        yield client


async def put(app: FastAPI, body: Any, path: str = VISIT_PATH, **headers: str) -> httpx2.Response:
    """Send a body as JSON."""
    async with client_of(app) as client:
        sent = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await client.put(path, content=body, headers=sent)
