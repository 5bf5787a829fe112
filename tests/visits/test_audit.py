"""Every route of visits that changes something leaves a row; the inspector reads them, and nobody else does."""

import asyncio
from typing import Any

import httpx2

from shared import audit
from shared.contracts.visits import AccessClass
from shared.ids import uuid7
from tests.support.audited import Route, Watch, changing_routes
from tests.support.photos import jpeg
from tests.support.workbooks import Rows
from tests.visits.near import assistant, secretary
from tests.visits.test_desk import DESK, take_in
from tests.visits.test_directory import cell
from tests.visits.test_phones import beat, frozen, queue_file, unheld
from tests.visits.ways_in import (
    App,
    Authenticator,
    accept,
    by_code,
    by_passkey,
    by_password,
    enrol_passkey,
    invitation,
    later,
)
from tests.visits.world import OTHER_WARD, WARD, World, issue, meeting, person_id, trip, unit_id

API = "/visits/api"
QUESTIONS: set[Route] = {
    # A question for the browser to sign, or a place on the doorstep: nothing of anybody has changed yet.
    ("POST", f"{API}/session"),
    ("POST", f"{API}/session/passkey/options"),
    ("POST", f"{API}/doorstep/passkey/options"),
    ("POST", f"{API}/account/passkeys/options"),
    # How full a phone's queue is: the state of a machine, of which only the latest is kept.
    ("PUT", f"{API}/devices/heartbeat"),
    # An import that is rolled back.
    ("POST", f"{API}/imports/registers/preview"),
}


async def test_every_change_leaves_a_row(world: World) -> None:
    """One story through all routes; a new route without a row fails here."""
    watch = Watch(world.service.app, world.database)
    world.watchers.append(watch.saw)

    await _keep_the_directory(world)
    await _import_and_undo(world)
    await _write_for_a_member(world)
    await _go_out(world)
    await _decide(world)
    await _come_in_by_passkey(world)
    await _come_in_by_app(world)
    await _keep_a_calendar(world)

    assert set(watch.audited) == changing_routes(world.service.app) - QUESTIONS
    assert watch.silent <= QUESTIONS
    async with world.database.read() as tx:
        assert (await audit.proven(tx)).broken is None


