"""What a committee commends and what others should do alike: told with who decided, taken back in the open, spread."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.feedback.domain.evaluation import METHOD
from services.feedback.handlers.erasure import erase_late_texts
from services.feedback.store import evaluations as sheets
from shared.contracts.visits import AccessClass, VisitErased
from shared.ids import uuid7
from tests.feedback.desk import INSPECTOR, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import (
    AGENT,
    CELL,
    CELL_SECRETARY,
    CLERK,
    COMMITTEE,
    MEMBER,
    SECRETARY,
    Feedback,
    id_of,
    issue,
    local,
    visit,
)

CELL_PRAISED = {
    "unit_id": str(CELL),
    "reason": "Giữ nếp sinh hoạt đều, dân vận khéo",
    "deciding_body": "Ban Thường vụ Đảng ủy",
    "document_number": "12-QĐ/ĐU",
    "decided_on": "2026-10-02",
}
MEMBER_PRAISED = {key: text for key, text in CELL_PRAISED.items() if key != "unit_id"} | {
    "person_id": str(MEMBER)
}
PRACTICE = {
    "unit_id": str(CELL),
    "title": "Tổ tự quản nghe dân mỗi tối thứ Sáu",
    "body": "Cử hai đảng viên trực, ghi việc vào sổ chung, trả lời trong tuần.",
}


async def commend(desk: Desk, body: dict[str, Any] = CELL_PRAISED, who: UUID = CLERK) -> str:
    path = f"/commendations/{uuid7()}"
    answer = await desk.put(who, path, body)
    assert answer.status_code == 201, answer.text
    return path


async def note(desk: Desk, body: dict[str, Any] = PRACTICE) -> str:
    path = f"/good-practices/{uuid7()}"
    answer = await desk.put(CLERK, f"{path}/versions/1", body)
    assert answer.status_code == 201, answer.text
    return path


async def titles(desk: Desk, who: UUID = MEMBER, **query: Any) -> list[str]:
    """What the list shows, by the first words."""
    page = await desk.read(who, "/praise", **query)
    assert page["total"] == len(page["entries"])
    return [(each["title"] or each["text"]).split()[0] for each in page["entries"]]


async def part(desk: Desk, number: int, path: str = "/report", **query: Any) -> list[list[str]]:
    told = await desk.read(CLERK, path, **query)
    paper = told.get("paper", told)
    rows: list[list[str]] = paper["parts"][number]["rows"]
    return rows


# --- Commendations -------------------------------------------------------------------------------


async def test_a_commendation_is_told_once_with_who_decided_it(feedback: Feedback, desk: Desk) -> None:
    """Sent again it is one; other content under its id is refused; the audit holds no word of the reason."""
    path = await commend(desk)

    again = await desk.put(SECRETARY, path, CELL_PRAISED)
    other = await desk.put(CLERK, path, CELL_PRAISED | {"decided_on": "2026-10-01"})

    assert (again.status_code, other.status_code) == (200, 409)
    (entry,) = (await desk.read(CELL_SECRETARY, "/praise"))["entries"]
    assert entry == again.json()
    assert {key: entry[key] for key in CELL_PRAISED if key != "decided_on" and key in entry} == {
        key: CELL_PRAISED[key] for key in ("unit_id", "deciding_body", "document_number")
    }
    assert (entry["day"], entry["text"]) == (CELL_PRAISED["decided_on"], CELL_PRAISED["reason"])
    (audited,) = await feedback.rows("SELECT became FROM audit WHERE act = 'commendation.recorded'")
    assert "dân vận" not in str(audited.became)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"decided_on": "2026-10-07"}, "/decided_on"),
        ({"decided_on": "1989-12-31"}, "/decided_on"),
        ({"unit_id": str(uuid7())}, "/unit_id"),
        ({"unit_id": None, "person_id": str(CLERK)}, "/person_id"),
        ({"unit_id": None, "person_id": str(STRANGER)}, "/person_id"),
        ({"person_id": str(MEMBER)}, ""),
        ({"unit_id": None}, ""),
    ],
)
async def test_what_cannot_be_commended_is_refused(desk: Desk, changes: dict[str, Any], pointer: str) -> None:
    """A day to come or before our time, a stranger's unit, who is no member, two subjects or none."""
    answer = await desk.put(CLERK, f"/commendations/{uuid7()}", CELL_PRAISED | changes)

    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


