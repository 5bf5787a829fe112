"""What phones ask beside sending visits: the key to what they keep, what the server lacks, what did not take place."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.visits.domain.visit import canonical, content_hash
from services.visits.schemas.visits import VisitIn
from shared.contracts.visits import DeviceSeen
from shared.ids import uuid7
from shared.sessions import token_sha256
from tests.visits.world import World, issue, person_id, trip, unit_id

API = "/visits/api"
DEVICE = "018f0000-0000-7000-8000-00000000dddd"


def from_device(seq: int, **changes: Any) -> dict[str, Any]:
    return trip(
        device={"id": DEVICE, "seq": seq, "recorded_at": "2026-11-20T10:05:00+07:00"}, notes="", **changes
    )


def beat(highest: int, **changes: Any) -> dict[str, Any]:
    return {
        "device_id": DEVICE,
        "drafts": 1,
        "ready": 0,
        "failed": 0,
        "refused": 0,
        "highest_seq": highest,
        "app_version": "abc",
        "device_time": "2026-11-22T08:00:00+07:00",
    } | changes


async def key_of(client: httpx2.AsyncClient, device_id: str = DEVICE) -> bytes:
    answer = await client.post(f"{API}/devices/key", json={"device_id": device_id})
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["key"])


async def test_a_key_belongs_to_one_person_on_one_device(world: World, member: httpx2.AsyncClient) -> None:
    """F30: the same each time for the same two, another for anybody or anything else, and none for nobody."""
    other = await world.client("M2")

    keys = [
        await key_of(member),
        await key_of(member),
        await key_of(other),
        await key_of(member, "elsewhere"),
    ]
    nobody = await (await world.anonymous()).post(f"{API}/devices/key", json={"device_id": DEVICE})

    assert keys[0] == keys[1]
    assert len({*keys}) == 3
    assert {len(key) for key in keys} == {32}
    assert nobody.status_code == 401


async def test_a_phone_without_its_person_may_have_the_key(world: World, member: httpx2.AsyncClient) -> None:
    """The session has ended, the phone's own token has not: what it keeps can still be opened and sent."""
    token = (await member.post(f"{API}/devices/token", json={"carrier": "bearer"})).json()["token"]
    phone = await world.anonymous()
    phone.headers["authorization"] = f"Bearer {token}"

    assert await key_of(phone) == await key_of(member)
    assert len(token_sha256(token)) == 64


async def test_the_server_names_the_numbers_it_lacks(world: World, member: httpx2.AsyncClient) -> None:
    """I1: a number that is neither here nor on the phone nor let go was lost on the way; it is named and counted."""
    for seq in (1, 2, 4):
        await member.put(f"{API}/visits/{uuid7()}", json=from_device(seq))

    heard = (await member.put(f"{API}/devices/heartbeat", json=beat(7, unsent=[7], let_go=[6]))).json()

    assert heard["missing"] == [3, 5, 7]
    assert heard["shell"]
    row = (await world.rows("SELECT gaps, drafts, highest_seq FROM device_report"))[0]
    assert (row.gaps, row.drafts, row.highest_seq) == (2, 1, 7)
    assert b"visits_device_sequence_gaps 2.0" in await world.service.metrics.expose()


async def test_a_clash_and_a_visit_not_held_are_here_too(world: World, member: httpx2.AsyncClient) -> None:
    """Whatever was kept is not missing: beside other content, or as what did not take place."""
    taken = uuid7()
    await member.put(f"{API}/visits/{taken}", json=from_device(1))
    clash = await member.put(
        f"{API}/visits/{taken}", json=from_device(2, ended_at="2026-11-20T11:00:00+07:00")
    )
    missed = await member.put(f"{API}/unheld/{uuid7()}", json=unheld(seq=3))

    heard = (await member.put(f"{API}/devices/heartbeat", json=beat(3))).json()

    assert (clash.status_code, missed.status_code) == (409, 201)
    assert heard["missing"] == []
    assert await world.count("visit_conflict") == 1


async def test_the_committee_hears_of_a_phone_when_its_queue_changed_and_every_hour(
    world: World, member: httpx2.AsyncClient
) -> None:
    """F60: not of every heartbeat, and by an id that tells neither device nor person."""
    for wait, changes in (
        (1, {"ready": 1, "refused": 1, "unsent": [1]}),
        (20, {"ready": 1, "refused": 1, "unsent": [1]}),
        (50, {"ready": 1, "refused": 1, "unsent": [1]}),
        (1, {}),
        (1, {}),
    ):
        world.clock.move_to(world.clock.now() + timedelta(minutes=wait))
        await member.put(f"{API}/devices/heartbeat", json=beat(1, **changes))

    rows = await world.rows("SELECT payload FROM outbox WHERE subject = 'visits.device.seen.v1' ORDER BY seq")
    told = [DeviceSeen.model_validate_json(row.payload) for row in rows]
    assert [(each.version, each.unsent, each.drafts) for each in told] == [(1, 2, 1), (2, 2, 1), (3, 0, 1)]
    assert {each.person_id for each in told} == {person_id("M1")}
    assert DEVICE not in rows[0].payload


