"""Two committees in one database: whatever is asked, in whatever order, nothing of the one reaches the other."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from shared.ids import derived_id, uuid7
from tests.conftest import Fresh
from tests.visits.world import (
    OTHER_WARD,
    WARD,
    World,
    issue,
    meeting,
    migrate_visits,
    open_world,
    person_id,
    trip,
    unit_id,
)

API = "/visits/api"
CALLS = 2_000
AT_ONCE = 8
OURS, THEIRS = ["M1", "M2", "B1", "K1", "I1", "O1"], ["X1"]
CANARY = {"ours": "Từ Sơn kín XQ7", "theirs": "Tam Sơn kín ZW9"}


class Guess:
    """Calls a curious or broken client might make: every id it could know or guess, of both sides."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.visits: dict[str, list[UUID]] = {"ours": [], "theirs": []}
        self._units = [
            unit_id("C001"),
            unit_id("C002"),
            WARD,
            OTHER_WARD,
            derived_id(OTHER_WARD, "unit", "C009"),
        ]
        self._people = [person_id("M1"), person_id("K1"), derived_id(OTHER_WARD, "person", "X1")]

    def call(self, side: str) -> tuple[str, str, Any]:
        """Method, path and body of the next one."""
        return self._dice.choice([self._read, self._read, self._write])(side)

    def _read(self, _side: str) -> tuple[str, str, Any]:
        unit, person = self._dice.choice(self._units), self._dice.choice(self._people)
        visit = self._any_visit()
        return (
            "GET",
            self._dice.choice(
                [
                    f"visits/{visit}",
                    "visits?limit=20",
                    f"visits?limit=20&unit_id={unit}",
                    f"visits?limit=20&member_id={person}",
                    "units?limit=20",
                    "units?limit=20&q=chi bo",
                    "people?limit=20",
                    "people?limit=20&q=nguoi",
                    "assignments?limit=20",
                    f"assignments?unit_id={unit}&person_id={person}",
                    "quotas",
                    "me",
                    "duties",
                    "cadence?year=2026",
                    "phone",
                    "plans",
                    "objections",
                    "me/record?year=2026",
                    f"units/{unit}/profile",
                    "audit?limit=20",
                    f"audit?record_id={visit}",
                ]
            ),
            None,
        )

    def _write(self, side: str) -> tuple[str, str, Any]:
        code = self._dice.choice(["C001", "C009"])
        body = self._dice.choice([trip, meeting])(unit_code=code, notes=CANARY[side])
        if body["kind"] == "meeting_attendance":
            body["issues"] = [issue(title=CANARY[side])]
        fresh = uuid7()
        theirs = [OTHER_WARD, derived_id(OTHER_WARD, "unit", "C009")]
        unit = self._dice.choice([*(theirs if side == "ours" else [WARD, unit_id("C001")]), fresh])
        stranger = derived_id(OTHER_WARD, "person", "X1") if side == "ours" else person_id("K1")
        person = self._dice.choice([stranger, fresh])
        plan = {"person_code": "X1", "unit_code": code, "duty": "attend_meeting", "valid_from": "2026-01-01"}
        kind, path, put = self._dice.choice(
            [
                ("visit", f"visits/{fresh}", body),
                ("visit", f"visits/{fresh}", body),
                ("", f"visits/{self._any_visit()}", body),
                ("", f"visits/{self._any_visit()}/versions/2", body),
                ("", f"visits/{self._any_visit()}/report", _report(CANARY[side])),
                (
                    "",
                    f"units/{unit}",
                    {"code": f"C{fresh.hex[-8:]}", "name": CANARY[side], "kind": "party_cell"},
                ),
                ("", f"people/{person}", {"code": f"P{fresh.hex[-8:]}", "full_name": "Ai"}),
                ("", f"assignments/{fresh}", plan | {"basis_document": "1-QĐ"}),
            ]
        )
        if kind == "visit":
            self.visits[side].append(fresh)
        return "PUT", path, put

    def _any_visit(self) -> UUID:
        known = [*self.visits["ours"], *self.visits["theirs"]]
        return self._dice.choice(known) if known else uuid7()


def _report(text: str) -> dict[str, str]:
    return {"claimed_at": "2026-11-21T08:00:00+07:00", "summary": text}


async def test_two_thousand_random_calls_cross_nothing(database: Fresh) -> None:
    """Both sides work at once; no answer holds a word or an id of the other, and none is a fault of ours."""
    world = await open_world(
        await database("visits", migrate_visits), writes_per_minute=0, address_writes_per_minute=0
    )
    try:
        await _call_at_random(world)
    finally:
        await world.close()


async def _call_at_random(world: World) -> None:
    dice = random.Random(20261122)  # noqa: S311  # the same calls every time
    guess = Guess(dice)
    clients = {code: await world.client(code) for code in (*OURS, *THEIRS)}
    ids = {"ours": {str(WARD)}, "theirs": {str(OTHER_WARD)}}
    wrong: list[str] = []
    answered: dict[str, Counter[int]] = {"ours": Counter(), "theirs": Counter()}

    async def call(code: str, method: str, path: str, body: Any) -> None:
        side, other = ("ours", "theirs") if code in OURS else ("theirs", "ours")
        answer = await clients[code].request(method, f"{API}/{path}", json=body)
        if answer.status_code >= 500:
            wrong.append(f"{code} {method} {path}: {answer.status_code}")
        answered[side][answer.status_code // 100] += 1
        shown = answer.text if method == "GET" or answer.status_code < 300 else ""
        wrong.extend(f"{code} {method} {path}: {word}" for word in _of(other, ids) if word in shown)

    for _ in range(CALLS // AT_ONCE):
        codes = [dice.choice([*OURS, *THEIRS * 5]) for _ in range(AT_ONCE)]
        await asyncio.gather(
            *(call(code, *guess.call("ours" if code in OURS else "theirs")) for code in codes)
        )

    assert wrong == []
    assert await _crossed(world) == 0
    assert all(counts[2] > CALLS // 10 and counts[4] > CALLS // 20 for counts in answered.values()), answered
    assert len(await world.rows("SELECT committee_id FROM visit GROUP BY 1 HAVING count(*) > 20")) == 2


def _of(side: str, ids: dict[str, set[str]]) -> Iterator[str]:
    yield CANARY[side]
    yield from ids[side]


async def _crossed(world: World) -> int:
    """Rows of one committee that name a unit or a person of the other."""
    (row,) = await world.rows(
        """
        SELECT (SELECT count(*) FROM visit JOIN directory_unit USING (unit_id)
                WHERE visit.committee_id <> directory_unit.committee_id)
             + (SELECT count(*) FROM visit JOIN directory_person ON person_id = visitor_id
                WHERE visit.committee_id <> directory_person.committee_id)
             + (SELECT count(*) FROM assignment JOIN directory_unit USING (unit_id)
                WHERE assignment.committee_id <> directory_unit.committee_id) AS n
        """
    )
    return int(row.n)
