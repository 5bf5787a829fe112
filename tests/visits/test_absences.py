"""An absence is whole months, noted by the office, in the member's own meters at once."""

from datetime import date
from uuid import UUID

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from services.visits.domain.absences import Absence, excused_months, whole_months
from shared.contracts.visits import AbsenceReason
from shared.ids import uuid7
from tests.visits.world import WARD, World, person_id


@given(first=st.dates(), last=st.dates())
def test_only_whole_months_excuse(first: date, last: date) -> None:
    """Whatever days are sent: what is taken covers months from end to end, two years at most."""
    if not whole_months(first, last):
        return
    absence = Absence(
        absence_id=UUID(int=1),
        version=1,
        committee_id=WARD,
        person_id=WARD,
        first=first,
        last=last,
        reason=AbsenceReason.LEAVE,
    )
    months = excused_months([absence])
    assert first in months
    assert last.replace(day=1) in months
    assert len(months) == (last.year - first.year) * 12 + last.month - first.month + 1 <= 25


async def test_the_office_excuses_and_takes_it_back(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """F56: the member's own meter asks for nothing meanwhile; half a month and another committee's id are refused."""
    del world
    path = f"/visits/api/absences/{uuid7()}"
    body = {
        "person_id": str(person_id("M1")),
        "first": "2026-10-01",
        "last": "2026-12-31",
        "reason": "training",
    }

    async def asked() -> list[int]:
        cadence = (await member.get("/visits/api/cadence", params={"year": 2026})).json()
        return [each["required"] for each in cadence["field_trip"][8:]]

    before = await asked()
    assert (await clerk.put(path, json=body | {"last": "2026-12-15"})).status_code == 422
    assert (await member.put(path, json=body)).status_code == 403
    assert (await clerk.put(path, json=body)).status_code == 201
    assert (await clerk.put(path, json=body)).status_code == 200
    assert await asked() == [before[0], 0, 0, 0]

    assert (await clerk.put(path, json=body | {"withdrawn": True})).json()["version"] == 2
    assert await asked() == before
    listed = (await clerk.get("/visits/api/absences", params={"from": "2026-11-01"})).json()
    assert [each["withdrawn"] for each in listed["absences"]] == [True]
