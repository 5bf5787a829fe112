"""People at the desks of feedback: each signed in for real, speaking HTTP to the real routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI

from services.feedback.api import build_router
from services.feedback.contacts import ContactKeys, new_key
from services.feedback.live import Live
from shared.contracts.visits import Role, SessionChanged, UnitChanged
from shared.documents import Layout
from shared.http import create_api
from shared.metrics import Metrics
from shared.sessions import Sessions, new_token, token_sha256
from tests.feedback.given import (
    AGENCY,
    AGENT,
    CELL,
    CELL_SECRETARY,
    CLERK,
    COMMITTEE,
    MEMBER,
    SECRETARY,
    Feedback,
    id_of,
)
from tests.support.edge import ORIGIN
from tests.support.people import body, person, post

KEY = new_key("1")
INSPECTOR, OTHER_MEMBER, STRANGER, NEIGHBOUR = (
    id_of(name) for name in ("inspector", "other member", "stranger", "neighbour")
)
_POSTS = {
    MEMBER: (COMMITTEE, Role.COMMITTEE_MEMBER, COMMITTEE),
    OTHER_MEMBER: (COMMITTEE, Role.COMMITTEE_MEMBER, COMMITTEE),
    CLERK: (COMMITTEE, Role.OFFICE_CLERK, COMMITTEE),
    SECRETARY: (COMMITTEE, Role.PERMANENT_BOARD, COMMITTEE),
    CELL_SECRETARY: (COMMITTEE, Role.CELL_SECRETARY, CELL),
    AGENT: (COMMITTEE, Role.AGENCY, AGENCY),
    INSPECTOR: (COMMITTEE, Role.INSPECTOR, COMMITTEE),
    STRANGER: (NEIGHBOUR, Role.PERMANENT_BOARD, NEIGHBOUR),
}


class Desk:
    """The application, and a token for everybody."""

    def __init__(self, feedback: Feedback) -> None:
        self.app: FastAPI = create_api(
            "feedback",
            title="feedback",
            version="1",
            metrics=Metrics("feedback"),
            public_url=ORIGIN,
            sessions=Sessions(feedback.database, secure=False, patience=0),
        )
        self.app.include_router(
            build_router(
                feedback.requests,
                feedback.consumer.book,
                ContactKeys.parse(KEY),
                Live(feedback.database, asyncio.Event()),
                Layout(place="Từ Sơn"),
            )
        )
        self._feedback = feedback
        self._tokens: dict[UUID, str] = {}

    async def open(self) -> "Desk":
        """Everybody takes up the post and signs in, as visits would tell it."""
        now = self._feedback.clock.now()
        units = [
            UnitChanged(
                unit_id=unit_id,
                version=1,
                committee_id=COMMITTEE,
                code=kind,
                name=kind,
                kind=kind,
                parent_id=parent,
            )
            for unit_id, kind, parent in (
                (COMMITTEE, "party_organisation", None),
                (CELL, "party_cell", COMMITTEE),
                (AGENCY, "agency", COMMITTEE),
            )
        ]
        people = [
            person(committee_id, post(role, unit_id), person_id=person_id, code=str(person_id)[:8])
            for person_id, (committee_id, role, unit_id) in _POSTS.items()
        ]
        self._tokens = {person_id: new_token() for person_id in _POSTS}
        sessions = [
            SessionChanged(
                session_id=id_of(f"session of {person_id}"),
                version=1,
                token_sha256=token_sha256(token),
                person_id=person_id,
                opened_at=now,
                expires_at=now + timedelta(days=400),
                fresh_until=now + timedelta(days=400),
            )
            for person_id, token in self._tokens.items()
        ]
        bodies = [
            body(COMMITTEE, "permanent_board", "Thường trực Đảng ủy"),
            body(COMMITTEE, "standing_committee", "Ban Thường vụ Đảng ủy"),
        ]
        await self._feedback.take(*units, *bodies, *people, *sessions)
        return self

    async def put(self, who: UUID | None, path: str, body: Any) -> httpx2.Response:
        async with self._client(who) as client:
            return await client.put(f"/feedback/api{path}", json=body)

    async def get(
        self, who: UUID | None, path: str, *, tag: str | None = None, **query: Any
    ) -> httpx2.Response:
        headers = {"if-none-match": tag} if tag else {}
        async with self._client(who) as client:
            return await client.get(f"/feedback/api{path}", params=query, headers=headers)

    async def delete(self, who: UUID | None, path: str) -> httpx2.Response:
        async with self._client(who) as client:
            return await client.delete(f"/feedback/api{path}")

    async def read(self, who: UUID, path: str, **query: Any) -> Any:
        """The JSON of something that must be there."""
        response = await self.get(who, path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    @asynccontextmanager
    async def _client(self, who: UUID | None) -> AsyncIterator[httpx2.AsyncClient]:
        cookies = {"fv_session": self._tokens[who]} if who else {}
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as client:
            yield client
