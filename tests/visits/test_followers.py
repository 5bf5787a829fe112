"""People who go to units without sitting on the committee: all of the work, and no quota."""

from services.visits.handlers import PutPerson, put_person
from shared.contracts.visits import PostHeld, Role
from shared.ids import derived_id, uuid7
from tests.visits.world import WARD, World, person_id, trip

REPORT = {"summary": "Bà con đề nghị sửa đường", "claimed_at": "2026-11-21T20:00:00+07:00"}


async def test_a_follower_records_and_reports_and_owes_no_quota(world: World) -> None:
    """The visit is theirs, told like any other; a period asks nothing of them, and what they did is counted."""
    follower_id = person_id("F1")
    post = PostHeld(
        post_id=derived_id(follower_id, "post"),
        role=Role.FOLLOWER,
        body="executive_committee",
        title="Trưởng Ban Công tác Mặt trận",
        unit_id=WARD,
    )
    async with world.database.begin() as tx:
        await put_person(
            PutPerson(
                person_id=follower_id, committee_id=WARD, code="F1", full_name="Lý Thị Hoa", posts=(post,)
            ),
            tx,
        )
    follower = await world.client("F1")
    visit_id = uuid7()

    recorded = await follower.put(f"/visits/api/visits/{visit_id}", json=trip())
    reported = await follower.put(f"/visits/api/visits/{visit_id}/report", json=REPORT)
    cadence = (await follower.get("/visits/api/cadence?year=2026")).json()
    member = await (await world.client("M1")).get(f"/visits/api/visits/{visit_id}")

    assert (recorded.status_code, reported.status_code, member.status_code) == (201, 201, 404)
    assert len(await world.events()) == 2
    periods = [*cadence["field_trip"], *cadence["meeting_attendance"]]
    assert sum(each["required"] or 0 for each in periods) == 0
    assert sum(each["done"] for each in periods) == 1
