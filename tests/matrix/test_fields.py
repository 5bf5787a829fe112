"""Field by field (ASVS 8.2.3): who ever reads which words, by whatever route, and who sets what a due date follows from.

Every text below holds a word of its own. Everybody asks every reading route about every record, and what they have
seen of the words is compared with a table. One's own data (`/me/data`) is left out: what a person wrote is theirs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio

from services.feedback.domain.owed import report_duty_id
from services.visits import handlers
from services.visits.handlers import RecordVisit
from services.visits.schemas.visits import VisitIn
from shared.acting import Acting
from shared.ids import derived_id, uuid7
from tests.matrix.cast import (
    AGENCIES,
    BYSTANDERS,
    CAST,
    CELLS,
    FORMER,
    NEIGHBOUR,
    NOBODY,
    OURS,
    PERSONS,
    ROLES,
    SERVED,
    THEIRS,
    Persona,
    unit_id,
)
from tests.matrix.expectations import REACHES, TABLE
from tests.matrix.story import ANSWERED, FORWARDED, Story, visit_body
from tests.matrix.world import in_turns

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("matrix")]

# Who reads it: C of the whole committee, O of one's own visit, U of the cell or agency of the post.
READS: Final = """
              member follow assist clerk board standing cell agency inspector ops phone
notes           O      O      S      C     C      C      U     -       C      -    O
title           O      O      S      C     C      C      U     U       C      -    O
restricted      O      O      -      -     C      O      -     -       C      -    O
proof           O      O      S      C     C      C      U     U       C      -    -
answer          O      O      S      C     C      C      U     U       C      -    -
reason          O      O      S      C     C      C      -     -       C      -    O
contact         -      -      -      C     -      -      -     -       -      -    -
"""

# Every field of a body from which some due date follows, and the rule of the one route that takes it.
SETS: Final = {
    ("PUT /feedback/api/policies/{policy_id}", "days"): "set_policy",
    ("PUT /feedback/api/policies/{policy_id}", "rule"): "set_policy",
    ("PUT /feedback/api/policies/{policy_id}", "extensions_allowed"): "set_policy",
    ("PUT /feedback/api/calendar/revisions/{number}", "days"): "propose_calendar",
    ("PUT /feedback/api/calendar/revisions/{number}", "off"): "propose_calendar",
    ("PUT /feedback/api/calendar/revisions/{number}/approval", "confirm_earlier"): "approve_calendar",
    ("PUT /feedback/api/duties/{duty_id}/extensions/{extension_id}", "days"): "read_duties",
    ("PUT /feedback/api/duties/{duty_id}/extensions/{extension_id}/decision", "granted"): "grant_extension",
    # How long texts and contacts stay.
    ("PUT /visits/api/retention/{policy_id}", "days"): "set_retention",
    ("PUT /feedback/api/retention/{policy_id}", "days"): "set_retention",
    # On which working day who is told; it moves no due date.
    ("PUT /notify/api/ladders/{version}", "offset"): "set_ladder",
}
DEADLINES: Final = {name for _, name in SETS}
OURS_ALONE: Final = {
    "committee_id",
    "visitor_id",
    "recorded_by",
    "decided_by",
    "granted_by",
    "approved_by",
    "accepted_at",
    "filed_at",
    "due_at",
    "first_due_at",
    "closed_at",
    "owner_person_id",
    "device_only",
    "fresh_until",
}
"""What the server says and no body may: a sender is who is signed in, a moment is the server's own."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A visit whose every text holds a word of its own."""

    place: str
    owner: Persona
    cell: str
    agency: str
    visit_id: UUID
    normal: UUID
    secret: UUID

    def word(self, field: str) -> str:
        return f"{field}-xq-{self.place}-{self.owner.name}-end"

    @property
    def body(self) -> dict[str, Any]:
        body = visit_body(self.cell, self.normal, self.secret, notes=self.word("notes"))
        first, second = body["issues"]
        first["title"] = self.word("title")
        second |= {"title": self.word("restricted"), "access_class": "ideology"}
        return body


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mixed(story: Story) -> list[Mixed]:
    """One visit of everybody at `B`, one of a bystander at `A`, and what came of them."""
    visits = [_visit("own", persona, -1) for persona in PERSONS if persona not in (FORMER, NEIGHBOUR)]
    visits += [_visit("unit", BYSTANDERS[OURS], 0), _visit("peer", BYSTANDERS[OURS], -1)]
    visits += [_visit("other", BYSTANDERS[THEIRS], 0)]
    async with story.world.visits.database.begin() as tx:
        await handlers.record_visits([_recorded(each) for each in visits], tx)
    await story.world.carry()
    await in_turns(_pass_on(story, each) for each in visits)
    return visits


def _visit(place: str, owner: Persona, at: int) -> Mixed:
    where = owner.committee_id
    return Mixed(place, owner, CELLS[where][at], AGENCIES[where][at], uuid7(), uuid7(), uuid7())


def _recorded(each: Mixed) -> RecordVisit:
    return RecordVisit(
        visit_id=each.visit_id,
        visitor_id=each.owner.person_id,
        committee_id=each.owner.committee_id,
        visit=VisitIn.model_validate_json(json.dumps(each.body)).as_visit(),
        by=Acting(committee_id=each.owner.committee_id, person_id=each.owner.person_id),
    )