async def test_a_commendation_is_revoked_once_and_stays_in_the_history(
    feedback: Feedback, desk: Desk
) -> None:
    """Who reads all, and whom it was about, see that it was revoked and why; the others see it no more."""
    path = await commend(desk, MEMBER_PRAISED)
    why = {"reason": "Quyết định số 15-QĐ/ĐU thay thế"}

    revoked = await desk.put(SECRETARY, f"{path}/revocation", why)
    again = await desk.put(SECRETARY, f"{path}/revocation", why)
    other = await desk.put(CLERK, f"{path}/revocation", {"reason": "Lý do khác"})

    assert (revoked.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json() == revoked.json()
    for who, seen in ((CLERK, 1), (INSPECTOR, 1), (MEMBER, 1), (OTHER_MEMBER, 0), (CELL_SECRETARY, 0)):
        entries = (await desk.read(who, "/praise"))["entries"]
        assert [each["revocation"] for each in entries] == [why["reason"]] * seen, who
    acts = await feedback.rows("SELECT act FROM audit WHERE kind = 'commendation' ORDER BY seq")
    assert [row.act for row in acts] == ["commendation.recorded", "commendation.revoked"]
    assert (await desk.put(CLERK, f"/commendations/{uuid7()}/revocation", why)).status_code == 404


async def test_a_commended_member_finds_it_among_the_own_data(desk: Desk) -> None:
    """And nobody else does; who recorded it finds what they wrote."""
    await commend(desk, MEMBER_PRAISED)

    found = {
        who: {
            section["name"]: len(section["rows"])
            for section in (await desk.read(who, "/me/data"))["sections"]
            if section["name"].startswith("commendations")
        }
        for who in (MEMBER, OTHER_MEMBER, CLERK)
    }

    assert found == {
        MEMBER: {"commendations": 1, "commendations_recorded": 0},
        OTHER_MEMBER: {"commendations": 0, "commendations_recorded": 0},
        CLERK: {"commendations": 0, "commendations_recorded": 1},
    }


async def test_a_person_in_the_words_is_a_warning_and_no_refusal(desk: Desk) -> None:
    """As in every form where something is written about people."""
    answer = await desk.put(
        CLERK, f"/commendations/{uuid7()}", CELL_PRAISED | {"reason": "Giúp đồng chí Hòa, 0912345678"}
    )

    assert answer.status_code == 201
    assert {each["pointer"] for each in answer.json()["warnings"]} == {"/reason"}


# --- Good practices ------------------------------------------------------------------------------


async def test_a_newer_version_replaces_the_text_and_the_old_one_is_kept(desk: Desk) -> None:
    """The next number only, the same again is one, and everybody who may read it reads the history too."""
    path = await note(desk)
    better = PRACTICE | {"title": "Tối thứ Sáu nghe dân"}

    skipped = await desk.put(SECRETARY, f"{path}/versions/3", better)
    second = await desk.put(SECRETARY, f"{path}/versions/2", better)
    again = await desk.put(SECRETARY, f"{path}/versions/2", better)
    lost = await desk.put(CLERK, f"{path}/versions/2", PRACTICE)

    assert [each.status_code for each in (skipped, second, again, lost)] == [409, 201, 200, 409]
    assert await titles(desk) == ["Tối"]
    history = (await desk.read(CELL_SECRETARY, path))["versions"]
    assert [(each["version"], each["title"]) for each in history] == [
        (2, better["title"]),
        (1, PRACTICE["title"]),
    ]


async def test_where_a_practice_came_from_is_told_to_who_may_read_the_visit(
    feedback: Feedback, desk: Desk
) -> None:
    """Its member, its cell and who reads all; another member reads the practice without it."""
    await feedback.take(visit("evening", issue("ditch")))
    await note(desk, PRACTICE | {"issue_id": str(id_of("ditch"))})

    for who, told in ((CLERK, True), (MEMBER, True), (CELL_SECRETARY, True), (OTHER_MEMBER, False)):
        (entry,) = (await desk.read(who, "/praise"))["entries"]
        origin = (str(id_of("evening")), str(id_of("ditch"))) if told else (None, None)
        assert (entry["visit_id"], entry["issue_id"]) == origin, who


@pytest.mark.parametrize("who", [CLERK, SECRETARY])
async def test_a_restricted_matter_is_never_told_as_a_practice(
    feedback: Feedback, desk: Desk, who: UUID
) -> None:
    """Whoever asks, it is refused like one that is not there; one that becomes restricted takes the practice along."""
    await feedback.take(visit("evening", issue("ditch"), issue("secret", access_class=AccessClass.IDEOLOGY)))
    refused = [
        await desk.put(who, f"/good-practices/{uuid7()}/versions/1", PRACTICE | {"issue_id": str(id_)})
        for id_ in (id_of("secret"), uuid7())
    ]
    path = await note(desk, PRACTICE | {"issue_id": str(id_of("ditch"))})
    assert await titles(desk, who) == ["Tổ"]

    await feedback.take(visit("evening", issue("ditch", access_class=AccessClass.IDEOLOGY), version=2))

    assert [(each.status_code, each.json()["errors"][0]["rule"]) for each in refused] == [
        (422, "unknown-origin")
    ] * 2
    assert await titles(desk, who) == []
    assert (await desk.get(who, path)).status_code == 404
    assert await part(desk, 7) == []


async def test_what_came_of_a_visit_goes_with_the_texts_of_the_visit(feedback: Feedback, desk: Desk) -> None:
    """Every version; a practice of no visit stays, and no erased visit can be named any more."""
    await feedback.take(visit("evening", issue("ditch")))
    path = await note(desk, PRACTICE | {"visit_id": str(id_of("evening"))})
    await note(desk, PRACTICE | {"title": "Sổ chung"})

    bare = issue("ditch", title=None)
    await feedback.take(
        VisitErased(visit=visit("evening", bare, version=2, erased_at=local("2026-10-06 08:00")))
    )

    assert await titles(desk) == ["Sổ"]
    assert (await desk.get(CLERK, path)).status_code == 404
    kept = await feedback.rows("SELECT title, body, folded FROM good_practice WHERE visit_id IS NOT NULL")
    assert [tuple(row) for row in kept] == [("", "", "")]
    late = await desk.put(
        CLERK, f"/good-practices/{uuid7()}/versions/1", PRACTICE | {"visit_id": str(id_of("evening"))}
    )
    assert late.status_code == 422
    async with feedback.database.begin() as tx:  # as of somebody who was writing while the visit was erased
        await tx.execute("UPDATE good_practice SET title = 'Tối' WHERE visit_id IS NOT NULL")
    assert [await erase_late_texts(feedback.database, date(2026, 10, 7)) for _ in range(2)] == [1, 0]


# --- Both ----------------------------------------------------------------------------------------


async def test_praise_is_found_without_marks_by_kind_and_by_unit(desk: Desk) -> None:
    """Every word counts, in the texts and among the names; the newest stands first, page by page."""
    await commend(desk)
    await commend(desk, MEMBER_PRAISED | {"reason": "Gắn bó với cơ sở", "decided_on": "2026-09-01"})
    await note(desk)

    assert await titles(desk) == ["Tổ", "Giữ", "Gắn"]
    assert await titles(desk, q="DAN van 12-qd") == ["Giữ"]
    assert await titles(desk, q="party_cell") == ["Tổ", "Giữ"]
    assert await titles(desk, q="dân %") == []
    assert await titles(desk, kind="good_practice") == ["Tổ"]
    assert await titles(desk, kind="commendation", unit=str(CELL)) == ["Giữ"]
    first = await desk.read(MEMBER, "/praise", limit=2)
    rest = await desk.read(MEMBER, "/praise", after=first["entries"][-1]["id"])
    assert (first["total"], [each["text"] for each in rest["entries"]]) == (3, ["Gắn bó với cơ sở"])


async def test_only_the_office_and_the_board_write_and_the_list_ranks_nobody(desk: Desk) -> None:
    """Whoever reads writes nothing; agencies and another committee read nothing; no answer counts per person."""
    path = await commend(desk, MEMBER_PRAISED)

    for who in (MEMBER, INSPECTOR, CELL_SECRETARY, AGENT):
        for target, body in (
            (f"/commendations/{uuid7()}", CELL_PRAISED),
            (f"{path}/revocation", {"reason": "Sai"}),
            (f"/good-practices/{uuid7()}/versions/1", PRACTICE),
        ):
            assert (await desk.put(who, target, body)).status_code == 403, (who, target)
    assert (await desk.get(AGENT, "/praise")).status_code == 403
    assert await titles(desk, STRANGER) == []
    assert (await desk.put(STRANGER, f"{path}/revocation", {"reason": "Sai"})).status_code == 404
    assert set(await desk.read(MEMBER, "/praise")) == {"entries", "total"}


async def test_a_report_knows_what_was_known_at_its_moment(feedback: Feedback, desk: Desk) -> None:
    """What was recorded, changed or revoked later changes no report as of an earlier instant."""
    empty = feedback.clock.now()
    feedback.clock.move_to(empty + timedelta(hours=1))
    path, practice = await commend(desk), await note(desk)
    known = feedback.clock.now()
    feedback.clock.move_to(known + timedelta(hours=1))
    await desk.put(CLERK, f"{path}/revocation", {"reason": "Thay thế"})
    await desk.put(CLERK, f"{practice}/versions/2", PRACTICE | {"title": "Tên mới"})

    days = {"from": "2026-10-01", "to": "2026-12-31"}
    told = {
        moment: [
            [row[2] for row in await part(desk, number, **days, **({"as_of": moment} if moment else {}))]
            for number in (6, 7)
        ]
        for moment in (empty.isoformat(), known.isoformat(), "")
    }

    assert list(told.values()) == [
        [[], []],
        [[CELL_PRAISED["reason"]], [PRACTICE["title"]]],
        [[], ["Tên mới"]],
    ]
    assert await part(desk, 7, **(days | {"from": "2026-07-01", "to": "2026-09-30"})) == []
    assert await part(desk, 6, as_of=known.isoformat(), **(days | {"to": "2026-10-01"})) == []


async def test_a_sheet_names_the_commendations_of_its_member(feedback: Feedback, desk: Desk) -> None:
    """Of the period, while they stand; frozen, they stay; a sheet of before they were told reads as it did."""
    path = await commend(desk, MEMBER_PRAISED)
    await commend(desk, MEMBER_PRAISED | {"decided_on": "2026-09-30"})
    await commend(desk)
    sheet = f"/people/{MEMBER}/sheet"

    assert [row[0] for row in await part(desk, 5, sheet, period="2026-Q4")] == ["02/10/2026"]
    feedback.clock.move_to(datetime(2027, 1, 4, 2, tzinfo=UTC))
    frozen = await desk.put(CLERK, sheet, {"sheet_id": str(uuid7()), "period": "2026-Q4"})
    await desk.put(CLERK, f"{path}/revocation", {"reason": "Thay thế"})
    assert await desk.read(CLERK, sheet, period="2026-Q4") == frozen.json()

    async with feedback.database.begin() as tx:
        now = await sheets.newest(tx, COMMITTEE, MEMBER, "2026-Q4")
        assert now is not None
        assert now.method == METHOD
        before = replace(now, sheet_id=uuid7(), edition=2, method=1, facts=replace(now.facts, commended=None))
        await sheets.insert(tx, before)
    paper = (await desk.read(CLERK, sheet, period="2026-Q4"))["paper"]
    assert paper["parts"] == frozen.json()["paper"]["parts"][:5]
    assert "bản 1" in paper["notes"][0]