async def _done(answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code < 300, (answer.request.url, answer.text)
    return answer


async def _keep_a_calendar(world: World) -> None:
    member = await world.client("M1")
    await _done(await member.post(f"{API}/calendar"))
    await _done(await member.delete(f"{API}/calendar"))


async def _keep_the_directory(world: World) -> None:
    clerk = await world.client("K1")
    plan = {"person_code": "M1", "unit_code": "C001", "duty": "attend_meeting", "valid_from": "2026-01-01"}
    absence = {"person_id": str(person_id("M1")), "first": "2026-10-01", "last": "2026-12-31"}
    absence |= {"reason": "training"}
    quota = {"kind": "field_trip", "period": "month", "min_count": 2, "valid_from": "2027-01-01"}
    for path, body in (
        ("units/C010", cell(valid_from="2026-11-15")),
        ("bodies/committee_office", {"code": "committee_office", "name": "Văn phòng Đảng ủy"}),
        ("people/M9", {"code": "M9", "full_name": "Trần Văn Mới"}),
        (f"assignments/{uuid7()}", plan | {"basis_document": "05-TB/ĐU"}),
        (f"absences/{uuid7()}", absence),
        (f"evenings/{uuid7()}", {"month": "2027-02-01", "day": "2027-02-16"}),
        (f"quotas/{uuid7()}", quota | {"basis_document": "05-TB/ĐU"}),
        (f"reaches/{uuid7()}", {"deepest": 2, "valid_from": "2027-01-01", "basis_document": "05-TB/ĐU"}),
    ):
        await _done(await clerk.put(f"{API}/{path}", json=body))


async def _import_and_undo(world: World) -> None:
    clerk = await world.client("K1")
    rows: Rows = {"Đơn vị": [("C901", "Chi bộ Phù Lưu", "Chi bộ", "TS")]}
    undone = await clerk.post(f"{DESK}/{await take_in(clerk, rows)}/undo")
    await _done(undone)


async def _write_for_a_member(world: World) -> None:
    writer, member, cell = (
        await assistant(world, "M2"),
        await world.client("M2"),
        await secretary(world, "C002"),
    )
    path = f"{API}/visits/{uuid7()}"
    for_member = {"on_behalf_of": str(person_id("M2"))}
    await _done(await writer.put(path, json=trip(unit_code="C002") | for_member))
    await _done(await member.put(f"{path}/approval", json={"version": 1, "approved": True}))
    drafts = [f"{path}/report-drafts/{uuid7()}" for _ in range(2)]
    for draft in drafts:
        await _done(await writer.put(draft, json=for_member | {"summary": draft[-3:]}))
        if draft == drafts[0]:
            await _done(await member.put(f"{draft}/rejection", json={"reason": "Chưa đủ."}))
    signed = {"summary": drafts[1][-3:], "claimed_at": "2026-11-21T08:00:00+07:00"}
    await _done(await member.put(f"{drafts[1]}/signature", json=signed))
    word = {"version": 1, "outcome": "disputed", "comment": "Sai."}
    await _done(await cell.put(f"{path}/confirmation", json=word))
    await _done(await member.put(f"{path}/confirmation/answer", json={"statement": "Đúng."}))


async def _go_out(world: World) -> None:
    member = await world.client("M1")
    path = f"{API}/visits/{uuid7()}"
    await _done(await member.put(path, json=trip()))
    await _done(await member.put(f"{path}/versions/2", json=trip(notes="Sửa lại.")))
    raised = issue()
    with_issue = f"{API}/visits/{uuid7()}"
    await _done(await member.put(with_issue, json=trip(issues=[raised])))
    photo = f"{with_issue}/issues/{raised['id']}/photos/{uuid7()}"
    await _done(await member.put(photo, content=jpeg(), headers={"content-type": "image/jpeg"}))
    report = {"claimed_at": "2026-11-21T08:00:00+07:00", "summary": "x"}
    await _done(await member.put(f"{path}/report", json=report))
    await _done(await member.post(f"{API}/devices/key", json={"device_id": "phone-1"}))
    await _done(await member.put(f"{API}/devices/heartbeat", json=beat(1)))
    await _done(await member.put(f"{API}/unheld/{uuid7()}", json=unheld()))
    for notes in ("một", "hai"):
        await _done(await member.put(f"{path}/versions/3", json=trip(notes=notes) | {"base_version": 2}))
    choice = {"choices": {"/notes": "recorded"}}
    await _done(await member.put(f"{path}/versions/4/decision", json=choice))
    there = {"unit_id": str(unit_id("C001")), "kind": "meeting_attendance", "day": "2026-12-03"}
    await _done(await member.put(f"{API}/plans/{uuid7()}", json=there))
    objection = {"period": "2026-Q4", "text": "Chuyến đi ngày 20 chưa được tính."}
    await _done(await member.put(f"{API}/me/objections/{uuid7()}", json=objection))
    number: dict[str, Any] = {
        "kind": "complaint",
        "register_number": "15/PC-VPĐU",
        "receiving_office": "Thanh tra thành phố",
        "visit_id": None,
        "transferred_on": "2026-11-20",
    }
    await _done(await member.put(f"{API}/transfers/{uuid7()}", json=number))
    file = queue_file(frozen(f"visits/{uuid7()}", trip()))
    await _done(await (await world.client("K1")).post(f"{API}/imports/queue", json=file))
    merger = {"predecessors": ["C001", "C002"], "successors": ["C010"], "effective_on": "2026-11-15"}
    clerk = await world.client("K1")
    await _done(await clerk.put(f"{API}/successions/{uuid7()}", json=merger | {"basis_document": "12-QĐ/ĐU"}))


async def _decide(world: World) -> None:
    board = await world.client("B1")
    term = {"first_day": "2026-01-01", "last_day": "2026-11-21", "basis_document": "05-NQ/ĐU"}
    await _done(await board.put(f"{API}/terms/{uuid7()}", json=term))
    keep = {"days": 99, "citation": "07-QĐ/ĐU", "valid_from": "2026-11-01"}
    await _done(await board.put(f"{API}/retention/{uuid7()}", json=keep))


async def _come_in_by_passkey(world: World) -> None:
    browser, authenticator = await world.anonymous(), Authenticator()
    await _done(await accept(browser, await invitation(world, "M1")))
    await _done(await enrol_passkey(browser, authenticator))
    await _done(await browser.post(f"{API}/devices/token", json={"carrier": "cookie"}))
    added = await _done(await enrol_passkey(browser, Authenticator(), f"{API}/account/passkeys"))
    await _done(await browser.delete(f"{API}/account/passkeys/{added.json()['passkey_id']}"))
    await _done(await browser.put(f"{API}/account/password", json={"password": "con đò nhỏ"}))
    app = App(world, (await browser.post(f"{API}/account/authenticator")).json()["secret"])
    await _done(await browser.post(f"{API}/account/authenticator/confirm", json={"code": app.code()}))
    await _done(await browser.delete(f"{API}/account/authenticator"))
    elsewhere = await world.anonymous()
    await _done(await by_passkey(elsewhere, authenticator))
    (there,) = [
        each for each in (await browser.get(f"{API}/devices")).json()["devices"] if not each["current"]
    ]
    await _done(await browser.delete(f"{API}/devices/{there['device_id']}"))
    await _done(await browser.delete(f"{API}/session"))


async def _come_in_by_app(world: World) -> None:
    clerk = await world.client("K1")
    browser = await world.anonymous()
    await _done(await accept(browser, await invitation(world, "M2")))
    await _done(await browser.put(f"{API}/doorstep/password", json={"password": "con đò nhỏ"}))
    app = App(world, (await browser.post(f"{API}/doorstep/authenticator")).json()["secret"])
    await _done(await by_code(browser, app.code()))
    later(world, minutes=2)
    again = await world.anonymous()
    await _done(await by_password(again, "M2"))
    await _done(await by_code(again, app.code()))
    await invitation(world, "I1")
    (open_one,) = (await clerk.get(f"{API}/invitations")).json()["invitations"]
    await _done(await clerk.delete(f"{API}/invitations/{open_one['invitation_id']}"))
    await _done(await clerk.delete(f"{API}/people/M2/account"))


async def test_the_inspector_reads_it_and_nobody_else(world: World) -> None:
    """Of the own committee, filtered, a page at a time; the neighbours' rows are as if they were not there."""
    member, neighbour = await world.client("M1"), await world.client("X1")
    visits = [uuid7() for _ in range(3)]
    for visit_id in visits:
        await member.put(f"{API}/visits/{visit_id}", json=trip())
    await neighbour.put(f"{API}/visits/{uuid7()}", json=trip(unit_code="C009"))
    inspector = await world.client("I1")

    first = (await inspector.get(f"{API}/audit", params={"act": "visit.recorded", "limit": 2})).json()
    rest = (
        await inspector.get(
            f"{API}/audit", params={"act": "visit.recorded", "limit": 2, "before": first["next_before"]}
        )
    ).json()
    one = (await inspector.get(f"{API}/audit", params={"record_id": str(visits[0])})).json()["acts"]
    refused = {
        code: (await (await world.client(code)).get(f"{API}/audit")).status_code
        for code in ("M1", "B1", "K1", "O1", "X1")
    }

    shown = [each["record_id"] for each in (*first["acts"], *rest["acts"])]
    assert shown == [str(each) for each in reversed(visits)]
    assert rest["next_before"] is None
    (row,) = one
    assert (row["person_id"], row["kind"], row["became"]["version"]) == (str(person_id("M1")), "visit", 1)
    assert set(refused.values()) == {403}


async def test_requests_recorded_together_stand_under_their_own_senders(world: World) -> None:
    """The group that shares a transaction is nobody; each row names who sent its request."""
    members = {code: await world.client(code) for code in ("M1", "M2", "X1")}
    sent = {uuid7(): code for code in members for _ in range(5)}

    await asyncio.gather(
        *(
            members[code].put(f"{API}/visits/{id_}", json=trip(unit_code="C009" if code == "X1" else "C001"))
            for id_, code in sent.items()
        )
    )

    rows = await world.rows("SELECT * FROM audit WHERE act = 'visit.recorded'")
    committees = {"M1": WARD, "M2": WARD, "X1": OTHER_WARD}
    assert {(row.record_id, row.committee_id) for row in rows} == {
        (str(id_), committees[code]) for id_, code in sent.items()
    }
    assert len({row.request_id for row in rows}) == len(rows) == 15
    assert all(row.session_id is not None for row in rows)


async def test_a_restricted_issue_that_was_read_is_noted(world: World) -> None:
    """With the visit it belongs to, by whoever may see it."""
    member = await world.client("M1")
    raised = issue(access_class=AccessClass.IDEOLOGY)
    path = f"{API}/visits/{uuid7()}"
    await member.put(path, json=meeting(issues=[raised, issue()]))

    await (await world.client("K1")).get(path)
    await (await world.client("I1")).get(path)

    rows = await world.rows("SELECT person_id, record_id FROM audit WHERE act = 'restricted.read'")
    assert [(row.person_id, row.record_id) for row in rows] == [(person_id("I1"), raised["id"])]
