"""Two committees in each of the three databases, and a thousand curious clients: nothing of one reaches the other.

Any operation, anybody, and in address and body any id of either side, also where an id of one kind belongs to
another's record. It comes last in this folder, because it leaves the world as nobody would find it again.
`tests/visits/test_two_committees.py` does the same to visits alone, with texts that both sides go on writing.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from shared.contracts.envelope import Producer
from tests.matrix.asking import Answer
from tests.matrix.cast import AGENCIES, CAST, CELLS, FORMER, NOBODY, OURS, THEIRS, Persona, unit_id
from tests.matrix.expectations import TABLE, WHICH, Route
from tests.matrix.records import Asked, Record, record
from tests.matrix.requests import QUERIES, body_of
from tests.matrix.story import Story
from tests.matrix.world import in_turns

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("matrix")]

ENDS_SESSIONS: Final = ("DELETE /visits/api/session", "DELETE /visits/api/people/{person}/account")
CHANGES_POSTS: Final = ("PUT /visits/api/people/{person}",)
ROUTES: Final = [
    route
    for route in TABLE.values()
    if not route.public and route.name not in (*ENDS_SESSIONS, *CHANGES_POSTS)
]
WHO: Final = [persona for persona in CAST if persona not in (NOBODY, FORMER)]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and which ids it named itself: those may be said back."""

    persona: Persona
    route: Route
    path: str
    query: str
    body: Any

    @property
    def named(self) -> frozenset[str]:
        # A photo is bytes, and names nothing.
        return frozenset(_UUID.findall(f"{self.path} {self.query} {json.dumps(self.body, default=repr)}"))


class Guess:
    """Calls that a curious or broken client might make."""

    def __init__(self, story: Story, dice: random.Random) -> None:
        self._story = story
        self._dice = dice
        self._pools: dict[str, list[str]] = defaultdict(list)
        """Parameter to every value it could have, of both sides and of none."""
        self.secrets: dict[UUID, frozenset[str]] = {OURS: frozenset(), THEIRS: frozenset()}
        """Committee to the ids that the other one must never be told."""
        for found in self._records():
            for name, value in found.params.items():
                self._pools[name].append(value)
        for name in {name for route in ROUTES for name in _names(route)}:
            self._pools[name].append(str(uuid4()))

    def _records(self) -> Iterator[Record]:
        for committee_id, persona in ((OURS, CAST[1]), (THEIRS, CAST[-1])):
            mine: set[str] = {str(committee_id), *map(str, _units(committee_id))}
            for kind in sorted({route.kind for route in TABLE.values() if route.kind}):
                for which in WHICH[:-2]:
                    asked = Asked(story=self._story, persona=persona, which=which, number=0)
                    if (found := record(kind, asked)) is not None:
                        mine.update(_UUID.findall(" ".join(found.params.values())))
                        yield found
            self.secrets[committee_id] = frozenset(mine)

    def call(self) -> Call:
        """The next one."""
        route, persona = self._dice.choice(ROUTES), self._dice.choice(WHO)
        params = {name: self._dice.choice(self._pools[name]) for name in _names(route)}
        query = QUERIES.get(route.name, "")
        if "{id}" in query:
            query = query.format(id=self._dice.choice(self._pools["visit_id"]))
        # The body of somebody who may be of the other side: it names their units, agencies and people.
        writer, which = self._dice.choice(WHO), self._dice.choice(WHICH)
        asked = Asked(story=self._story, persona=writer, which=which, number=self._dice.randrange(1000))
        about = record(route.kind, asked) if route.kind else None
        return Call(persona, route, route.path.format(**params), query, body_of(route, writer, about))


def _names(route: Route) -> list[str]:
    """The parameters of its address."""
    return re.findall(r"\{(\w+)\}", route.path)


def _units(committee_id: UUID) -> Iterator[UUID]:
    for code in (*CELLS[committee_id], *AGENCIES[committee_id]):
        yield unit_id(code, committee_id)


