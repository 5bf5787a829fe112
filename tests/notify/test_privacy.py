"""Who hears of a restricted matter, who may see that they did, and what an erasure means where no text is."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.notify import views
from shared.access import Reach
from shared.contracts.envelope import ERASED_BODY
from shared.contracts.visits import AccessClass, Role, VisitErased, VisitKind, VisitRecorded
from shared.housekeeping import Housekeeping
from shared.quarantine import Held, Reason, decide, hold
from tests.conftest import Fresh
from tests.notify.world import COMMITTEE, Duty, ManualClock, World, build_world, local, migrate_notify, person

NOW = local("2026-11-18 08:00")


@pytest.fixture
async def world(database: Fresh) -> World:
    return build_world(await database("notify", migrate_notify), ManualClock(NOW))


async def test_a_restricted_matter_is_told_to_its_owner_and_the_board_alone(world: World) -> None:
    """From the reminder to the last rung and the alarm: no clerk, no standing committee."""
    owner, clerk, standing, board = (
        person(role)
        for role in (Role.COMMITTEE_MEMBER, Role.OFFICE_CLERK, Role.STANDING_COMMITTEE, Role.PERMANENT_BOARD)
    )
    duty = Duty(owner=owner.person_id, urgent=True)
    opened = duty.opened()
    hidden = opened.model_copy(
        update={
            "duties": tuple(
                each.model_copy(update={"access_class": AccessClass.IDEOLOGY}) for each in opened.duties
            )
        }
    )
    soon = duty.due_soon()
    soon = soon.model_copy(
        update={"duty": soon.duty.model_copy(update={"access_class": AccessClass.IDEOLOGY})}
    )

    await world.hear(owner, clerk, standing, board, hidden, soon)
    for day in ("2026-11-19", "2026-11-23", "2026-11-24", "2026-11-26", "2026-11-30"):
        await world.pass_to(local(f"{day} 08:00"))

    told = {who for _, who, _ in await world.told()}
    assert told == {owner.person_id, board.person_id}
    everything = Reach(committee_id=COMMITTEE, all=True, person_id=None, unit_ids=())
    seen = {
        name: len(await _ledger(world, everything, restricted))
        for name, restricted in {
            "office": Reach(committee_id=COMMITTEE, all=False, person_id=None, unit_ids=()),
            "board": everything,
            "owner": Reach(committee_id=COMMITTEE, all=False, person_id=owner.person_id, unit_ids=()),
        }.items()
    }
    assert seen["office"] == 0
    assert seen["board"] == seen["owner"] == len(await world.messages())


async def _ledger(world: World, reach: Reach, restricted: Reach) -> list[object]:
    async with world.database.read() as tx:
        return list(
            await views.ledger(
                tx,
                reach,
                restricted,
                duty_id=None,
                person_id=None,
                channel=None,
                state=None,
                since=None,
                after=None,
                limit=200,
            )
        )


async def test_an_erasure_empties_what_was_set_aside_here(world: World) -> None:
    """A message of visits that could not be read holds the text all the same; its row and reason stay."""
    visit_id = uuid4()
    await _hold(world, f'{{"visit_id":"{visit_id}","title":"Trăn trở riêng"}}'.encode())
    await _hold(world, b'{"title":"Chuy\xe1\xbb\x87n kh\xc3\xa1c"}')

    await world.hear(VisitErased(visit=_tombstone(visit_id)))

    assert await _payloads(world) == [ERASED_BODY, b'{"title":"Chuy\xe1\xbb\x87n kh\xc3\xa1c"}']


async def test_what_somebody_decided_on_is_emptied_after_thirty_days(world: World) -> None:
    """Housekeeping does it in every service; what is still held waits for its person."""
    await _hold(world, b"decided")
    await _hold(world, b"held")
    async with world.database.begin() as tx:
        (first, *_) = await tx.all("SELECT id FROM quarantine ORDER BY id")
        await decide(tx, first.id, status="discarded", by="test")
    housekeeping = Housekeeping("notify", world.database)

    world.clock.move_to(NOW + timedelta(days=29))
    assert await housekeeping.tidy(world.clock.now().date())
    before = await _payloads(world)
    world.clock.move_to(NOW + timedelta(days=31))
    assert await housekeeping.tidy(world.clock.now().date())

    assert before == [b"decided", b"held"]
    assert await _payloads(world) == [ERASED_BODY, b"held"]


def _tombstone(visit_id: object) -> VisitRecorded:
    return VisitRecorded.model_validate(
        {
            "visit_id": visit_id,
            "version": 2,
            "committee_id": COMMITTEE,
            "unit_id": COMMITTEE,
            "visitor_id": uuid4(),
            "recorded_by": uuid4(),
            "kind": VisitKind.FIELD_TRIP,
            "started_at": NOW,
            "ended_at": NOW,
            "accepted_at": NOW,
            "erased_at": NOW,
        }
    )


async def _hold(world: World, payload: bytes) -> None:
    async with world.database.begin() as tx:
        await hold(
            tx,
            [
                Held(
                    consumer="notify",
                    stream="VISITS",
                    stream_seq=1,
                    subject="visits.visit.recorded.v1",
                    headers={},
                    payload=payload,
                    reason=Reason.ENVELOPE,
                    detail="the message has no headers",
                    deliveries=1,
                )
            ],
        )


async def _payloads(world: World) -> list[bytes]:
    async with world.database.read() as tx:
        return [bytes(row.payload) for row in await tx.all("SELECT payload FROM quarantine ORDER BY id")]