async def test_another_persons_numbers_fill_no_gap(world: World, member: httpx2.AsyncClient) -> None:
    """Two people on one phone have two sequences."""
    await (await world.client("M2")).put(f"{API}/visits/{uuid7()}", json=from_device(1))

    assert (await member.put(f"{API}/devices/heartbeat", json=beat(1))).json()["missing"] == [1]


async def test_a_visit_is_seen_when_feedback_has_passed_it(world: World, member: httpx2.AsyncClient) -> None:
    """Not when it was sent, and never somebody else's: only what the bus receipt covers is told."""
    mine, later, theirs = uuid7(), uuid7(), uuid7()
    await member.put(f"{API}/visits/{mine}", json=from_device(1))
    await (await world.client("M2")).put(f"{API}/visits/{theirs}", json=from_device(1))
    passed = int((await world.rows("SELECT max(seq) AS seq FROM outbox"))[0].seq)
    await member.put(f"{API}/visits/{later}", json=from_device(2))
    asking = beat(2, asking=[str(mine), str(later), str(theirs)])

    before = (await member.put(f"{API}/devices/heartbeat", json=asking)).json()
    async with world.database.begin() as tx:
        await tx.execute(
            "INSERT INTO receipt VALUES ('feedback', :passed, :passed, '[]', true, :now)",
            passed=passed,
            now=tx.now,
        )
    after = (await member.put(f"{API}/devices/heartbeat", json=asking)).json()

    assert (before["seen"], after["seen"]) == ([], [str(mine)])


async def test_a_record_is_never_taken_for_whoever_is_signed_in_by_then(
    world: World, member: httpx2.AsyncClient
) -> None:
    """The phone says whose it is; another person's session answers 401 and records nothing."""
    refused = await member.put(
        f"{API}/visits/{uuid7()}", json=trip(), headers={"x-person-id": str(person_id("M2"))}
    )
    taken = await member.put(
        f"{API}/visits/{uuid7()}", json=trip(), headers={"x-person-id": str(person_id("M1"))}
    )

    assert (refused.status_code, taken.status_code) == (401, 201)
    assert await world.count("visit") == 1


def test_an_old_content_keeps_its_hash() -> None:
    """F32: what a phone of yesterday says hashes as it did yesterday, or its retry would be a clash."""
    body = trip(issues=[issue(id="018f0000-0000-7000-8000-0000000000aa")])
    visit = VisitIn.model_validate_json(json.dumps(body)).as_visit()

    assert set(json.loads(canonical(visit))) == {*body, "unit", "report"} - {"unit_code"}
    assert (
        content_hash(canonical(visit)) == "b7d597231c1e1e399090ad289b13e423d94c3558a6de6746c4f58659c42d7e77"
    )


async def test_the_envelope_keeps_the_claimed_and_the_corrected_time(member: httpx2.AsyncClient) -> None:
    """F13: a clock a year behind is told from the visit's day; both times stand beside each other."""
    visit_id = uuid7()
    year = 365 * 86_400_000
    device = {"id": DEVICE, "seq": 1, "recorded_at": "2025-11-20T10:05:00+07:00", "server_offset_ms": year}
    answer = await member.put(f"{API}/visits/{visit_id}", json=trip(device=device | {"app_version": "abc"}))

    (version,) = (await member.get(f"{API}/visits/{visit_id}")).json()["versions"]

    assert [each["code"] for each in answer.json()["warnings"]] == []
    assert version["device_recorded_at"] == "2025-11-20T03:05:00Z"
    assert version["device_corrected_at"] == "2026-11-20T03:05:00Z"


def unheld(*, seq: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "meeting_attendance",
        "unit_code": "C001",
        "planned_at": "2026-11-20T19:00:00+07:00",
        "outcome": "cancelled",
        "reason": "weather",
        "device": {"id": DEVICE, "seq": seq, "recorded_at": "2026-11-20T10:05:00+07:00"},
    } | changes


async def test_a_visit_that_did_not_take_place_is_no_visit(world: World, member: httpx2.AsyncClient) -> None:
    """F15: it is told and shown with its reason, counts for no quota, and nobody else hears of it."""
    unheld_id = uuid7()

    first = await member.put(f"{API}/unheld/{unheld_id}", json=unheld())
    again = await member.put(f"{API}/unheld/{unheld_id}", json=unheld())
    other = await member.put(f"{API}/unheld/{unheld_id}", json=unheld(reason="illness"))

    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert first.json() == again.json()
    shown = (await (await world.client("K1")).get(f"{API}/unheld")).json()["unheld"]
    assert [(each["unheld_id"], each["reason"]) for each in shown] == [(str(unheld_id), "weather")]
    assert (await (await world.client("M2")).get(f"{API}/unheld")).json()["unheld"] == []
    year = (await member.get(f"{API}/cadence?year=2026")).json()
    assert sum(count["done"] for count in year["meeting_attendance"]) == 0
    assert await world.events() == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"outcome": "nobody_met", "planned_at": "2026-12-20T19:00:00+07:00"}, "in-future"),
        ({"planned_at": "2020-12-20T19:00:00+07:00"}, "too-old"),
        ({"unit_code": "C009"}, "unknown-unit"),
        ({"unit_id": str(unit_id("C001"))}, "one-unit"),
    ],
)
async def test_what_cannot_have_been_planned_is_refused(
    member: httpx2.AsyncClient, changes: dict[str, Any], rule: str
) -> None:
    """With its field and rule, like a visit."""
    refused = await member.put(f"{API}/unheld/{uuid7()}", json=unheld(**changes))

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["rule"] == rule


