"""Check and act are one (ASVS 15.4.2): fifty people at the same moment, one of them wins, and all are told the same."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx2

from shared.contracts.visits import Role
from tests.support.corpus import Json, issue, meeting, sent
from tests.support.edge import ORIGIN
from tests.support.ward import unit_id
from tests.support.whole import Whole

MANY = 50


def test_of_fifty_visits_under_one_id_one_is_recorded(ward: Whole) -> None:
    """The other forty-nine contents are kept beside it, and none of them counts."""
    path = f"/visits/api/visits/{uuid4()}"

    statuses = at_once(ward, path, [meeting() | {"notes": f"bản {number}"} for number in range(MANY)])

    assert statuses == {201: 1, 409: MANY - 1}


def test_of_fifty_reports_on_one_visit_one_meets_the_duty(ward: Whole) -> None:
    """The same report fifty times is one filing."""
    path = f"/visits/api/visits/{uuid4()}"
    assert at_once(ward, path, [meeting()]) == {201: 1}
    ward.wait(ward.carry())

    report = {"summary": "Đã nắm tình hình.", "claimed_at": "2026-11-18T11:00:00+07:00"}
    statuses = at_once(ward, f"{path}/report", [report] * MANY)

    assert statuses == {201: 1, 200: MANY - 1}
    ward.wait(ward.carry())
    assert ward.wait(closed(ward, path, "report")) == 1


def test_of_fifty_acts_on_one_issue_one_counts(ward: Whole) -> None:
    """Forwarded, answered, replied to the cell: each once, whoever else tried with other words is told so."""
    raised = issue()
    visit = f"/visits/api/visits/{uuid4()}"
    assert at_once(ward, visit, [meeting() | {"issues": [raised]}]) == {201: 1}
    ward.wait(ward.carry())
    path = f"/feedback/api/issues/{raised['id']}"
    forwarding = f"{path}/forwardings/{uuid4()}"
    agency = str(unit_id("A01"))
    answered = {"answered_at": "2026-11-20T09:00:00+07:00", "summary": "Đã xử lý."}

    forwarded = at_once(
        ward,
        forwarding,
        [{"agency_unit_id": agency, "sent_at": "2026-11-19T09:00:00+07:00", "number": f"{number}-CV"}
         for number in range(MANY)],
        by=Role.OFFICE_CLERK,
    )  # fmt: skip
    answers = at_once(
        ward,
        f"{forwarding}/answer",
        [answered | {"document_number": f"{number}-TL"} for number in range(MANY)],
        by=Role.OFFICE_CLERK,
    )
    replies = at_once(
        ward,
        f"{path}/reply",
        [{"summary": f"Chi bộ đã được trả lời, bản {number}."} for number in range(MANY)],
        by=Role.OFFICE_CLERK,
    )

    assert forwarded == {201: 1, 409: MANY - 1}
    assert answers == {200: 1, 409: MANY - 1}
    assert replies == {201: 1, 409: MANY - 1}
    assert [ward.wait(closed(ward, visit, kind)) for kind in ("forward", "answer", "reply_to_cell")] == [
        1
    ] * 3


def at_once(
    ward: Whole, path: str, bodies: list[Json], *, by: Role = Role.COMMITTEE_MEMBER
) -> dict[int, int]:
    """Everybody at the same moment; how many were answered how."""

    async def put(body: Json) -> httpx2.Response:
        headers = {"content-type": "application/json", "cookie": f"fv_session={ward.tokens[by]}"}
        while (
            True
        ):  # 503 says that nothing was recorded: on a busy machine some wait too long for a connection
            request = httpx2.Request("PUT", f"{ORIGIN}{path}", headers=headers, content=sent(body))
            if (answer := await ward.send(request)).status_code != 503:
                return answer

    async def all_of_them() -> list[httpx2.Response]:
        return list(await asyncio.gather(*(put(body) for body in bodies)))

    return dict(Counter(answer.status_code for answer in ward.wait(all_of_them())))


async def closed(ward: Whole, visit: str, kind: str) -> Any:
    """How many duties of the visit are closed as done, each told once."""
    feedback = ward.services["feedback"].database
    async with feedback.read() as tx:
        return await tx.scalar(
            """
            SELECT count(*) FROM outbox o, duty d
            WHERE d.visit_id = CAST(:visit AS uuid) AND d.kind = :kind AND d.closure = 'done'
              AND o.subject = 'feedback.duty.closed.v1' AND o.key = CAST(d.duty_id AS text)
            """,
            visit=visit.rpartition("/")[2],
            kind=kind,
        )