async def _pass_on(story: Story, each: Mixed) -> None:
    world, api = story.world, "/feedback/api"
    office = "clerk" if each.owner.committee_id == OURS else NEIGHBOUR.name
    sent = f"{api}/issues/{each.normal}/forwardings/{derived_id(each.normal, 'sent')}"
    agency = str(unit_id(each.agency, each.owner.committee_id))
    duty = report_duty_id(each.visit_id)
    asking = f"{api}/duties/{duty}/extensions/{derived_id(each.normal, 'asked')}"
    for path, body in (
        (sent, FORWARDED | {"agency_unit_id": agency, "proof": each.word("proof")}),
        (f"{sent}/answer", ANSWERED | {"summary": each.word("answer")}),
        (f"{api}/issues/{each.normal}/contact", {"contact": each.word("contact")}),
        (asking, {"days": 2, "reason": each.word("reason")}),
    ):
        await world.must(office, "PUT", path, body)


def _questions(mixed: list[Mixed]) -> Iterator[tuple[str, str]]:
    """Every reading route: each list, and each record by its id."""
    for path in (
        "/visits/api/visits?limit=200",
        "/visits/api/duties?limit=500",
        "/visits/api/audit?limit=200",
        "/visits/api/people?limit=500",
        "/visits/api/transfers?",
        "/feedback/api/issues?limit=200",
        "/feedback/api/duties?limit=200",
        "/feedback/api/audit?limit=200",
        "/feedback/api/figures?",
        "/notify/api/inbox?limit=200",
        "/notify/api/messages?limit=200",
        "/notify/api/audit?limit=200",
    ):
        yield tuple(path.split("?"))  # type: ignore[misc]  # two of them
    for each in mixed:
        yield f"/visits/api/visits/{each.visit_id}", ""
        yield f"/feedback/api/duties/{report_duty_id(each.visit_id)}", ""
        for issue_id in (each.normal, each.secret):
            yield f"/feedback/api/issues/{issue_id}", ""
            yield f"/feedback/api/issues/{issue_id}/contact", ""


@pytest.mark.parametrize("persona", CAST, ids=lambda persona: persona.name)
async def test_everybody_reads_the_words_of_the_table_and_no_others(
    story: Story, mixed: list[Mixed], persona: Persona
) -> None:
    """By lists, by ids, in messages, in the audit: what a person can ever see of each field."""
    words = {each.word(field): (field, each) for each in mixed for field in _table()}

    answers = await in_turns(
        story.world.ask(persona.name, "GET", path, query=query) for path, query in _questions(mixed)
    )

    told = "\n".join(answer.text for answer in answers)
    seen = {word for word in words if word in told}
    assert seen == {word for word, (field, each) in words.items() if _reads(persona, field, each)}


def _reads(persona: Persona, field: str, each: Mixed) -> bool:
    if each.owner.committee_id != persona.committee_id or persona in (NOBODY, FORMER):
        return False
    place = each.place
    if place != "unit":
        place = "own" if each.owner is persona else "peer"
    if persona.name == "assist" and each.owner.name == SERVED:
        place = "served"
    columns = ("phone",) if persona.phone else persona.columns
    return any(place in REACHES.get(_table()[field][column], ()) for column in columns)


def _table() -> Mapping[str, Mapping[str, str]]:
    header, *lines = READS.strip("\n").splitlines()
    assert header.split() == [*ROLES, "phone"]
    return {name: dict(zip(header.split(), cells, strict=True)) for name, *cells in map(str.split, lines)}


async def test_what_a_due_date_follows_from_is_set_where_the_table_says(story: Story) -> None:
    """Read from the documents: a new body with such a field, or one a sender could forge, is named here."""
    setting, forged = {}, []
    for name, fields in _bodies(story):
        setting |= {(name, field): TABLE[name].rule for field in fields & DEADLINES}
        forged += [f"{name}: {field}" for field in fields & OURS_ALONE]

    assert setting == SETS
    assert forged == []


async def test_a_field_that_nobody_may_send_is_refused_by_name(story: Story) -> None:
    """Not passed over: a phone that believes it set a due date would be wrong (ASVS 15.3.3)."""
    dossier = story.own["member"]
    path = f"/visits/api/visits/{dossier.visit_id}"

    for field in ("committee_id", "visitor_id", "recorded_by", "accepted_at", "due_at"):
        answer = await story.world.ask("member", "PUT", path, body=dossier.body | {field: str(uuid7())})
        assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
        assert answer.json()["errors"][0]["rule"] == "unknown-field"


def _bodies(story: Story) -> Iterator[tuple[str, set[str]]]:
    """Every operation with a body, and all fields in it however deep."""
    for service in story.world.services.values():
        document = service.app.openapi()
        schemas = document["components"]["schemas"]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    schema = operation["requestBody"]["content"]["application/json"]["schema"]
                    yield f"{method.upper()} {path}", set(_fields(schema, schemas))


def _fields(schema: Any, schemas: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _fields(each, schemas)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield from _fields(schemas[schema["$ref"].rpartition("/")[2]], schemas)
        yield from schema.get("properties", {})
        for each in (*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")):
            yield from _fields(each, schemas)