@pytest.mark.parametrize("calls", [1_500, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_random_calls_at_all_three_services_cross_nothing(story: Story, calls: int) -> None:
    """No answer holds an id of the other side that was not in the question, and none is a fault of ours."""
    guess = Guess(story, random.Random(20261122))  # noqa: S311  # the same calls every time
    counted: Counter[tuple[str, int]] = Counter()
    failed: list[str] = []
    told: list[tuple[Call, frozenset[str]]] = []
    taken: dict[UUID, set[str]] = {OURS: set(), THEIRS: set()}
    """Ids under which a side has made something of its own, where the other side had made nothing of that kind;
    and those in what it sent itself and what is kept beside a record as a clash: one's own data says them back."""

    async def call(made: Call) -> None:
        answer = await story.world.ask(
            made.persona.name, made.route.method, made.path, body=made.body, query=made.query
        )
        counted[made.path.split("/")[1], answer.status // 100] += 1
        if answer.status >= 500:
            failed.append(f"{made}: {answer.text}")
        mine = made.persona.committee_id
        if (answer.status < 300 or answer.status == 409) and made.route.method != "GET":
            taken[mine] |= made.named
        told.append((made, _told(guess.secrets[THEIRS if mine == OURS else OURS], made, answer)))

    await in_turns(call(guess.call()) for _ in range(calls))

    assert failed == []
    assert [(made, ids) for made, ids in told if ids - taken[made.persona.committee_id]] == []
    assert {name: await _crossed(story, name) for name in story.world.services} == dict.fromkeys(
        story.world.services, 0
    )
    for name in story.world.services:
        assert counted[name, 2] > calls // 100, counted
        assert counted[name, 4] > calls // 50, counted


def _told(secrets: frozenset[str], made: Call, answer: Answer) -> frozenset[str]:
    """The other side's ids in an answer, beyond those that the question held."""
    return secrets & frozenset(_UUID.findall(answer.text)) - made.named


_CROSSED: Final[dict[Producer, str]] = {
    "visits": """
        SELECT (SELECT count(*) FROM visit JOIN directory_unit AS unit USING (unit_id)
                WHERE visit.committee_id <> unit.committee_id)
             + (SELECT count(*) FROM visit JOIN directory_person ON person_id = visitor_id
                WHERE visit.committee_id <> directory_person.committee_id)
             + (SELECT count(*) FROM assignment JOIN directory_unit USING (unit_id)
                WHERE assignment.committee_id <> directory_unit.committee_id)
             + (SELECT count(*) FROM transfer JOIN visit USING (visit_id)
                WHERE transfer.committee_id <> visit.committee_id)
    """,
    "feedback": """
        SELECT (SELECT count(*) FROM forwarding JOIN issue USING (issue_id) JOIN visit USING (visit_id)
                JOIN directory_unit AS agency ON agency.unit_id = agency_unit_id
                WHERE agency.committee_id <> visit.committee_id)
             + (SELECT count(*) FROM duty JOIN visit USING (visit_id)
                WHERE duty.committee_id <> visit.committee_id)
             + (SELECT count(*) FROM extension JOIN duty USING (duty_id)
                JOIN directory_person ON person_id = asked_by
                WHERE directory_person.committee_id <> duty.committee_id)
             + (SELECT count(*) FROM data_request JOIN directory_person USING (person_id)
                WHERE directory_person.committee_id <> data_request.committee_id)
    """,
    "notify": """
        SELECT (SELECT count(*) FROM message JOIN directory_person USING (person_id)
                WHERE directory_person.committee_id <> message.committee_id)
             + (SELECT count(*) FROM ladder_policy JOIN directory_person ON person_id = decided_by
                WHERE directory_person.committee_id <> ladder_policy.committee_id)
    """,
}
"""Rows of one committee that name a unit, a person or a record of the other."""


async def _crossed(story: Story, name: Producer) -> int:
    (row,) = await story.world.rows(name, _CROSSED[name])
    return int(row[0])
