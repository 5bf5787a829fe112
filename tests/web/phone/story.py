"""What happens around a member before a phone is opened: visits, returns, answers and plans, by those who make them."""

from typing import Any
from uuid import UUID

import httpx2

from shared.ids import uuid7
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone.handset import CELL

API = "/visits/api"


def issue(title: str, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "kind": "petition", "field": "transport", "title": title} | changes


async def done(answer: httpx2.Response) -> Any:
    assert answer.status_code in (200, 201), (answer.request.url, answer.text)
    return answer.json()


async def unit_id(installed: Installed, name: str = CELL) -> str:
    async with await installed.client("member") as client:
        units = (await client.get(f"{API}/units?limit=500")).json()["units"]
    return next(str(unit["unit_id"]) for unit in units if unit["name"] == name)


async def visited(installed: Installed, **changes: Any) -> tuple[UUID, dict[str, Any]]:
    """The member went out on Saturday; the id and what was recorded."""
    visit_id = uuid7()
    body = {
        "kind": "field_trip",
        "unit_id": await unit_id(installed),
        "started_at": "2026-11-21T08:00:00+07:00",
        "ended_at": "2026-11-21T09:30:00+07:00",
        "device": {"id": "story", "seq": 1, "recorded_at": "2026-11-21T10:00:00+07:00"},
        "notes": "Bà con đồng thuận.",
        "issues": [],
    } | changes
    async with await installed.client("member") as client:
        await done(await client.put(f"{API}/visits/{visit_id}", json=body))
    return visit_id, body


async def edited_twice(installed: Installed, visit_id: UUID, body: dict[str, Any], *notes: str) -> None:
    """Two phones correct the same words, neither knowing of the other."""
    async with await installed.client("member") as client:
        for each in notes:
            edit = body | {"notes": each, "base_version": 1}
            await done(await client.put(f"{API}/visits/{visit_id}/versions/2", json=edit))


async def report_returned(installed: Installed, visit_id: UUID, comment: str) -> None:
    """The member files a report, and the office returns it; the phone's server knows of it."""
    report = {"summary": "Khu phố ổn định.", "claimed_at": "2026-11-21T10:00:00+07:00"}
    async with await installed.client("member") as client:
        await done(await client.put(f"{API}/visits/{visit_id}/report", json=report))
        own = (await client.get(f"{API}/phone")).json()["person_id"]
    async with await installed.client("office") as office:
        question = f"/feedback/api/duties?limit=200&kind=report&status=on_time&owner={own}"

        async def filed() -> Any:
            duties = (await office.get(question)).json()["duties"]
            return next((duty for duty in duties if duty["visit_id"] == str(visit_id)), None)

        duty = await eventually(filed, every=0.3)
        path = f"/feedback/api/duties/{duty['duty_id']}/returns/{uuid7()}"
        await done(await office.put(path, json={"comment": comment}))
    await known(installed, lambda own: any(each["comment"] == comment for each in own["returned"]))


async def answered(installed: Installed, issue_id: str, summary: str) -> None:
    """The office passes an issue on, the agency answers; the phone's server knows of it."""
    async with await installed.client("office") as office:

        async def there() -> bool:
            return (await office.get(f"/feedback/api/issues/{issue_id}")).status_code == 200

        await eventually(there, every=0.3)
        agencies = (await office.get(f"{API}/units?kind=agency&limit=5")).json()["units"]
        sent = f"/feedback/api/issues/{issue_id}/forwardings/{uuid7()}"
        forwarding = {"agency_unit_id": agencies[0]["unit_id"], "number": "15-CV/VPĐU"}
        await done(await office.put(sent, json=forwarding | {"sent_at": "2026-11-21T12:00:00+07:00"}))
        answer = {
            "answered_at": "2026-11-22T08:00:00+07:00",
            "document_number": "45/UBND",
            "summary": summary,
        }
        await done(await office.put(f"{sent}/answer", json=answer))
    await known(installed, lambda own: issue_id in own["answers"])


async def planned(installed: Installed, day: str, name: str) -> str:
    plan_id = str(uuid7())
    body = {"unit_id": await unit_id(installed, name), "kind": "field_trip", "day": day}
    async with await installed.client("member") as client:
        await done(await client.put(f"{API}/plans/{plan_id}", json=body))
    return plan_id


async def assigned(installed: Installed, name: str) -> str:
    """The office puts a cell into the member's charge; its id."""
    place = await unit_id(installed, name)
    async with await installed.client("member") as client:
        me = (await client.get(f"{API}/me")).json()["code"]
        units = (await client.get(f"{API}/units?limit=500")).json()["units"]
    code = next(unit["code"] for unit in units if unit["unit_id"] == place)
    async with await installed.client("office") as office:
        given = {"duty": "in_charge_of", "valid_from": "2026-01-01", "basis_document": "05-TB/ĐU"}
        path = f"{API}/assignments/{uuid7()}"
        await done(await office.put(path, json=given | {"person_code": me, "unit_code": code}))
    return place


async def own_work(installed: Installed) -> Any:
    async with await installed.client("member") as client:
        return await done(await client.get(f"{API}/phone"))


async def whole(installed: Installed, visit_id: object) -> Any:
    async with await installed.client("member") as client:
        return await done(await client.get(f"{API}/visits/{visit_id}"))


async def known(installed: Installed, holds: Any) -> None:
    """Wait until one's own work says so."""

    async def says() -> bool:
        return bool(holds(await own_work(installed)))

    await eventually(says, every=0.3)
