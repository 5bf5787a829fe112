"""Restricted matters, what is handed over, texts that end with their term, quotas, and one's own data."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.visits import handlers
from services.visits.domain.register import read_register
from services.visits.domain.retention import Retention, Schedule, Term
from services.visits.handlers.erasure import erase_expired, erase_visits
from shared.clock import LOCAL
from shared.contracts.envelope import ERASED_BODY
from shared.contracts.visits import VisitErased
from shared.ids import uuid7
from tests.conftest import Fresh
from tests.visits.world import WARD, World, issue, meeting, migrate_visits, open_world, trip

REGISTER = Path(__file__).parents[1] / "data" / "registers" / "tu_son_2026"
SECRET = "Trăn trở riêng XQ7"


async def record(client: httpx2.AsyncClient, body: dict[str, Any]) -> str:
    visit_id = str(uuid7())
    answer = await client.put(f"/visits/api/visits/{visit_id}", json=body)
    assert answer.status_code == 201, answer.text
    return visit_id


# --- Restricted classes --------------------------------------------------------------------------


@pytest.mark.parametrize("access_class", ["ideology", "about_named_official"])
async def test_a_restricted_issue_is_as_if_never_raised(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient, access_class: str
) -> None:
    """The office sees a meeting that brought nothing; the one who heard it, the board and the inspector see all."""
    restricted = issue(title=SECRET, detail=SECRET, access_class=access_class)
    visit_id = await record(member, meeting(issues=[restricted]))
    plain = await record(member, meeting(issues=[], nothing_raised=True))

    hidden = (await clerk.get(f"/visits/api/visits/{visit_id}")).json()
    bare = (await clerk.get(f"/visits/api/visits/{plain}")).json()
    lines = {line["visit_id"]: line for line in (await clerk.get("/visits/api/visits")).json()["visits"]}

    assert hidden["issues"] == [] == hidden["versions"][0]["content"]["issues"]
    assert _shape(hidden) == _shape(bare)
    assert _shape(hidden["versions"][0]["content"]) == _shape(bare["versions"][0]["content"])
    for one in (hidden, bare, lines[visit_id], lines[plain]):
        assert (one["issue_count"], one["nothing_raised"]) == (0, True)
    assert hidden["versions"][0]["content"]["nothing_raised"] is True
    for reader in (member, await world.client("B1"), await world.client("I1")):
        whole = (await reader.get(f"/visits/api/visits/{visit_id}")).json()
        assert (whole["issues"][0]["title"], whole["issue_count"], whole["nothing_raised"]) == (
            SECRET,
            1,
            False,
        )


def _shape(shown: dict[str, Any]) -> set[str]:
    return set(shown)


async def test_a_restricted_issue_leaves_as_its_id_and_class(
    world: World, member: httpx2.AsyncClient
) -> None:
    """No word of it in any event."""
    await record(member, meeting(issues=[issue(title=SECRET, detail=SECRET, access_class="ideology")]))

    (payload,) = await world.events()

    assert SECRET not in payload
    assert json.loads(payload)["issues"][0]["kind"] is None


# --- What is handed over -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["complaint", "denunciation", "classified"])
async def test_what_has_its_own_law_is_refused_and_its_number_kept(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient, kind: str
) -> None:
    """The refusal says where it goes; the register keeps number, office and day, and has no field for more."""
    refused = await member.put(f"/visits/api/visits/{uuid7()}", json=meeting(issues=[issue(kind=kind)]))
    number = {
        "kind": kind,
        "register_number": "15/PC-VPĐU",
        "receiving_office": "Thanh tra thành phố",
        "visit_id": None,
        "transferred_on": "2026-11-20",
    }
    path = f"/visits/api/transfers/{uuid7()}"

    first, again = [await member.put(path, json=number) for _ in range(2)]
    other = await member.put(path, json=number | {"register_number": "16"})
    more = await member.put(f"/visits/api/transfers/{uuid7()}", json=number | {"content": "…"})
    wordy = await member.put(
        f"/visits/api/transfers/{uuid7()}", json=number | {"register_number": "ông A nói rằng"}
    )

    assert refused.status_code == 422
    assert "chuyển cơ quan có thẩm quyền" in refused.text
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert (more.status_code, wordy.status_code) == (422, 422)
    listed = (await clerk.get("/visits/api/transfers")).json()
    assert listed["counted"][kind] == 1
    assert (await (await world.client("M2")).get("/visits/api/transfers")).json()["transfers"] == []
    assert (await (await world.client("X1")).put(path, json=number)).status_code == 404
    assert not await world.rows("SELECT 1 FROM outbox WHERE payload LIKE '%VPĐU%'")


async def test_a_transfer_cannot_ask_about_somebody_elses_visit(
    world: World, member: httpx2.AsyncClient
) -> None:
    """A hidden visit and a missing one are refused in the same words."""
    theirs = await record(await world.client("M2"), trip())
    answers = [
        await member.put(
            f"/visits/api/transfers/{uuid7()}",
            json={
                "kind": "complaint",
                "register_number": "1",
                "receiving_office": "Thanh tra",
                "visit_id": visit_id,
                "transferred_on": "2026-11-20",
            },
        )
        for visit_id in (theirs, str(uuid7()))
    ]

    told = [
        (answer.status_code, [error | {"value": ""} for error in answer.json()["errors"]])
        for answer in answers
    ]
    assert told[0] == told[1]
    assert told[0][0] == 422


# --- Retention and erasure -----------------------------------------------------------------------


def test_texts_end_a_year_after_their_term_or_as_the_committee_decided() -> None:
    """A visit belongs to a term by its day; what was taken in later is kept as long from then on."""
    default = Term(
        term_id=uuid7(),
        committee_id=None,
        first_day=date(2021, 1, 1),
        last_day=date(2025, 12, 31),
        basis_document="-",
    )
    own = Term(
        term_id=uuid7(),
        committee_id=WARD,
        first_day=date(2021, 1, 1),
        last_day=date(2025, 6, 30),
        basis_document="-",
    )
    year = Retention(policy_id=uuid7(), committee_id=None, days=365, citation="-", valid_from=None)
    short = Retention(
        policy_id=uuid7(), committee_id=WARD, days=30, citation="-", valid_from=date(2026, 1, 1)
    )
    day, today = date(2025, 5, 5), date(2025, 7, 1)

    def last(*parts: Term | Retention, accepted: date = day, on: date = today) -> date | None:
        schedule = Schedule(
            terms=[part for part in parts if isinstance(part, Term)],
            policies=[part for part in parts if isinstance(part, Retention)],
        )
        return schedule.last_kept(WARD, day, accepted, today=on)

    assert last(default, year) == date(2026, 12, 31)
    assert last(default, own, year) == date(2026, 6, 30)
    assert last(default, own, year, short) == date(2026, 6, 30)  # not yet in force
    assert last(default, own, year, short, on=date(2026, 1, 1)) == date(2025, 7, 30)
    assert last(default, year, accepted=date(2026, 3, 1)) == date(2027, 3, 1)
    assert last(year) is None


async def test_an_expired_visit_becomes_a_tombstone(world: World, member: httpx2.AsyncClient) -> None:
    """Every text is gone, in rows, versions, clashes, reports and events; ids, dates, kinds and counts stay."""
    body = meeting(
        notes=SECRET,
        issues=[issue(title=SECRET, detail=SECRET), issue(title=SECRET, access_class="ideology")],
        report={"summary": SECRET, "claimed_at": "2026-11-20T12:00:00+07:00"},
    )
    visit_id = await record(member, body)
    path = f"/visits/api/visits/{visit_id}"
    assert (await member.put(path, json=body | {"notes": f"{SECRET} 2"})).status_code == 409
    assert (await member.put(f"{path}/versions/2", json=body | {"notes": f"{SECRET} 3"})).status_code == 201
    before = await _everything(world)
    assert SECRET in before

    early = await erase_expired(world.database, date(2031, 12, 31))
    done = [await erase_expired(world.database, date(2032, 1, 1)) for _ in range(2)]

    assert (early, done) == (0, [1, 0])
    assert SECRET not in await _everything(world)
    (erased,) = await world.events(VisitErased.subject)
    told = VisitErased.model_validate_json(erased).visit
    assert [raised.title for raised in told.issues] == [None, None]
    assert told.erased_at is not None
    assert told.report is not None
    assert set(await world.events()) == {ERASED_BODY.decode()}
    assert [row.seq for row in await world.rows("SELECT seq FROM outbox ORDER BY seq")] == list(
        range(1, (await world.count("outbox")) + 1)
    )
    (audited,) = await world.rows("SELECT record_id, machine FROM audit WHERE act = 'visit.erased'")
    assert (audited.record_id, audited.machine) == (visit_id, "retention")


async def test_a_tombstone_answers_its_phone_and_takes_no_text(
    world: World, member: httpx2.AsyncClient
) -> None:
    """The same record gets the same receipt; other content is refused and kept nowhere; a report has no words."""
    body = trip(notes="Một")
    visit_id = await record(member, body)
    path = f"/visits/api/visits/{visit_id}"
    receipt = (await member.put(path, json=body)).json()
    async with world.database.begin() as tx:
        await erase_visits([UUID(visit_id)], tx, by="test")

    again = await member.put(path, json=body)
    other = await member.put(path, json=body | {"notes": SECRET})
    edit = await member.put(f"{path}/versions/2", json=body | {"notes": SECRET})
    wordy, bare = [
        await member.put(f"{path}/report", json={"summary": text, "claimed_at": "2026-11-21T08:00:00+07:00"})
        for text in (SECRET, "")
    ]
    shown = (await member.get(path)).json()

    assert (again.status_code, again.json() | {"warnings": []}) == (200, receipt | {"warnings": []})
    assert [answer.status_code for answer in (other, edit, wordy, bare)] == [409, 409, 422, 201]
    assert (shown["notes"], shown["erased_at"] is not None) == ("", True)
    assert SECRET not in await _everything(world)


async def test_a_register_read_again_revives_nothing(world: World) -> None:
    """The same file changes nothing; a changed row of an erased visit is refused by its line."""
    register = read_register(REGISTER)
    async with world.database.begin() as tx:
        await handlers.import_register(register, tx)
    world.clock.move_to(datetime(2032, 1, 2, tzinfo=LOCAL))
    assert await erase_expired(world.database, date(2032, 1, 2)) == len(register.visits)

    async with world.database.begin() as tx:
        again = await handlers.import_register(register, tx)

    assert again.changed_nothing
    assert not await world.rows("SELECT 1 FROM issue WHERE title <> ''")


async def test_a_committee_decides_how_long_its_texts_stay(world: World, member: httpx2.AsyncClient) -> None:
    """The board records terms and decisions, dated, each once; nobody else does."""
    board = await world.client("B1")
    term = {"first_day": "2026-01-01", "last_day": "2026-11-21", "basis_document": "05-NQ/ĐU"}
    keep = {"days": 1, "citation": "07-QĐ/ĐU", "valid_from": "2026-11-01"}
    paths = (f"/visits/api/terms/{uuid7()}", f"/visits/api/retention/{uuid7()}")

    statuses = [
        [(await board.put(path, json=body)).status_code for _ in range(2)]
        for path, body in zip(paths, (term, keep), strict=True)
    ]
    changed = await board.put(paths[1], json=keep | {"days": 2})
    by_member = await member.put(f"/visits/api/retention/{uuid7()}", json=keep)
    await record(member, trip())

    assert statuses == [[201, 200], [201, 200]]
    assert (changed.status_code, by_member.status_code) == (409, 403)
    assert await erase_expired(world.database, date(2026, 11, 23)) == 0
    assert await erase_expired(world.database, date(2026, 11, 24)) == 1
    shown = (await member.get("/visits/api/retention")).json()
    assert {policy["days"] for policy in shown["policies"]} == {365, 1}


async def _everything(world: World) -> str:
    """All that stands in the tables that hold or told of visits, as text."""
    tables = ("visit", "visit_version", "visit_conflict", "issue", "report_version", "outbox", "quarantine")
    rows = [
        await world.rows(f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} AS t") for table in tables
    ]
    return "\n".join(row.row for each in rows for row in each)


# --- Quotas, warnings, one's own data ------------------------------------------------------------


async def test_two_hundred_visits_in_a_minute_are_too_many_and_half_of_none_is_stored(
    database: Fresh,
) -> None:
    """What is refused says when to come back, and left nothing behind; another person goes on."""
    world = await open_world(await database("visits", migrate_visits), writes_per_minute=20)
    member, other = await world.client("M1"), await world.client("M2")

    answers = [
        await member.put(f"/visits/api/visits/{uuid7()}", json=meeting(issues=[issue()])) for _ in range(30)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    theirs = await other.put(f"/visits/api/visits/{uuid7()}", json=trip())
    reading = await member.get("/visits/api/visits")

    accepted = sum(answer.status_code == 201 for answer in answers)
    assert refused
    assert accepted + len(refused) == 30
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert (theirs.status_code, reading.status_code) == (201, 200)
    assert [await world.count(table) for table in ("visit", "visit_version", "issue")] == [
        accepted + 1,
        accepted + 1,
        accepted,
    ]
    await world.close()


async def test_tries_at_the_door_are_counted_by_address(database: Fresh) -> None:
    """Before anybody is known, the address is all there is."""
    world = await open_world(await database("visits", migrate_visits), door_tries_per_minute=3)
    nobody = await world.anonymous()

    answers = [
        await nobody.post("/visits/api/session", json={"login": f"M{n}", "password": "khong-dung"})
        for n in range(6)
    ]

    assert [answer.status_code for answer in answers][3:] == [429, 429, 429]
    assert "retry-after" in answers[-1].headers
    await world.close()


async def test_a_person_in_a_text_is_a_warning_that_repeats_nothing(member: httpx2.AsyncClient) -> None:
    """Identity numbers, telephone numbers and named comrades, in notes, issues and reports; nothing is refused."""
    text = "CCCD 001099012345, gọi 0912 345 678, đồng chí Hùng nói"
    body = meeting(notes=text, issues=[issue(title="Đồng chí Lan phản ánh", detail=text)])
    path = f"/visits/api/visits/{uuid7()}"

    receipt = await member.put(path, json=body)
    filed = await member.put(
        f"{path}/report", json={"summary": text, "claimed_at": "2026-11-21T08:00:00+07:00"}
    )

    assert (receipt.status_code, filed.status_code) == (201, 201)
    codes = {(each["pointer"], each["code"]) for each in receipt.json()["warnings"]}
    assert {pointer for pointer, _ in codes} == {"/notes", "/issues/0/title", "/issues/0/detail"}
    assert len(filed.json()["warnings"]) == 3
    for answer in (receipt, filed):
        assert not any(part in answer.text for part in ("001099012345", "0912", "Hùng", "Lan"))


async def test_everybody_sees_all_that_is_kept_about_them_and_nothing_else(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Directory entry, posts, sessions, visits with their texts; labels are Vietnamese."""
    await record(member, trip(notes="Của tôi"))
    await record(await world.client("M2"), trip(notes="Của người khác"))

    shown = await member.get("/visits/api/me/data")

    sections = {section["name"]: section for section in shown.json()["sections"]}
    assert sections["person"]["rows"][0]["full_name"] == "Nguyễn Văn An"
    assert sections["person"]["fields"]["full_name"] == "Họ và tên"
    assert sections["posts"]["rows"][0]["role"] == "committee_member"
    assert sections["sessions"]["rows"]
    assert [row["content"]["notes"] for row in sections["visits"]["rows"]] == ["Của tôi"]
    assert "Của người khác" not in shown.text
    assert "token" not in shown.text
    assert (await (await world.client("O1")).get("/visits/api/me/data")).status_code == 200