# --- the queue as a file


def queue_file(*items: dict[str, Any], person: str = "M1") -> dict[str, Any]:
    return {
        "format": "field-visits-queue-1",
        "person_id": str(person_id(person)),
        "device_id": DEVICE,
        "exported_at": "2026-11-22T08:00:00+07:00",
        "items": list(items),
    }


def frozen(path: str, body: dict[str, Any], *, kind: str = "visit", seq: int | None = None) -> dict[str, Any]:
    text = json.dumps(body, ensure_ascii=False)
    return {
        "id": str(uuid7()),
        "kind": kind,
        "method": "PUT",
        "path": f"{API}/{path}",
        "seq": seq,
        "frozen_at": "2026-11-20T10:05:00+07:00",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "body": text,
    }


async def test_the_office_takes_in_a_queue_and_the_phone_sends_it_later(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """F29: recorded for the member by the clerk; the phone that comes back gets the receipt of what stands."""
    visit_id = uuid7()
    body = from_device(1, issues=[issue()])
    report = {"summary": "Đã nắm tình hình.", "claimed_at": "2026-11-20T11:00:00+07:00"}
    file = queue_file(
        frozen(f"visits/{visit_id}", body, seq=1),
        frozen(f"visits/{visit_id}/versions/2", from_device(2, issues=body["issues"]), kind="version", seq=2),
        frozen(f"visits/{visit_id}/report", report, kind="report"),
        frozen(f"unheld/{uuid7()}", unheld(seq=3), kind="unheld", seq=3),
    )

    taken = await clerk.post(f"{API}/imports/queue", json=file)
    again = await clerk.post(f"{API}/imports/queue", json=file)
    sent = await member.put(f"{API}/visits/{visit_id}", json=body)

    assert [each["outcome"] for each in taken.json()["items"]] == ["accepted"] * 4, taken.text
    assert [each["outcome"] for each in again.json()["items"]] == ["repeated"] * 4
    assert sent.status_code == 200
    assert sent.json()["receipt_number"] == taken.json()["items"][0]["receipt_number"]
    (row,) = await world.rows("SELECT visitor_id, recorded_by, version, report_filed_at FROM visit")
    assert (row.visitor_id, row.recorded_by, row.version) == (person_id("M1"), person_id("K1"), 2)
    assert row.report_filed_at is not None
    acts = await world.rows("SELECT person_id FROM audit WHERE act = 'visit.recorded'")
    assert [act.person_id for act in acts] == [person_id("K1")]


async def test_one_act_that_cannot_land_keeps_no_other_from_it(
    world: World, clerk: httpx2.AsyncClient
) -> None:
    """Changed bytes, an address of another service, a broken rule: each says why, and the good one lands."""
    changed = frozen(f"visits/{uuid7()}", from_device(1)) | {"sha256": "0" * 64}
    elsewhere = frozen(f"visits/{uuid7()}", from_device(1)) | {"path": "/feedback/api/extensions/1"}
    broken = frozen(f"visits/{uuid7()}", from_device(1, unit_code="C009"))
    good = frozen(f"visits/{uuid7()}", from_device(1))

    answer = await clerk.post(f"{API}/imports/queue", json=queue_file(changed, elsewhere, broken, good))

    items = answer.json()["items"]
    assert [each["outcome"] for each in items] == ["refused", "refused", "refused", "accepted"]
    assert all(each["message"] for each in items[:3])
    assert await world.count("visit") == 1


async def test_only_the_office_takes_in_and_only_for_its_own_people(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """A member cannot record for another by a file; a stranger is as if there were none."""
    file = queue_file(frozen(f"visits/{uuid7()}", from_device(1)))

    assert (await member.post(f"{API}/imports/queue", json=file)).status_code == 403
    stranger = await clerk.post(f"{API}/imports/queue", json=file | {"person_id": str(uuid7())})
    assert stranger.status_code == 404
    assert await world.count("visit") == 0


async def test_the_office_sees_which_phones_hold_something(
    member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """F59, F60: how many, since when, and when the phone was last heard of."""
    oldest = "2026-11-20T10:05:00+07:00"
    await member.put(
        f"{API}/devices/heartbeat", json=beat(2, ready=1, failed=1, unsent=[1, 2], oldest_unsent_at=oldest)
    )

    (phone,) = (await clerk.get(f"{API}/phones")).json()["phones"]

    assert (phone["person"]["code"], phone["unsent"], phone["gaps"]) == ("M1", 2, 0)
    assert phone["oldest_unsent_at"] == "2026-11-20T03:05:00Z"
    assert (await member.get(f"{API}/phones")).status_code == 403
